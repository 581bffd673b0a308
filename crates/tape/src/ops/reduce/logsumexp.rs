//! Logarithm of a sum of exponentials over axes: `y = ln Σ eˣ`, `dx = g · e^(x − y)`.

use crate::axis::IntoAxes;
use crate::{Axes, Op, Reads, Real, Shape, Var, Vjp};

#[derive(Clone, Copy)]
struct LogSumExp {
    axes: Axes,
}

impl<F: Real> Op<F> for LogSumExp {
    fn name(&self) -> &'static str {
        "logsumexp"
    }

    fn vjp<'t>(&self, cx: &mut Vjp<'_, 't, F>) {
        cx.give(0, |c| {
            let reduced = c.shape(0).reduced(self.axes, true);
            c.g.reshape(reduced) * c.x(0).exp_difference(c.y.reshape(reduced))
        });
    }

    fn flops(&self, inputs: &[Shape], _: Shape) -> u64 {
        3 * inputs[0].len() as u64
    }
}

/// `y = e^(a − b)`, and 0 where `a` is −∞, whatever `b`: `da = g y`, `db = −g y`.
#[derive(Clone, Copy)]
struct ExpDifference;

impl<F: Real> Op<F> for ExpDifference {
    fn name(&self) -> &'static str {
        "exp_difference"
    }

    fn vjp<'t>(&self, cx: &mut Vjp<'_, 't, F>) {
        cx.give(0, |c| (c.g * c.y).sum_to(c.shape(0)));
        cx.give(1, |c| -(c.g * c.y).sum_to(c.shape(1)));
    }

    fn reads(&self) -> Reads {
        Reads::RESULT
    }
}

impl<'t, F: Real> Var<'t, F> {
    /// `ln Σ eˣ` over axes, which are removed, without overflow. Of nothing, and where all numbers are −∞, it is −∞, with
    /// gradient 0 (NaN in PyTorch).
    ///
    /// Formulas: [`ops::reduce::logsumexp`](mod@crate::ops::reduce::logsumexp).
    ///
    /// # Panics
    /// When an axis does not exist or is named twice.
    #[track_caller]
    pub fn logsumexp(self, axes: impl IntoAxes) -> Self {
        self.logsumexp_over(axes, false)
    }

    /// As [`logsumexp`](Var::logsumexp), and the axes stay, with size 1.
    #[track_caller]
    pub fn logsumexp_keepdim(self, axes: impl IntoAxes) -> Self {
        self.logsumexp_over(axes, true)
    }

    #[track_caller]
    fn logsumexp_over(self, axes: impl IntoAxes, keep: bool) -> Self {
        let (shape, axes) = (self.shape(), self.resolve_axes("logsumexp", axes));
        let to = shape.reduced(axes, keep);
        self.graph().apply(LogSumExp { axes }, [self], to, |[x], y| kernels::logsumexp(x, shape, axes, y))
    }

    #[track_caller]
    fn exp_difference(self, other: Self) -> Self {
        self.zip(other, ExpDifference, |a, b| if a == F::NEG_INFINITY { F::ZERO } else { (a - b).exp() })
    }
}

#[cfg(test)]
mod tests {
    use crate::{Params, Tape, Tensor, gradcheck};

    #[test]
    fn logsumexp() {
        gradcheck::shapes(|x| x.logsumexp(..), -2.0..2.0, &[&[], &[1], &[5], &[3, 4]]);
        gradcheck::shapes(|x| x.logsumexp([0, -1]), -2.0..2.0, &[&[2, 3], &[2, 3, 4], &[2, 0, 3]]);
        gradcheck::shapes(|x| x.logsumexp_keepdim(1), -2.0..2.0, &[&[2, 3], &[2, 3, 4]]);
    }

    #[test]
    fn exp_difference() {
        gradcheck::binary(|a, b| a.exp_difference(b), -1.0..1.0, -1.0..1.0);
    }

    #[test]
    fn large_and_infinite_numbers() {
        Tape::<f64>::new().run(&Params::new(0), |t| {
            let x = t.leaf(&Tensor::from_vec([2], vec![1000.0, 1000.0]));
            assert!((x.logsumexp(0).item() - (1000.0 + 2f64.ln())).abs() < 1e-12);
            let x = t.leaf(&Tensor::full([2], f64::NEG_INFINITY));
            assert_eq!(x.logsumexp(0).item(), f64::NEG_INFINITY);
            assert_eq!(&*x.logsumexp(0).grad([x])[0].value(), [0.0, 0.0]);
        });
    }
}
