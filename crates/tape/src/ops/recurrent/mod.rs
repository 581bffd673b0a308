//! Recurrent layers over whole sequences.

pub mod sequence;

pub use sequence::{Recurrence, RecurrentOutput};
