//! Rearranging: the same numbers in another shape or order.

pub mod broadcast_to;
pub mod concat;
pub mod flip;
pub mod pad;
pub mod permute;
pub mod reshape;
pub mod roll;
pub mod slice;
pub mod split;
pub mod squeeze;

pub use concat::{concat, stack};
