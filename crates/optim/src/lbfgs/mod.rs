//! [`Lbfgs`]: the limited-memory quasi-Newton method.

mod line_search;
mod vector;

use crate::{State, StateError};
use line_search::{Point, strong_wolfe};
use std::collections::VecDeque;
use tape::{Params, Real, Step};
use vector::{add_scaled, dot, largest};

/// L-BFGS (Nocedal and Wright 2006, algorithms 7.4 and 7.5) with PyTorch's rules and tolerances; the step length is fixed,
/// or found by a line search for the strong Wolfe conditions (algorithms 3.5 and 3.6, with cubic interpolation).
///
/// It finds loss and gradient several times a step, so it takes a closure instead of a [`Step`]:
///
/// ```
/// use retrograde_optim::Lbfgs;
/// # extern crate tape as retrograde_tape;
/// use retrograde_tape::{Params, Tape};
///
/// // The function of Rosenbrock (1960), whose minimum 0 is at (1, 1).
/// let mut params = Params::<f64>::new(0);
/// let [x, y] = ["x", "y"].map(|name| params.root().param(name, [], -1.0));
/// let mut tape = Tape::new();
/// let mut lbfgs = Lbfgs::new(1.0).strong_wolfe(true);
/// for _ in 0..3 {
///     lbfgs.step(&mut params, |params| {
///         let (loss, step) = tape.grad(params, |t| {
///             let (x, y) = (t.param(x), t.param(y));
///             (1.0 - x).powi(2) + 100.0 * (y - x * x).powi(2)
///         });
///         (loss, std::mem::take(step))
///     });
/// }
/// assert!((params.get(x).tensor().item() - 1.0).abs() < 1e-6);
/// ```
///
/// Numbers other than the parameters are in double precision.
#[derive(Clone, Debug)]
pub struct Lbfgs<F: Real = f32> {
    learning_rate: f64,
    max_iterations: u64,
    max_evaluations: u64,
    tolerance_gradient: f64,
    tolerance_change: f64,
    history_size: usize,
    strong_wolfe: bool,
    memory: Memory<F>,
}

/// What is known of the curvature.
#[derive(Clone, Debug, Default)]
struct Memory<F> {
    iterations: u64,
    direction: Vec<F>,
    length: f64,
    gradient: Vec<F>,
    /// Pairs of how the gradient (`y`) and the parameters (`s`) changed, the oldest first, with `1 / (y · s)`.
    pairs: VecDeque<(Vec<F>, Vec<F>, f64)>,
    /// The diagonal of the first approximation of the inverse Hessian.
    diagonal: f64,
}

impl<F: Real> Lbfgs<F> {
    /// With PyTorch's defaults: up to 20 iterations and 25 evaluations a step, 100 pairs remembered, no line search.
    pub fn new(learning_rate: f64) -> Self {
        let memory = Memory {
            iterations: 0,
            direction: Vec::new(),
            length: 0.0,
            gradient: Vec::new(),
            pairs: VecDeque::new(),
            diagonal: 1.0,
        };
        Lbfgs {
            learning_rate,
            max_iterations: 20,
            max_evaluations: 25,
            tolerance_gradient: 1e-7,
            tolerance_change: 1e-9,
            history_size: 100,
            strong_wolfe: false,
            memory,
        }
    }

    /// With up to so many iterations a step, and a quarter more evaluations.
    pub fn max_iterations(self, max_iterations: u64) -> Self {
        Lbfgs { max_iterations, max_evaluations: max_iterations * 5 / 4, ..self }
    }

    /// With so many pairs remembered.
    pub fn history_size(self, history_size: usize) -> Self {
        Lbfgs { history_size, ..self }
    }

    /// With a line search for the strong Wolfe conditions.
    pub fn strong_wolfe(self, strong_wolfe: bool) -> Self {
        Lbfgs { strong_wolfe, ..self }
    }

    /// Ends a step when no gradient is larger than the first number, or parameters or loss change by less than the second.
    pub fn tolerances(self, gradient: f64, change: f64) -> Self {
        Lbfgs { tolerance_gradient: gradient, tolerance_change: change, ..self }
    }

    /// The learning rate: the length of a step, or the first length that a line search tries.
    pub fn learning_rate(&self) -> f64 {
        self.learning_rate
    }

    /// Sets the learning rate of the next step.
    pub fn set_learning_rate(&mut self, learning_rate: f64) {
        self.learning_rate = learning_rate;
    }

