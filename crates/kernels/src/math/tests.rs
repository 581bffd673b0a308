//! Elementary functions against double precision: the worst arguments of each, and samples of all others.

use super::{double, single};
use crate::Float;

/// The largest error of a function of `f32` in ulp, over numbers of every binade from `low` to `high` (with their
/// negatives where `both_signs`), against the same function in double precision. A result that rounds to ∞ must be ∞.
fn error(f: fn(f32) -> f32, exact: fn(f64) -> f64, low: f32, high: f32, both_signs: bool) -> f64 {
    let mut worst = 0f64;
    let mut check = |x: f32| {
        let (want, got) = (exact(f64::from(x)), f(x));
        let near = want as f32;
        if near == got {
            // At most half an ulp, or both ∞: less than any bound below.
            return;
        }
        assert!(near.is_finite() && got.is_finite(), "{x} gives {got}, expected {want}");
        // The distance of neighboring numbers around the result, that of subnormal numbers at least.
        let exponent = (near.abs().max(f32::MIN_POSITIVE).to_bits() >> 23) as i32 - 127;
        worst = worst.max((f64::from(got) - want).abs() / 2f64.powi(exponent - 23));
    };
    for bits in (low.to_bits()..=high.to_bits()).step_by(STEP) {
        check(f32::from_bits(bits));
        if both_signs {
            check(-f32::from_bits(bits));
        }
    }
    for &x in WORST.iter().filter(|x| (low..=high).contains(x)) {
        check(x);
        if both_signs {
            check(-x);
        }
    }
    check(high);
    worst
}

/// The inputs, without their signs, at which some function has its largest error, by a search through all numbers.
#[rustfmt::skip]
const WORST: [f32; 13] = [
    8.940_697e-8, 0.028_822_202, 0.062_424_507, 0.275_838_52, 0.387_007_15, 0.993_241, 1.413_318_5, 1.864_684_9,
    1.926_627_8, 1.954_244_5, 81.398_834, 2_100.902, 168_173.34,
];

/// Which of the other numbers are tried: one in so many.
const STEP: usize = 997;

#[test]
fn errors_in_ulp() {
    let (tiny, max) = (f32::from_bits(1), f32::MAX);
    let mut failed = String::new();
    let mut check = |name: &str, bound: f64, got: f64| {
        if got > bound {
            failed += &format!("{name}: {got:.3} ulp, promised {bound}\n");
        }
    };
    check("exp", 1.05, error(single::exp, f64::exp, tiny, max, true));
    check("expm1", 1.80, error(single::expm1, f64::exp_m1, tiny, max, true));
    check("ln", 0.84, error(single::ln, f64::ln, tiny, max, false));
    check("ln_1p", 1.44, error(single::ln_1p, f64::ln_1p, tiny, max, false));
    let below_one = 1.0 - f32::EPSILON / 2.0;
    check("ln_1p of negative numbers", 1.44, error(|x| single::ln_1p(-x), |x| f64::ln_1p(-x), tiny, below_one, false));
    check("tanh", 2.61, error(single::tanh, f64::tanh, tiny, max, true));
    check("sigmoid", 2.83, error(single::sigmoid, double::sigmoid, tiny, max, true));
    check("sin", 1.58, error(single::sin, f64::sin, tiny, 1e6, true));
    check("cos", 1.58, error(single::cos, f64::cos, tiny, 1e6, true));
    check("erf", 2.60, error(single::erf, double::erf, tiny, max, true));
    check("Φ", 2.69, error(|x| single::normal(x).0, |x| double::normal(x).0, tiny, max, true));
    check("φ", 1.50, error(|x| single::normal(x).1, |x| double::normal(x).1, tiny, max, true));
    // Farther out, where results are no normal numbers, the factor x would multiply the rounding of Φ.
    check("x Φ", 3.49, error(|x| x * single::normal(x).0, |x| x * double::normal(x).0, tiny, 12.9, true));
    assert!(failed.is_empty(), "{failed}");
}

