//! What is done to the scores of a head, row by row.

use super::Excluded;
use crate::Float;

/// Partial sums of a row. Element j goes into sum j mod LANES, so that zeros at the end change nothing.
const LANES: usize = 16;

vectorize! {
    /// `x = exp(scale · x − shift)`; returns the sum.
    fn exp_and_sum[F: Float](x: &mut [F], scale: F, shift: F) -> F {
        for x in x.iter_mut() {
            *x = (*x * scale - shift).exp();
        }
        sum_of(x, |_, x| x)
    }
    fn largest[F: Float](x: &[F], scale: F) -> F {
        let mut lanes = [F::NEG_INFINITY; LANES];
        for x in x.chunks(LANES) {
            for (lane, &x) in lanes.iter_mut().zip(x) {
                *lane = lane.maximum(x * scale);
            }
        }
        lanes.iter().fold(F::NEG_INFINITY, |a, &b| a.maximum(b))
    }
    fn multiply[F: Float](x: &mut [F], factor: F) {
        for x in x {
            *x *= factor;
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
    lanes.iter().fold(F::ZERO, |a, &b| a + b)
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
    let of_keys = excluded.keys.map(|mask| &mask[sequence * keys..][..keys]);
    for (i, row) in scores.chunks_exact_mut(keys).enumerate().take(queries) {
        // Of what lies behind the diagonal nothing is computed.
        let seen = if excluded.causal { keys.min(i + 1) } else { keys };
        let (row, unseen) = row.split_at_mut(seen);
        unseen.fill(F::ZERO);
        let masks = [of_keys, excluded.pairs.map(|mask| &mask[i * keys..][..keys])];
        for mask in masks.into_iter().flatten() {
            for (x, &excluded) in row.iter_mut().zip(mask) {
                if excluded != 0 {
                    *x = F::NEG_INFINITY;
                }
            }
        }
        let shift = largest(row, scale);
        if shift == F::NEG_INFINITY {
            row.fill(F::ZERO);
            continue;
        }
        let factor = F::ONE / exp_and_sum(row, scale, shift);
        multiply(row, factor);
    }
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
