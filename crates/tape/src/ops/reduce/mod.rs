//! Reductions over axes.

pub mod amax;
pub mod argmax;
pub mod logsumexp;
pub mod max;
pub mod mean;
pub mod sum;
pub mod variance;
