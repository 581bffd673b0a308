//! Files of data, gzipped or not: their first bytes tell, not their name.

use crate::DataError;
use flate2::read::GzDecoder;
use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::{Path, PathBuf};

/// The first of `names`, each also with `.gz` behind it, that is in `folder`.
///
/// # Errors
/// When there is none.
pub(crate) fn find(folder: &Path, names: &[&str]) -> Result<PathBuf, DataError> {
    let names: Vec<String> = names.iter().flat_map(|name| [name.to_string(), format!("{name}.gz")]).collect();
    let found = names.iter().map(|name| folder.join(name)).find(|path| path.is_file());
    found.ok_or_else(|| DataError::Missing { folder: folder.to_path_buf(), names })
}

/// The contents of a file, unpacked while they are read.
///
/// # Errors
/// When it cannot be opened.
pub(crate) fn open(path: &Path) -> Result<Box<dyn Read>, DataError> {
    let failed = |source| DataError::Read { path: path.to_path_buf(), source };
    let mut file = BufReader::new(File::open(path).map_err(failed)?);
    let mut magic = [0; 2];
    let read = read_up_to(&mut file, &mut magic).map_err(failed)?;
    let all = io::Cursor::new(magic).take(read as u64).chain(file);
    Ok(if magic == [0x1f, 0x8b] { Box::new(GzDecoder::new(all)) } else { Box::new(all) })
}

/// Fills as much of `buffer` as there is.
///
/// # Errors
/// Those of the reader.
pub(crate) fn read_up_to(from: &mut impl Read, buffer: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while filled < buffer.len() {
        match from.read(&mut buffer[filled..])? {
            0 => break,
            read => filled += read,
        }
    }
    Ok(filled)
}
