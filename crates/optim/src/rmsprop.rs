//! RMSprop.

use crate::slots::Slots;
use crate::{Optimizer, State, StateError};
use tape::{Params, Real};

/// RMSprop (Hinton 2012, lecture 6 of *Neural networks for machine learning*), by PyTorch's definition. With `g` the
/// gradient plus `weight_decay · w`:
///
/// * `s ← α s + (1 − α) g²`;
/// * `w ← w − lr · g / (√s + ε)`.
///
/// Centered (Graves 2013), `s − a²` stands in place of `s`, with `a` the same mean of `g`. With momentum `μ`, the step is
/// `b ← μ b + g / (√s + ε)`, `w ← w − lr · b`.
///
/// A parameter without a gradient is left alone.
#[derive(Clone, Debug)]
pub struct RmsProp<F: Real = f32> {
    learning_rate: f64,
    alpha: f64,
    eps: f64,
    weight_decay: f64,
    momentum: f64,
    centered: bool,
    squares: Slots<F, 1>,
    means_and_velocities: Slots<F, 2>,
}

impl<F: Real> RmsProp<F> {
    /// With α = 0.99, ε = 10⁻⁸, without momentum and weight decay, not centered.
    pub fn new(learning_rate: f64) -> Self {
        RmsProp {
            learning_rate,
            alpha: 0.99,
            eps: 1e-8,
            weight_decay: 0.0,
            momentum: 0.0,
            centered: false,
            squares: Slots::new(["square_avg"]),
            means_and_velocities: Slots::new(["grad_avg", "momentum_buffer"]),
        }
    }

    /// With this decay of the mean of squares.
    pub fn alpha(self, alpha: f64) -> Self {
        RmsProp { alpha, ..self }
    }

    /// With this ε, which bounds the step where gradients are tiny.
    pub fn eps(self, eps: f64) -> Self {
        RmsProp { eps, ..self }
    }

    /// With this weight decay.
    pub fn weight_decay(self, weight_decay: f64) -> Self {
        RmsProp { weight_decay, ..self }
    }

    /// With this momentum.
    pub fn momentum(self, momentum: f64) -> Self {
        RmsProp { momentum, ..self }
    }

    /// Divides by the deviation from the mean gradient instead of its size.
    pub fn centered(self, centered: bool) -> Self {
        RmsProp { centered, ..self }
    }
}

impl<F: Real> Optimizer<F> for RmsProp<F> {
    fn update(&mut self, index: usize, w: &mut [F], g: &[F]) {
        let float = F::from_f64;
        let (rate, decay, eps) = (float(self.learning_rate), float(self.weight_decay), float(self.eps));
        let (alpha, fresh) = (float(self.alpha), float(1.0 - self.alpha));
        let (momentum, centered) = (float(self.momentum), self.centered);
        let [s] = &mut self.squares.step(index, w.len(), [F::ZERO]).arrays;
        if self.momentum == 0.0 && !centered {
            return tape::update::update2(w, s, g, move |w, s, g| {
                let g = g + decay * *w;
                *s = alpha * *s + fresh * g * g;
                *w -= rate * (g / (s.sqrt() + eps));
            });
        }
        let [a, b] = &mut self.means_and_velocities.step(index, w.len(), [F::ZERO; 2]).arrays;
        tape::update::update4(w, s, a, b, g, move |w, s, a, b, g| {
            let g = g + decay * *w;
            *s = alpha * *s + fresh * g * g;
            let mut spread = *s;
            if centered {
                *a += (g - *a) * fresh;
                spread -= *a * *a;
            }
            // Without momentum this is the step itself.
            *b = momentum * *b + g / (spread.sqrt() + eps);
            *w -= rate * *b;
        });
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
        self.squares.save(params, &mut state);
        self.means_and_velocities.save(params, &mut state);
        state
    }

    fn restore(&mut self, params: &Params<F>, mut state: State<F>) -> Result<(), StateError> {
        self.learning_rate = state.take_number("learning_rate")?;
        self.momentum = state.take_number("momentum")?;
        self.squares.restore(params, &mut state)?;
        self.means_and_velocities.restore(params, &mut state)?;
        state.finish()
    }
}
