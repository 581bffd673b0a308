//! Part of an axis: `y = x[…, start..end, …]`; `dx` is `g` between zeros. `slice` and `pad` with zeros are each other's
//! derivative.

use crate::axis::IntoAxis;
use crate::{Op, Reads, Real, Shape, Var, Vjp};
use std::ops::Range;

#[derive(Clone, Copy)]
struct Slice {
    axis: u8,
    start: usize,
}

impl<F: Real> Op<F> for Slice {
    fn name(&self) -> &'static str {
        "slice"
    }

    fn vjp<'t>(&self, cx: &mut Vjp<'_, 't, F>) {
        let (axis, start) = (self.axis as usize, self.start);
        cx.give(0, |c| {
            let (whole, part) = (c.shape(0).dims()[axis], c.g.shape().dims()[axis]);
            c.g.pad(axis, start, whole - start - part, 0.0)
        });
    }

    fn reads(&self) -> Reads {
        Reads::NONE
    }

    fn flops(&self, _: &[Shape], _: Shape) -> u64 {
        0
    }
}

impl<'t, F: Real> Var<'t, F> {
    /// The part `range` of an axis, as `narrow` in PyTorch. Copies.
    ///
    /// Formulas: [`ops::shape::slice`](mod@crate::ops::shape::slice).
    ///
    /// # Panics
    /// When the axis does not exist or is shorter than the end of the range.
    #[track_caller]
    pub fn slice(self, axis: impl IntoAxis, range: Range<usize>) -> Self {
        let shape = self.shape();
        let found = axis.axis(shape.rank()).filter(|&a| range.start <= range.end && range.end <= shape.dims()[a]);
        let Some(axis) = found else {
            self.graph().fail(format_args!("slice: range {range:?} of axis {axis:?}: left {range:?}, right {shape}"))
        };
        let mut to = shape;
        to.dims_mut()[axis] = range.len();
        let source = shape.strides();
        let offset = if to.is_empty() { 0 } else { range.start * source[axis] };
        let (source, target) = (source.map(|s| s as isize), to.strides().map(|s| s as isize));
        let op = Slice { axis: axis as u8, start: range.start };
        self.graph().apply(op, [self], to, |[x], y| kernels::copy_strided(x, offset, source, y, 0, target, to))
    }
}

#[cfg(test)]
mod tests {
    use crate::gradcheck;

    #[test]
    fn slice() {
        gradcheck::shapes(|x| x.slice(0, 1..3), -2.0..2.0, &[&[4], &[3, 2], &[5, 1, 3], &[3, 0]]);
        gradcheck::shapes(|x| x.slice(-1, 0..1), -2.0..2.0, &[&[1], &[3, 2], &[2, 2, 5]]);
        gradcheck::shapes(|x| x.slice(1, 2..2), -2.0..2.0, &[&[2, 3]]);
    }
}
