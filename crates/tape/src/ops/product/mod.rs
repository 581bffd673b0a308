//! Products of matrices and vectors.

pub mod gram;
pub mod linear;
pub mod matmul;
