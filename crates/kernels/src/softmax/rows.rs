//! The normalized axis is the last one: rows are contiguous.
//!
//! Short rows are handled in batches, so that the exponential runs over contiguous memory whatever their length.

use crate::Float;
use crate::reduce::{Max, Sum, SumExp, fold_run};
use crate::shared::{Shared, for_each_rows};

/// How many numbers are worked on together while they are in the L1 cache.
const BATCH: usize = 1024;

vectorize! {
    /// `out = x − shift`.
    fn subtract[F: Float](x: &[F], shift: F, out: &mut [F]) {
        for (out, &x) in out.iter_mut().zip(x) {
            *out = x - shift;
        }
    }
    /// `out = exp x`.
    fn exp[F: Float](x: &[F], out: &mut [F]) {
        for (out, &x) in out.iter_mut().zip(x) {
            *out = x.exp_normal();
        }
    }
    /// `out = exp out`.
    fn exp_in_place[F: Float](out: &mut [F]) {
        for out in out {
            *out = out.exp_normal();
        }
    }
    /// `out −= shift`.
    fn subtract_in_place[F: Float](shift: F, out: &mut [F]) {
        for out in out {
            *out -= shift;
        }
    }
    /// `out *= factor`.
    fn scale[F: Float](factor: F, out: &mut [F]) {
        for out in out {
            *out *= factor;
        }
    }
    /// `out = a · b`.
    fn multiply[F: Float](a: &[F], b: &[F], out: &mut [F]) {
        for ((out, &a), &b) in out.iter_mut().zip(a).zip(b) {
            *out = a * b;
        }
    }
    /// `out = y · (g − sum)`.
    fn multiply_difference[F: Float](g: &[F], y: &[F], sum: F, out: &mut [F]) {
        for ((out, &g), &y) in out.iter_mut().zip(g).zip(y) {
            *out = y * (g - sum);
        }
    }
    /// `out = g − out · sum`.
    fn subtract_multiple[F: Float](g: &[F], sum: F, out: &mut [F]) {
        for (out, &g) in out.iter_mut().zip(g) {
            *out = g - *out * sum;
        }
    }
}

/// Calls `f` with (start, part of `out`) for batches of whole rows, on all threads: as many rows as fit [`BATCH`], at
/// least one.
fn for_each_batch<F: Float>(rows: usize, n: usize, out: &mut [F], f: impl Fn(usize, &mut [F]) + Sync) {
    let batch = (BATCH / n).max(1);
    let out = Shared::new(out);
    for_each_rows(rows, n, |first, count| {
        for row in (first..first + count).step_by(batch) {
            let rows = batch.min(first + count - row);
            // SAFETY: every row is in one batch.
            f(row * n, unsafe { out.part(row * n, rows * n) });
        }
    });
}

pub(super) fn softmax<F: Float>(x: &[F], rows: usize, n: usize, out: &mut [F]) {
    for_each_batch(rows, n, out, |start, out| {
        for (x, out) in x[start..].chunks_exact(n).zip(out.chunks_exact_mut(n)) {
            subtract(x, fold_run(Max, x, F::ZERO), out);
        }
        exp_in_place(out);
        for out in out.chunks_exact_mut(n) {
            scale(F::ONE / fold_run(Sum, out, F::ZERO), out);
        }
    });
}

pub(super) fn log_softmax<F: Float>(x: &[F], rows: usize, n: usize, out: &mut [F]) {
    for_each_batch(rows, n, out, |start, out| {
        for (x, out) in x[start..].chunks_exact(n).zip(out.chunks_exact_mut(n)) {
            subtract(x, fold_run(Max, x, F::ZERO), out);
        }
        if out.len() > BATCH {
            let log_sum = fold_run(SumExp, out, F::ZERO).ln();
            subtract_in_place(log_sum, out);
            return;
        }
        let mut exponentials = [F::ZERO; BATCH];
        exp(out, &mut exponentials);
        for (e, out) in exponentials.chunks_exact(n).zip(out.chunks_exact_mut(n)) {
            subtract_in_place(fold_run(Sum, e, F::ZERO).ln(), out);
        }
    });
}

pub(super) fn softmax_backward<F: Float>(g: &[F], y: &[F], rows: usize, n: usize, out: &mut [F]) {
    for_each_batch(rows, n, out, |start, out| {
        let (g, y) = (&g[start..][..out.len()], &y[start..][..out.len()]);
        multiply(g, y, out);
        for ((g, y), out) in g.chunks_exact(n).zip(y.chunks_exact(n)).zip(out.chunks_exact_mut(n)) {
            multiply_difference(g, y, fold_run(Sum, out, F::ZERO), out);
        }
    });
}

pub(super) fn log_softmax_backward<F: Float>(g: &[F], y: &[F], rows: usize, n: usize, out: &mut [F]) {
    for_each_batch(rows, n, out, |start, out| {
        exp(&y[start..][..out.len()], out);
        for (g, out) in g[start..].chunks_exact(n).zip(out.chunks_exact_mut(n)) {
            subtract_multiple(g, fold_run(Sum, g, F::ZERO), out);
        }
    });
}
