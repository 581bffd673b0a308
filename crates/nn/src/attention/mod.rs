//! Attention: [`MultiHeadAttention`], of many queries to many keys, and [`SequenceAttention`], of the state of a decoder to
//! the outputs of an encoder.
//!
//! In the masks of this module, as in those of PyTorch's modules, 1 excludes.

mod multi_head;
mod sequence;
#[cfg(test)]
mod tests;

pub use multi_head::{AttentionMask, MultiHeadAttention, MultiHeadAttentionConfig};
pub use sequence::{Attended, SequenceAttention};
