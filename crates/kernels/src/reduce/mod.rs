//! Reductions over any set of axes, and the largest or smallest position along one.
//!
//! The axes are merged into groups, and the last group decides how memory is walked: rows where it is reduced, tiles
//! of columns where it is kept. Results have the same bits for any number of threads.

mod arg;
mod fold;
mod folds;
mod statistic;
#[cfg(test)]
pub(crate) mod tests;

use crate::{Axes, Float, Shape};
use statistic::{LogSumExp, OnePass, Variance};

pub(crate) use arg::find;
pub use arg::{argmax, argmin};
pub(crate) use fold::{Columns, Loops, fold_run};
pub(crate) use folds::{Max, Sum, SumExp, SumSquaredDeviations};

/// The sum over `axes`: `out[k] = Σ x`, where `out` holds the other axes of `shape` in their order.
///
/// The sum of nothing is 0. Blocks are summed pairwise, so the rounding error grows with the logarithm of the number
/// of terms, not with the number: at most about (32 + log₂ n) ε Σ|x|.
///
/// ```
/// use retrograde_kernels::{Axes, Shape, sum};
/// let mut out = [0.0; 3];
/// sum(&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0], Shape::from([2, 3]), Axes::one(0), &mut out);
/// assert_eq!(out, [5.0, 7.0, 9.0]);
/// ```
///
/// # Panics
/// When a slice does not have the length that `shape` and `axes` say.
#[track_caller]
pub fn sum<F: Float>(x: &[F], shape: Shape, axes: Axes, out: &mut [F]) {
    statistic::reduce("sum", x, shape, axes, out, OnePass(folds::Sum));
}

/// The largest number over `axes`; NaN where there is one. `out` holds the other axes of `shape` in their order.
///
/// ```
/// use retrograde_kernels::{Axes, Shape, max};
/// let mut out = [0.0; 2];
/// max(&[1.0, 2.0, 3.0, 6.0, 5.0, 4.0], Shape::from([2, 3]), Axes::one(1), &mut out);
/// assert_eq!(out, [3.0, 6.0]);
/// ```
///
/// # Panics
/// When no number is reduced, and when a slice does not have the length that `shape` and `axes` say.
#[track_caller]
pub fn max<F: Float>(x: &[F], shape: Shape, axes: Axes, out: &mut [F]) {
    statistic::check_not_empty("max", shape, axes);
    statistic::reduce("max", x, shape, axes, out, OnePass(folds::Max));
}

/// The smallest number over `axes`; NaN where there is one. `out` holds the other axes of `shape` in their order.
///
/// ```
/// use retrograde_kernels::{Axes, Shape, min};
/// let mut out = [0.0; 2];
/// min(&[1.0, 2.0, 3.0, 6.0, 5.0, 4.0], Shape::from([2, 3]), Axes::one(1), &mut out);
/// assert_eq!(out, [1.0, 4.0]);
/// ```
///
/// # Panics
/// When no number is reduced, and when a slice does not have the length that `shape` and `axes` say.
#[track_caller]
pub fn min<F: Float>(x: &[F], shape: Shape, axes: Axes, out: &mut [F]) {
    statistic::check_not_empty("min", shape, axes);
    statistic::reduce("min", x, shape, axes, out, OnePass(folds::Min));
}

/// The variance over `axes`: `Σ (x − mean)² / (n − correction)`, in two passes. `out` holds the other axes of `shape`
/// in their order.
///
/// Correction 1 is the unbiased estimate, 0 the variance of the numbers themselves. NaN where n ≤ correction, as in
/// PyTorch.
///
/// ```
/// use retrograde_kernels::{Axes, Shape, variance};
/// let mut out = [0.0; 1];
/// variance(&[1.0, 2.0, 3.0, 4.0], Shape::from([4]), Axes::one(0), 1, &mut out);
/// assert_eq!(out, [5.0 / 3.0]);
/// ```
///
/// # Panics
/// When a slice does not have the length that `shape` and `axes` say.
#[track_caller]
pub fn variance<F: Float>(x: &[F], shape: Shape, axes: Axes, correction: usize, out: &mut [F]) {
    let count = statistic::reduced_count(shape, axes);
    statistic::reduce("variance", x, shape, axes, out, Variance::new(count, correction));
}

/// `ln Σ exp x` over `axes`, without overflow: the largest number is subtracted first. `out` holds the other axes of
/// `shape` in their order.
///
/// Minus infinity where all numbers are (and for no numbers), infinity where one is, NaN where one is.
///
/// ```
/// use retrograde_kernels::{Axes, Shape, logsumexp};
/// let mut out = [0.0f64; 1];
/// logsumexp(&[1000.0, 1000.0], Shape::from([2]), Axes::one(0), &mut out);
/// assert!((out[0] - (1000.0 + 2f64.ln())).abs() < 1e-12);
/// ```
///
/// # Panics
/// When a slice does not have the length that `shape` and `axes` say.
#[track_caller]
pub fn logsumexp<F: Float>(x: &[F], shape: Shape, axes: Axes, out: &mut [F]) {
    statistic::reduce("logsumexp", x, shape, axes, out, LogSumExp);
}
