//! CPU kernels of Retrograde: plain functions from slices to slices.
//!
//! Every kernel can be tested against a naive loop, timed alone, and called by others. Three promises hold for all:
//!
//! * **Same bits for any number of threads.** Work is cut into chunks whose size does not depend on the number of
//!   threads; a reduction combines the results of its chunks in their order.
//! * **Portable binaries.** The instruction set is chosen at run time ([`Level`]), never by a compiler flag.
//! * **No allocation in steady state.** Scratch memory is the caller's, or an arena that a thread keeps.
//!
//! This is the only crate of the workspace that contains `unsafe`, and the only one that knows rayon.

#[macro_use]
mod level;
mod float;
mod shape;
mod threads;

pub use float::Float;
pub use level::Level;
pub use shape::{Axes, MAX_RANK, Shape};
pub use threads::{Threads, ThreadsError, for_each_chunk, for_each_index, join};
