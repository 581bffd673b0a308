//! What is done to the scores of a head, row by row.

use super::Excluded;
use crate::Float;

/// Numbers of a row that are handled at once, as partial sums and maxima. Element j goes into number j mod LANES, so that
/// zeros at the end change nothing.
const LANES: usize = 16;

vectorize! {
    fn multiply[F: Float](x: &mut [F], factor: F) {
        for x in x {
            *x *= factor;
        }
    }
    fn exp[F: Float](x: &mut [F]) {
        for x in x {
            *x = x.exp_normal();
        }
    }
    /// Subtracts from each row its largest number, unless all are −∞.
    fn subtract_largest[F: Float](x: &mut [F], width: usize) {
        for row in x.chunks_exact_mut(width) {
            let (whole, rest) = row.as_chunks_mut::<LANES>();
            let mut last = padded(rest, F::NEG_INFINITY);
            let mut largest = last;
            for x in &*whole {
                for (largest, &x) in largest.iter_mut().zip(x) {
                    *largest = largest.maximum(x);
                }
            }
            let largest = fold(largest, F::maximum);
            let shift = if largest == F::NEG_INFINITY { F::ZERO } else { largest };
            for x in whole.iter_mut().chain([&mut last]) {
                x.iter_mut().for_each(|x| *x -= shift);
            }
            rest.copy_from_slice(&last[..rest.len()]);
        }
    }
    /// Divides each row by its sum, unless that is 0.
    fn divide_by_sum[F: Float](x: &mut [F], width: usize) {
        for row in x.chunks_exact_mut(width) {
            let (whole, rest) = row.as_chunks_mut::<LANES>();
            let mut last = padded(rest, F::ZERO);
            let mut sums = [F::ZERO; LANES];
            for x in whole.iter().chain([&last]) {
                for (sum, &x) in sums.iter_mut().zip(x) {
                    *sum += x;
                }
            }
            let sum = fold(sums, |a, b| a + b);
            let factor = if sum == F::ZERO { F::ZERO } else { F::ONE / sum };
            for x in whole.iter_mut().chain([&mut last]) {
                x.iter_mut().for_each(|x| *x *= factor);
            }
            rest.copy_from_slice(&last[..rest.len()]);
        }
    }
    /// `g = scale · y · (g − Σ g·y)`.
    fn softmax_backward_row[F: Float](g: &mut [F], y: &[F], scale: F) {
        let sum = sum_of(g, |j, g| g * y[j]);
        for (g, &y) in g.iter_mut().zip(y) {
            *g = scale * y * (*g - sum);
        }
    }
    /// `out = scale · x` where the mask is 1, else 0.
    fn keep_slice[F: Float](x: &[F], mask: &[u8], scale: F, out: &mut [F]) {
        for ((out, &x), &mask) in out.iter_mut().zip(x).zip(mask) {
            *out = x * if mask != 0 { scale } else { F::ZERO };
        }
    }
    fn keep_slice_in_place[F: Float](x: &mut [F], mask: &[u8], scale: F) {
        for (x, &mask) in x.iter_mut().zip(mask) {
            *x *= if mask != 0 { scale } else { F::ZERO };
        }
    }
}

/// `Σ f(j, x_j)`, in lanes.
#[inline(always)]
fn sum_of<F: Float>(x: &[F], f: impl Fn(usize, F) -> F) -> F {
    let mut lanes = [F::ZERO; LANES];
    for (chunk, x) in x.chunks(LANES).enumerate() {
        for (lane, &v) in x.iter().enumerate() {
            lanes[lane] += f(chunk * LANES + lane, v);
        }
    }
    fold(lanes, |a, b| a + b)
}

/// Numbers that do not fill the lanes, and others behind them that do.
#[inline(always)]
fn padded<F: Float>(x: &[F], other: F) -> [F; LANES] {
    let mut all = [other; LANES];
    for (to, &x) in all.iter_mut().zip(x) {
        *to = x;
    }
    all
}

/// All lanes as one number.
#[inline(always)]
fn fold<F: Float>(mut x: [F; LANES], f: impl Fn(F, F) -> F) -> F {
    let mut half = LANES / 2;
    while half > 0 {
        for i in 0..half {
            x[i] = f(x[i], x[i + half]);
        }
        half /= 2;
    }
    x[0]
}

/// The weights of every query from its scores.
pub(super) fn softmax<F: Float>(
    scores: &mut [F],
    scale: F,
    excluded: Excluded<'_>,
    sequence: usize,
    [queries, keys]: [usize; 2],
) {
    if keys == 0 {
        return;
    }
    multiply(scores, scale);
    let of_keys = excluded.keys.map(|mask| &mask[sequence * keys..][..keys]);
    for (i, row) in scores.chunks_exact_mut(keys).enumerate().take(queries) {
        let seen = if excluded.causal { keys.min(i + 1) } else { keys };
        row[seen..].fill(F::NEG_INFINITY);
        let masks = [of_keys, excluded.pairs.map(|mask| &mask[i * keys..][..keys])];
        for mask in masks.into_iter().flatten() {
            for (x, &excluded) in row.iter_mut().zip(mask) {
                if excluded != 0 {
                    *x = F::NEG_INFINITY;
                }
            }
        }
    }
    // Step by step for all rows: the steps of a row wait for each other, those of other rows do not.
    subtract_largest(scores, keys);
    exp(scores);
    divide_by_sum(scores, keys);
}

/// From the cotangents of the weights, in place, those of the scores before the scale.
pub(super) fn softmax_backward<F: Float>(g: &mut [F], weights: &[F], scale: F, keys: usize) {
    for (g, y) in g.chunks_exact_mut(keys.max(1)).zip(weights.chunks_exact(keys.max(1))) {
        softmax_backward_row(g, y, scale);
    }
}

/// Dropout.
pub(super) fn keep<F: Float>(x: &[F], mask: &[u8], scale: F, out: &mut [F]) {
    keep_slice(x, mask, scale, out);
}

/// The derivative of dropout.
pub(super) fn keep_in_place<F: Float>(x: &mut [F], mask: &[u8], scale: F) {
    keep_slice_in_place(x, mask, scale);
}
