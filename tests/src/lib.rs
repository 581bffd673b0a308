//! What the tests that cross crates share: an allocator that counts, cases of PyTorch's, and models of the size of MNIST.

pub mod allocator;
pub mod formula;
pub mod golden;
pub mod models;
