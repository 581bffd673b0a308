//! Constants around an axis: `dx` is the part of `g` in between. With zeros, the transpose of `slice`.

use crate::axis::IntoAxis;
use crate::{Op, Reads, Real, Shape, Var, Vjp};

#[derive(Clone, Copy)]
struct Pad {
    axis: u8,
    before: usize,
}

impl<F: Real> Op<F> for Pad {
    fn name(&self) -> &'static str {
        "pad"
    }

    fn vjp<'t>(&self, cx: &mut Vjp<'_, 't, F>) {
        let (axis, before) = (self.axis as usize, self.before);
        cx.give(0, |c| c.g.slice(axis, before..before + c.shape(0).dims()[axis]));
    }

    fn reads(&self) -> Reads {
        Reads::NONE
    }

    fn flops(&self, _: &[Shape], _: Shape) -> u64 {
        0
    }
}

impl<'t, F: Real> Var<'t, F> {
    /// The value with `before` and `after` elements more along an axis, all of them `value`.
    ///
    /// Formulas: [`ops::shape::pad`](mod@crate::ops::shape::pad).
    ///
    /// # Panics
    /// When the axis does not exist.
    #[track_caller]
    pub fn pad(self, axis: impl IntoAxis, before: usize, after: usize, value: f64) -> Self {
        let shape = self.shape();
        let Some(axis) = axis.axis(shape.rank()) else {
            self.graph().fail(format_args!("pad: axis: left {axis:?}, right {shape}"))
        };
        let mut to = shape;
        to.dims_mut()[axis] += before + after;
        let target = to.strides();
        let offset = if shape.is_empty() { 0 } else { before * target[axis] };
        let (source, target) = (shape.strides().map(|s| s as isize), target.map(|s| s as isize));
        self.graph().apply(Pad { axis: axis as u8, before }, [self], to, |[x], y| {
            kernels::fill(y, F::from_f64(value));
            kernels::copy_strided(x, 0, source, y, offset, target, shape);
        })
    }
}

#[cfg(test)]
mod tests {
    use crate::gradcheck;

    #[test]
    fn pad() {
        gradcheck::shapes(|x| x.pad(0, 1, 2, 0.5), -2.0..2.0, &[&[4], &[3, 2], &[1, 1, 3], &[0, 2], &[2, 0]]);
        gradcheck::shapes(|x| x.pad(-1, 0, 3, 0.0), -2.0..2.0, &[&[2, 3], &[1]]);
    }
}
