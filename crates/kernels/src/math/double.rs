//! Elementary functions of `f64`: the standard library's, and the error function, which it lacks.

macro_rules! standard {
    ($($name:ident = $method:ident),*) => {$(
        #[inline(always)]
        pub(crate) fn $name(x: f64) -> f64 {
            x.$method()
        }
    )*};
}

standard!(exp = exp, exp_normal = exp, expm1 = exp_m1, ln = ln, ln_1p = ln_1p, sin = sin, cos = cos, tanh = tanh);

#[inline(always)]
pub(crate) fn sigmoid(x: f64) -> f64 {
    let z = (-x.abs()).exp();
    if x < 0.0 { z / (1.0 + z) } else { 1.0 / (1.0 + z) }
}

/// `2/√π e^(−x²) Σ 2ⁿ x²ⁿ⁺¹ / (2n + 1)‼`, whose terms have one sign (Abramowitz and Stegun 7.1.6), for |x| ≤ 1.
fn erf_series(x: f64) -> f64 {
    let (mut term, mut sum, mut n) = (x, x, 0.0);
    while term.abs() > 1e-17 * sum.abs() {
        n += 1.0;
        term *= 2.0 * x * x / (2.0 * n + 1.0);
        sum += term;
    }
    std::f64::consts::FRAC_2_SQRT_PI * (-x * x).exp() * sum
}

/// The Chebyshev coefficients of `(1 + 2x) e^(x²) erfc x` in `t = (x − 3) / (x + 3)` for `x ≥ 0`, computed with 40
/// digits; the form is that of Shepherd and Laframboise (1981).
#[rustfmt::skip]
const ERFC: [f64; 26] = [
    1.177_562_574_196_56,
    0.005_353_904_539_615_676,
    -0.093_775_503_422_842_09,
    0.054_366_525_557_443_22,
    -0.018_976_596_707_845_208,
    0.004_453_426_061_462_712,
    -0.000_633_553_171_055_314_7,
    1.766_171_952_317_159_3e-5,
    1.284_153_286_405_667_1e-5,
    -2.007_228_565_905_991_3e-6,
    -1.807_522_790_414_837e-7,
    7.549_828_343_825_093e-8,
    1.885_668_523_838_603e-9,
    -2.699_519_049_798_364e-9,
    -1.460_079_119_939_104_8e-11,
    1.036_160_744_596_949e-10,
    1.475_715_976_623_476_4e-12,
    -4.277_340_064_396_908e-12,
    -2.079_224_928_597_957_5e-13,
    1.813_450_200_317_728_4e-13,
    1.973_425_574_545_053e-14,
    -7.287_943_737_589_595e-15,
    -1.516_987_869_019_800_3e-15,
    2.351_411_225_907_569e-16,
    1.000_611_169_210_886e-16,
    -2.057_252_814_155_416_4e-18,
];

/// `erfc x` for `x ≥ 0`, by Clenshaw's rule. 0 from 28 on, where it is less than the smallest number.
fn erfc_positive(x: f64) -> f64 {
    if x > 28.0 {
        return 0.0;
    }
    let t = (x - 3.0) / (x + 3.0);
    let (first, second) = ERFC[1..].iter().rev().fold((0.0, 0.0), |(b, c), a| (a + 2.0 * t * b - c, b));
    let fit = ERFC[0] + t * first - second;
    // The exponential would multiply the rounding of x² by x²: x is cut in two, the square of the first part exact.
    let high = f64::from_bits(x.to_bits() & !0x7ff_ffff);
    (-high * high).exp() * ((high - x) * (high + x)).exp() * fit / (1.0 + 2.0 * x)
}

pub(crate) fn erf(x: f64) -> f64 {
    if x.is_nan() || x == 0.0 {
        x
    } else if x.abs() < 1.0 {
        erf_series(x)
    } else {
        (1.0 - erfc_positive(x.abs())).copysign(x)
    }
}

pub(super) fn erfc(x: f64) -> f64 {
    // NaN takes the second way.
    if x >= 0.5 { erfc_positive(x) } else { 1.0 - erf(x) }
}

#[inline(always)]
pub(crate) fn normal(x: f64) -> (f64, f64) {
    (0.5 * erfc(-x * std::f64::consts::FRAC_1_SQRT_2), (-0.5 * x * x).exp() * super::DENSITY_AT_0)
}
