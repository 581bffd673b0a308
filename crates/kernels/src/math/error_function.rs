//! The error function of `f32` and its complement. Both sides of every choice are computed, so that loops stay without
//! branches. Errors: see [`single`](super::single).

use super::polynomial;
use super::single::exp_sum;
use std::hint::select_unpredictable;

/// `erfc(x)` for `x ≥ 0`: `e^(−x²) t P(t)`, `t = 1 / (1 + x/2)`, with `P` a Chebyshev fit of `e^(x²) erfc(x) / t` on
/// `0 ≤ x ≤ 12` (error 4e-10).
#[inline(always)]
fn erfc_positive(x: f32) -> f32 {
    let t = 1.0 / (1.0 + 0.5 * x);
    let p = polynomial!(
        t; 0.282_098_46, 0.281_975_6, 0.248_532_85, 0.162_262_17, 0.158_577_76, -0.274_269_65, 0.613_449_6,
        -1.187_509_8, 1.239_897_4, -0.721_158_2, 0.226_498_7, -0.030_354_864
    );
    // x² rounds, and its exponential would multiply the error by x²: x is cut into two parts with exact squares.
    let high = f32::from_bits(x.to_bits() & 0xffff_f000);
    let rest = (high - x) * (high + x);
    exp_sum(-high * high, rest) * t * p
}

#[inline(always)]
pub(crate) fn erfc(x: f32) -> f32 {
    let magnitude = if x.abs() > 12.0 { 12.0 } else { x.abs() };
    let value = erfc_positive(magnitude);
    let small = 1.0 - erf_small(magnitude);
    let value = select_unpredictable(magnitude < 0.5, small, value);
    let result = if x < 0.0 { 2.0 - value } else { value };
    if x.is_nan() { x } else { result }
}

/// Taylor's series of the error function, for |x| ≤ 1: `2/√π Σ (−1)ⁿ x²ⁿ⁺¹ / (n! (2n + 1))`.
#[inline(always)]
fn erf_small(x: f32) -> f32 {
    let z = x * x;
    let tail = z * polynomial!(
        z; -1.0 / 3.0, 1.0 / 10.0, -1.0 / 42.0, 1.0 / 216.0, -1.0 / 1_320.0, 1.0 / 9_360.0, -1.0 / 75_600.0,
        1.0 / 685_440.0, -1.0 / 6_894_720.0
    );
    std::f32::consts::FRAC_2_SQRT_PI * (x + x * tail)
}

#[inline(always)]
pub(crate) fn erf(x: f32) -> f32 {
    let magnitude = if x.abs() > 12.0 { 12.0 } else { x.abs() };
    let small = erf_small(if magnitude > 1.0 { 1.0 } else { magnitude });
    let large = 1.0 - erfc_positive(magnitude);
    let result = select_unpredictable(magnitude < 1.0, small, large);
    if x.is_nan() { x } else { result.copysign(x) }
}
