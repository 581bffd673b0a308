//! Arithmetic of vectors, with sums in double precision.

use tape::Real;

pub(super) fn dot<F: Real>(a: &[F], b: &[F]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a.to_f64() * b.to_f64()).sum()
}

/// `a += factor · b`.
pub(super) fn add_scaled<F: Real>(a: &mut [F], factor: f64, b: &[F]) {
    let factor = F::from_f64(factor);
    a.iter_mut().zip(b).for_each(|(a, &b)| *a += factor * b);
}

/// The largest magnitude.
pub(super) fn largest<F: Real>(a: &[F]) -> f64 {
    a.iter().map(|x| x.to_f64().abs()).fold(0.0, f64::max)
}
