//! Cross-entropy of rows of logits, and its derivative: no array of the size of the logits but the derivative itself.

use crate::reduce::{Max, Sum, SumExp, find, fold_run};
use crate::shared::{Shared, for_each_rows, rows_of_a_group};
use crate::{Float, accumulate};

vectorize! {
    /// `out = factor · (exp((x − max) − log_sum) − spread)`.
    fn difference[F: Float](x: &[F], max: F, log_sum: F, factor: F, spread: F, out: &mut [F]) {
        for (out, &x) in out.iter_mut().zip(x) {
            *out = factor * (((x - max) - log_sum).exp_normal() - spread);
        }
    }
    /// `x = exp(x − max)`.
    fn exponentials[F: Float](max: F, x: &mut [F]) {
        for x in x {
            *x = (*x - max).exp_normal();
        }
    }
    /// `x = scale · x − shift`.
    fn scale_and_shift[F: Float](scale: F, shift: F, x: &mut [F]) {
        for x in x {
            *x = scale * *x - shift;
        }
    }
    /// `x = scale · x − shift; sums += x`.
    fn scale_shift_and_add[F: Float](scale: F, shift: F, x: &mut [F], sums: &mut [F]) {
        for (x, sum) in x.iter_mut().zip(sums) {
            *x = scale * *x - shift;
            *sum += *x;
        }
    }
}

/// The targets of rows of logits.
#[derive(Clone, Copy, Debug)]
pub struct RowTargets<'a, F> {
    /// The class of each row.
    pub classes: &'a [u32],
    /// What the loss of each row is multiplied with; 0 leaves a row out. Without it, 1.
    pub weights: Option<&'a [F]>,
    /// How much of every target is spread evenly over all classes.
    pub smoothing: F,
}

impl<F: Float> RowTargets<'_, F> {
    #[track_caller]
    fn check(&self, op: &str, lengths: &[usize], [rows, n]: [usize; 2]) {
        let all = lengths.iter().all(|&length| length == rows * n) && self.classes.len() == rows;
        let weights = self.weights.map_or(rows, <[F]>::len);
        assert!(all && weights == rows, "{op}: lengths: left {lengths:?} and {weights}, right [{rows}, {n}]");
        let fit = self.classes.iter().all(|&class| (class as usize) < n);
        assert!(fit, "{op}: classes: left {:?}, right {n}", self.classes.iter().max());
    }

    fn weight(&self, row: usize) -> F {
        self.weights.map_or(F::ONE, |weights| weights[row])
    }
}

/// The loss of each of `rows` rows of `n` logits x: with class k, weight w and smoothing e,
/// `w · ((1 − e) (ln Σ eˣ − x_k) + e (ln Σ eˣ − mean x))`. Where w is 0 it is 0, whatever the logits.
///
/// `shifts` receives, for the derivative, the largest logit of each row, then for each row the logarithm of the sum of the
/// exponentials above it.
///
/// # Panics
/// When a slice has another length than the sizes say, or a class is not below `n`.
#[track_caller]
pub fn cross_entropy<F: Float>(
    x: &[F],
    rows: usize,
    n: usize,
    targets: RowTargets<'_, F>,
    shifts: &mut [F],
    losses: &mut [F],
) {
    targets.check("cross_entropy", &[x.len()], [rows, n]);
    assert!(shifts.len() == 2 * rows && losses.len() == rows, "cross_entropy: lengths of the results, right {rows}");
    let (maxima, log_sums) = shifts.split_at_mut(rows);
    let (maxima, log_sums, losses) = (Shared::new(maxima), Shared::new(log_sums), Shared::new(losses));
    let (keep, share) = (F::ONE - targets.smoothing, targets.smoothing / F::from_f64(n as f64));
    for_each_rows(rows, 4 * n, |first, count| {
        for row in first..first + count {
            // SAFETY: every row is with one thread, and the slices are different ones.
            let (max, log_sum, loss) = unsafe { (maxima.part(row, 1), log_sums.part(row, 1), losses.part(row, 1)) };
            let weight = targets.weight(row);
            if weight == F::ZERO {
                (max[0], log_sum[0], loss[0]) = (F::ZERO, F::ZERO, F::ZERO);
                continue;
            }
            let x = &x[row * n..][..n];
            max[0] = fold_run(Max, x, F::ZERO);
            log_sum[0] = fold_run(SumExp, x, max[0]).ln();
            let of = x[targets.classes[row] as usize];
            let mut nll = keep * (log_sum[0] - (of - max[0]));
            if share != F::ZERO {
                let count = F::from_f64(n as f64);
                nll += share * (count * (log_sum[0] + max[0]) - fold_run(Sum, x, F::ZERO));
            }
            loss[0] = weight * nll;
        }
    });
}

