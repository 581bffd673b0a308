//! Reading and adding at positions given by indices.
//!
//! All indices are checked before anything is written; the caller turns [`IndexOutOfRange`] into a panic at its own
//! caller's line.

mod along;
mod elementwise;
#[cfg(test)]
mod tests;

pub use along::{index_add, index_select};
pub use elementwise::{gather, scatter_add};

/// An index that is not below the size of the axis it points into.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("index {index} at position {position} is out of range for size {size}")]
pub struct IndexOutOfRange {
    /// The index.
    pub index: u32,
    /// Where it stands among the indices.
    pub position: usize,
    /// The size that it should be below.
    pub size: usize,
}

vectorize! {
    /// The largest index; 0 for none.
    fn largest[](indices: &[u32]) -> u32 {
        indices.iter().fold(0, |a, &b| a.max(b))
    }
}

fn check(indices: &[u32], size: usize) -> Result<(), IndexOutOfRange> {
    if indices.is_empty() || (largest(indices) as usize) < size {
        return Ok(());
    }
    let out_of_range = indices.iter().enumerate().find(|&(_, &index)| index as usize >= size);
    out_of_range.map_or(Ok(()), |(position, &index)| Err(IndexOutOfRange { index, position, size }))
}
