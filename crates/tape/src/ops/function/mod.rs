//! Elementary functions, elementwise.

pub mod abs;
pub mod cos;
pub mod erf;
pub mod exp;
pub mod ln;
pub mod sin;
pub mod sqrt;
