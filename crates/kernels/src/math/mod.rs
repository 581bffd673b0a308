//! Elementary functions.
//!
//! In single precision they are polynomials without branches, which the compiler turns into vector instructions when
//! they are inlined into a loop; they use no fused multiply-add, so that every instruction set gives the same bits. In
//! double precision, which serves to check gradients, they are the standard library's.

pub(crate) mod double;
mod error_function;
pub(crate) mod single;

/// The value of the polynomial `c₀ + c₁ x + c₂ x² + …`, by Horner's rule.
macro_rules! polynomial {
    ($x:expr; $last:expr) => { $last };
    ($x:expr; $first:expr, $($rest:expr),+) => { $first + $x * polynomial!($x; $($rest),+) };
}
use polynomial;

#[cfg(test)]
mod tests;
