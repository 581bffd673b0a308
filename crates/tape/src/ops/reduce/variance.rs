//! Variance and standard deviation over axes, of `n` numbers with mean `m` and a correction `c`:
//!
//! * variance: `y = Σ (x − m)² / (n − c)`, `dx = g · 2 (x − m) / (n − c)`;
//! * standard deviation: `y = √variance`, `dx = g · (x − m) / ((n − c) y)`, 0 where `y` is 0.

use crate::axis::IntoAxes;
use crate::{Axes, Op, Reads, Real, Shape, Var, Vjp};

#[derive(Clone, Copy)]
struct Variance {
    axes: Axes,
    correction: usize,
}

impl<F: Real> Op<F> for Variance {
    fn name(&self) -> &'static str {
        "var"
    }

    fn vjp<'t>(&self, cx: &mut Vjp<'_, 't, F>) {
        cx.give(0, |c| {
            let x = c.x(0);
            let g = c.g.reshape(c.shape(0).reduced(self.axes, true)) * (2.0 / self.divisor(c.shape(0)));
            (x - x.mean_keepdim(self.axes)) * g
        });
    }

    fn reads(&self) -> Reads {
        Reads::INPUTS
    }

    fn flops(&self, inputs: &[Shape], _: Shape) -> u64 {
        4 * inputs[0].len() as u64
    }
}

impl Variance {
    /// `n − c`; not a number where that is not positive, as the variance then is.
    fn divisor(self, shape: Shape) -> f64 {
        let axes = (0..shape.rank()).filter(|&axis| self.axes.contains(axis));
        let count: usize = axes.map(|axis| shape.dims()[axis]).product();
        if count > self.correction { (count - self.correction) as f64 } else { f64::NAN }
    }
}

#[derive(Clone, Copy)]
struct StandardDeviation(Variance);

impl<F: Real> Op<F> for StandardDeviation {
    fn name(&self) -> &'static str {
        "std"
    }

    fn vjp<'t>(&self, cx: &mut Vjp<'_, 't, F>) {
        cx.give(0, |c| {
            let (x, axes) = (c.x(0), self.0.axes);
            let g = c.g * c.y.reciprocal_or_zero() * (1.0 / self.0.divisor(c.shape(0)));
            (x - x.mean_keepdim(axes)) * g.reshape(c.shape(0).reduced(axes, true))
        });
    }

    fn flops(&self, inputs: &[Shape], output: Shape) -> u64 {
        Op::<F>::flops(&self.0, inputs, output)
    }
}

/// `y = 1 / x`, and 0 at 0: `dx = −g y²`.
#[derive(Clone, Copy)]
struct ReciprocalOrZero;

impl<F: Real> Op<F> for ReciprocalOrZero {
    fn name(&self) -> &'static str {
        "reciprocal_or_zero"
    }

    fn vjp<'t>(&self, cx: &mut Vjp<'_, 't, F>) {
        cx.give(0, |c| -(c.g * c.y * c.y));
    }
}

impl<'t, F: Real> Var<'t, F> {
    /// The variance over axes, which are removed: `Σ (x − mean)² / (n − correction)`.
    ///
    /// Formulas: [`ops::reduce::variance`](mod@crate::ops::reduce::variance).
    ///
    /// A `correction` of 1 is the unbiased estimate, and PyTorch's default; 0 is the variance of the numbers themselves.
    /// NaN where there are not more than `correction` numbers (PyTorch gives ∞ for fewer).
    ///
    /// # Panics
    /// When an axis does not exist or is named twice.
    #[track_caller]
    pub fn var(self, axes: impl IntoAxes, correction: usize) -> Self {
        self.variance_over("var", axes, correction, false)
    }

    /// As [`var`](Var::var), and the axes stay, with size 1.
    #[track_caller]
    pub fn var_keepdim(self, axes: impl IntoAxes, correction: usize) -> Self {
        self.variance_over("var", axes, correction, true)
    }

    /// The standard deviation over axes, which are removed: the square root of the [variance](Var::var).
    ///
    /// Formulas: [`ops::reduce::variance`](mod@crate::ops::reduce::variance).
    ///
    /// Its gradient is 0 where all numbers are equal, as in PyTorch. A `correction` of 1 is PyTorch's default.
    /// NaN where there are not more than `correction` numbers.
    ///
    /// # Panics
    /// When an axis does not exist or is named twice.
    #[track_caller]
    pub fn std(self, axes: impl IntoAxes, correction: usize) -> Self {
        self.deviation_over("std", axes, correction, false)
    }

