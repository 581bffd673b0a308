//! Axes of size 1 taken away and put in: views of the same numbers, made of `reshape`, which carries their derivative;
//! the gradient check is here.

use crate::axis::IntoAxis;
use crate::{Real, Shape, Var};

/// The shape with one more axis, which stands at `axis`.
#[track_caller]
pub(super) fn inserted(shape: Shape, axis: usize, size: usize) -> Shape {
    let mut to = shape;
    to.push(size);
    to.dims_mut()[axis..].rotate_right(1);
    to
}

impl<'t, F: Real> Var<'t, F> {
    /// The value without an axis of size 1. Copies nothing.
    ///
    /// Formulas: [`ops::shape::squeeze`](mod@crate::ops::shape::squeeze).
    ///
    /// # Panics
    /// When the axis does not exist or has another size. (PyTorch then leaves it, so that a batch of one loses an axis
    /// that a batch of two keeps.)
    #[track_caller]
    pub fn squeeze(self, axis: impl IntoAxis) -> Self {
        let shape = self.shape();
        match axis.axis(shape.rank()).filter(|&axis| shape.dims()[axis] == 1) {
            Some(axis) => self.reshape(shape.reduced(crate::Axes::one(axis), false)),
            None => self.graph().fail(format_args!("squeeze: axis of size 1: left {axis:?}, right {shape}")),
        }
    }

    /// The value with a new axis of size 1, which stands at `axis` of the result: −1 is behind the last. Copies nothing.
    ///
    /// Formulas: [`ops::shape::squeeze`](mod@crate::ops::shape::squeeze).
    ///
    /// # Panics
    /// When the axis is not one of the result, or there are 6 already.
    #[track_caller]
    pub fn unsqueeze(self, axis: impl IntoAxis) -> Self {
        let shape = self.shape();
        match axis.axis(shape.rank() + 1) {
            Some(axis) => self.reshape(inserted(shape, axis, 1)),
            None => self.graph().fail(format_args!("unsqueeze: axis of the result: left {axis:?}, right {shape}")),
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::{Params, Tape, gradcheck};

    #[test]
    fn squeeze() {
        gradcheck::shapes(|x| x.squeeze(1), -2.0..2.0, &[&[3, 1], &[2, 1, 4], &[0, 1]]);
        gradcheck::shapes(|x| x.unsqueeze(0), -2.0..2.0, &[&[3], &[], &[2, 3], &[0]]);
        gradcheck::shapes(|x| x.unsqueeze(-1), -2.0..2.0, &[&[3], &[2, 3]]);
    }

    #[test]
    fn shapes() {
        Tape::<f32>::new().eval(&Params::new(0), |t| {
            let x = t.full([2, 3], 0.0);
            assert_eq!(x.unsqueeze(0).shape().dims(), [1, 2, 3]);
            assert_eq!(x.unsqueeze(1).shape().dims(), [2, 1, 3]);
            assert_eq!(x.unsqueeze(-1).shape().dims(), [2, 3, 1]);
            assert_eq!(x.unsqueeze(-3).squeeze(-3).shape().dims(), [2, 3]);
        });
    }

    #[test]
    #[should_panic(expected = "squeeze: axis of size 1: left 1, right [2, 3]")]
    fn squeeze_of_a_larger_axis() {
        Tape::<f32>::new().eval(&Params::new(0), |t| {
            t.full([2, 3], 0.0).squeeze(1);
        });
    }
}
