//! Convolution, in one and two dimensions, and its transpose.

pub mod conv1d;
pub mod conv2d;
pub mod conv_transpose2d;
mod options;

pub use options::{ConvOptions, IntoPair};
