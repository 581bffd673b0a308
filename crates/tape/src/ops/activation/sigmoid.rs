//! Logistic function: `y = 1 / (1 + e⁻ˣ)`, `dx = g · y (1 − y)`.

use crate::{Op, Reads, Real, Var, Vjp};

#[derive(Clone, Copy)]
struct Sigmoid;

impl<F: Real> Op<F> for Sigmoid {
    fn name(&self) -> &'static str {
        "sigmoid"
    }

    fn vjp<'t>(&self, cx: &mut Vjp<'_, 't, F>) {
        cx.give(0, |c| c.g.sigmoid_backward(c.y));
    }

    fn reads(&self) -> Reads {
        Reads::RESULT
    }
}

/// `g · y (1 − y)` in one pass: `dg = h · y (1 − y)`, `dy = h · g (1 − 2y)`.
#[derive(Clone, Copy)]
struct SigmoidBackward;

impl<F: Real> Op<F> for SigmoidBackward {
    fn name(&self) -> &'static str {
        "sigmoid_backward"
    }

    fn vjp<'t>(&self, cx: &mut Vjp<'_, 't, F>) {
        cx.give(0, |c| c.g.sigmoid_backward(c.x(1)));
        cx.give(1, |c| c.g * c.x(0) * (1.0 - c.x(1) * 2.0));
    }
}

/// The cotangent of one number, by the result.
#[inline(always)]
pub(super) fn slope<F: Real>(g: F, y: F) -> F {
    g * y * (F::ONE - y)
}

impl<'t, F: Real> Var<'t, F> {
    /// The logistic function `1 / (1 + e⁻ˣ)`, elementwise; the same shape.
    ///
    /// Formulas: [`ops::activation::sigmoid`](mod@crate::ops::activation::sigmoid).
    #[track_caller]
    pub fn sigmoid(self) -> Self {
        self.map(Sigmoid, F::sigmoid)
    }

    #[track_caller]
    pub(crate) fn sigmoid_backward(self, y: Self) -> Self {
        self.zip(y, SigmoidBackward, slope)
    }
}

#[cfg(test)]
mod tests {
    use crate::gradcheck;

    #[test]
    fn sigmoid() {
        gradcheck::unary(|x| x.sigmoid(), -3.0..3.0);
    }

    #[test]
    fn sigmoid_backward() {
        gradcheck::pair(|g, y| g.sigmoid_backward(y), -1.0..1.0, &[3, 4], &[3, 4]);
    }
}
