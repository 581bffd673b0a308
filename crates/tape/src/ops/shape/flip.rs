//! Axes read backwards: `dx` is `g`, read backwards along the same axes.

use crate::axis::IntoAxes;
use crate::{Axes, Op, Reads, Real, Shape, Var, Vjp};

#[derive(Clone, Copy)]
struct Flip {
    axes: Axes,
}

impl<F: Real> Op<F> for Flip {
    fn name(&self) -> &'static str {
        "flip"
    }

    fn vjp<'t>(&self, cx: &mut Vjp<'_, 't, F>) {
        cx.give(0, |c| c.g.flip(self.axes));
    }

    fn reads(&self) -> Reads {
        Reads::NONE
    }

    fn flops(&self, _: &[Shape], _: Shape) -> u64 {
        0
    }
}

impl<'t, F: Real> Var<'t, F> {
    /// The value read backwards along axes; the same shape. Copies.
    ///
    /// Formulas: [`ops::shape::flip`](mod@crate::ops::shape::flip).
    ///
    /// # Panics
    /// When an axis does not exist or is named twice.
    #[track_caller]
    pub fn flip(self, axes: impl IntoAxes) -> Self {
        let shape = self.shape();
        let axes = self.resolve_axes("flip", axes);
        let target = shape.strides().map(|s| s as isize);
        let (mut source, mut offset) = (target, 0);
        for axis in (0..shape.rank()).filter(|&axis| axes.contains(axis) && !shape.is_empty()) {
            offset += (shape.dims()[axis] - 1) * target[axis] as usize;
            source[axis] = -target[axis];
        }
        self.graph()
            .apply(Flip { axes }, [self], shape, |[x], y| kernels::copy_strided(x, offset, source, y, 0, target, shape))
    }
}

#[cfg(test)]
mod tests {
    use crate::{Params, Tape, Tensor, gradcheck};

    #[test]
    fn flip() {
        gradcheck::shapes(|x| x.flip(0), -2.0..2.0, &[&[4], &[3, 2], &[1, 5], &[0, 2], &[2, 0]]);
        gradcheck::shapes(|x| x.flip([0, -1]), -2.0..2.0, &[&[2, 3], &[2, 2, 5]]);
        gradcheck::shapes(|x| x.flip(..), -2.0..2.0, &[&[], &[2, 3]]);
    }

    #[test]
    fn order() {
        Tape::<f32>::new().eval(&Params::new(0), |t| {
            let x = t.input(&Tensor::from_fn([2, 3], |i| i as f32));
            assert_eq!(&*x.flip(1).value(), [2.0, 1.0, 0.0, 5.0, 4.0, 3.0]);
            assert_eq!(&*x.flip(0).value(), [3.0, 4.0, 5.0, 0.0, 1.0, 2.0]);
        });
    }
}
