//! Products of matrices and vectors.

pub mod linear;
pub mod matmul;
