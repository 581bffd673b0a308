//! Streams of random numbers that stay apart from each other, from that of initialization, `u64::MAX`, and from the small
//! numbers that the draws of training steps have.

/// The order of an epoch.
pub(crate) const ORDER: u64 = u64::MAX - 1;

/// The parts of a data set.
pub(crate) const PARTS: u64 = u64::MAX - 2;

/// Which pictures an unbalanced subset keeps.
pub(crate) const UNBALANCED: u64 = u64::MAX - 3;

/// The changes of a picture; its number is added.
pub(crate) const AUGMENT: u64 = 1 << 63;

/// The mixture of a batch; its number is added.
pub(crate) const MIXUP: u64 = 1 << 62;

/// How a generated picture looks; its number is added.
pub(crate) const SHAPES: u64 = 1 << 61;

/// What a generated sentence says; its number is added.
#[cfg(feature = "text")]
pub(crate) const SENTENCES: u64 = 1 << 60;
