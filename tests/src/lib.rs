//! What the tests that cross crates share: an allocator that counts, and models of the size of MNIST.

pub mod allocator;
pub mod models;
