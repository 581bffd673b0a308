//! Repetition along axes, and its transpose: `broadcast_to` and `sum_to` are each other's derivative.

use crate::{Axes, Op, Reads, Real, Shape, Var, Vjp};

#[derive(Clone, Copy)]
struct BroadcastTo;

impl<F: Real> Op<F> for BroadcastTo {
    fn name(&self) -> &'static str {
        "broadcast_to"
    }

    fn vjp<'t>(&self, cx: &mut Vjp<'_, 't, F>) {
        cx.give(0, |c| c.g.sum_to(c.shape(0)));
    }

    fn reads(&self) -> Reads {
        Reads::NONE
    }

    fn flops(&self, _: &[Shape], _: Shape) -> u64 {
        0
    }
}

#[derive(Clone, Copy)]
struct SumTo;

impl<F: Real> Op<F> for SumTo {
    fn name(&self) -> &'static str {
        "sum_to"
    }

    fn vjp<'t>(&self, cx: &mut Vjp<'_, 't, F>) {
        cx.give(0, |c| c.g.broadcast_to(c.shape(0)));
    }

    fn reads(&self) -> Reads {
        Reads::NONE
    }

    fn flops(&self, inputs: &[Shape], _: Shape) -> u64 {
        inputs[0].len() as u64
    }
}

impl<'t, F: Real> Var<'t, F> {
    /// The value repeated to a larger shape, as NumPy broadcasts: sizes are compared from the last axis; 1 becomes any
    /// size, and axes may be added in front.
    ///
    /// Formulas: [`ops::shape::broadcast_to`](mod@crate::ops::shape::broadcast_to).
    ///
    /// # Panics
    /// When the shape does not broadcast to `shape`.
    #[track_caller]
    pub fn broadcast_to(self, shape: impl Into<Shape>) -> Self {
        let (from, to) = (self.shape(), shape.into());
        if from == to {
            return self;
        }
        if from.broadcast(to) != Some(to) {
            self.graph().fail(format_args!("broadcast_to: shape does not broadcast: left {from}, right {to}"));
        }
        let source = from.broadcast_strides(to).map(|s| s as isize);
        let target = to.strides().map(|s| s as isize);
        self.graph().apply(BroadcastTo, [self], to, |[x], y| kernels::copy_strided(x, 0, source, y, 0, target, to))
    }

    /// The transpose of [`broadcast_to`](Var::broadcast_to): sums over the axes that `shape` has with size 1 or has
    /// not.
    ///
    /// Formulas: [`ops::shape::broadcast_to`](mod@crate::ops::shape::broadcast_to).
    ///
    /// # Panics
    /// When `shape` does not broadcast to the shape of the value.
    #[track_caller]
    pub fn sum_to(self, shape: impl Into<Shape>) -> Self {
        let (from, to) = (self.shape(), shape.into());
        if from == to {
            return self;
        }
        if to.broadcast(from) != Some(from) {
            self.graph().fail(format_args!("sum_to: shape does not broadcast: left {to}, right {from}"));
        }
        let added = from.rank() - to.rank();
        let summed = |axis: usize| axis < added || (to.dims()[axis - added] == 1 && from.dims()[axis] != 1);
        let axes = (0..from.rank()).filter(|&axis| summed(axis)).fold(Axes::NONE, Axes::with);
        self.graph().apply(SumTo, [self], to, |[x], y| kernels::sum(x, from, axes, y))
    }
}

#[cfg(test)]
mod tests {
    use crate::gradcheck;

    #[test]
    fn broadcast_to() {
        gradcheck::shapes(|x| x.broadcast_to([4, 2, 3]), -2.0..2.0, &[&[2, 3], &[3], &[], &[1, 1, 3], &[2, 1]]);
        gradcheck::shapes(|x| x.broadcast_to([2, 0]), -2.0..2.0, &[&[1], &[2, 1]]);
    }

    #[test]
    fn sum_to() {
        gradcheck::shapes(|x| x.sum_to([3, 1]), -2.0..2.0, &[&[3, 5], &[2, 3, 4], &[3, 1], &[0, 3, 2]]);
        gradcheck::shapes(|x| x.sum_to([]), -2.0..2.0, &[&[3, 5], &[1], &[]]);
    }
}
