//! Where the largest or smallest number along an axis is. Indices: nothing is differentiated through them.

use crate::axis::IntoAxis;
use crate::{IndexVar, Real, Var};

impl<'t, F: Real> Var<'t, F> {
    /// The position of the largest number along an axis, which is removed. The first of equal numbers; NaN counts as the
    /// largest.
    ///
    /// Formulas: [`ops::reduce::argmax`](mod@crate::ops::reduce::argmax).
    ///
    /// ```
    /// use retrograde_tape::{Params, Tape, Tensor};
    /// Tape::new().eval(&Params::<f32>::new(0), |t| {
    ///     let scores = t.input(&Tensor::from_vec([2, 3], vec![0.1, 0.7, 0.2, 0.4, 0.3, 0.4]));
    ///     assert_eq!(&*scores.argmax(1).value(), [1, 0]);
    /// });
    /// ```
    ///
    /// # Panics
    /// When the axis does not exist or has no elements.
    #[track_caller]
    pub fn argmax(self, axis: impl IntoAxis) -> IndexVar<'t, F> {
        self.arg_extreme("argmax", self.axis_with_elements("argmax", axis), true)
    }

    /// The position of the smallest number along an axis, which is removed. The first of equal numbers; NaN counts as
    /// the smallest.
    ///
    /// Formulas: [`ops::reduce::argmax`](mod@crate::ops::reduce::argmax).
    ///
    /// # Panics
    /// When the axis does not exist or has no elements.
    #[track_caller]
    pub fn argmin(self, axis: impl IntoAxis) -> IndexVar<'t, F> {
        self.arg_extreme("argmin", self.axis_with_elements("argmin", axis), false)
    }

    #[track_caller]
    pub(crate) fn arg_extreme(self, name: &str, axis: usize, largest: bool) -> IndexVar<'t, F> {
        let shape = self.shape();
        let (outer, n, inner) = shape.around(axis);
        if u32::try_from(n).is_err() {
            self.graph().fail(format_args!("{name}: positions exceed 32 bits: left {axis}, right {shape}"));
        }
        let x = self.value();
        self.graph().compute_indices(shape.reduced(crate::Axes::one(axis), false), |out| match largest {
            true => kernels::argmax(&x, outer, n, inner, out),
            false => kernels::argmin(&x, outer, n, inner, out),
        })
    }

    /// The axis that a caller named, for the op `name`.
    #[track_caller]
    pub(crate) fn resolve_axis(self, name: &str, axis: impl IntoAxis) -> usize {
        let shape = self.shape();
        match axis.axis(shape.rank()) {
            Some(axis) => axis,
            None => self.graph().fail(format_args!("{name}: axis: left {axis:?}, right {shape}")),
        }
    }

    /// The axis that a caller named, which must not be empty, for the op `name`.
    #[track_caller]
    pub(crate) fn axis_with_elements(self, name: &str, axis: impl IntoAxis) -> usize {
        let (shape, found) = (self.shape(), self.resolve_axis(name, axis));
        if shape.dims()[found] == 0 {
            self.graph().fail(format_args!("{name}: no elements along the axis: left {axis:?}, right {shape}"));
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use crate::{Params, Tape, Tensor};

    const NAN: f32 = f32::NAN;

    #[test]
    fn first_of_equal_numbers_along_any_axis() {
        Tape::<f32>::new().eval(&Params::new(0), |t| {
            let x = t.input(&Tensor::from_vec([2, 3], vec![1.0, 5.0, 5.0, 1.0, -2.0, 7.0]));
            assert_eq!(&*x.argmax(-1).value(), [1, 2]);
            assert_eq!(&*x.argmax(0).value(), [0, 0, 1]);
            assert_eq!(&*x.argmin(1).value(), [0, 1]);
            assert_eq!(&*x.argmin(0).value(), [0, 1, 0]);
            assert_eq!(x.argmax(0).shape().dims(), [3]);
        });
    }

    #[test]
    fn nan_is_found_by_both() {
        Tape::<f32>::new().eval(&Params::new(0), |t| {
            let x = t.input(&Tensor::from_vec([4], vec![1.0, NAN, 9.0, NAN]));
            assert_eq!((x.argmax(0).value()[0], x.argmin(0).value()[0]), (1, 1));
        });
    }

    #[test]
    #[should_panic(expected = "argmax: no elements along the axis: left 1, right [2, 0]")]
    fn an_empty_axis_has_none() {
        Tape::<f32>::new().eval(&Params::new(0), |t| {
            t.input(&Tensor::full([2, 0], 0.0)).argmax(1);
        });
    }
}
