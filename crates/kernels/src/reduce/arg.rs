//! The position of the largest or smallest number along one axis.

use super::fold::fold_run;
use super::folds::{Max, Min};
use crate::Float;
use crate::shared::{TILE, for_each_tile};

vectorize! {
    /// Takes the numbers of row `index` that are strictly better than the best so far; a NaN is better than a number.
    fn update_tile[F: Float](largest: bool, row: &[F], index: u32, best: &mut [F], out: &mut [u32]) {
        if largest {
            for ((&v, best), out) in row.iter().zip(best).zip(out) {
                let better = (v > *best) | (v.is_nan() & !best.is_nan());
                *best = if better { v } else { *best };
                *out = if better { index } else { *out };
            }
        } else {
            for ((&v, best), out) in row.iter().zip(best).zip(out) {
                let better = (v < *best) | (v.is_nan() & !best.is_nan());
                *best = if better { v } else { *best };
                *out = if better { index } else { *out };
            }
        }
    }

    /// The first position of `value`, or of a NaN where that is one. It must be there.
    pub(crate) fn find[F: Float](x: &[F], value: F) -> usize {
        let nan = value.is_nan();
        let mut start = 0;
        for block in x.chunks(64) {
            let mut found = false;
            for &v in block {
                found |= (v == value) | (nan & v.is_nan());
            }
            if found {
                break;
            }
            start += block.len();
        }
        start + x[start..].iter().position(|&v| v == value || v.is_nan()).unwrap_or(0)
    }
}

/// The position of the largest number along the middle axis of `x` (outer × n × inner): `out` is outer × inner.
///
/// The first of equal numbers; NaN counts as the largest, as in PyTorch.
///
/// ```
/// use retrograde_kernels::argmax;
/// let mut out = [0; 2];
/// argmax(&[1.0, 3.0, 3.0, 9.0, 8.0, 7.0], 2, 3, 1, &mut out);
/// assert_eq!(out, [1, 0]);
/// ```
///
/// # Panics
/// When `n` is 0 or does not fit `u32`, and when a slice does not have the length that the sizes say.
#[track_caller]
pub fn argmax<F: Float>(x: &[F], outer: usize, n: usize, inner: usize, out: &mut [u32]) {
    arg("argmax", true, x, outer, n, inner, out);
}

/// The position of the smallest number along the middle axis of `x` (outer × n × inner): `out` is outer × inner.
///
/// The first of equal numbers; NaN counts as the smallest, as in PyTorch.
///
/// ```
/// use retrograde_kernels::argmin;
/// let mut out = [0; 2];
/// argmin(&[1.0, 3.0, 3.0, 9.0, 8.0, 7.0], 2, 3, 1, &mut out);
/// assert_eq!(out, [0, 2]);
/// ```
///
/// # Panics
/// When `n` is 0 or does not fit `u32`, and when a slice does not have the length that the sizes say.
#[track_caller]
pub fn argmin<F: Float>(x: &[F], outer: usize, n: usize, inner: usize, out: &mut [u32]) {
    arg("argmin", false, x, outer, n, inner, out);
}

#[track_caller]
fn arg<F: Float>(op: &str, largest: bool, x: &[F], outer: usize, n: usize, inner: usize, out: &mut [u32]) {
    assert!(x.len() == outer * n * inner, "{op}: length of x: left {}, right [{outer}, {n}, {inner}]", x.len());
    assert!(out.len() == outer * inner, "{op}: length of out: left {}, right [{outer}, {inner}]", out.len());
    assert!(n > 0, "{op}: no numbers to choose from: shape [{outer}, {n}, {inner}]");
    assert!(u32::try_from(n).is_ok(), "{op}: positions must fit u32: shape [{outer}, {n}, {inner}]");
    for_each_tile(out, inner, n, |outer, column, tile| {
        if inner == 1 {
            let row = &x[outer * n..][..n];
            let best = if largest { fold_run(Max, row, F::ZERO) } else { fold_run(Min, row, F::ZERO) };
            tile[0] = find(row, best) as u32;
            return;
        }
        let width = tile.len();
        let row = |i: usize| &x[(outer * n + i) * inner + column..][..width];
        let mut best = [F::ZERO; TILE];
        best[..width].copy_from_slice(row(0));
        tile.fill(0);
        for i in 1..n {
            update_tile(largest, row(i), i as u32, &mut best[..width], tile);
        }
    });
}
