//! [`Float`]: what a kernel needs to know of `f32` and `f64`. The functions are in [`math`](crate::math).

use std::fmt::{Debug, Display};
use std::iter::Sum;
use std::ops::{Add, AddAssign, Div, DivAssign, Mul, MulAssign, Neg, Sub, SubAssign};

/// A floating-point type of the kernels: `f32` or `f64`.
pub trait Float:
    Copy
    + Send
    + Sync
    + 'static
    + PartialEq
    + PartialOrd
    + Default
    + Debug
    + Display
    + Sum
    + Add<Output = Self>
    + Sub<Output = Self>
    + Mul<Output = Self>
    + Div<Output = Self>
    + Neg<Output = Self>
    + AddAssign
    + SubAssign
    + MulAssign
    + DivAssign
    + crate::gemm::Element
    + crate::simd::Vectors
{
    /// Zero.
    const ZERO: Self;
    /// One.
    const ONE: Self;
    /// Minus infinity.
    const NEG_INFINITY: Self;
    /// Infinity.
    const INFINITY: Self;
    /// Not a number.
    const NAN: Self;
    /// The distance from 1 to the next larger number.
    const EPSILON: Self;
    /// The type's name.
    const NAME: &'static str;

    /// The nearest number of this type.
    fn from_f64(x: f64) -> Self;
    /// The same number at double precision.
    fn to_f64(self) -> f64;

    /// Absolute value.
    fn abs(self) -> Self;
    /// The largest whole number that is not larger.
    fn floor(self) -> Self;
    /// Square root; NaN below 0.
    fn sqrt(self) -> Self;
    /// `eˣ`.
    fn exp(self) -> Self;
    /// `eˣ` for x ≤ 88, which in single precision is faster than [`exp`](Float::exp) and 0 below e⁻⁸⁷.
    fn exp_normal(self) -> Self;
    /// `eˣ − 1`, exact near 0.
    fn expm1(self) -> Self;
    /// Natural logarithm; −∞ at 0, NaN below.
    fn ln(self) -> Self;
    /// `ln(1 + x)`, exact near 0.
    fn ln_1p(self) -> Self;
    /// Sine of an angle in radians.
    fn sin(self) -> Self;
    /// Cosine of an angle in radians.
    fn cos(self) -> Self;
    /// Hyperbolic tangent.
    fn tanh(self) -> Self;
    /// Logistic function, `1 / (1 + e⁻ˣ)`.
    fn sigmoid(self) -> Self;
    /// Error function, `2/√π ∫₀ˣ e^(−t²) dt`.
    fn erf(self) -> Self;
    /// The standard normal distribution's function `Φ(x) = ½ erfc(−x/√2)`, exact in the tail, and its density
    /// `φ(x) = e^(−x²/2) / √(2π)`: both, since they share an exponential.
    fn normal(self) -> (Self, Self);
    /// A power; `0⁰` is 1.
    fn powf(self, exponent: Self) -> Self;
    /// A power with a whole exponent.
    fn powi(self, exponent: i32) -> Self;

    /// Whether it is not a number.
    #[inline(always)]
    #[allow(clippy::eq_op)]
    fn is_nan(self) -> bool {
        self != self
    }

    /// The bytes of numbers, the least significant first, as files hold them.
    fn to_bytes(numbers: &[Self]) -> Vec<u8>;
    /// The numbers of such bytes. What is left at the end and makes no number is ignored.
    fn from_bytes(bytes: &[u8]) -> Vec<Self>;

    /// The larger of two; NaN if either is.
    #[inline(always)]
    fn maximum(self, other: Self) -> Self {
        if self > other || self.is_nan() { self } else { other }
    }

    /// The smaller of two; NaN if either is.
    #[inline(always)]
    fn minimum(self, other: Self) -> Self {
        if self < other || self.is_nan() { self } else { other }
    }
}

macro_rules! float {
    ($float:ident, $math:path) => {
        impl Float for $float {
            const ZERO: Self = 0.0;
            const ONE: Self = 1.0;
            const NEG_INFINITY: Self = $float::NEG_INFINITY;
            const INFINITY: Self = $float::INFINITY;
            const NAN: Self = $float::NAN;
            const EPSILON: Self = $float::EPSILON;
            const NAME: &'static str = stringify!($float);

            #[inline(always)]
            fn from_f64(x: f64) -> Self {
                x as $float
            }
            #[inline(always)]
            fn to_f64(self) -> f64 {
                self as f64
            }
            float!(std $float: abs floor sqrt);
            float!(own $math: exp exp_normal expm1 ln ln_1p sin cos tanh sigmoid erf);
            #[inline(always)]
            fn normal(self) -> (Self, Self) {
                use $math as math;
                math::normal(self)
            }
            #[inline(always)]
            fn powf(self, exponent: Self) -> Self {
                $float::powf(self, exponent)
            }
            #[inline(always)]
            fn powi(self, exponent: i32) -> Self {
                // The square, most frequent by far, as a product that loops turn into vector instructions.
                if exponent == 2 { self * self } else { $float::powi(self, exponent) }
            }
            fn to_bytes(numbers: &[Self]) -> Vec<u8> {
                numbers.iter().flat_map(|number| number.to_le_bytes()).collect()
            }
            fn from_bytes(bytes: &[u8]) -> Vec<Self> {
                bytes.as_chunks().0.iter().map(|&bytes| $float::from_le_bytes(bytes)).collect()
            }
        }
    };
    (std $float:ident: $($name:ident)*) => {$(
        #[inline(always)]
        fn $name(self) -> Self {
            $float::$name(self)
        }
    )*};
    (own $math:path: $($name:ident)*) => {$(
        #[inline(always)]
        fn $name(self) -> Self {
            use $math as math;
            math::$name(self)
        }
    )*};
}

float!(f32, crate::math::single);
float!(f64, crate::math::double);
