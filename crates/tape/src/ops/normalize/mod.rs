//! Softmax and normalization: every line is brought to a scale of its own.

pub mod layer_norm;
pub mod log_softmax;
pub mod softmax;
