//! What can go wrong while training, and what to do about it.

use std::io;
use std::path::PathBuf;

/// A run could not begin, go on, or be saved.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TrainError {
    /// The folder of the run holds something already.
    #[error("{} is not empty; a run never overwrites another: choose another --out, or leave it out", path.display())]
    NotEmpty {
        /// The folder.
        path: PathBuf,
    },
    /// Something else stands where the folder of the run should be.
    #[error("{} is not a folder; choose another --out, or leave it out", path.display())]
    NotAFolder {
        /// The path.
        path: PathBuf,
    },
    /// The folder of the run, or a file in it, could not be written.
    #[error("cannot write {}: {source}; choose an --out on a disk with room, in a folder that may be written", path.display())]
    Write {
        /// The folder or file.
        path: PathBuf,
        /// The cause.
        source: io::Error,
    },
    /// A figure could not be drawn or saved.
    #[error(transparent)]
    Draw(#[from] draw::DrawError),
    /// The loss, or a gradient, is NaN or infinite.
    #[error(
        "{what} is {value} in epoch {epoch}, batch {batch}; training cannot recover from that: try a lower --lr \
         (now {learning_rate}), or look for a division by zero or a logarithm of zero in the model"
    )]
    NotFinite {
        /// The loss, or the gradient of which parameter.
        what: String,
        /// What was found instead of a number.
        value: f64,
        /// The epoch, from 1.
        epoch: u64,
        /// The batch within it, from 1.
        batch: u64,
        /// The learning rate of the step.
        learning_rate: f64,
    },
    /// The threads could not be started.
    #[error(transparent)]
    Threads(#[from] tape::ThreadsError),
}
