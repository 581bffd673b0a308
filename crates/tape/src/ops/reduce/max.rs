//! The largest or smallest number along one axis: `y = x[k]`, `dx[k] = g`, where `k` is the position of the first of
//! equal numbers. Made of `argmax` and `pick`. Over several axes, with ties shared, see `amax`.

use crate::axis::IntoAxis;
use crate::{Axes, IndexVar, Real, Var};

impl<'t, F: Real> Var<'t, F> {
    /// The largest number along one axis, which is removed; NaN where there is one.
    ///
    /// Formulas: [`ops::reduce::max`](mod@crate::ops::reduce::max).
    ///
    /// Where several are equal, the first receives all of the gradient, as `max(dim)` in PyTorch;
    /// [`amax`](Var::amax) shares it evenly.
    ///
    /// # Panics
    /// When the axis does not exist or has no elements.
    #[track_caller]
    pub fn max(self, axis: impl IntoAxis) -> Self {
        self.max_with_indices(axis).0
    }

    /// As [`max`](Var::max), and the axis stays, with size 1.
    #[track_caller]
    pub fn max_keepdim(self, axis: impl IntoAxis) -> Self {
        self.max(axis).reshape(self.reduced_to_one("max", axis))
    }

    /// As [`max`](Var::max), with the positions along the axis.
    ///
    /// ```
    /// use retrograde_tape::{Params, Tape, Tensor};
    /// Tape::new().eval(&Params::<f32>::new(0), |t| {
    ///     let x = t.input(&Tensor::from_vec([2, 3], vec![1.0, 3.0, 3.0, 9.0, 8.0, 7.0]));
    ///     let (largest, positions) = x.max_with_indices(1);
    ///     assert_eq!((&*largest.value(), &*positions.value()), (&[3.0, 9.0][..], &[1, 0][..]));
    /// });
    /// ```
    #[track_caller]
    pub fn max_with_indices(self, axis: impl IntoAxis) -> (Self, IndexVar<'t, F>) {
        self.extreme_with_indices("max", axis, true)
    }

    /// The smallest number along one axis, which is removed; NaN where there is one.
    ///
    /// Formulas: [`ops::reduce::max`](mod@crate::ops::reduce::max).
    ///
    /// Where several are equal, the first receives all of the gradient, as `min(dim)` in PyTorch;
    /// [`amin`](Var::amin) shares it evenly.
    ///
    /// # Panics
    /// When the axis does not exist or has no elements.
    #[track_caller]
    pub fn min(self, axis: impl IntoAxis) -> Self {
        self.min_with_indices(axis).0
    }

    /// As [`min`](Var::min), and the axis stays, with size 1.
    #[track_caller]
    pub fn min_keepdim(self, axis: impl IntoAxis) -> Self {
        self.min(axis).reshape(self.reduced_to_one("min", axis))
    }

    /// As [`min`](Var::min), with the positions along the axis.
    #[track_caller]
    pub fn min_with_indices(self, axis: impl IntoAxis) -> (Self, IndexVar<'t, F>) {
        self.extreme_with_indices("min", axis, false)
    }

    #[track_caller]
    fn extreme_with_indices(self, name: &str, axis: impl IntoAxis, largest: bool) -> (Self, IndexVar<'t, F>) {
        let axis = self.axis_with_elements(name, axis);
        let positions = self.arg_extreme(name, axis, largest);
        (self.pick(axis, positions), positions)
    }

    #[track_caller]
    fn reduced_to_one(self, name: &str, axis: impl IntoAxis) -> crate::Shape {
        self.shape().reduced(Axes::one(self.resolve_axis(name, axis)), true)
    }
}

#[cfg(test)]
mod tests {
    use crate::{Params, Tape, Tensor, gradcheck};

    #[test]
    fn max_and_min() {
        gradcheck::shapes(|x| x.max(0), -2.0..2.0, &[&[1], &[5], &[3, 2], &[3, 0], &[4, 2, 3]]);
        gradcheck::shapes(|x| x.max_keepdim(-1), -2.0..2.0, &[&[5], &[3, 2], &[4, 2, 3]]);
        gradcheck::shapes(|x| x.min(1), -2.0..2.0, &[&[3, 5], &[4, 3, 2]]);
        gradcheck::shapes(|x| x.min_keepdim(0), -2.0..2.0, &[&[5], &[3, 5]]);
    }

    #[test]
    fn the_first_of_equal_numbers_takes_all() {
        Tape::<f32>::new().run(&Params::new(0), |t| {
            let x = t.leaf(&Tensor::from_vec([2, 3], vec![1.0, 4.0, 4.0, 2.0, 2.0, 5.0]));
            assert_eq!(&*x.max(1).value(), [4.0, 5.0]);
            assert_eq!(&*x.max(1).sum(..).grad([x])[0].value(), [0.0, 1.0, 0.0, 0.0, 0.0, 1.0]);
            let (smallest, positions) = x.min_with_indices(1);
            assert_eq!((&*smallest.value(), &*positions.value()), (&[1.0, 2.0][..], &[0, 0][..]));
            assert_eq!(&*smallest.sum(..).grad([x])[0].value(), [1.0, 0.0, 0.0, 1.0, 0.0, 0.0]);
        });
    }

    #[test]
    fn nan_propagates() {
        Tape::<f32>::new().eval(&Params::new(0), |t| {
            let x = t.input(&Tensor::from_vec([3], vec![1.0, f32::NAN, 2.0]));
            assert!(x.max(0).item().is_nan() && x.min(0).item().is_nan());
        });
    }

    #[test]
    #[should_panic(expected = "min: axis: left 2, right [2, 3]")]
    fn the_axis_must_exist() {
        Tape::<f32>::new().eval(&Params::new(0), |t| {
            t.input(&Tensor::full([2, 3], 0.0)).min(2);
        });
    }
}
