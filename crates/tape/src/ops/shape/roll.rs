//! An axis turned like a wheel: `y[(i + shift) mod n] = x[i]`; `dx` is `g`, turned back.

use crate::axis::IntoAxis;
use crate::{Op, Reads, Real, Shape, Var, Vjp};

#[derive(Clone, Copy)]
struct Roll {
    axis: u8,
    shift: isize,
}

impl<F: Real> Op<F> for Roll {
    fn name(&self) -> &'static str {
        "roll"
    }

    fn vjp<'t>(&self, cx: &mut Vjp<'_, 't, F>) {
        cx.give(0, |c| c.g.roll(-self.shift, self.axis as usize));
    }

    fn reads(&self) -> Reads {
        Reads::NONE
    }

    fn flops(&self, _: &[Shape], _: Shape) -> u64 {
        0
    }
}

impl<'t, F: Real> Var<'t, F> {
    /// The value with every element `shift` places further along an axis; what leaves at the end enters at the start.
    /// Copies.
    ///
    /// Formulas: [`ops::shape::roll`](mod@crate::ops::shape::roll).
    ///
    /// # Panics
    /// When the axis does not exist.
    #[track_caller]
    pub fn roll(self, shift: isize, axis: impl IntoAxis) -> Self {
        let shape = self.shape();
        let Some(axis) = axis.axis(shape.rank()) else {
            self.graph().fail(format_args!("roll: axis: left {axis:?}, right {shape}"))
        };
        let size = shape.dims()[axis];
        // Less than the size, so that turning back is its negative.
        let shift = shift.checked_rem_euclid(size as isize).unwrap_or(0);
        let stride = shape.strides()[axis];
        let strides = shape.strides().map(|s| s as isize);
        self.graph().apply(Roll { axis: axis as u8, shift }, [self], shape, |[x], y| {
            if x.is_empty() {
                return;
            }
            let moved = shift as usize;
            let (mut stays, mut wraps) = (shape, shape);
            stays.dims_mut()[axis] = size - moved;
            wraps.dims_mut()[axis] = moved;
            kernels::copy_strided(x, 0, strides, y, moved * stride, strides, stays);
            kernels::copy_strided(x, (size - moved) * stride % x.len(), strides, y, 0, strides, wraps);
        })
    }
}

#[cfg(test)]
mod tests {
    use crate::{Params, Tape, Tensor, gradcheck};

    #[test]
    fn roll() {
        for shift in [0, 1, -1, 2, 7, -9] {
            gradcheck::shapes(|x| x.roll(shift, 0), -2.0..2.0, &[&[4], &[3, 2], &[1, 5], &[0, 2], &[2, 0]]);
            gradcheck::shapes(|x| x.roll(shift, -1), -2.0..2.0, &[&[2, 3], &[2, 2, 5]]);
        }
    }

    #[test]
    fn order() {
        Tape::<f32>::new().eval(&Params::new(0), |t| {
            let x = t.input(&Tensor::from_fn([2, 3], |i| i as f32));
            assert_eq!(&*x.roll(1, 1).value(), [2.0, 0.0, 1.0, 5.0, 3.0, 4.0]);
            assert_eq!(&*x.roll(-1, 1).value(), [1.0, 2.0, 0.0, 4.0, 5.0, 3.0]);
            assert_eq!(&*x.roll(3, 0).value(), [3.0, 4.0, 5.0, 0.0, 1.0, 2.0]);
        });
    }
}
