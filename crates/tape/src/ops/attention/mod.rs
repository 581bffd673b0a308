//! Attention.

pub mod scaled_dot_product;

pub use scaled_dot_product::{Attention, AttentionOutput};