    /// Moves all trainable parameters, takes over the buffers that the first evaluation proposed, and counts one step.
    /// `evaluate` finds loss and gradients at the parameters that it is given. Returns the first loss.
    ///
    /// # Panics
    /// When a step that `evaluate` returns was taken with other parameters.
    #[track_caller]
    pub fn step(&mut self, params: &mut Params<F>, mut evaluate: impl FnMut(&Params<F>) -> (F, Step<F>)) -> F {
        let (first_loss, first) = evaluate(params);
        let mut problem = Problem { params, evaluate: &mut evaluate };
        let mut point = Point { loss: first_loss.to_f64(), gradient: problem.flatten(&first) };
        self.iterate(&mut problem, &mut point);
        params.commit(&first, |_, _, _| {});
        first_loss
    }

    fn iterate(&mut self, problem: &mut Problem<'_, F>, point: &mut Point<F>) {
        let mut evaluations = 1;
        if largest(&point.gradient) <= self.tolerance_gradient {
            return;
        }
        for iteration in 1..=self.max_iterations {
            self.memory.turn(&point.gradient, self.history_size);
            let memory = &mut self.memory;
            memory.gradient.clone_from(&point.gradient);
            let previous_loss = point.loss;
            memory.length = self.learning_rate;
            if memory.iterations == 1 {
                let sum: f64 = point.gradient.iter().map(|g| g.to_f64().abs()).sum();
                memory.length = (1.0 / sum).min(1.0) * self.learning_rate;
            }
            let slope = dot(&point.gradient, &memory.direction);
            if slope > -self.tolerance_change {
                return;
            }
            if self.strong_wolfe {
                let start = problem.values();
                let direction = &memory.direction;
                let found = strong_wolfe(point, slope, memory.length, largest(direction), self.tolerance_change, |t| {
                    let point = problem.evaluate_at(&start, t, direction);
                    let slope = dot(&point.gradient, direction);
                    (point, slope)
                });
                problem.set(&start, found.length, direction);
                (*point, memory.length) = (found.point, found.length);
                evaluations += found.evaluations;
            } else {
                let start = problem.values();
                problem.set(&start, memory.length, &memory.direction);
                if iteration != self.max_iterations {
                    *point = problem.evaluate();
                    evaluations += 1;
                }
            }
            let moved = largest(&memory.direction) * memory.length.abs();
            if evaluations >= self.max_evaluations
                || largest(&point.gradient) <= self.tolerance_gradient
                || moved <= self.tolerance_change
                || (point.loss - previous_loss).abs() < self.tolerance_change
            {
                return;
            }
        }
    }

    /// What the optimizer remembers, to go on later with the same bits.
    pub fn state(&self) -> State<F> {
        let Memory { iterations, direction, length, gradient, pairs, diagonal } = &self.memory;
        let mut state = State::default();
        let mut number = |name: &str, values| state.numbers.insert(name.to_string(), values);
        number("learning_rate", vec![self.learning_rate]);
        number("iterations", vec![*iterations as f64]);
        number("length", vec![*length]);
        number("diagonal", vec![*diagonal]);
        number("inverse_products", pairs.iter().map(|(_, _, inverse)| *inverse).collect());
        let mut array = |name: &str, values| state.arrays.insert(name.to_string(), values);
        array("direction", direction.clone());
        array("gradient", gradient.clone());
        array("gradient_changes", pairs.iter().flat_map(|(y, _, _)| y).copied().collect());
        array("parameter_changes", pairs.iter().flat_map(|(_, s, _)| s).copied().collect());
        state
    }

    /// Goes on where the optimizer that gave the state was; its settings must be the same.
    ///
    /// # Errors
    /// When the state is of another optimizer or of other parameters.
    pub fn restore(&mut self, params: &Params<F>, mut state: State<F>) -> Result<(), StateError> {
        let learning_rate = state.take_number("learning_rate")?;
        let iterations = state.take_number("iterations")? as u64;
        let all = params.entries().iter().filter(|p| p.is_trainable()).map(|p| p.tensor().shape().len()).sum();
        let len = if iterations == 0 { 0 } else { all };
        let inverses = state.numbers.remove("inverse_products").unwrap_or_default();
        let changes = state.take("gradient_changes", inverses.len() * len)?;
        let moves = state.take("parameter_changes", inverses.len() * len)?;
        let chunk = |all: &[F], i: usize| all[i * len..][..len].to_vec();
        let pairs = inverses.iter().enumerate().map(|(i, &inverse)| (chunk(&changes, i), chunk(&moves, i), inverse));
        self.memory = Memory {
            iterations,
            direction: state.take("direction", len)?,
            length: state.take_number("length")?,
            gradient: state.take("gradient", len)?,
            pairs: pairs.collect(),
            diagonal: state.take_number("diagonal")?,
        };
        self.learning_rate = learning_rate;
        state.finish()
    }
}

