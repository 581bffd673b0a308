//! Pooling: one number for each window of an image.

pub mod avg_pool2d;
pub mod max_pool2d;
mod options;

pub use options::PoolOptions;
