//! Adagrad.

use crate::slots::Slots;
use crate::{Optimizer, State, StateError};
use tape::{Params, Real};

/// Adagrad (Duchi et al. 2011), by PyTorch's definition. With `g` the gradient plus `weight_decay · w`, in the parameter's
/// step `t`: `s ← s + g²`, `w ← w − lr / (1 + (t − 1) · lr_decay) · g / (√s + ε)`.
///
/// A parameter without a gradient is left alone, and its `t` does not grow.
#[derive(Clone, Debug)]
pub struct Adagrad<F: Real = f32> {
    learning_rate: f64,
    learning_rate_decay: f64,
    weight_decay: f64,
    initial_accumulator: f64,
    eps: f64,
    slots: Slots<F, 1>,
}

impl<F: Real> Adagrad<F> {
    /// With ε = 10⁻¹⁰, without decay of learning rate or weights, and sums that begin with 0.
    pub fn new(learning_rate: f64) -> Self {
        Adagrad {
            learning_rate,
            learning_rate_decay: 0.0,
            weight_decay: 0.0,
            initial_accumulator: 0.0,
            eps: 1e-10,
            slots: Slots::new(["sum"]),
        }
    }

    /// With this decay of the learning rate by the number of the step.
    #[doc(alias = "lr_decay")]
    pub fn learning_rate_decay(self, learning_rate_decay: f64) -> Self {
        Adagrad { learning_rate_decay, ..self }
    }

    /// With this weight decay.
    pub fn weight_decay(self, weight_decay: f64) -> Self {
        Adagrad { weight_decay, ..self }
    }

    /// With sums of squares that begin with this.
    #[doc(alias = "initial_accumulator_value")]
    pub fn initial_accumulator(self, initial_accumulator: f64) -> Self {
        Adagrad { initial_accumulator, ..self }
    }

    /// With this ε, which bounds the step where gradients are tiny.
    pub fn eps(self, eps: f64) -> Self {
        Adagrad { eps, ..self }
    }
}

impl<F: Real> Optimizer<F> for Adagrad<F> {
    fn update(&mut self, index: usize, w: &mut [F], g: &[F]) {
        let Adagrad { learning_rate, learning_rate_decay, weight_decay, initial_accumulator, eps, ref mut slots } =
            *self;
        let (decay, eps, start) = (F::from_f64(weight_decay), F::from_f64(eps), F::from_f64(initial_accumulator));
        let slot = slots.step(index, w.len(), [start]);
        let rate = F::from_f64(learning_rate / (1.0 + (slot.steps - 1) as f64 * learning_rate_decay));
        let [s] = &mut slot.arrays;
        tape::update::update2(w, s, g, move |w, s, g| {
            let g = g + decay * *w;
            *s += g * g;
            *w -= rate * (g / (s.sqrt() + eps));
        });
    }

    fn learning_rate(&self) -> f64 {
        self.learning_rate
    }

    fn set_learning_rate(&mut self, learning_rate: f64) {
        self.learning_rate = learning_rate;
    }

    fn state(&self, params: &Params<F>) -> State<F> {
        let mut state = State::default();
        state.numbers.insert("learning_rate".to_string(), vec![self.learning_rate]);
        self.slots.save(params, &mut state);
        state
    }

    fn restore(&mut self, params: &Params<F>, mut state: State<F>) -> Result<(), StateError> {
        self.learning_rate = state.take_number("learning_rate")?;
        self.slots.restore(params, &mut state)?;
        state.finish()
    }
}
