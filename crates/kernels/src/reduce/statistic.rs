//! Statistics of rows and columns, and the driver that applies one over any set of axes.

use super::fold::{Columns, Fold, Loops, Rows};
use super::folds::{Max, Sum, SumExp, SumSquaredDeviations};
use crate::shared::{TILE, for_each_tile};
use crate::{Axes, Float, Shape};

/// A number computed from many, in one or more folds.
pub(super) trait Statistic<F: Float>: Copy + Sync {
    /// The statistic of no numbers.
    fn of_nothing(self) -> F;
    /// One output.
    fn of_rows(self, rows: Rows<'_, F>) -> F;
    /// A tile of outputs.
    fn of_columns(self, columns: Columns<'_, F>, out: &mut [F]);
}

/// One fold and nothing else.
#[derive(Clone, Copy)]
pub(super) struct OnePass<R>(pub(super) R);

impl<F: Float, R: Fold<F>> Statistic<F> for OnePass<R> {
    fn of_nothing(self) -> F {
        self.0.identity()
    }
    fn of_rows(self, rows: Rows<'_, F>) -> F {
        rows.fold(self.0, F::ZERO)
    }
    fn of_columns(self, columns: Columns<'_, F>, out: &mut [F]) {
        columns.fold(self.0, &Columns::NO_PARAMETER, out);
    }
}

/// The mean, then the sum of squared deviations from it.
#[derive(Clone, Copy)]
pub(super) struct Variance<F> {
    count: F,
    /// Count − correction, or NaN where that is not positive.
    divisor: F,
}

impl<F: Float> Variance<F> {
    pub(super) fn new(count: usize, correction: usize) -> Self {
        let divisor = if count > correction { F::from_f64((count - correction) as f64) } else { F::NAN };
        Variance { count: F::from_f64(count as f64), divisor }
    }
}

impl<F: Float> Statistic<F> for Variance<F> {
    fn of_nothing(self) -> F {
        F::NAN
    }
    fn of_rows(self, rows: Rows<'_, F>) -> F {
        let mean = rows.fold(Sum, F::ZERO) / self.count;
        rows.fold(SumSquaredDeviations, mean) / self.divisor
    }
    fn of_columns(self, columns: Columns<'_, F>, out: &mut [F]) {
        let mut means = [F::ZERO; TILE];
        let means = &mut means[..out.len()];
        columns.fold(Sum, &Columns::NO_PARAMETER, means);
        means.iter_mut().for_each(|mean| *mean /= self.count);
        columns.fold(SumSquaredDeviations, means, out);
        out.iter_mut().for_each(|sum| *sum /= self.divisor);
    }
}

/// The largest number, then the sum of exponentials relative to it.
#[derive(Clone, Copy)]
pub(super) struct LogSumExp;

impl LogSumExp {
    /// What is subtracted before the exponential: the largest number, unless that is −∞, where the difference would be
    /// NaN.
    fn shift<F: Float>(max: F) -> F {
        if max == F::NEG_INFINITY { F::ZERO } else { max }
    }

    /// The logarithm of the sum of exponentials relative to `shift`, which does not exist where that is ∞.
    fn result<F: Float>(sum: F, shift: F) -> F {
        if shift == F::INFINITY { shift } else { sum.ln() + shift }
    }
}

impl<F: Float> Statistic<F> for LogSumExp {
    fn of_nothing(self) -> F {
        F::NEG_INFINITY
    }
    fn of_rows(self, rows: Rows<'_, F>) -> F {
        let shift = LogSumExp::shift(rows.fold(Max, F::ZERO));
        LogSumExp::result(rows.fold(SumExp, shift), shift)
    }
    fn of_columns(self, columns: Columns<'_, F>, out: &mut [F]) {
        let mut shifts = [F::ZERO; TILE];
        let shifts = &mut shifts[..out.len()];
        columns.fold(Max, &Columns::NO_PARAMETER, shifts);
        shifts.iter_mut().for_each(|shift| *shift = LogSumExp::shift(*shift));
        columns.fold(SumExp, shifts, out);
        out.iter_mut().zip(shifts).for_each(|(sum, shift)| *sum = LogSumExp::result(*sum, *shift));
    }
}

/// How many numbers are reduced into one output.
pub(super) fn reduced_count(shape: Shape, axes: Axes) -> usize {
    shape.dims().iter().enumerate().filter(|(axis, _)| axes.contains(*axis)).map(|(_, size)| size).product()
}

/// Panics where an output would be the result of no numbers.
#[track_caller]
pub(super) fn check_not_empty(op: &str, shape: Shape, axes: Axes) {
    assert!(reduced_count(shape, axes) > 0, "{op}: no numbers to reduce: shape {shape}, {axes:?}");
}

/// The axes of `shape` in groups that are contiguous and of one kind: the kept ones, the reduced ones, and whether the
/// innermost group is reduced.
fn groups(shape: Shape, axes: Axes) -> (Loops, Loops, bool) {
    let (mut kept, mut reduced) = (Loops::NONE, Loops::NONE);
    let mut innermost_reduced = true;
    let mut open: Option<(bool, usize)> = None;
    let strides = shape.strides();
    for (axis, &size) in shape.dims().iter().enumerate().filter(|(_, size)| **size != 1) {
        let is_reduced = axes.contains(axis);
        let merged = match open {
            Some((kind, sizes)) if kind == is_reduced => {
                let loops = if kind { &mut reduced } else { &mut kept };
                loops.pop();
                sizes * size
            }
            _ => size,
        };
        let loops = if is_reduced { &mut reduced } else { &mut kept };
        loops.push(merged, strides[axis]);
        (open, innermost_reduced) = (Some((is_reduced, merged)), is_reduced);
    }
    (kept, reduced, innermost_reduced)
}

/// Applies a statistic over `axes`.
#[track_caller]
pub(super) fn reduce<F: Float>(
    op: &str,
    x: &[F],
    shape: Shape,
    axes: Axes,
    out: &mut [F],
    statistic: impl Statistic<F>,
) {
    let kept_shape = shape.reduced(axes, false);
    assert!(x.len() == shape.len(), "{op}: length of x: left {}, right {shape}", x.len());
    assert!(out.len() == kept_shape.len(), "{op}: length of out: left {}, right {kept_shape}", out.len());
    if x.is_empty() {
        return out.fill(statistic.of_nothing());
    }
    let (mut kept, mut reduced, innermost_reduced) = groups(shape, axes);
    let count = reduced.count();
    if innermost_reduced {
        let run = if count == 1 { 1 } else { reduced.pop() };
        for_each_tile(out, 1, count, |output, _, tile| {
            let rows = Rows { x: &x[kept.offset(output)..], rows: &reduced, run };
            tile[0] = statistic.of_rows(rows);
        });
    } else {
        let inner = kept.pop();
        for_each_tile(out, inner, count, |outer, column, tile| {
            let columns = Columns { x: &x[kept.offset(outer) + column..], rows: &reduced };
            statistic.of_columns(columns, tile);
        });
    }
}