#[test]
fn angles_beyond_a_million() {
    for bits in (1e6f32.to_bits()..=f32::MAX.to_bits()).step_by(STEP) {
        let x = f32::from_bits(bits);
        for (got, want) in [(single::sin(x), f64::from(x).sin()), (single::cos(x), f64::from(x).cos())] {
            assert!(got.abs() <= 1.0, "{x} gives {got}");
            let bound = if x <= 1e15 { f64::from(x) * f64::EPSILON + 2e-7 } else { 2.0 };
            assert!((f64::from(got) - want).abs() <= bound, "{x} gives {got}, expected {want}");
        }
    }
    assert!(single::sin(f32::INFINITY).is_nan() && single::cos(f32::NEG_INFINITY).is_nan());
}

/// Inlined into a loop, for the best instruction set, a function gives the bits that a single call gives.
#[test]
fn same_bits_in_vectors() {
    let x: Vec<f32> = (0..=u32::MAX).step_by(65_537).map(f32::from_bits).collect();
    let mut y = vec![0.0; x.len()];
    macro_rules! check {
        ($($f:expr),*) => {$(
            crate::map(&x, &mut y, $f);
            for (&x, &y) in x.iter().zip(&y) {
                let want = ($f)(std::hint::black_box(x));
                assert!(y.to_bits() == want.to_bits() || y.is_nan() && want.is_nan(), "{}: {x}: {y}, {want}", stringify!($f));
            }
        )*};
    }
    use single::{cos, erf, exp, exp_normal, expm1, ln, ln_1p, sigmoid, sin, tanh};
    check!(exp, exp_normal, expm1, ln, ln_1p, sin, cos, tanh, sigmoid, erf, |x: f32| single::normal(x).0, |x: f32| {
        single::normal(x).1
    });
}

/// Up to e⁸⁸ and down to e⁻⁸⁷; below, 0.
#[test]
fn exponential_without_subnormals() {
    let bits = |x: f32| x.to_bits();
    let down = (bits(-0.0)..=bits(-87.0)).step_by(1009).chain([bits(-87.0)]);
    for x in (0..bits(88.0)).step_by(1009).chain(down).map(f32::from_bits) {
        assert_eq!(single::exp_normal(x).to_bits(), single::exp(x).to_bits(), "{x}");
    }
    for x in [f32::from_bits(bits(-87.0) + 1), -88.0, -104.5, -1e6, -1e30, f32::MIN, f32::NEG_INFINITY] {
        assert_eq!(single::exp_normal(x).to_bits(), 0, "{x}");
    }
    for nan in [f32::NAN, f32::from_bits(0x7fff_ffff), f32::from_bits(0xff80_0001)] {
        assert!(single::exp_normal(nan).is_nan());
    }
}

