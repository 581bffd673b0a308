//! Softmax and normalization: every line is brought to a scale of its own.

pub mod batch_norm;
pub mod group_norm;
pub mod layer_norm;
pub mod log_softmax;
pub mod scale_shift;
pub mod softmax;

pub use batch_norm::BatchNormOutput;
