//! What can go wrong with a figure.

use std::io;
use std::path::PathBuf;

/// A figure could not be drawn or saved.
#[derive(Debug, thiserror::Error)]
pub enum DrawError {
    /// No curve has a point that can be drawn.
    #[error(
        "figure {title:?} has nothing to draw: expected a curve with a finite value, found {values} values, none of them finite"
    )]
    Empty {
        /// The title of the figure.
        title: String,
        /// How many values its curves have.
        values: usize,
    },
    /// A picture could not be read.
    #[error("{}: {what}: expected {expected}, found {found}; convert it to an 8-bit PNG of at most 64 megapixels", path.display())]
    Picture {
        /// The file.
        path: PathBuf,
        /// The part that is wrong.
        what: &'static str,
        /// What should be there.
        expected: &'static str,
        /// What is there.
        found: String,
    },
    /// The file could not be written.
    #[error("{}: cannot write the figure: {source}; choose a file in a folder that exists and may be written", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// The cause.
        source: io::Error,
    },
    /// The drawing library refused.
    #[error("figure {title:?} cannot be drawn: {cause}; fewer or shorter curves may help")]
    Draw {
        /// The title of the figure.
        title: String,
        /// What the library says.
        cause: String,
    },
}
