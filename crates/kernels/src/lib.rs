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
#[macro_use]
mod micro;
mod attention;
mod batch_norm;
mod broadcast;
mod conv;
mod copy;
mod elementwise;
mod float;
mod gemm;
mod index;
mod layer_norm;
mod math;
mod memory;
mod pack;
mod peak;
mod pool;
mod random;
mod recurrent;
mod reduce;
mod scratch;
mod shape;
mod shared;
mod simd;
mod softmax;
mod threads;
mod update;

pub use attention::{AttentionRows, AttentionShape, Excluded, Gradients, Kept, attention, attention_backward};
pub use batch_norm::{
    ChannelDerivatives, ChannelShape, ReluGate, batch_norm_backward, channel_statistics, channel_sums, scale_shift,
};
pub use broadcast::{zip_broadcast, zip3_broadcast};
pub use conv::{ConvShape, conv2d, conv2d_by_input, conv2d_by_weight, conv2d_by_weight_workspace};
pub use copy::copy_strided;
pub use elementwise::{fill, map, map2, zip, zip3};
pub use float::Float;
pub use gemm::{Activation, Epilogue, MatrixLayout, gemm, gemm_batched, gram};
pub use index::{IndexOutOfRange, gather, index_add, index_select, scatter_add};
pub use layer_norm::{Normalized, layer_norm, layer_norm_affine_backward, layer_norm_backward};
pub use level::Level;
pub use memory::Array;
pub use peak::peak_flops;
pub use pool::{PoolShape, Windows, avg_pool2d, avg_pool2d_backward, max_pool2d};
pub use random::{Random, RandomKey, fill_bernoulli, fill_normal, fill_uniform};
pub use recurrent::{Cell, Recalled, RecurrentShape, recurrent, recurrent_backward};
pub use reduce::{argmax, argmin, logsumexp, max, min, sum, variance};
pub use shape::{Axes, MAX_RANK, Shape};
pub use softmax::{
    RowTargets, cross_entropy, cross_entropy_backward, cross_entropy_in_place, cross_entropy_sums, log_softmax,
    log_softmax_backward, softmax, softmax_backward,
};
pub use threads::{Threads, ThreadsError, for_each_chunk, for_each_index, join};
pub use update::{accumulate, all_finite, sum_of_squares, update, update2, update3, update4};
