//! Elementary functions.
//!
//! In single precision they are polynomials without branches, which the compiler turns into vector instructions when
//! they are inlined into a loop; they use no fused multiply-add, so that every instruction set gives the same bits. In
//! double precision, which serves to check gradients, they are the standard library's.

pub(crate) mod double;
mod error_function;
pub(crate) mod single;

/// The density of the standard normal distribution at 0, `1 / √(2π)`.
const DENSITY_AT_0: f64 = 0.398_942_280_401_432_7;

/// The value of the polynomial `c₀ + c₁ x + c₂ x² + …`, by the scheme of Estrin (1960): pairs of terms are joined, then
/// pairs of pairs, with x², x⁴, …. Its longest chain of operations is half of that of Horner's rule or less, and chains are
/// what a loop over vectors waits for.
macro_rules! polynomial {
    (@join $x:expr; $value:expr;) => { $value };
    (@join $x:expr; $($joined:expr),*; $a:expr, $b:expr $(, $rest:expr)*) => {
        polynomial!(@join $x; $($joined,)* $a + $x * $b; $($rest),*)
    };
    (@join $x:expr; $($joined:expr),+; $last:expr) => { polynomial!(@join $x; $($joined,)+ $last;) };
    (@join $x:expr; $($joined:expr),+;) => {{
        let square = $x * $x;
        polynomial!(@join square; ; $($joined),+)
    }};
    ($x:expr; $($coefficients:expr),+) => {{
        let x = $x;
        polynomial!(@join x; ; $($coefficients),+)
    }};
}
use polynomial;

#[cfg(test)]
mod tests;
