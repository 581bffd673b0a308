//! Layer normalization: every row to mean 0 and variance 1.

use crate::Float;
use crate::reduce::{Sum, SumSquaredDeviations, fold_run};
use crate::shared::{Shared, for_each_rows};

vectorize! {
    /// `out = (x − mean) · rstd`.
    fn normalize[F: Float](x: &[F], mean: F, rstd: F, out: &mut [F]) {
        for (out, &x) in out.iter_mut().zip(x) {
            *out = (x - mean) * rstd;
        }
    }
}

/// `out = (x − mean) · rstd` for each of `rows` rows of `n` numbers, with `rstd = 1 / √(variance + eps)` and the
/// variance taken with divisor `n` (Ba, Kiros and Hinton 2016, *Layer Normalization*).
///
/// `mean` and `rstd`, one number a row, are kept for the derivative.
///
/// ```
/// use retrograde_kernels::layer_norm;
/// let (mut out, mut mean, mut rstd) = ([0.0; 2], [0.0; 1], [0.0; 1]);
/// layer_norm(&[1.0, 5.0], 1, 2, 0.0, &mut out, &mut mean, &mut rstd);
/// assert_eq!((out, mean, rstd), ([-1.0, 1.0], [3.0], [0.5]));
/// ```
///
/// # Panics
/// When a slice does not have `rows · n`, or `rows`, elements.
#[track_caller]
pub fn layer_norm<F: Float>(x: &[F], rows: usize, n: usize, eps: F, out: &mut [F], mean: &mut [F], rstd: &mut [F]) {
    let lengths = [x.len(), out.len(), mean.len(), rstd.len()];
    let right = lengths == [rows * n, rows * n, rows, rows];
    assert!(right, "layer_norm: lengths of x, out, mean, rstd: left {lengths:?}, right [{rows}, {n}]");
    let (out, mean, rstd) = (Shared::new(out), Shared::new(mean), Shared::new(rstd));
    let count = F::from_f64(n as f64);
    for_each_rows(rows, n, |first, rows| {
        for row in first..first + rows {
            let x = &x[row * n..][..n];
            // SAFETY: every row is with one thread, and the three slices are different ones.
            let (out, mean, rstd) = unsafe { (out.part(row * n, n), mean.part(row, 1), rstd.part(row, 1)) };
            mean[0] = fold_run(Sum, x, F::ZERO) / count;
            let variance = fold_run(SumSquaredDeviations, x, mean[0]) / count;
            rstd[0] = F::ONE / (variance + eps).sqrt();
            normalize(x, mean[0], rstd[0], out);
        }
    });
}
