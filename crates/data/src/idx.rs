//! The idx format of the MNIST files: two zero bytes, the type of the elements, the number of axes, the sizes as big-endian
//! 32-bit numbers, then the elements. Files may be gzipped; their first bytes tell, not their name.

use crate::DataError;
use crate::file::{self, read_up_to};
use byteorder::{BigEndian, ByteOrder};
use std::io::Read;
use std::path::{Path, PathBuf};

/// The type of unsigned bytes in the header of an idx file.
const UNSIGNED_BYTES: u8 = 0x08;

/// The most bytes that an idx file may claim to have: 1 GiB, twenty times MNIST.
const LARGEST: usize = 1 << 30;

/// The contents of an idx file of unsigned bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Idx {
    /// The sizes along each axis.
    pub dims: Vec<usize>,
    /// The elements in row-major order.
    pub bytes: Vec<u8>,
}

impl Idx {
    /// Reads a file of `rank` axes, gzipped or not.
    ///
    /// # Errors
    /// When it cannot be read, is damaged, has another number of axes or type of elements, or fewer or more elements than
    /// its header says. A header that claims more than 1 GiB is refused before anything is unpacked.
    pub fn open(path: &Path, rank: usize) -> Result<Idx, DataError> {
        Idx::read(path, file::open(path)?, rank)
    }

    /// Reads the first of `names`, each also with `.gz` behind it, that is in `folder`.
    ///
    /// # Errors
    /// When there is none, and as [`open`](Idx::open).
    pub fn find(folder: &Path, names: &[&str], rank: usize) -> Result<(PathBuf, Idx), DataError> {
        let path = file::find(folder, names)?;
        Idx::open(&path, rank).map(|idx| (path, idx))
    }

    fn read(path: &Path, mut from: impl Read, rank: usize) -> Result<Idx, DataError> {
        let failed = |source| DataError::Read { path: path.to_path_buf(), source };
        let wrong = |what, expected: String, found: String| {
            Err(DataError::Format { path: path.to_path_buf(), what, expected, found })
        };
        let mut header = vec![0; 4 + 4 * rank];
        let read = read_up_to(&mut from, &mut header).map_err(failed)?;
        if read < 4 {
            return wrong("header of an idx file", format!("{} bytes", header.len()), format!("{read} bytes"));
        }
        if header[..2] != [0, 0] || header[2] != UNSIGNED_BYTES {
            let expected = format!("00 00 {UNSIGNED_BYTES:02x} (an idx file of unsigned bytes)");
            let found = format!("{:02x} {:02x} {:02x}", header[0], header[1], header[2]);
            return wrong("first bytes", expected, found);
        }
        if header[3] as usize != rank {
            let kind = |axes: usize| match axes {
                1 => "1 axis (labels)".to_string(),
                3 => "3 axes (images)".to_string(),
                axes => format!("{axes} axes"),
            };
            return wrong("number of axes", kind(rank), kind(header[3] as usize));
        }
        if read < header.len() {
            return wrong("header of an idx file", format!("{} bytes", header.len()), format!("{read} bytes"));
        }
        let dims: Vec<usize> = header[4..].chunks(4).map(|size| BigEndian::read_u32(size) as usize).collect();
        let claimed = dims.iter().try_fold(1usize, |len, &size| len.checked_mul(size));
        let Some(len) = claimed.filter(|&len| len <= LARGEST) else {
            return wrong("size", format!("at most {LARGEST} bytes"), format!("a header that claims {dims:?}"));
        };
        let mut bytes = Vec::with_capacity(len);
        // One more than claimed, to notice that there is more, and no more than that, whatever is packed in there.
        from.take(len as u64 + 1).read_to_end(&mut bytes).map_err(failed)?;
        if bytes.len() != len {
            let found = if bytes.len() > len { "more".to_string() } else { format!("{} bytes", bytes.len()) };
            return wrong("elements after the header", format!("{len} bytes for {dims:?}"), found);
        }
        Ok(Idx { dims, bytes })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::{Compression, write::GzEncoder};
    use std::io::Write;

    fn file(dims: &[u32], elements: &[u8]) -> Vec<u8> {
        let mut bytes = vec![0, 0, UNSIGNED_BYTES, dims.len() as u8];
        dims.iter().for_each(|size| bytes.extend(size.to_be_bytes()));
        bytes.extend(elements);
        bytes
    }

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    fn open(bytes: &[u8], rank: usize) -> Result<Idx, String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        std::fs::write(&path, bytes).unwrap();
        // The folder has a random name.
        Idx::open(&path, rank).map_err(|error| error.to_string().replace(&path.display().to_string(), "FILE"))
    }

