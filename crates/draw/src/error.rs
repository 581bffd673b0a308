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
