//! The normal distribution and the error function of `f32`. Both sides of every choice are computed, so that loops stay
//! without branches; NaN passes all of them. Errors: see [`single`](super::single).

use super::polynomial;
use super::single::{Exponential, times_power_of_two};
use std::hint::select_unpredictable;

/// `e^(−x²/2)` and `Φ(−x)` for `x ≥ 0`: a Chebyshev fit of `(x + 5/4) e^(x²/2) Φ(−x)` in `(x − 4) / (x + 4)` (error
/// 1e-9), whose terms hardly cancel; the form is that of Shepherd and Laframboise (1981).
#[inline(always)]
fn tail(x: f32) -> (Exponential, f32) {
    // Beyond it, Φ(−x) is less than any number.
    let x = if x > 14.5 { 14.5 } else { x };
    // x² rounds, and its exponential would multiply the error by x²: x is cut into two parts with exact squares.
    let high = f32::from_bits((x.to_bits() + 0x800) & 0xffff_f000);
    let power = Exponential::of_sum(-0.5 * (high * high), 0.5 * ((high - x) * (high + x)));
    const FIRST: f32 = 0.495_655_87;
    let u = (x - 4.0) / (x + 4.0);
    let rest = u * polynomial!(
        u; -0.139_302_9, 0.045_094_444, 0.010_673_25, -0.024_481_476, 0.015_815_813, -0.004_876_317, -1.382_642_8e-4,
        6.477_437e-4, -7.979_584e-5, -7.215_856e-5
    );
    // The exponential goes into the small part of the sum, and with it what rounding the divisor loses. That is so little
    // that its quotient by the divisor need not be exact: the products are 1 / (x + 5/4), up to a third off for large x.
    let divisor = x + 1.25;
    let lost = (x - (divisor - 1.25)) * ((1.0 - u) * (0.2 - 0.17 * u));
    let above_one = power.above_one - lost;
    let sum = FIRST + (rest + (FIRST + rest) * above_one);
    (power, times_power_of_two(sum / divisor, power.exponent))
}

/// `Φ(x)` and `φ(x) = e^(−x²/2) / √(2π)`.
#[inline(always)]
pub(crate) fn normal(x: f32) -> (f32, f32) {
    let (power, tail) = tail(x.abs());
    let below = if x < 0.0 { tail } else { 1.0 - tail };
    (below, power.times(super::DENSITY_AT_0 as f32))
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
    let magnitude = x.abs();
    let small = erf_small(if magnitude > 1.0 { 1.0 } else { magnitude });
    let large = 1.0 - 2.0 * tail(magnitude * std::f32::consts::SQRT_2).1;
    select_unpredictable(magnitude < 1.0, small, large).copysign(x)
}
