//! What is done to the scores of a head, row by row.

use super::Excluded;
use crate::micro::Micro;
use crate::simd::Work;
use crate::{Float, Level};

/// From one row of scores to the next: the registers of any level, all of them full. So no two rows share one. Where they
/// do, a load waits until the store before it has left the core: with 20 keys that took longer than the softmax.
pub(super) const fn stride(keys: usize) -> usize {
    keys.next_multiple_of(16)
}

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
    /// `out = scale · x` where the mask is 1, else 0.
    fn keep_slice[F: Float](x: &[F], mask: &[u8], scale: F, out: &mut [F]) {
        for ((out, &x), &mask) in out.iter_mut().zip(x).zip(mask) {
            *out = x * if mask != 0 { scale } else { F::ZERO };
        }
    }
    /// `x = scale · x` where the mask, whose rows are not apart, is 1, else 0.
    fn keep_rows[F: Float](x: &mut [F], mask: &[u8], scale: F, keys: usize) {
        for (x, mask) in x.chunks_exact_mut(stride(keys)).zip(mask.chunks_exact(keys)) {
            for (x, &mask) in x.iter_mut().zip(mask) {
                *x *= if mask != 0 { scale } else { F::ZERO };
            }
        }
    }
}

/// Subtracts from each row its largest number, unless all are −∞.
struct SubtractLargest<'a, F> {
    rows: &'a mut [F],
    stride: usize,
}

impl<F: Float> Work<F> for SubtractLargest<'_, F> {
    #[inline(always)]
    unsafe fn run<V: Micro<Scalar = F>>(self) {
        for row in self.rows.chunks_exact_mut(self.stride) {
            let row = row.as_mut_ptr();
            // SAFETY: the caller's promise; the registers of a row lie in it.
            unsafe {
                let mut largest = V::load(row);
                for i in (V::LANES..self.stride).step_by(V::LANES) {
                    largest = largest.maximum(V::load(row.add(i)));
                }
                let largest = largest.largest();
                let shift = V::splat(&if largest == F::NEG_INFINITY { F::ZERO } else { -largest });
                for i in (0..self.stride).step_by(V::LANES) {
                    V::load(row.add(i)).add(shift).store(row.add(i));
                }
            }
        }
    }
}

/// Divides each row by its sum, unless that is 0, and copies it to `out`, where rows are not apart. Element j is summed
/// as number j mod LANES of a register, so that zeros at the end change nothing.
struct DivideBySum<'a, F> {
    rows: &'a mut [F],
    keys: usize,
    out: &'a mut [F],
}

impl<F: Float> Work<F> for DivideBySum<'_, F> {
    #[inline(always)]
    unsafe fn run<V: Micro<Scalar = F>>(self) {
        let (stride, length) = (stride(self.keys), self.out.len());
        for (row, place) in self.rows.chunks_exact_mut(stride).zip((0..length).step_by(self.keys)) {
            let (row, out) = (row.as_mut_ptr(), self.out.as_mut_ptr());
            // SAFETY: the caller's promise; the registers of a row lie in it, and what is written lies in `out`.
            unsafe {
                let mut sum = V::load(row);
                for i in (V::LANES..stride).step_by(V::LANES) {
                    sum = sum.add(V::load(row.add(i)));
                }
                let sum = sum.sum();
                let factor = V::splat(&if sum == F::ZERO { F::ZERO } else { F::ONE / sum });
                for i in (0..self.keys).step_by(V::LANES) {
                    let weights = V::load(row.add(i)).multiply_add(factor, V::zero());
                    weights.store(row.add(i));
                    // What is written too much lies in the next row, which is written next; the last one has none.
                    let (out, rest) = (out.add(place + i), length - place - i);
                    if rest < V::LANES { weights.store_masked(out, V::mask(rest)) } else { weights.store(out) }
                }
            }
        }
    }
}

/// `g = scale · y · (g − Σ g·y)` in each row; those of `y` are not apart.
struct SoftmaxBackward<'a, F> {
    g: &'a mut [F],
    y: &'a [F],
    scale: F,
    keys: usize,
}

impl<F: Float> Work<F> for SoftmaxBackward<'_, F> {
    #[inline(always)]
    unsafe fn run<V: Micro<Scalar = F>>(self) {
        let last = (self.keys - 1) / V::LANES * V::LANES;
        for (g, y) in self.g.chunks_exact_mut(stride(self.keys)).zip(self.y.chunks_exact(self.keys)) {
            let (g, y) = (g.as_mut_ptr(), y.as_ptr());
            // SAFETY: the caller's promise; the registers of a row of `g` lie in it, those of `y` as far as the mask.
            unsafe {
                let mask = V::mask(self.keys - last);
                let (last_g, last_y) = (V::load_masked(g.add(last), mask), V::load_masked(y.add(last), mask));
                let mut sum = last_g.multiply_add(last_y, V::zero());
                for i in (0..last).step_by(V::LANES) {
                    sum = V::load(g.add(i)).multiply_add(V::load(y.add(i)), sum);
                }
                let (shift, scale) = (V::splat(&-sum.sum()), V::splat(&self.scale));
                for i in (0..last).step_by(V::LANES) {
                    let scaled = V::load(y.add(i)).multiply_add(scale, V::zero());
                    V::load(g.add(i)).add(shift).multiply_add(scaled, V::zero()).store(g.add(i));
                }
                let scaled = last_y.multiply_add(scale, V::zero());
                last_g.add(shift).multiply_add(scaled, V::zero()).store(g.add(last));
            }
        }
    }
}

/// The weights of every query from its scores, whose rows are [`stride`] apart: there, and in `weights` without gaps.
pub(super) fn softmax<F: Float>(
    scores: &mut [F],
    scale: F,
    excluded: Excluded<'_>,
    sequence: usize,
    keys: usize,
    weights: &mut [F],
) {
    if keys == 0 {
        return;
    }
    multiply(scores, scale);
    let of_keys = excluded.keys.map(|mask| &mask[sequence * keys..][..keys]);
    for (i, row) in scores.chunks_exact_mut(stride(keys)).enumerate() {
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
    // SAFETY: the level is at most what the processor was detected to have; there are keys.
    unsafe {
        F::enter(Level::current(), SubtractLargest { rows: scores, stride: stride(keys) });
        exp(scores);
        F::enter(Level::current(), DivideBySum { rows: scores, keys, out: weights });
    }
}

/// From the cotangents of the weights, in rows that are [`stride`] apart, in place, those of the scores before the scale.
pub(super) fn softmax_backward<F: Float>(g: &mut [F], weights: &[F], scale: F, keys: usize) {
    if keys > 0 {
        // SAFETY: the level is at most what the processor was detected to have; there are keys.
        unsafe { F::enter(Level::current(), SoftmaxBackward { g, y: weights, scale, keys }) }
    }
}

/// Dropout.
pub(super) fn keep<F: Float>(x: &[F], mask: &[u8], scale: F, out: &mut [F]) {
    keep_slice(x, mask, scale, out);
}

/// The derivative of dropout, in rows that are [`stride`] apart.
pub(super) fn keep_in_place<F: Float>(x: &mut [F], mask: &[u8], scale: F, keys: usize) {
    if keys > 0 {
        keep_rows(x, mask, scale, keys);
    }
}