    #[test]
    fn reads_files_gzipped_or_not() {
        let bytes = file(&[2, 1, 3], &[1, 2, 3, 4, 5, 6]);
        let want = Idx { dims: vec![2, 1, 3], bytes: vec![1, 2, 3, 4, 5, 6] };
        assert_eq!(open(&bytes, 3).unwrap(), want);
        assert_eq!(open(&gzip(&bytes), 3).unwrap(), want);
        assert_eq!(open(&file(&[0], &[]), 1).unwrap(), Idx { dims: vec![0], bytes: vec![] });
    }

    #[test]
    fn says_what_is_wrong() {
        let good = file(&[2, 1, 3], &[1, 2, 3, 4, 5, 6]);
        let check = |bytes: &[u8], message: &str| {
            for bytes in [bytes.to_vec(), gzip(bytes)] {
                assert_eq!(open(&bytes, 3).unwrap_err(), format!("FILE: {message}; get the file again"));
            }
        };
        check(&[], "header of an idx file: expected 16 bytes, found 0 bytes");
        check(&good[..9], "header of an idx file: expected 16 bytes, found 9 bytes");
        check(&good[..20], "elements after the header: expected 6 bytes for [2, 1, 3], found 4 bytes");
        check(&[&good[..], &[7]].concat(), "elements after the header: expected 6 bytes for [2, 1, 3], found more");
        let mut other = good.clone();
        other[2] = 0x0d;
        check(&other, "first bytes: expected 00 00 08 (an idx file of unsigned bytes), found 00 00 0d");
        check(
            b"PK\x03\x04 and so on and on",
            "first bytes: expected 00 00 08 (an idx file of unsigned bytes), found 50 4b 03",
        );
        check(&file(&[6], &[1, 2, 3, 4, 5, 6]), "number of axes: expected 3 axes (images), found 1 axis (labels)");
        let bomb = file(&[60_000, 60_000, 1], &[0; 100]);
        check(&bomb, "size: expected at most 1073741824 bytes, found a header that claims [60000, 60000, 1]");
    }

    #[test]
    fn a_damaged_gzip_is_refused() {
        let good = gzip(&file(&[1, 40, 40], &(0..1600).map(|i| (i * i % 251) as u8).collect::<Vec<u8>>()));
        for at in [good.len() / 2, good.len() - 6] {
            let mut damaged = good.clone();
            damaged[at] ^= 0x10;
            assert!(open(&damaged, 3).is_err(), "byte {at}");
        }
        for len in 0..good.len() {
            assert!(open(&good[..len], 3).is_err(), "cut to {len} bytes");
        }
    }

    #[test]
    fn a_bomb_is_not_unpacked() {
        // 64 MiB of zeros behind a header that promises one image of one pixel.
        let header = file(&[1, 1, 1], &[]);
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(&header).unwrap();
        let zeros = vec![0; 1 << 20];
        (0..64).for_each(|_| encoder.write_all(&zeros).unwrap());
        let bomb = encoder.finish().unwrap();
        let error = open(&bomb, 3).unwrap_err();
        assert!(error.contains("elements after the header: expected 1 bytes for [1, 1, 1], found more"), "{error}");
        let overflow = file(&[u32::MAX, u32::MAX, u32::MAX], &[]);
        assert!(open(&overflow, 3).unwrap_err().contains("size: expected at most 1073741824 bytes"));
    }

    #[test]
    fn a_missing_file_names_what_was_looked_for() {
        let error = Idx::find(Path::new("nowhere"), &["images", "pictures"], 3).unwrap_err().to_string();
        let want = "no images or images.gz or pictures or pictures.gz in nowhere; put the file there, gzipped or not";
        assert_eq!(error, want);
    }
}
