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

    /// Two files that belong together line by line have not as many lines.
    #[error(
        "{} has {left_lines} lines, {} has {right_lines}; line n of one translates line n of the other: get both files again",
        left.display(), right.display()
    )]
    LineCounts {
        /// One file.
        left: PathBuf,
        /// Its lines.
        left_lines: usize,
        /// The other file.
        right: PathBuf,
        /// Its lines.
        right_lines: usize,
    },

    /// A line of a text is not UTF-8.
    #[error("{}: line {line}: expected UTF-8, found other bytes; convert the file to UTF-8", path.display())]
    Encoding {
        /// The file.
        path: PathBuf,
        /// The number of the line, from 1.
        line: usize,
    },

    /// The vocabulary of another model.
    #[error(
        "{}: expected the vocabulary with the fingerprint {expected:016x}, found {found:016x}, of {len} tokens; use the \
         file that was written with the model",
        path.display()
    )]
    OtherVocabulary {
        /// The file.
        path: PathBuf,
        /// The fingerprint of the vocabulary that the model was trained with.
        expected: u64,
        /// That of the one in the file.
        found: u64,
        /// How many tokens the one in the file has.
        len: usize,
    },
}
