//! What can be wrong with a checkpoint.

use std::io;
use std::path::PathBuf;

/// A checkpoint that cannot be used: which, what was expected, what was found, and the way out.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CheckpointError {
    /// A file could not be read.
    #[error("cannot read {}: {source}", path.display())]
    Read {
        /// The file or folder.
        path: PathBuf,
        /// The cause.
        source: io::Error,
    },
    /// A file is not as it was written.
    #[error("{} is damaged: {what}: expected {expected}, found {found}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// The part that is wrong.
        what: &'static str,
        /// What should be there.
        expected: String,
        /// What is there.
        found: String,
    },
    /// There are checkpoints, and none is whole.
    #[error("no checkpoint in {} is whole, the newest because {newest}; start again without --resume", folder.display())]
    NoneWhole {
        /// The folder of the checkpoints.
        folder: PathBuf,
        /// What is wrong with the newest.
        #[source]
        newest: Box<CheckpointError>,
    },
    /// The checkpoint is whole, but of another model or optimizer.
    #[error("{} is of another model or optimizer: {what}: expected {expected}, found {found}; resume with the settings of that run", path.display())]
    Other {
        /// The manifest.
        path: PathBuf,
        /// The name that does not fit.
        what: String,
        /// What the model expects there.
        expected: String,
        /// What the checkpoint has there.
        found: String,
    },
    /// There is nothing to go on from.
    #[error("no checkpoint in {}; is it the folder of a run? Start again without --resume", folder.display())]
    Missing {
        /// The folder of the checkpoints.
        folder: PathBuf,
    },
}