/// The derivative of [`cross_entropy`] by the logits: `out = g w (softmax(x) − (1 − e) [c = k] − e / n)`; `g` has one
/// number, or one a row.
///
/// # Panics
/// As [`cross_entropy`].
#[track_caller]
#[allow(clippy::too_many_arguments)]
pub fn cross_entropy_backward<F: Float>(
    x: &[F],
    rows: usize,
    n: usize,
    targets: RowTargets<'_, F>,
    shifts: &[F],
    g: &[F],
    factor: F,
    out: &mut [F],
) {
    targets.check("cross_entropy_backward", &[x.len(), out.len()], [rows, n]);
    let right = shifts.len() == 2 * rows && (g.len() == 1 || g.len() == rows);
    assert!(right, "cross_entropy_backward: lengths of shifts and g: left {}, {}, right {rows}", shifts.len(), g.len());
    let (maxima, log_sums) = shifts.split_at(rows);
    let (keep, share) = (F::ONE - targets.smoothing, targets.smoothing / F::from_f64(n as f64));
    let out = Shared::new(out);
    for_each_rows(rows, 4 * n, |first, count| {
        for row in first..first + count {
            // SAFETY: every row is with one thread.
            let out = unsafe { out.part(row * n, n) };
            let weight = targets.weight(row);
            if weight == F::ZERO {
                out.fill(F::ZERO);
                continue;
            }
            let factor = factor * weight * g[if g.len() == 1 { 0 } else { row }];
            difference(&x[row * n..][..n], maxima[row], log_sums[row], factor, share, out);
            out[targets.classes[row] as usize] -= factor * keep;
        }
    });
}

/// How many numbers are worked on together while they are in the nearest cache.
const PIECE: usize = 2048;

/// The fewest rows whose derivatives are summed up before the sum is added to the others: as many as make reading it and
/// writing it cheap beside theirs.
const SUMMED: usize = 24;

/// How many rows of `n` logits are summed up one after the other.
fn summed_rows(n: usize) -> usize {
    rows_of_a_group(4 * n).max(SUMMED)
}

/// The length of the sums that [`cross_entropy_in_place`] takes for so many rows of `n` logits.
pub fn cross_entropy_sums(rows: usize, n: usize) -> usize {
    rows.div_ceil(summed_rows(n)).max(1) * n
}

