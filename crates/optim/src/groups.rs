//! [`Groups`]: other settings for some of the parameters.

use crate::{Optimizer, State, StateError};
use tape::{Params, Real, Step};

/// Parameters in groups, each with an optimizer of its own: PyTorch's parameter groups, with the freedom to mix kinds.
///
/// A parameter belongs to the first group that accepts its dotted name, or else to the optimizer that [`new`](Groups::new)
/// takes. Its learning rate is the one that a schedule sets; the rates of the groups keep their proportion to it.
///
/// ```
/// use retrograde_optim::{Groups, Optimizer, Sgd};
/// // No weight decay for biases, and twice the rate.
/// let mut optimizer = Groups::new(Sgd::<f32>::new(0.1).weight_decay(5e-4))
///     .group(|name| name.ends_with("bias"), Sgd::new(0.2));
/// optimizer.set_learning_rate(0.01);
/// assert_eq!(optimizer.learning_rates().collect::<Vec<_>>(), [0.02, 0.01]);
/// ```
pub struct Groups<F: Real = f32> {
    groups: Vec<Group<F>>,
    /// The group of every parameter, by its index.
    members: Vec<usize>,
}

struct Group<F: Real> {
    accepts: Box<dyn Fn(&str) -> bool + Send>,
    optimizer: Box<dyn Optimizer<F> + Send>,
    /// The learning rate, as a multiple of the last group's.
    proportion: f64,
}

impl<F: Real> Groups<F> {
    /// This optimizer for all parameters that no group accepts.
    pub fn new(rest: impl Optimizer<F> + Send + 'static) -> Self {
        let rest = Group { accepts: Box::new(|_| true), optimizer: Box::new(rest), proportion: 1.0 };
        Groups { groups: vec![rest], members: Vec::new() }
    }

    /// Adds a group of the parameters whose dotted name `accepts` accepts, behind the groups before it.
    ///
    /// # Panics
    /// When a learning rate is 0, so that the proportion is not defined, or training has begun.
    #[track_caller]
    pub fn group(
        mut self,
        accepts: impl Fn(&str) -> bool + Send + 'static,
        optimizer: impl Optimizer<F> + Send + 'static,
    ) -> Self {
        assert!(self.members.is_empty(), "groups: training has begun, and parameters belong to their groups");
        let proportion = optimizer.learning_rate() / self.learning_rate();
        assert!(proportion.is_finite(), "groups: the learning rate {} has no multiples", self.learning_rate());
        let rest = self.groups.len() - 1;
        self.groups.insert(rest, Group { accepts: Box::new(accepts), optimizer: Box::new(optimizer), proportion });
        self
    }

    /// The learning rates of the groups, in their order; the last is that of all other parameters.
    pub fn learning_rates(&self) -> impl Iterator<Item = f64> {
        self.groups.iter().map(|group| group.optimizer.learning_rate())
    }

    fn rest(&self) -> &Group<F> {
        self.groups.last().expect("the last group accepts every parameter")
    }
}

impl<F: Real> Optimizer<F> for Groups<F> {
    fn update(&mut self, index: usize, w: &mut [F], g: &[F]) {
        let group = self.members.get(index).copied().unwrap_or(self.groups.len() - 1);
        self.groups[group].optimizer.update(index, w, g);
    }

    fn step(&mut self, params: &mut Params<F>, step: &Step<F>) {
        for param in &params.entries()[self.members.len().min(params.entries().len())..] {
            let group = self.groups.iter().position(|group| (group.accepts)(param.name()));
            self.members.push(group.expect("the last group accepts every parameter"));
        }
        params.commit(step, |index, w, g| self.update(index, w, g));
    }

    fn learning_rate(&self) -> f64 {
        self.rest().optimizer.learning_rate()
    }

    fn set_learning_rate(&mut self, learning_rate: f64) {
        for group in &mut self.groups {
            group.optimizer.set_learning_rate(learning_rate * group.proportion);
        }
    }

    fn set_momentum(&mut self, momentum: f64) {
        self.groups.iter_mut().for_each(|group| group.optimizer.set_momentum(momentum));
    }

    fn state(&self, params: &Params<F>) -> State<F> {
        let mut all = State::default();
        for (number, group) in self.groups.iter().enumerate() {
            let state = group.optimizer.state(params);
            all.arrays.extend(state.arrays.into_iter().map(|(name, list)| (format!("{number}.{name}"), list)));
            all.numbers.extend(state.numbers.into_iter().map(|(name, list)| (format!("{number}.{name}"), list)));
        }
        all
    }

    fn restore(&mut self, params: &Params<F>, mut state: State<F>) -> Result<(), StateError> {
        for (number, group) in self.groups.iter_mut().enumerate() {
            let prefix = format!("{number}.");
            let mut part = State::default();
            for name in state.arrays.keys().filter(|name| name.starts_with(&prefix)).cloned().collect::<Vec<_>>() {
                part.arrays.insert(name[prefix.len()..].to_string(), state.arrays.remove(&name).unwrap_or_default());
            }
            for name in state.numbers.keys().filter(|name| name.starts_with(&prefix)).cloned().collect::<Vec<_>>() {
                part.numbers.insert(name[prefix.len()..].to_string(), state.numbers.remove(&name).unwrap_or_default());
            }
            group.optimizer.restore(params, part)?;
        }
        state.finish()
    }
}
