//! Adam and its variants.

use crate::slots::Slots;
use crate::{Optimizer, State, StateError};
use tape::{Params, Real};

/// Adam (Kingma and Ba 2015), by PyTorch's definition. With `g` the gradient plus `weight_decay · w`, in the parameter's
/// step `t`:
///
/// * `m ← β₁ m + (1 − β₁) g` and `v ← β₂ v + (1 − β₂) g²`;
/// * `w ← w − lr / (1 − β₁ᵗ) · m / (√v / √(1 − β₂ᵗ) + ε)`.
///
/// [`adamw`] decays weights apart from the gradient: `w ← w − lr · weight_decay · w` before the step (Loshchilov and
/// Hutter 2019). With [`amsgrad`](Adam::amsgrad), the largest `v` so far stands in place of `v` (Reddi et al. 2018).
///
/// A parameter without a gradient is left alone, and its `t` does not grow.
#[derive(Clone, Debug)]
pub struct Adam<F: Real = f32> {
    learning_rate: f64,
    betas: (f64, f64),
    eps: f64,
    weight_decay: f64,
    decoupled: bool,
    amsgrad: bool,
    slots: Slots<F, 2>,
    largest: Slots<F, 1>,
}

/// AdamW: [`Adam`] that decays weights apart from the gradient, by PyTorch's default of 0.01.
pub fn adamw<F: Real>(learning_rate: f64) -> Adam<F> {
    Adam { decoupled: true, ..Adam::new(learning_rate) }.weight_decay(0.01)
}

impl<F: Real> Adam<F> {
    /// With β₁ = 0.9, β₂ = 0.999, ε = 10⁻⁸, without weight decay.
    pub fn new(learning_rate: f64) -> Self {
        Adam {
            learning_rate,
            betas: (0.9, 0.999),
            eps: 1e-8,
            weight_decay: 0.0,
            decoupled: false,
            amsgrad: false,
            slots: Slots::new(["exp_avg", "exp_avg_sq"]),
            largest: Slots::new(["max_exp_avg_sq"]),
        }
    }

    /// With these decays of the moments.
    pub fn betas(self, first: f64, second: f64) -> Self {
        Adam { betas: (first, second), ..self }
    }

    /// With this ε, which bounds the step where gradients are tiny.
    pub fn eps(self, eps: f64) -> Self {
        Adam { eps, ..self }
    }

    /// With this weight decay.
    pub fn weight_decay(self, weight_decay: f64) -> Self {
        Adam { weight_decay, ..self }
    }

    /// With the largest second moment so far.
    #[doc(alias = "AMSGrad")]
    pub fn amsgrad(self, amsgrad: bool) -> Self {
        Adam { amsgrad, ..self }
    }
}

impl<F: Real> Optimizer<F> for Adam<F> {
    fn update(&mut self, index: usize, w: &mut [F], g: &[F]) {
        let Adam { learning_rate, betas, eps, weight_decay, decoupled, amsgrad, ref mut slots, ref mut largest } =
            *self;
        let float = F::from_f64;
        let (keep, decay) = match decoupled {
            true => (float(1.0 - learning_rate * weight_decay), F::ZERO),
            false => (F::ONE, float(weight_decay)),
        };
        let (fresh1, beta2, fresh2) = (float(1.0 - betas.0), float(betas.1), float(1.0 - betas.1));
        let eps = float(eps);
        let slot = slots.step(index, w.len(), [F::ZERO; 2]);
        let t = slot.steps as f64;
        let rate = float(learning_rate / (1.0 - betas.0.powf(t)));
        let correction = float((1.0 - betas.1.powf(t)).sqrt());
        let [m, v] = &mut slot.arrays;
        let moments = move |w: &mut F, m: &mut F, v: &mut F, g: F| {
            *w = keep * *w;
            let g = g + decay * *w;
            *m += (g - *m) * fresh1;
            *v = beta2 * *v + fresh2 * g * g;
        };
        if amsgrad {
            let [largest] = &mut largest.step(index, w.len(), [F::ZERO]).arrays;
            tape::update::update4(w, m, v, largest, g, move |w, m, v, largest, g| {
                moments(w, m, v, g);
                *largest = largest.maximum(*v);
                *w -= rate * (*m / (largest.sqrt() / correction + eps));
            });
        } else {
            tape::update::update3(w, m, v, g, move |w, m, v, g| {
                moments(w, m, v, g);
                *w -= rate * (*m / (v.sqrt() / correction + eps));
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
        self.betas.0 = momentum;
    }

    fn state(&self, params: &Params<F>) -> State<F> {
        let mut state = State::default();
        state.numbers.insert("learning_rate".to_string(), vec![self.learning_rate]);
        state.numbers.insert("beta1".to_string(), vec![self.betas.0]);
        self.slots.save(params, &mut state);
        self.largest.save(params, &mut state);
        state
    }

    fn restore(&mut self, params: &Params<F>, mut state: State<F>) -> Result<(), StateError> {
        self.learning_rate = state.take_number("learning_rate")?;
        self.betas.0 = state.take_number("beta1")?;
        self.slots.restore(params, &mut state)?;
        self.largest.restore(params, &mut state)?;
        state.finish()
    }
}