impl<F: Real> Memory<F> {
    /// Takes in the gradient at the present point, and turns the direction: `d = −H g`.
    fn turn(&mut self, gradient: &[F], history_size: usize) {
        self.iterations += 1;
        let negative = || gradient.iter().map(|&g| -g).collect::<Vec<F>>();
        if self.iterations == 1 {
            (self.direction, self.diagonal) = (negative(), 1.0);
            self.pairs.clear();
            return;
        }
        let y: Vec<F> = gradient.iter().zip(&self.gradient).map(|(&g, &before)| g - before).collect();
        let length = F::from_f64(self.length);
        let s: Vec<F> = self.direction.iter().map(|&d| d * length).collect();
        let product = dot(&y, &s);
        // A pair without positive curvature would make the approximation indefinite.
        if product > 1e-10 {
            if self.pairs.len() == history_size {
                self.pairs.pop_front();
            }
            self.diagonal = product / dot(&y, &y);
            self.pairs.push_back((y, s, 1.0 / product));
        }
        let mut d = negative();
        let mut alphas = Vec::with_capacity(self.pairs.len());
        for (y, s, inverse) in self.pairs.iter().rev() {
            let alpha = dot(s, &d) * inverse;
            add_scaled(&mut d, -alpha, y);
            alphas.push(alpha);
        }
        let diagonal = F::from_f64(self.diagonal);
        d.iter_mut().for_each(|d| *d *= diagonal);
        for ((y, s, inverse), alpha) in self.pairs.iter().zip(alphas.iter().rev()) {
            let beta = dot(y, &d) * inverse;
            add_scaled(&mut d, alpha - beta, s);
        }
        self.direction = d;
    }
}

type Evaluate<'a, F> = dyn FnMut(&Params<F>) -> (F, Step<F>) + 'a;

/// The trainable parameters as one vector, with the loss as a function of it.
struct Problem<'a, F: Real> {
    params: &'a mut Params<F>,
    evaluate: &'a mut Evaluate<'a, F>,
}

impl<F: Real> Problem<'_, F> {
    fn trainable(&self) -> Vec<bool> {
        self.params.entries().iter().map(|p| p.is_trainable()).collect()
    }

    fn values(&self) -> Vec<F> {
        let trainable = self.params.entries().iter().filter(|p| p.is_trainable());
        trainable.flat_map(|p| p.tensor().as_slice()).copied().collect()
    }

    /// The gradients as one vector, with zeros where there is none.
    fn flatten(&self, step: &Step<F>) -> Vec<F> {
        let mut gradients = step.iter().peekable();
        let mut flat = Vec::new();
        for (index, param) in self.params.entries().iter().enumerate().filter(|(_, p)| p.is_trainable()) {
            while gradients.next_if(|(i, _)| *i < index).is_some() {}
            match gradients.next_if(|(i, _)| *i == index) {
                Some((_, gradient)) => flat.extend_from_slice(gradient.as_slice()),
                None => flat.resize(flat.len() + param.tensor().shape().len(), F::ZERO),
            }
        }
        flat
    }

    /// Sets the parameters to `start + t · direction`.
    fn set(&mut self, start: &[F], t: f64, direction: &[F]) {
        let (t, trainable) = (F::from_f64(t), self.trainable());
        let mut values = start.iter().zip(direction);
        for ((_, tensor), _) in self.params.tensors_mut().zip(trainable).filter(|(_, trainable)| *trainable) {
            let values = values.by_ref().take(tensor.shape().len());
            tensor.as_mut_slice().iter_mut().zip(values).for_each(|(w, (&x, &d))| *w = x + t * d);
        }
    }

    fn evaluate(&mut self) -> Point<F> {
        let (loss, step) = (self.evaluate)(self.params);
        Point { loss: loss.to_f64(), gradient: self.flatten(&step) }
    }

    fn evaluate_at(&mut self, start: &[F], t: f64, direction: &[F]) -> Point<F> {
        self.set(start, t, direction);
        self.evaluate()
    }
}
