//! Hyperbolic tangent: `y = tanh x`, `dx = g · (1 − y²)`.

use crate::{Op, Reads, Real, Var, Vjp};

#[derive(Clone, Copy)]
struct Tanh;

impl<F: Real> Op<F> for Tanh {
    fn name(&self) -> &'static str {
        "tanh"
    }

    fn vjp<'t>(&self, cx: &mut Vjp<'_, 't, F>) {
        cx.give(0, |c| c.g.tanh_backward(c.y));
    }

    fn reads(&self) -> Reads {
        Reads::RESULT
    }
}

/// `g · (1 − y²)` in one pass: `dg = h · (1 − y²)`, `dy = −2 h g y`.
#[derive(Clone, Copy)]
struct TanhBackward;

impl<F: Real> Op<F> for TanhBackward {
    fn name(&self) -> &'static str {
        "tanh_backward"
    }

    fn vjp<'t>(&self, cx: &mut Vjp<'_, 't, F>) {
        cx.give(0, |c| c.g.tanh_backward(c.x(1)));
        cx.give(1, |c| c.g * c.x(0) * c.x(1) * -2.0);
    }
}

/// The cotangent of one number, by the result.
#[inline(always)]
pub(super) fn slope<F: Real>(g: F, y: F) -> F {
    g * (F::ONE - y * y)
}

impl<'t, F: Real> Var<'t, F> {
    /// The hyperbolic tangent, elementwise; the same shape.
    ///
    /// Formulas: [`ops::activation::tanh`](mod@crate::ops::activation::tanh).
    #[track_caller]
    pub fn tanh(self) -> Self {
        self.map(Tanh, F::tanh)
    }

    #[track_caller]
    pub(crate) fn tanh_backward(self, y: Self) -> Self {
        self.zip(y, TanhBackward, slope)
    }
}

#[cfg(test)]
mod tests {
    use crate::gradcheck;

    #[test]
    fn tanh() {
        gradcheck::unary(|x| x.tanh(), -3.0..3.0);
    }

    #[test]
    fn tanh_backward() {
        gradcheck::pair(|g, y| g.tanh_backward(y), -1.0..1.0, &[3, 4], &[3, 4]);
    }
}