    /// As [`std`](Var::std), and the axes stay, with size 1.
    #[track_caller]
    pub fn std_keepdim(self, axes: impl IntoAxes, correction: usize) -> Self {
        self.deviation_over("std", axes, correction, true)
    }

    #[track_caller]
    fn variance_over(self, name: &str, axes: impl IntoAxes, correction: usize, keep: bool) -> Self {
        let (shape, axes) = (self.shape(), self.resolve_axes(name, axes));
        let op = Variance { axes, correction };
        let to = shape.reduced(axes, keep);
        self.graph().apply(op, [self], to, |[x], y| kernels::variance(x, shape, axes, correction, y))
    }

    #[track_caller]
    fn deviation_over(self, name: &str, axes: impl IntoAxes, correction: usize, keep: bool) -> Self {
        let (shape, axes) = (self.shape(), self.resolve_axes(name, axes));
        let op = StandardDeviation(Variance { axes, correction });
        self.graph().apply(op, [self], shape.reduced(axes, keep), |[x], y| {
            kernels::variance(x, shape, axes, correction, y);
            y.iter_mut().for_each(|y| *y = y.sqrt());
        })
    }

    #[track_caller]
    fn reciprocal_or_zero(self) -> Self {
        self.map(ReciprocalOrZero, |x| if x == F::ZERO { F::ZERO } else { F::ONE / x })
    }
}

#[cfg(test)]
mod tests {
    use crate::{Params, Tape, Tensor, gradcheck};

    #[test]
    fn var() {
        gradcheck::shapes(|x| x.var(.., 1), -2.0..2.0, &[&[5], &[3, 4], &[2, 1, 3]]);
        gradcheck::shapes(|x| x.var([0, -1], 0), -2.0..2.0, &[&[2, 3], &[2, 3, 4], &[2, 0, 3]]);
        gradcheck::shapes(|x| x.var_keepdim(1, 1), -2.0..2.0, &[&[2, 3], &[2, 3, 4]]);
    }

    #[test]
    fn std() {
        gradcheck::shapes(|x| x.std(.., 1), -2.0..2.0, &[&[5], &[3, 4], &[2, 1, 3]]);
        gradcheck::shapes(|x| x.std([0, -1], 0), -2.0..2.0, &[&[2, 3], &[2, 3, 4], &[2, 0, 3]]);
        gradcheck::shapes(|x| x.std_keepdim(1, 1), -2.0..2.0, &[&[2, 3], &[2, 3, 4]]);
    }

    #[test]
    fn reciprocal_or_zero() {
        gradcheck::unary(|x| x.reciprocal_or_zero(), 0.5..2.0);
    }

    #[test]
    fn values_and_corrections() {
        Tape::<f64>::new().eval(&Params::new(0), |t| {
            let x = t.input(&Tensor::from_vec([4], vec![1.0, 2.0, 3.0, 6.0]));
            assert_eq!((x.var(0, 0).item(), x.var(0, 1).item()), (3.5, 14.0 / 3.0));
            assert_eq!(x.std(0, 1).item(), (14.0f64 / 3.0).sqrt());
        });
    }

    #[test]
    fn one_element_has_no_unbiased_variance() {
        Tape::<f32>::new().run(&Params::new(0), |t| {
            let x = t.leaf(&Tensor::from_vec([1], vec![3.0]));
            assert!(x.var(0, 1).item().is_nan() && x.std(0, 1).item().is_nan());
            assert!(x.var(0, 1).grad([x])[0].item().is_nan());
            assert_eq!(x.var(0, 0).item(), 0.0);
        });
    }

    #[test]
    fn std_of_a_constant_row_has_no_slope() {
        Tape::<f32>::new().run(&Params::new(0), |t| {
            let x = t.leaf(&Tensor::from_vec([2, 2], vec![3.0, 3.0, 0.0, 2.0]));
            let y = x.std(1, 0);
            assert_eq!(&*y.value(), [0.0, 1.0]);
            assert_eq!(&*y.sum(..).grad([x])[0].value(), [0.0, 0.0, -0.5, 0.5]);
        });
    }
}
