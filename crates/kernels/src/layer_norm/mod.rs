//! Normalization of rows to mean 0 and variance 1, and what its derivatives are made of.

mod backward;
mod forward;

pub use backward::{layer_norm_backward, sum_of_products};
pub use forward::layer_norm;
