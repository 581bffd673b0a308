//! Elementary functions of `f32`, and the largest error of each in units in the last place (ulp), where an ulp is that of
//! the exact result rounded: `exp` 1.05, `expm1` 1.80, `ln` 0.84, `ln_1p` 1.44, `tanh` 2.61, `sigmoid` 2.83, `sin` and `cos`
//! 1.58 up to |x| = 10⁶, `erf` 2.60; of the normal distribution, Φ 2.69, φ 1.50, and `x Φ(x)` 3.49 for x ≥ −12.9. Every
//! number from 10⁻⁹ in magnitude to where the function saturates was tried (for `ln`, from 10⁻³ to 10³; for odd and even
//! functions, the positive ones); a test tries the worst of them, and samples of all others.
//!
//! Beyond 10⁶, `sin` and `cos` are off by at most `2⁻⁵² |x| + 2·10⁻⁷` up to 10¹⁵; farther out they are only between −1
//! and 1.

pub(crate) use super::error_function::{erf, normal};
use super::polynomial;

/// `1.5 · 2²³`: added and subtracted, it rounds to a whole number.
const ROUNDER: f32 = 12_582_912.0;
const LN_2_HIGH: f32 = 0.693_359_4;
const LN_2_LOW: f32 = -2.121_944_4e-4;

/// `2ⁿ` for a whole `n` from −126 to 127, of which the low nine bits count.
#[inline(always)]
fn power_of_two(n: i32) -> f32 {
    f32::from_bits((n.wrapping_add(127) << 23) as u32)
}

/// `x = n ln 2 + r` with a whole `n` and |r| ≤ ½ ln 2 (Cody and Waite 1980): the bits of `n + ROUNDER`, the low 22 of
/// which are those of `n`, and `r`.
#[inline(always)]
fn reduce_exponent(x: f32) -> (i32, f32) {
    let shifted = x * std::f32::consts::LOG2_E + ROUNDER;
    let n = shifted - ROUNDER;
    (shifted.to_bits() as i32, (x - n * LN_2_HIGH) - n * LN_2_LOW)
}

/// `e^r − 1 − r` for |r| ≤ ½ ln 2: `r²` times the polynomial of degree 4 whose greatest error, relative to `e^r − 1`, is
/// the least, 1.7e-8 once the coefficients are rounded.
#[inline(always)]
fn exp_tail(r: f32) -> f32 {
    let square = r * r;
    square
        * ((0.499_999_97 + r * 0.166_665_43)
            + square * ((0.041_667_2 + r * 0.008_366_520_5) + square * 0.001_388_252_1))
}

/// `2ⁿ value`. In two steps, since 2ⁿ itself may be too large or too small for a normal number.
#[inline(always)]
pub(super) fn times_power_of_two(value: f32, n: i32) -> f32 {
    let half = n >> 1;
    value * power_of_two(half) * power_of_two(n.wrapping_sub(half))
}

/// An exponential that is not rounded yet, `2ⁿ (1 + above_one)` with a whole `n`, which the low bits of `exponent` are.
#[derive(Clone, Copy)]
pub(super) struct Exponential {
    pub(super) exponent: i32,
    pub(super) above_one: f32,
}

impl Exponential {
    /// `e^(x + rest)` for −200 ≤ x ≤ 89 and a small `rest`.
    #[inline(always)]
    pub(super) fn of_sum(x: f32, rest: f32) -> Self {
        let (exponent, r) = reduce_exponent(x);
        let r = r + rest;
        Self { exponent, above_one: r + exp_tail(r) }
    }

    /// Its product with a factor.
    #[inline(always)]
    pub(super) fn times(self, factor: f32) -> f32 {
        times_power_of_two(factor + factor * self.above_one, self.exponent)
    }
}

#[inline(always)]
pub(crate) fn exp(x: f32) -> f32 {
    // Beyond these bounds the result is 0 or ∞ all the same; NaN passes them, and everything below.
    let bounded = if x > 89.0 { 89.0 } else { x };
    let bounded = if bounded < -104.0 { -104.0 } else { bounded };
    // Adding −0 changes nothing, and the compiler knows it, which it does not know of 0.
    Exponential::of_sum(bounded, -0.0).times(1.0)
}

/// `eˣ` for x ≤ 88, but 0 below e⁻⁸⁷, where the normal numbers end: what a softmax needs, whose exponents are differences
/// to the largest. One power of two is enough then, which takes a quarter of the instructions away; other results have the
/// bits of [`exp`].
#[inline(always)]
pub(crate) fn exp_normal(x: f32) -> f32 {
    let (n, r) = reduce_exponent(x);
    let result = (1.0 + (r + exp_tail(r))) * power_of_two(n);
    if x < -87.0 { 0.0 } else { result }
}

#[inline(always)]
pub(crate) fn expm1(x: f32) -> f32 {
    let bounded = if x > 89.0 { 89.0 } else { x };
    let bounded = if bounded < -20.0 { -20.0 } else { bounded };
    let (n, r) = reduce_exponent(bounded);
    let tail = exp_tail(r);
    // 2ⁿ (e^r − 1) + (2ⁿ − 1), with 2ⁿ⁻¹ twice because 2¹²⁸ is no number.
    let half = power_of_two(n.wrapping_sub(1));
    let result = ((half * r + half * tail) + (half - 0.5)) * 2.0;
    let result = if n == ROUNDER.to_bits() as i32 { r + tail } else { result };
    // Below 2⁻²⁴ the result is x, also −0.
    if x.abs() < 5.9e-8 { x } else { result }
}

