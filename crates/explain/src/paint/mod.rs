//! Pictures painted by an optimizer: style transfer, and pictures from features alone.

mod losses;
mod style;
#[cfg(test)]
mod tests;

pub use losses::{content_loss, gram_matrix, style_loss, total_variation};
pub use style::{Painted, Start, StyleTargets, StyleTransfer};
