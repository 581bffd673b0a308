//! Softmax and log-softmax along one axis, cross-entropy of rows, and their derivatives.
//!
//! Arrays are seen as (outer, n, inner), the middle axis being normalized. A slice whose numbers are all minus
//! infinity, or that holds an infinity or a NaN, gives NaN, as in PyTorch.

mod columns;
mod cross_entropy;
mod rows;
#[cfg(test)]
mod tests;

pub use cross_entropy::{
    RowTargets, cross_entropy, cross_entropy_backward, cross_entropy_in_place, cross_entropy_sums,
};

use crate::Float;

#[track_caller]
fn check(op: &str, lengths: &[usize], outer: usize, n: usize, inner: usize) {
    let right = lengths.iter().all(|&len| len == outer * n * inner);
    assert!(right, "{op}: lengths of the slices: left {lengths:?}, right [{outer}, {n}, {inner}]");
}

/// `out = exp(x − m) / Σ exp(x − m)` along the middle axis, with m the largest number. In single precision, numbers more
/// than 87 below the largest give 0.
///
/// ```
/// use retrograde_kernels::softmax;
/// let mut out = [0.0; 2];
/// softmax(&[1000.0, 1000.0], 1, 2, 1, &mut out);
/// assert_eq!(out, [0.5, 0.5]);
/// ```
///
/// # Panics
/// When a slice does not have `outer · n · inner` elements.
#[track_caller]
pub fn softmax<F: Float>(x: &[F], outer: usize, n: usize, inner: usize, out: &mut [F]) {
    check("softmax", &[x.len(), out.len()], outer, n, inner);
    match inner {
        _ if x.is_empty() => {}
        1 => rows::softmax(x, outer, n, out),
        _ => columns::softmax(x, [outer, n, inner], out),
    }
}

/// `out = (x − m) − ln Σ exp(x − m)` along the middle axis, with m the largest number.
///
/// ```
/// use retrograde_kernels::log_softmax;
/// let mut out = [0.0f64; 2];
/// log_softmax(&[1000.0, 1000.0], 1, 2, 1, &mut out);
/// assert!((out[0] + 2f64.ln()).abs() < 1e-15);
/// ```
///
/// # Panics
/// When a slice does not have `outer · n · inner` elements.
#[track_caller]
pub fn log_softmax<F: Float>(x: &[F], outer: usize, n: usize, inner: usize, out: &mut [F]) {
    check("log_softmax", &[x.len(), out.len()], outer, n, inner);
    match inner {
        _ if x.is_empty() => {}
        1 => rows::log_softmax(x, outer, n, out),
        _ => columns::log_softmax(x, [outer, n, inner], out),
    }
}

/// The derivative of [`softmax`] by its input: `out = y · (g − Σ g·y)`, where `y` is its result and `g` the gradient
/// by that.
///
/// ```
/// use retrograde_kernels::softmax_backward;
/// let mut out = [0.0; 2];
/// softmax_backward(&[1.0, 0.0], &[0.5, 0.5], 1, 2, 1, &mut out);
/// assert_eq!(out, [0.25, -0.25]);
/// ```
///
/// # Panics
/// When a slice does not have `outer · n · inner` elements.
#[track_caller]
pub fn softmax_backward<F: Float>(g: &[F], y: &[F], outer: usize, n: usize, inner: usize, out: &mut [F]) {
    check("softmax_backward", &[g.len(), y.len(), out.len()], outer, n, inner);
    match inner {
        _ if g.is_empty() => {}
        1 => rows::softmax_backward(g, y, outer, n, out),
        _ => columns::softmax_backward(g, y, [outer, n, inner], out),
    }
}

/// The derivative of [`log_softmax`] by its input: `out = g − exp(y) · Σ g`, where `y` is its result and `g` the
/// gradient by that.
///
/// ```
/// use retrograde_kernels::log_softmax_backward;
/// let (half, mut out) = (0.5f64.ln(), [0.0; 2]);
/// log_softmax_backward(&[1.0, 0.0], &[half, half], 1, 2, 1, &mut out);
/// assert!((out[0] - 0.5).abs() < 1e-15 && (out[1] + 0.5).abs() < 1e-15);
/// ```
///
/// # Panics
/// When a slice does not have `outer · n · inner` elements.
#[track_caller]
pub fn log_softmax_backward<F: Float>(g: &[F], y: &[F], outer: usize, n: usize, inner: usize, out: &mut [F]) {
    check("log_softmax_backward", &[g.len(), y.len(), out.len()], outer, n, inner);
    match inner {
        _ if g.is_empty() => {}
        1 => rows::log_softmax_backward(g, y, outer, n, out),
        _ => columns::log_softmax_backward(g, y, [outer, n, inner], out),
    }
}