/// `e` and `f` with `x = 2ᵉ (1 + f)` and `1 + f` between √½ and √2, for a positive normal `x`.
#[inline(always)]
fn split(x: f32) -> (f32, f32) {
    let bits = x.to_bits() as i32;
    // Moves the boundary of the exponent from 1 to √½.
    let exponent = bits.wrapping_sub(0x3f35_04f3) >> 23;
    (exponent as f32, f32::from_bits(bits.wrapping_sub(exponent << 23) as u32) - 1.0)
}

/// `ln(1 + f) + e ln 2`, by the series of the inverse hyperbolic tangent of `s = f / (2 + f)`:
/// `ln(1 + f) = f − f²/2 + s (f²/2 + R)`, `R = 2 s² (1/3 + s²/5 + …)`.
#[inline(always)]
fn ln_split(e: f32, f: f32) -> f32 {
    let s = f / (2.0 + f);
    let z = s * s;
    let r = z * polynomial!(z; 2.0 / 3.0, 2.0 / 5.0, 2.0 / 7.0, 2.0 / 9.0, 2.0 / 11.0);
    let half_square = 0.5 * f * f;
    e * LN_2_HIGH - ((half_square - (s * (half_square + r) + e * LN_2_LOW)) - f)
}

#[inline(always)]
pub(crate) fn ln(x: f32) -> f32 {
    let tiny = x < f32::MIN_POSITIVE;
    let (e, f) = split(if tiny { x * 8_388_608.0 } else { x });
    let result = ln_split(if tiny { e - 23.0 } else { e }, f);
    let result = if x == f32::INFINITY { x } else { result };
    let result = if x == 0.0 { f32::NEG_INFINITY } else { result };
    if x < 0.0 || x.is_nan() { f32::NAN } else { result }
}

#[inline(always)]
pub(crate) fn ln_1p(x: f32) -> f32 {
    let u = 1.0 + x;
    let (e, f) = split(u);
    // What rounding 1 + x lost, relative to u.
    let lost = if u > 2.0 { 1.0 - (u - x) } else { x - (u - 1.0) };
    let result = ln_split(e, f) + lost / u;
    let result = if x.abs() < 5.9e-8 { x } else { result };
    let result = if x == f32::INFINITY { x } else { result };
    let result = if x == -1.0 { f32::NEG_INFINITY } else { result };
    if x < -1.0 || x.is_nan() { f32::NAN } else { result }
}

#[inline(always)]
pub(crate) fn tanh(x: f32) -> f32 {
    // tanh x = (e²ˣ − 1) / (e²ˣ + 1), on the side where it cannot overflow; 1 beyond 9.1.
    let magnitude = if x.abs() > 10.0 { 10.0 } else { x.abs() };
    let (n, r) = reduce_exponent(2.0 * magnitude);
    // e²ˣ − 1 = (2ⁿ − 1) + 2ⁿ (e^r − 1): what `expm1` computes, without its other sides.
    let power = power_of_two(n);
    let m = (power - 1.0) + power * (r + exp_tail(r));
    (m / (m + 2.0)).copysign(x)
}

#[inline(always)]
pub(crate) fn sigmoid(x: f32) -> f32 {
    let z = exp(-x.abs());
    let positive = 1.0 / (1.0 + z);
    if x < 0.0 { z * positive } else { positive }
}

/// The quadrant and the rest of an angle: `x = n π/2 + r`, |r| ≤ π/4. In double precision, since `r` may be tiny, with
/// π/2 in two parts, the first of 33 bits, so that its product with `n` is exact for |x| ≤ 10⁶.
#[inline(always)]
fn reduce_angle(x: f32) -> (i32, f32) {
    // `1.5 · 2⁵²`, as `ROUNDER`.
    const DOUBLE_ROUNDER: f64 = 6_755_399_441_055_744.0;
    const LARGEST: f32 = std::f32::consts::FRAC_PI_4;
    let x = f64::from(x);
    let shifted = x * std::f64::consts::FRAC_2_PI + DOUBLE_ROUNDER;
    let n = shifted - DOUBLE_ROUNDER;
    let r = ((x - n * 1.570_796_326_734_125_6) - n * 6.077_100_506_506_192e-11) as f32;
    // From 3·10¹⁵ on `r` is not known; the result stays between −1 and 1.
    let r = if r > LARGEST { LARGEST } else { r };
    let r = if r < -LARGEST { -LARGEST } else { r };
    (shifted.to_bits() as i32, r)
}

/// Sine of `r + n π/2` for |r| ≤ π/4.
#[inline(always)]
fn sin_in_quadrant(n: i32, r: f32) -> f32 {
    let z = r * r;
    let sine =
        if z == 0.0 { r } else { r + r * z * polynomial!(z; -1.0 / 6.0, 1.0 / 120.0, -1.0 / 5040.0, 1.0 / 362_880.0) };
    let cosine = (1.0 - 0.5 * z) + z * z * polynomial!(z; 1.0 / 24.0, -1.0 / 720.0, 1.0 / 40_320.0, -1.0 / 3_628_800.0);
    let value = if n & 1 == 0 { sine } else { cosine };
    if n & 2 == 0 { value } else { -value }
}

#[inline(always)]
pub(crate) fn sin(x: f32) -> f32 {
    let (n, r) = reduce_angle(x);
    sin_in_quadrant(n, r)
}

#[inline(always)]
pub(crate) fn cos(x: f32) -> f32 {
    let (n, r) = reduce_angle(x);
    sin_in_quadrant(n.wrapping_add(1), r)
}
