//! Normalization of rows to mean 0 and variance 1, and what its derivatives are made of.

mod backward;
mod forward;

pub use backward::{Normalized, layer_norm_affine_backward, layer_norm_backward};
pub use forward::layer_norm;