/// The losses of [`cross_entropy`], and in place of the logits the derivative of `factor · Σ losses`: what
/// [`cross_entropy_backward`] gives for `g = 1`, with one exponential a logit instead of two.
///
/// From a row of logits to the next it is `row_stride` numbers; what lies between them is left as it is.
///
/// `predicted`, if wanted, receives the class of the largest logit of each row, as [`argmax`](crate::argmax) finds it.
/// `sums`, if there are any, of the length [`cross_entropy_sums`], receive in their first `n` the sum of the derivative
/// over the rows, which costs little while they are in the nearest cache.
///
/// # Panics
/// As [`cross_entropy`], when rows overlap, and when `sums` or `predicted` has another length.
#[track_caller]
#[allow(clippy::too_many_arguments)]
pub fn cross_entropy_in_place<F: Float>(
    x: &mut [F],
    [rows, n, row_stride]: [usize; 3],
    targets: RowTargets<'_, F>,
    factor: F,
    losses: &mut [F],
    predicted: Option<&mut [u32]>,
    mut sums: Option<&mut [F]>,
) {
    targets.check("cross_entropy_in_place", &[], [rows, n]);
    let of_sums = cross_entropy_sums(rows, n);
    let of_predicted = predicted.as_ref().map_or(rows, |predicted| predicted.len());
    let lengths = [losses.len(), of_predicted, sums.as_ref().map_or(of_sums, |sums| sums.len())];
    let right = [rows, rows, of_sums];
    assert!(lengths == right, "cross_entropy_in_place: losses, predicted and sums: left {lengths:?}, right {right:?}");
    let end = rows.saturating_sub(1).checked_mul(row_stride).and_then(|last| last.checked_add(n));
    let fits = row_stride >= n && (rows == 0 || end.is_some_and(|end| end <= x.len()));
    assert!(fits, "cross_entropy_in_place: {} logits, {rows} rows of {n}, {row_stride} apart", x.len());
    let (keep, share) = (F::ONE - targets.smoothing, targets.smoothing / F::from_f64(n as f64));
    let group = summed_rows(n);
    let (x, losses) = (Shared::new(x), Shared::new(losses));
    let (predicted, all_sums) = (predicted.map(Shared::new), sums.as_deref_mut().map(Shared::new));
    crate::for_each_index(rows.div_ceil(group), |i| {
        // SAFETY: every group of rows is with one thread, and has a part of the sums.
        let mut sums = all_sums.as_ref().map(|sums| unsafe { sums.part(i * n, n) });
        if let Some(sums) = &mut sums {
            sums.fill(F::ZERO);
        }
        for row in i * group..rows.min((i + 1) * group) {
            // SAFETY: every row is with one thread, and the slices are different ones.
            let (x, loss) = unsafe { (x.part(row * row_stride, n), losses.part(row, 1)) };
            let weight = targets.weight(row);
            let max = if weight == F::ZERO && predicted.is_none() { F::ZERO } else { fold_run(Max, x, F::ZERO) };
            if let Some(predicted) = &predicted {
                // SAFETY: as above.
                let predicted = unsafe { predicted.part(row, 1) };
                predicted[0] = find(x, max) as u32;
            }
            if weight == F::ZERO {
                loss[0] = F::ZERO;
                x.fill(F::ZERO);
                continue;
            }
            let class = targets.classes[row] as usize;
            let above = x[class] - max;
            let total = if share == F::ZERO { F::ZERO } else { fold_run(Sum, x, F::ZERO) };
            let mut sum = F::ZERO;
            for piece in x.chunks_mut(PIECE) {
                exponentials(max, piece);
                sum += fold_run(Sum, piece, F::ZERO);
            }
            let log_sum = sum.ln();
            let mut nll = keep * (log_sum - above);
            if share != F::ZERO {
                nll += share * (F::from_f64(n as f64) * (log_sum + max) - total);
            }
            loss[0] = weight * nll;
            let factor = factor * weight;
            match &mut sums {
                Some(sums) => {
                    scale_shift_and_add(factor / sum, factor * share, x, sums);
                    sums[class] -= factor * keep;
                }
                None => scale_and_shift(factor / sum, factor * share, x),
            }
            x[class] -= factor * keep;
        }
    });
    if let Some(sums) = sums {
        let (total, others) = sums.split_at_mut(n);
        if rows == 0 {
            total.fill(F::ZERO);
        }
        others.chunks_exact(n.max(1)).for_each(|more| accumulate(total, more));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Threads;
    use crate::reduce::tests::numbers;

    #[test]
    fn agrees_with_plain_loops_and_differences() {
        for (rows, n, smoothing) in [(3, 5, 0.0), (4, 1, 0.3), (70, 33, 0.1), (2, 2500, 0.2), (0, 3, 0.0)] {
            let mut x = numbers::<f64>(rows * n, 1);
            let classes: Vec<u32> = (0..rows).map(|row| (row * 7 % n) as u32).collect();
            let weights: Vec<f64> = (0..rows).map(|row| (row % 3) as f64 * 0.5).collect();
            let targets = RowTargets { classes: &classes, weights: Some(&weights), smoothing };
            let losses = |x: &[f64]| {
                let (mut shifts, mut losses) = (vec![9.0; 2 * rows], vec![9.0; rows]);
                cross_entropy(x, rows, n, targets, &mut shifts, &mut losses);
                (shifts, losses)
            };
            let (shifts, found) = losses(&x);
            for row in 0..rows {
                let x = &x[row * n..][..n];
                let total = x.iter().map(|x| x.exp()).sum::<f64>().ln();
                let (hit, mean) = (total - x[classes[row] as usize], total - x.iter().sum::<f64>() / n as f64);
                let want = weights[row] * ((1.0 - smoothing) * hit + smoothing * mean);
                assert!((found[row] - want).abs() < 1e-12 * (1.0 + want), "{rows} {n}: {} {want}", found[row]);
            }
            let (g, mut dx) = (numbers::<f64>(rows, 2), vec![9.0; rows * n]);
            cross_entropy_backward(&x, rows, n, targets, &shifts, &g, 0.7, &mut dx);
            for i in (0..rows * n).step_by(17) {
                let mut at = |h: f64| {
                    x[i] += h;
                    let value = losses(&x).1[i / n];
                    x[i] -= h;
                    value
                };
                let want = 0.7 * g[i / n] * (at(1e-5) - at(-1e-5)) / 2e-5;
                assert!((dx[i] - want).abs() < 1e-8, "{rows} {n}: {} {want}", dx[i]);
            }
            cross_entropy_backward(&x, rows, n, targets, &shifts, &[1.0], 0.7, &mut dx);
            let (mut again, mut predicted) = (vec![9.0; rows], vec![9; rows]);
            let mut sums = vec![9.0; cross_entropy_sums(rows, n)];
            let mut largest = vec![0; rows];
            crate::argmax(&x, rows, n, 1, &mut largest);
            // Rows apart, with other numbers between them.
            let row_stride = n + 3;
            let mut apart = vec![f64::NAN; rows * row_stride];
            apart.chunks_mut(row_stride).zip(x.chunks(n)).for_each(|(apart, x)| apart[..n].copy_from_slice(x));
            let sizes = [rows, n, row_stride];
            let optional = (Some(&mut predicted[..]), Some(&mut sums[..]));
            cross_entropy_in_place(&mut apart, sizes, targets, 0.7, &mut again, optional.0, optional.1);
            let total = |j: usize| (0..rows).map(|row| dx[row * n + j]).sum::<f64>();
            assert!((0..n).all(|j| (total(j) - sums[j]).abs() < 1e-12), "{rows} {n}");
            assert_eq!(predicted, largest);
            assert!(apart.chunks(row_stride).all(|row| row[n..].iter().all(|between| between.is_nan())));
            x.chunks_mut(n).zip(apart.chunks(row_stride)).for_each(|(x, apart)| x.copy_from_slice(&apart[..n]));
            let close = |a: &[f64], b: &[f64]| a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-13);
            assert!(close(&found, &again) && close(&dx, &x), "{rows} {n}");
        }
    }

    #[test]
    fn rows_without_weight_may_hold_anything() {
        let x = [f32::NEG_INFINITY, f32::NAN, 0.0, 0.0];
        let targets = RowTargets { classes: &[0, 1], weights: Some(&[0.0, 1.0]), smoothing: 0.0 };
        let (mut shifts, mut losses, mut dx) = ([9.0; 4], [9.0; 2], [9.0; 4]);
        cross_entropy(&x, 2, 2, targets, &mut shifts, &mut losses);
        cross_entropy_backward(&x, 2, 2, targets, &shifts, &[1.0], 1.0, &mut dx);
        assert_eq!((losses, dx), ([0.0, 2f32.ln()], [0.0, 0.0, 0.5, -0.5]));
        let mut x = x;
        cross_entropy_in_place(&mut x, [2, 2, 2], targets, 1.0, &mut losses, None, None);
        assert_eq!((losses, x), ([0.0, 2f32.ln()], [0.0, 0.0, 0.5, -0.5]));
    }

    #[test]
    #[should_panic(expected = "cross_entropy_in_place: 7 logits, 3 rows of 2, ")]
    fn rows_have_to_lie_in_the_slice() {
        let targets = RowTargets { classes: &[0, 0, 0], weights: None, smoothing: 0.0 };
        cross_entropy_in_place(&mut [0.0_f32; 7], [3, 2, usize::MAX / 2 + 1], targets, 1.0, &mut [0.0; 3], None, None);
    }

    #[test]
    fn bits_do_not_depend_on_threads() {
        let (rows, n) = (50, 3000);
        let x = numbers::<f32>(rows * n, 1);
        let classes: Vec<u32> = (0..rows as u32).collect();
        let targets = RowTargets { classes: &classes, weights: None, smoothing: 0.1 };
        let run = |threads| {
            let (mut shifts, mut losses, mut dx) = (vec![0.0; 2 * rows], vec![0.0; rows], vec![0.0; rows * n]);
            Threads::new(threads).unwrap().run(|| {
                cross_entropy(&x, rows, n, targets, &mut shifts, &mut losses);
                cross_entropy_backward(&x, rows, n, targets, &shifts, &losses, 0.5, &mut dx);
            });
            let (mut in_place, mut again) = (x.clone(), vec![0.0; rows]);
            let mut sums = vec![0.0; cross_entropy_sums(rows, n)];
            Threads::new(threads).unwrap().run(|| {
                cross_entropy_in_place(&mut in_place, [rows, n, n], targets, 0.5, &mut again, None, Some(&mut sums));
            });
            (losses, dx, in_place, again, sums)
        };
        assert!(run(1) == run(2) && run(1) == run(3));
    }
}
