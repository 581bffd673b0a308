//! Stochastic gradient descent.

use crate::slots::Slots;
use crate::{Optimizer, State, StateError};
use tape::{Params, Real};

/// Stochastic gradient descent, by PyTorch's definition. With `g` the gradient plus `weight_decay · w`:
///
/// * without momentum: `w ← w − lr · g`;
/// * with momentum `μ`: `v ← μ v + (1 − dampening) g`, from `v = g` in the first step, and `w ← w − lr · v`;
/// * Nesterov: `w ← w − lr (g + μ v)` (Sutskever et al. 2013).
///
/// A parameter without a gradient is left alone, weight decay included.
#[derive(Clone, Debug)]
pub struct Sgd<F: Real = f32> {
    learning_rate: f64,
    momentum: f64,
    dampening: f64,
    weight_decay: f64,
    nesterov: bool,
    velocities: Slots<F, 1>,
}

impl<F: Real> Sgd<F> {
    /// Without momentum and weight decay.
    pub fn new(learning_rate: f64) -> Self {
        let (momentum, dampening, weight_decay) = (0.0, 0.0, 0.0);
        Sgd {
            learning_rate,
            momentum,
            dampening,
            weight_decay,
            nesterov: false,
            velocities: Slots::new(["momentum_buffer"]),
        }
    }

    /// With this momentum.
    pub fn momentum(self, momentum: f64) -> Self {
        Sgd { momentum, ..self }
    }

    /// With this dampening of what enters the momentum.
    pub fn dampening(self, dampening: f64) -> Self {
        Sgd { dampening, ..self }
    }

    /// With this weight decay, the `reg` of `g + reg · w`.
    pub fn weight_decay(self, weight_decay: f64) -> Self {
        Sgd { weight_decay, ..self }
    }

    /// With Nesterov's momentum.
    pub fn nesterov(self, nesterov: bool) -> Self {
        Sgd { nesterov, ..self }
    }
}

impl<F: Real> Optimizer<F> for Sgd<F> {
    fn update(&mut self, index: usize, w: &mut [F], g: &[F]) {
        let lr = F::from_f64(self.learning_rate);
        let decay = F::from_f64(self.weight_decay);
        if self.momentum == 0.0 {
            return tape::update::update(w, g, |w, g| *w -= lr * (g + decay * *w));
        }
        let (momentum, fresh) = (F::from_f64(self.momentum), F::from_f64(1.0 - self.dampening));
        let slot = self.velocities.step(index, w.len(), [F::ZERO]);
        let (keep, take) = if slot.steps == 1 { (F::ZERO, F::ONE) } else { (momentum, fresh) };
        let [velocity] = &mut slot.arrays;
        if self.nesterov {
            tape::update::update2(w, velocity, g, move |w, v, g| {
                let g = g + decay * *w;
                *v = keep * *v + take * g;
                *w -= lr * (g + momentum * *v);
            });
        } else {
            tape::update::update2(w, velocity, g, move |w, v, g| {
                *v = keep * *v + take * (g + decay * *w);
                *w -= lr * *v;
            });
        }
    }

    fn learning_rate(&self) -> f64 {
        self.learning_rate
    }

    fn set_learning_rate(&mut self, learning_rate: f64) {
        self.learning_rate = learning_rate;
    }

    fn set_momentum(&mut self, momentum: f64) {
        self.momentum = momentum;
    }

    fn state(&self, params: &Params<F>) -> State<F> {
        let mut state = State::default();
        state.numbers.insert("learning_rate".to_string(), vec![self.learning_rate]);
        state.numbers.insert("momentum".to_string(), vec![self.momentum]);
        self.velocities.save(params, &mut state);
        state
    }

    fn restore(&mut self, params: &Params<F>, mut state: State<F>) -> Result<(), StateError> {
        self.learning_rate = state.take_number("learning_rate")?;
        self.momentum = state.take_number("momentum")?;
        self.velocities.restore(params, &mut state)?;
        state.finish()
    }
}
