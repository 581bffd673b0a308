//! Gaussian error linear unit in the form with tanh (Hendrycks and Gimpel 2016): `y = ½ x (1 + t)` with `t = tanh u`,
//! `u = √(2/π) (x + 0.044715 x³)`; `dx = g · (½ (1 + t) + ½ x (1 − t²) u′)` with `u′ = √(2/π) (1 + 0.134145 x²)`.

use crate::{Op, Reads, Real, Var, Vjp};

/// `√(2/π)`.
const SCALE: f64 = 0.797_884_560_802_865_4;
const CUBIC: f64 = 0.044_715;

#[derive(Clone, Copy)]
struct GeluTanh;

impl<F: Real> Op<F> for GeluTanh {
    fn name(&self) -> &'static str {
        "gelu_tanh"
    }

    fn vjp<'t>(&self, cx: &mut Vjp<'_, 't, F>) {
        cx.give(0, |c| c.g.gelu_tanh_backward(c.x(0)));
    }

    fn reads(&self) -> Reads {
        Reads::INPUTS
    }
}

/// The derivative in one pass: `dx = h g · (1 − t²) (u′ + ½ x u″ − x t u′²)`, `u″ = √(2/π) 0.26829 x`.
#[derive(Clone, Copy)]
struct GeluTanhBackward;

impl<F: Real> Op<F> for GeluTanhBackward {
    fn name(&self) -> &'static str {
        "gelu_tanh_backward"
    }

    fn vjp<'t>(&self, cx: &mut Vjp<'_, 't, F>) {
        cx.give(0, |c| c.g.gelu_tanh_backward(c.x(1)));
        cx.give(1, |c| {
            let x = c.x(1);
            let square = x * x;
            let t = (x * (square * CUBIC + 1.0) * SCALE).tanh();
            let slope = (square * (3.0 * CUBIC) + 1.0) * SCALE;
            let bend = square * (3.0 * CUBIC * SCALE);
            c.g * c.x(0) * (1.0 - t * t) * (slope + bend - x * t * slope * slope)
        });
    }
}

#[inline(always)]
fn inner<F: Real>(x: F) -> F {
    F::from_f64(SCALE) * (x + F::from_f64(CUBIC) * x * x * x)
}

#[inline(always)]
fn gelu_tanh<F: Real>(x: F) -> F {
    F::from_f64(0.5) * x * (F::ONE + inner(x).tanh())
}

#[inline(always)]
fn gelu_tanh_backward<F: Real>(g: F, x: F) -> F {
    let half = F::from_f64(0.5);
    let t = inner(x).tanh();
    let slope = F::from_f64(SCALE) * (F::ONE + F::from_f64(3.0 * CUBIC) * x * x);
    g * (half * (F::ONE + t) + half * x * (F::ONE - t * t) * slope)
}

impl<'t, F: Real> Var<'t, F> {
    /// GELU by its approximation with tanh (`approximate="tanh"` in PyTorch), elementwise; the same shape. The form of
    /// GPT-2; [`gelu`](Var::gelu) is the exact one.
    ///
    /// Formulas: [`ops::activation::gelu_tanh`](mod@crate::ops::activation::gelu_tanh).
    #[track_caller]
    pub fn gelu_tanh(self) -> Self {
        self.map(
            GeluTanh,
            #[inline(always)]
            |x| gelu_tanh(x),
        )
    }

    #[track_caller]
    fn gelu_tanh_backward(self, x: Self) -> Self {
        self.zip(
            x,
            GeluTanhBackward,
            #[inline(always)]
            |g, x| gelu_tanh_backward(g, x),
        )
    }
}

#[cfg(test)]
mod tests {
    use crate::gradcheck;

    #[test]
    fn gelu_tanh() {
        gradcheck::unary(|x| x.gelu_tanh(), -3.0..3.0);
    }

    #[test]
    fn gelu_tanh_backward() {
        gradcheck::pair(|g, x| g.gelu_tanh_backward(x), -2.0..2.0, &[3, 4], &[3, 4]);
    }
}
