//! Mean over axes: `y = Σ x / n`, `dx = g / n`, repeated along the axes. Made of `sum` and a scale, which carry its
//! derivatives; the gradient check is here.

use crate::axis::IntoAxes;
use crate::{Real, Var};

impl<'t, F: Real> Var<'t, F> {
    /// The mean over axes, which are removed. The mean of nothing is NaN.
    ///
    /// Formulas: [`ops::reduce::mean`](mod@crate::ops::reduce::mean).
    ///
    /// # Panics
    /// When an axis does not exist or is named twice.
    #[track_caller]
    pub fn mean(self, axes: impl IntoAxes) -> Self {
        let count = self.count_along("mean", axes);
        self.sum(axes) * (1.0 / count)
    }

    /// As [`mean`](Var::mean), and the axes stay, with size 1.
    #[track_caller]
    pub fn mean_keepdim(self, axes: impl IntoAxes) -> Self {
        let count = self.count_along("mean", axes);
        self.sum_keepdim(axes) * (1.0 / count)
    }

    /// How many elements of the value meet in one of the result.
    #[track_caller]
    fn count_along(self, name: &str, axes: impl IntoAxes) -> f64 {
        let axes = self.resolve_axes(name, axes);
        let shape = self.shape();
        (0..shape.rank()).filter(|&axis| axes.contains(axis)).map(|axis| shape.dims()[axis]).product::<usize>() as f64
    }
}

#[cfg(test)]
mod tests {
    use crate::{Params, Tape, Tensor, gradcheck};

    #[test]
    fn mean() {
        gradcheck::shapes(|x| x.mean(..), -2.0..2.0, &[&[3, 4], &[1], &[]]);
        gradcheck::shapes(|x| x.mean([0, -1]), -2.0..2.0, &[&[2, 3], &[2, 3, 4]]);
        gradcheck::shapes(|x| x.mean_keepdim(1), -2.0..2.0, &[&[2, 3], &[0, 3]]);
    }

    #[test]
    fn mean_of_nothing_is_nan() {
        let mean = Tape::<f32>::new().eval(&Params::new(0), |t| t.input(&Tensor::full([0], 1.0)).mean(..).item());
        assert!(mean.is_nan());
    }
}
