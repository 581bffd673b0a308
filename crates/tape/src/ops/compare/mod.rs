//! Comparisons, whose results are masks, and what masks select.

pub mod comparison;
pub mod logic;
pub mod select;

pub use comparison::Operand;