#[test]
fn special_values() {
    fn check<F: Float>() {
        let number = F::from_f64;
        let (zero, one, infinity, nan) = (F::ZERO, F::ONE, F::INFINITY, F::NAN);
        let same = |name: &str, got: F, want: F| {
            let equal = got == want || got.is_nan() && want.is_nan();
            let signs = (one / got) == (one / want) || got != zero;
            assert!(equal && signs, "{name} of {}: {got}, expected {want}", F::NAME);
        };
        type Named<F> = (&'static str, fn(F) -> F);
        let functions: [Named<F>; 9] = [
            ("exp", F::exp),
            ("expm1", F::expm1),
            ("ln", F::ln),
            ("ln_1p", F::ln_1p),
            ("sin", F::sin),
            ("cos", F::cos),
            ("tanh", F::tanh),
            ("sigmoid", F::sigmoid),
            ("erf", F::erf),
        ];
        for (name, f) in functions {
            same(name, f(nan), nan);
        }
        for odd in [F::sin, F::tanh, F::erf, F::expm1, F::ln_1p] {
            same("odd function at 0", odd(zero), zero);
            same("odd function at −0", odd(-zero), -zero);
        }
        same("exp", F::exp(infinity), infinity);
        same("exp", F::exp(-infinity), zero);
        same("exp", F::exp(zero), one);
        same("expm1", F::expm1(-infinity), -one);
        same("ln", F::ln(zero), -infinity);
        same("ln", F::ln(-one), nan);
        same("ln", F::ln(infinity), infinity);
        same("ln", F::ln(one), zero);
        same("ln_1p", F::ln_1p(-one), -infinity);
        same("ln_1p", F::ln_1p(number(-1.5)), nan);
        same("tanh", F::tanh(infinity), one);
        same("tanh", F::tanh(-infinity), -one);
        same("sigmoid", F::sigmoid(infinity), one);
        same("sigmoid", F::sigmoid(-infinity), zero);
        same("sigmoid", F::sigmoid(zero), number(0.5));
        same("erf", F::erf(-infinity), -one);
        same("Φ", F::normal(infinity).0, one);
        same("Φ", F::normal(-infinity).0, zero);
        same("Φ", F::normal(nan).0, nan);
        same("φ", F::normal(-infinity).1, zero);
        same("φ", F::normal(nan).1, nan);
        same("powf", F::powf(zero, zero), one);
        same("powf", F::powf(number(-2.0), number(3.0)), number(-8.0));
        same("powf", F::powf(number(-2.0), number(0.5)), nan);
        same("powi", F::powi(number(-3.0), 2), number(9.0));
        same("powi", F::powi(number(2.0), -2), number(0.25));
        same("maximum", F::maximum(nan, one), nan);
        same("maximum", F::maximum(one, nan), nan);
        same("minimum", F::minimum(one, nan), nan);
        same("minimum", F::minimum(-one, one), -one);
    }
    check::<f32>();
    check::<f64>();
}

/// `x`, `erf x` and `erfc x`, by arithmetic with 40 digits.
#[rustfmt::skip]
const ERROR_FUNCTION: [(f64, f64, f64); 18] = [
    (1e-300, 1.128_379_167_095_512_6e-300, 1.0),
    (1.0e-9, 1.128_379_167_095_512_7e-9, 0.999_999_998_871_620_8),
    (0.1, 0.112_462_916_018_284_9, 0.887_537_083_981_715),
    (0.499_023_437_5, 0.519_641_272_801_188_8, 0.480_358_727_198_811_23),
    (0.5, 0.520_499_877_813_046_5, 0.479_500_122_186_953_5),
    (0.75, 0.711_155_633_653_515_1, 0.288_844_366_346_484_86),
    (0.999_023_437_5, 0.842_295_018_528_102_8, 0.157_704_981_471_897_1),
    (1.0, 0.842_700_792_949_714_9, 0.157_299_207_050_285_13),
    (1.5, 0.966_105_146_475_310_8, 0.033_894_853_524_689_274),
    (1.9, 0.992_790_429_235_257_5, 0.007_209_570_764_742_532_5),
    (2.0, 0.995_322_265_018_952_7, 0.004_677_734_981_047_266),
    (2.5, 0.999_593_047_982_555, 0.000_406_952_017_444_958_9),
    (3.0, 0.999_977_909_503_001_4, 2.209_049_699_858_544e-5),
    (4.5, 0.999_999_999_803_383_9, 1.966_160_441_542_887_6e-10),
    (6.0, 1.0, 2.151_973_671_249_891_3e-17),
    (10.0, 1.0, 2.088_487_583_762_545e-45),
    (20.25, 1.0, 2.272_956_417_880_784e-180),
    (26.0, 1.0, 5.663_192_408_856_143e-296),
];

#[test]
fn error_function_of_doubles() {
    for (x, erf, erfc) in ERROR_FUNCTION {
        let close = |got: f64, want: f64| (got / want - 1.0).abs() <= 2e-15;
        assert!(close(double::erf(x), erf) && double::erf(-x) == -double::erf(x), "erf {x}: {}", double::erf(x));
        assert!(close(double::erfc(x), erfc), "erfc {x}: {}", double::erfc(x));
        assert!(close(double::erfc(-x), 1.0 + erf), "erfc −{x}: {}", double::erfc(-x));
    }
    assert_eq!((double::erfc(30.0), double::erfc(f64::INFINITY)), (0.0, 0.0));
}
