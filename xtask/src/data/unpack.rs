//! What is used of an archive, unpacked beside it.

use super::catalog::{Dataset, Member};
use super::verify::FileError;
use flate2::read::GzDecoder;
use std::fs::File;
use std::io;
use std::path::Path;
use tempfile::NamedTempFile;

/// Whether the folder has all that the data set's archives hold. A data set without archives has nothing to unpack.
pub(super) fn is_unpacked(dataset: &Dataset, folder: &Path) -> bool {
    !dataset.members.is_empty() && dataset.members.iter().all(|member| is_there(member, folder))
}

fn is_there(member: &Member, folder: &Path) -> bool {
    folder.join(member.name).metadata().is_ok_and(|metadata| metadata.is_file() && metadata.len() == member.size)
}

/// Unpacks what the folder lacks, from archives that are there and verified. Each file is there whole or not at all.
///
/// # Errors
/// When an archive cannot be read or lacks a file, or the folder cannot be written.
pub(super) fn unpack(dataset: &Dataset, folder: &Path) -> Result<(), FileError> {
    let mut missing: Vec<&Member> = dataset.members.iter().filter(|member| !is_there(member, folder)).collect();
    for archive in dataset.files {
        let path = folder.join(archive.name);
        let reading = || FileError::io("unpack", &path);
        let mut archive = tar::Archive::new(GzDecoder::new(File::open(&path).map_err(reading())?));
        for entry in archive.entries().map_err(reading())? {
            let mut entry = entry.map_err(reading())?;
            let name = entry.path().map_err(reading())?.file_name().map(|name| name.to_os_string());
            let Some(at) = missing.iter().position(|member| name.as_deref() == Some(member.name.as_ref())) else {
                continue;
            };
            let member = missing.swap_remove(at);
            write(&mut entry, member, folder)?;
            println!("{}: unpacked", member.name);
        }
        if let Some(member) = missing.first() {
            let (expected, found) = (format!("a file {} in it", member.name), "none".to_string());
            return Err(FileError::Wrong { path, expected, found, way_out: "delete it and run this again" });
        }
    }
    Ok(())
}

/// Writes a file of an archive under its name, once all of it is there.
fn write(from: &mut impl io::Read, member: &Member, folder: &Path) -> Result<(), FileError> {
    let path = folder.join(member.name);
    let writing = || FileError::io("write", &path);
    let mut file = NamedTempFile::new_in(folder).map_err(writing())?;
    let size = io::copy(from, &mut file).map_err(writing())?;
    if size != member.size {
        let (expected, found) = (format!("{} bytes", member.size), format!("{size} bytes in the archive"));
        return Err(FileError::Wrong { path, expected, found, way_out: "delete the archive and run this again" });
    }
    file.as_file().sync_all().map_err(writing())?;
    file.persist(&path).map_err(|error| writing()(error.error))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::catalog::DataFile;
    use super::*;
    use flate2::{Compression, write::GzEncoder};

    const SMALL: Dataset = Dataset {
        name: "small",
        title: "Small",
        mirrors: &[],
        files: &[DataFile { name: "small.tar.gz", size: 0, sha256: "" }],
        members: &[Member { name: "a.bin", size: 3 }, Member { name: "b.bin", size: 5000 }],
        command: "FOLDER",
    };

    /// Writes an archive with a folder, and these files in it.
    fn archive(folder: &Path, files: &[(&str, usize)]) {
        let mut archive = tar::Builder::new(GzEncoder::new(Vec::new(), Compression::fast()));
        for &(name, size) in files {
            let mut header = tar::Header::new_gnu();
            header.set_size(size as u64);
            header.set_mode(0o644);
            archive.append_data(&mut header, format!("inside/{name}"), &vec![7; size][..]).unwrap();
        }
        std::fs::write(folder.join("small.tar.gz"), archive.into_inner().unwrap().finish().unwrap()).unwrap();
    }

    fn names(folder: &Path) -> Vec<String> {
        let name = |entry: io::Result<std::fs::DirEntry>| entry.unwrap().file_name().into_string().unwrap();
        let mut names: Vec<String> = std::fs::read_dir(folder).unwrap().map(name).collect();
        names.sort();
        names
    }

    #[test]
    fn what_is_used_is_unpacked_beside_the_archive() {
        let folder = tempfile::tempdir().unwrap();
        archive(folder.path(), &[("readme.html", 10), ("b.bin", 5000), ("a.bin", 3)]);
        assert!(!is_unpacked(&SMALL, folder.path()));
        unpack(&SMALL, folder.path()).unwrap();
        assert!(is_unpacked(&SMALL, folder.path()));
        assert_eq!(names(folder.path()), ["a.bin", "b.bin", "small.tar.gz"]);
        assert_eq!(std::fs::read(folder.path().join("b.bin")).unwrap(), vec![7; 5000]);
        // A file of another length is taken for one that was cut short; the others stay.
        std::fs::write(folder.path().join("a.bin"), "mine").unwrap();
        std::fs::write(folder.path().join("b.bin"), vec![8; 5000]).unwrap();
        unpack(&SMALL, folder.path()).unwrap();
        assert_eq!(std::fs::read(folder.path().join("a.bin")).unwrap(), [7; 3]);
        assert_eq!(std::fs::read(folder.path().join("b.bin")).unwrap(), vec![8; 5000]);
    }

    #[test]
    fn an_archive_that_is_not_as_expected_leaves_nothing_half_written() {
        let folder = tempfile::tempdir().unwrap();
        let message = || unpack(&SMALL, folder.path()).unwrap_err().to_string();
        assert!(message().starts_with("cannot unpack "), "{}", message());
        archive(folder.path(), &[("a.bin", 3)]);
        assert!(
            message().contains("small.tar.gz: expected a file b.bin in it, found none; delete it"),
            "{}",
            message()
        );
        archive(folder.path(), &[("a.bin", 3), ("b.bin", 4999)]);
        assert!(message().contains("b.bin: expected 5000 bytes, found 4999 bytes in the archive"), "{}", message());
        let path = folder.path().join("small.tar.gz");
        let bytes = std::fs::read(&path).unwrap();
        std::fs::write(&path, &bytes[..bytes.len() / 2]).unwrap();
        assert!(message().starts_with("cannot "), "{}", message());
        assert_eq!(names(folder.path()), ["a.bin", "small.tar.gz"]);
    }
}
