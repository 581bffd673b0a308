//! Whether a file is what the catalog says: its size and its SHA-256 (FIPS 180-4).

use super::catalog::DataFile;
use sha2::{Digest, Sha256};
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

/// A file on the disk that is not as it should be.
#[derive(Debug, thiserror::Error)]
pub(super) enum FileError {
    #[error("cannot {action} {}: {source}; {}", path.display(), "make room or mend its permissions, or choose another folder with --to")]
    Io { action: &'static str, path: PathBuf, source: io::Error },
    #[error("{}: expected {expected}, found {found}; {way_out}", path.display())]
    Wrong { path: PathBuf, expected: String, found: String, way_out: &'static str },
}

impl FileError {
    /// For `map_err`: what could not be done to which file.
    pub(super) fn io(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> FileError {
        move |source| FileError::Io { action, path: path.to_path_buf(), source }
    }
}

/// Compares the file at `path` with what is expected there. A file of another size is not read.
///
/// # Errors
/// When it cannot be read, or differs: `way_out` then says what to do.
pub(super) fn verify(path: &Path, expected: &DataFile, way_out: &'static str) -> Result<(), FileError> {
    let reading = || FileError::io("read", path);
    let mut file = File::open(path).map_err(reading())?;
    let size = file.metadata().map_err(reading())?.len();
    let wrong = |expected, found| Err(FileError::Wrong { path: path.to_path_buf(), expected, found, way_out });
    if size != expected.size {
        return wrong(format!("{} bytes", expected.size), format!("{size} bytes"));
    }
    let found = sha256(&mut file).map_err(reading())?;
    if found != expected.sha256 {
        return wrong(format!("SHA-256 {}", expected.sha256), format!("SHA-256 {found}"));
    }
    Ok(())
}

/// The SHA-256 of all that a reader gives, in hexadecimal digits.
fn sha256(reader: &mut impl Read) -> io::Result<String> {
    let (mut hasher, mut buffer) = (Sha256::new(), vec![0; 1 << 16]);
    loop {
        match reader.read(&mut buffer) {
            Ok(0) => break,
            Ok(count) => hasher.update(&buffer[..count]),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The examples of the standard.
    const ABC: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    const MILLION: &str = "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0";

    #[test]
    fn the_examples_of_the_standard() {
        assert_eq!(sha256(&mut &b"abc"[..]).unwrap(), ABC);
        assert_eq!(sha256(&mut io::repeat(b'a').take(1_000_000)).unwrap(), MILLION);
    }

    #[test]
    fn another_size_and_another_content_are_told_apart() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("abc");
        let expected = DataFile { name: "abc", size: 3, sha256: ABC };
        let message = || verify(&path, &expected, "delete it").map_err(|error| error.to_string());
        assert!(message().unwrap_err().starts_with(&format!("cannot read {}: ", path.display())));
        std::fs::write(&path, "abc").unwrap();
        assert_eq!(message(), Ok(()));
        let place = path.display();
        std::fs::write(&path, "abcd").unwrap();
        assert_eq!(message(), Err(format!("{place}: expected 3 bytes, found 4 bytes; delete it")));
        std::fs::write(&path, "abd").unwrap();
        let found = "a52d159f262b2c6ddb724a61840befc36eb30c88877a4030b65cbe86298449c9";
        assert_eq!(message(), Err(format!("{place}: expected SHA-256 {ABC}, found SHA-256 {found}; delete it")));
    }
}
