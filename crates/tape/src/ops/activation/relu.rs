//! Rectified linear unit: `y = max(x, 0)`, `dx = g` where `x > 0`, else 0 (so 0 at 0, as in PyTorch). NaN stays NaN.

use crate::{Op, Reads, Real, Var, Vjp};

#[derive(Clone, Copy)]
struct Relu;

impl<F: Real> Op<F> for Relu {
    fn name(&self) -> &'static str {
        "relu"
    }

    fn vjp<'t>(&self, cx: &mut Vjp<'_, 't, F>) {
        cx.give(0, |c| c.g.relu_backward(c.y));
    }

    fn reads(&self) -> Reads {
        Reads::RESULT
    }
}

/// `g` where `y > 0`, else 0: linear in `g`, and constant in `y` wherever it has a derivative.
#[derive(Clone, Copy)]
struct ReluBackward;

impl<F: Real> Op<F> for ReluBackward {
    fn name(&self) -> &'static str {
        "relu_backward"
    }

    fn vjp<'t>(&self, cx: &mut Vjp<'_, 't, F>) {
        cx.give(0, |c| c.g.relu_backward(c.x(1)));
    }
}

/// The cotangent of one number, by the result.
#[inline(always)]
pub(super) fn slope<F: Real>(g: F, y: F) -> F {
    if y <= F::ZERO { F::ZERO } else { g }
}

impl<'t, F: Real> Var<'t, F> {
    /// Rectified linear unit, `max(x, 0)`, elementwise; the same shape.
    ///
    /// Formulas: [`ops::activation::relu`](mod@crate::ops::activation::relu).
    #[track_caller]
    pub fn relu(self) -> Self {
        self.map(Relu, |x| if x <= F::ZERO { F::ZERO } else { x })
    }

    #[track_caller]
    pub(crate) fn relu_backward(self, y: Self) -> Self {
        self.zip(y, ReluBackward, slope)
    }
}

#[cfg(test)]
mod tests {
    use crate::{Params, Tape, Tensor, gradcheck};

    #[test]
    fn relu() {
        gradcheck::unary(|x| x.relu(), -2.0..2.0);
        gradcheck::binary(|x, y| (x * y).relu() * y, -2.0..2.0, -2.0..2.0);
    }

    #[test]
    fn relu_at_zero_and_nan() {
        Tape::<f32>::new().run(&Params::new(0), |t| {
            let x = t.leaf(&Tensor::from_vec([3], vec![0.0, f32::NAN, -0.0]));
            assert!(x.relu().value()[1].is_nan());
            let [dx] = x.relu().slice(0, 0..1).sum(..).grad([x]);
            assert_eq!(dx.value()[0], 0.0);
        });
    }
}
