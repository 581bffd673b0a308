//! Sum over axes: `y = Σ x`, `dx = g`, repeated along the axes that were summed.

use crate::axis::IntoAxes;
use crate::{Axes, Op, Reads, Real, Shape, Var, Vjp};

#[derive(Clone, Copy)]
struct Sum {
    axes: Axes,
}

impl<F: Real> Op<F> for Sum {
    fn name(&self) -> &'static str {
        "sum"
    }

    fn vjp<'t>(&self, cx: &mut Vjp<'_, 't, F>) {
        let axes = self.axes;
        cx.give(0, |c| c.g.reshape(c.shape(0).reduced(axes, true)).broadcast_to(c.shape(0)));
    }

    fn reads(&self) -> Reads {
        Reads::NONE
    }

    fn flops(&self, inputs: &[Shape], _: Shape) -> u64 {
        inputs[0].len() as u64
    }
}

impl<'t, F: Real> Var<'t, F> {
    /// The sum over axes, which are removed: `x.sum(..)`, `x.sum(0)`, `x.sum([0, -1])`. Nothing summed is 0.
    ///
    /// Formulas: [`ops::reduce::sum`](mod@crate::ops::reduce::sum).
    ///
    /// # Panics
    /// When an axis does not exist or is named twice.
    #[track_caller]
    pub fn sum(self, axes: impl IntoAxes) -> Self {
        self.sum_over(axes, false)
    }

    /// As [`sum`](Var::sum), and the axes stay, with size 1.
    #[track_caller]
    pub fn sum_keepdim(self, axes: impl IntoAxes) -> Self {
        self.sum_over(axes, true)
    }

    #[track_caller]
    fn sum_over(self, axes: impl IntoAxes, keep: bool) -> Self {
        let shape = self.shape();
        let axes = self.resolve_axes("sum", axes);
        self.graph().apply(Sum { axes }, [self], shape.reduced(axes, keep), |[x], y| kernels::sum(x, shape, axes, y))
    }

    /// The axes that a caller named, for the op `name`.
    #[track_caller]
    pub(crate) fn resolve_axes(self, name: &str, axes: impl IntoAxes) -> Axes {
        let shape = self.shape();
        match axes.axes(shape.rank()) {
            Some(axes) => axes,
            None => self.graph().fail(format_args!("{name}: axes: left {axes:?}, right {shape}")),
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::gradcheck;

    #[test]
    fn sum() {
        gradcheck::unary(|x| x.sum(..), -2.0..2.0);
        gradcheck::shapes(|x| x.sum(0), -2.0..2.0, &[&[3], &[2, 3], &[1, 5, 2], &[0, 2]]);
        gradcheck::shapes(|x| x.sum([0, -1]), -2.0..2.0, &[&[2, 3], &[2, 3, 4], &[2, 0, 3]]);
        gradcheck::shapes(|x| x.sum_keepdim(1), -2.0..2.0, &[&[2, 3], &[2, 3, 4]]);
    }
}
