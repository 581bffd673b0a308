//! [`DataError`]: what can be wrong with files of data.

use std::io;
use std::path::PathBuf;

/// A file of data that cannot be used: which, what was expected, what was found, and the way out.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DataError {
    /// None of the names under which a file is looked for exists.
    #[error("no {} in {}; put the file there, gzipped or not", names.join(" or "), folder.display())]
    Missing {
        /// Where it was looked for.
        folder: PathBuf,
        /// The names that it may have.
        names: Vec<String>,
    },

    /// The operating system could not read a file, or its compressed contents are damaged.
    #[error("cannot read {}: {source}; get the file again if it is damaged", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// The cause.
        source: io::Error,
    },

    /// The contents are not what they should be.
    #[error("{}: {what}: expected {expected}, found {found}; get the file again", path.display())]
    Format {
        /// The file.
        path: PathBuf,
        /// The part that is wrong.
        what: &'static str,
        /// What should stand there.
        expected: String,
        /// What stands there.
        found: String,
    },
}
