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

    /// `out = (x − mean) · rstd · weight + bias`.
    fn normalize_affine[F: Float](x: &[F], mean: F, rstd: F, weight: &[F], bias: &[F], out: &mut [F]) {
        for ((out, &x), (&weight, &bias)) in out.iter_mut().zip(x).zip(weight.iter().zip(bias)) {
            *out = (x - mean) * rstd * weight + bias;
        }
    }
}

/// `out = (x − mean) · rstd` for each of `rows` rows of `n` numbers, with `rstd = 1 / √(variance + eps)` and the
/// variance taken with divisor `n` (Ba, Kiros and Hinton 2016, *Layer Normalization*).
///
/// `mean` and `rstd`, one number a row, are kept for the derivative. With `affine`, a weight and a bias for each column,
/// `out` is then multiplied by the one, and the other added.
///
/// ```
/// use retrograde_kernels::layer_norm;
/// let (mut out, mut mean, mut rstd) = ([0.0; 2], [0.0; 1], [0.0; 1]);
/// layer_norm(&[1.0, 5.0], 1, 2, 0.0, None, &mut out, &mut mean, &mut rstd);
/// assert_eq!((out, mean, rstd), ([-1.0, 1.0], [3.0], [0.5]));
/// ```
///
/// # Panics
/// When a slice does not have `rows · n`, `rows`, or `n`, elements.
#[track_caller]
#[expect(clippy::too_many_arguments, reason = "sizes, operands and results of one kernel")]
pub fn layer_norm<F: Float>(
    x: &[F],
    rows: usize,
    n: usize,
    eps: F,
    affine: Option<(&[F], &[F])>,
    out: &mut [F],
    mean: &mut [F],
    rstd: &mut [F],
) {
    let [weight, bias] = affine.map_or([n; 2], |(weight, bias)| [weight.len(), bias.len()]);
    let lengths = [x.len(), out.len(), mean.len(), rstd.len(), weight, bias];
    let right = lengths == [rows * n, rows * n, rows, rows, n, n];
    assert!(right, "layer_norm: lengths of x, out, mean, rstd, weight, bias: left {lengths:?}, right [{rows}, {n}]");
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
            match affine {
                Some((weight, bias)) => normalize_affine(x, mean[0], rstd[0], weight, bias, out),
                None => normalize(x, mean[0], rstd[0], out),
            }
        }
    });
}
