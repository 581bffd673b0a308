//! Arithmetic of two values, or of a value and a number; operands broadcast.

pub mod add;
pub mod affine;
pub mod clamp;
pub mod div;
pub mod extreme;
pub mod mul;
pub mod pow;
pub mod powf;
pub mod powi;
pub mod sub;
