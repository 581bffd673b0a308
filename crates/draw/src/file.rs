//! Files that are there whole or not at all.

use std::fs::File;
use std::io::{self, Write};
use std::path::Path;

const PREFIX: &str = ".write-";
const SUFFIX: &str = ".tmp";

/// Whether this is the name of a temporary file of [`write_file`], which only a program that was killed leaves behind.
pub fn is_temporary(name: &str) -> bool {
    name.starts_with(PREFIX) && name.ends_with(SUFFIX)
}

/// Writes a file that is there whole or not at all, and replaces what had its name: to a temporary name in the same
/// folder, made durable, then renamed.
///
/// # Errors
/// Where the folder does not exist or may not be written, or the disk is full; the old file is then as it was.
pub fn write_file(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let mut builder = tempfile::Builder::new();
    builder.prefix(PREFIX).suffix(SUFFIX);
    // Temporary files are private by default; these permissions, less the process's mask, are those of other new files.
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    let mut file = builder.tempfile_in(folder)?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    file.persist(path).map_err(|error| error.error)?;
    // The new name is durable once its folder is; only Unix lets a program open one.
    if cfg!(unix) { File::open(folder)?.sync_all() } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_replaced_whole_with_usual_permissions() {
        let folder = tempfile::tempdir().unwrap();
        let (path, other) = (folder.path().join("a.png"), folder.path().join("b.png"));
        write_file(&path, b"old").unwrap();
        write_file(&path, b"new").unwrap();
        std::fs::write(&other, b"").unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"new");
        assert_eq!(std::fs::metadata(&path).unwrap().permissions(), std::fs::metadata(&other).unwrap().permissions());
        assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 2);
    }
}
