//! Absolute value: `y = |x|`, `dx = g · sign x`, which is 0 at 0, as in PyTorch.

use crate::{Op, Reads, Real, Var, Vjp};

#[derive(Clone, Copy)]
struct Abs;

impl<F: Real> Op<F> for Abs {
    fn name(&self) -> &'static str {
        "abs"
    }

    fn vjp<'t>(&self, cx: &mut Vjp<'_, 't, F>) {
        cx.give(0, |c| c.g.abs_backward(c.x(0)));
    }

    fn reads(&self) -> Reads {
        Reads::INPUTS
    }
}

/// `g · sign x`: linear in `g`, and constant in `x` wherever it has a derivative.
#[derive(Clone, Copy)]
struct AbsBackward;

impl<F: Real> Op<F> for AbsBackward {
    fn name(&self) -> &'static str {
        "abs_backward"
    }

    fn vjp<'t>(&self, cx: &mut Vjp<'_, 't, F>) {
        cx.give(0, |c| c.g.abs_backward(c.x(1)));
    }
}

impl<'t, F: Real> Var<'t, F> {
    /// The absolute value, elementwise; the same shape.
    ///
    /// Formulas: [`ops::function::abs`](mod@crate::ops::function::abs).
    #[track_caller]
    pub fn abs(self) -> Self {
        self.map(Abs, F::abs)
    }

    #[track_caller]
    fn abs_backward(self, x: Self) -> Self {
        self.zip(x, AbsBackward, |g, x| {
            let flat = if x.is_nan() { x } else { F::ZERO };
            let downhill = if x < F::ZERO { -g } else { flat };
            if x > F::ZERO { g } else { downhill }
        })
    }
}

#[cfg(test)]
mod tests {
    use crate::{Params, Tape, Tensor, gradcheck};

    #[test]
    fn abs() {
        gradcheck::unary(|x| x.abs(), -2.0..2.0);
        gradcheck::unary(|x| x.abs() * x, -2.0..2.0);
    }

    #[test]
    fn at_zero() {
        Tape::<f32>::new().run(&Params::new(0), |t| {
            let x = t.leaf(&Tensor::from_vec([4], vec![0.0, -0.0, 2.0, -2.0]));
            assert_eq!(*x.abs().sum(..).grad([x])[0].value(), [0.0, 0.0, 1.0, -1.0]);
        });
    }
}
