//! Pairs of sentences from files.

use crate::{DataError, file};
use std::io::Read;
use std::path::Path;

/// A sentence and its translation.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Pair {
    /// What is translated.
    pub source: String,
    /// The translation.
    pub target: String,
}

impl Pair {
    /// A sentence and its translation.
    pub fn new(source: impl Into<String>, target: impl Into<String>) -> Self {
        Pair { source: source.into(), target: target.into() }
    }
}

/// The pairs of a file, or of two.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pairs {
    /// In the order of the file.
    pub pairs: Vec<Pair>,
    /// How many lines were left out because one sentence of them, or both, is empty.
    pub empty: usize,
}

/// Pairs in three parts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PairSplits {
    /// What the parameters are fitted to.
    pub train: Pairs,
    /// What the best epoch is chosen by.
    pub validation: Pairs,
    /// What the result is measured on.
    pub test: Pairs,
}

/// Reads two files, gzipped or not, where each line of one is the translation of the same line of the other.
///
/// Lines end with a line feed, before which a carriage return does not count; white space around a sentence does not count
/// either. Pairs of which one sentence is empty are left out and counted.
///
/// # Errors
/// When a file cannot be read, is not UTF-8, or has more lines than the other.
pub fn read_pairs(source: &Path, target: &Path) -> Result<Pairs, DataError> {
    let (left, right) = (lines(source)?, lines(target)?);
    if left.len() != right.len() {
        let (left_lines, right_lines) = (left.len(), right.len());
        let (left, right) = (source.to_path_buf(), target.to_path_buf());
        return Err(DataError::LineCounts { left, left_lines, right, right_lines });
    }
    Ok(Pairs::of(left.into_iter().zip(right)))
}

/// Reads a file, gzipped or not, whose lines are a sentence, a tab, and its translation. What is behind a second tab, as in
/// files of the project Tatoeba, does not count; for the rest see [`read_pairs`].
///
/// # Errors
/// When it cannot be read, is not UTF-8, or has a line without a tab that is not empty.
pub fn read_tsv(path: &Path) -> Result<Pairs, DataError> {
    let mut pairs = Vec::new();
    for (number, line) in (1..).zip(lines(path)?) {
        let mut columns = line.split('\t');
        match (columns.next(), columns.next()) {
            (Some(source), Some(target)) => pairs.push((source.to_string(), target.to_string())),
            _ if line.trim().is_empty() => pairs.push(Default::default()),
            _ => {
                return Err(DataError::Format {
                    path: path.to_path_buf(),
                    what: "columns",
                    expected: "a tab between two sentences in each line".to_string(),
                    found: format!("none in line {number}"),
                });
            }
        }
    }
    Ok(Pairs::of(pairs))
}

/// Reads Multi30k, German to English (Elliott, Frank, Sima'an and Specia 2016, *Multi30K: multilingual English-German image
/// descriptions*), from a folder that has `train`, `val` and `test_2016_flickr`, each with the endings `.de` and `.en`,
/// gzipped or not: 29,000, 1,014 and 1,000 pairs.
///
/// # Errors
/// When a file is missing or damaged, or has more lines than the other of its language.
pub fn multi30k(folder: &Path) -> Result<PairSplits, DataError> {
    let read = |part: &str| {
        let path = |language: &str| file::find(folder, &[&format!("{part}.{language}")]);
        read_pairs(&path("de")?, &path("en")?)
    };
    Ok(PairSplits { train: read("train")?, validation: read("val")?, test: read("test_2016_flickr")? })
}

impl Pairs {
    fn of(sentences: impl IntoIterator<Item = (String, String)>) -> Self {
        let mut all = Pairs::default();
        for (source, target) in sentences {
            let (source, target) = (source.trim(), target.trim());
            if source.is_empty() || target.is_empty() {
                all.empty += 1;
            } else {
                all.pairs.push(Pair::new(source, target));
            }
        }
        all
    }
}

/// The most bytes that a file may have, unpacked.
const MOST_BYTES: u64 = 1 << 30;

/// The lines of a text. A byte-order mark in front of it is none of it.
fn lines(path: &Path) -> Result<Vec<String>, DataError> {
    let mut bytes = Vec::new();
    let failed = |source| DataError::Read { path: path.to_path_buf(), source };
    file::open(path)?.take(MOST_BYTES + 1).read_to_end(&mut bytes).map_err(failed)?;
    if bytes.len() as u64 > MOST_BYTES {
        let (expected, found) = (format!("at most {MOST_BYTES} bytes"), "more".to_string());
        return Err(DataError::Format { path: path.to_path_buf(), what: "size", expected, found });
    }
    let text = bytes.strip_prefix("\u{feff}".as_bytes()).unwrap_or(&bytes);
    let text = text.strip_suffix(b"\n").unwrap_or(text);
    if text.is_empty() {
        return Ok(Vec::new());
    }
    let line = |(line, bytes): (usize, &[u8])| match std::str::from_utf8(bytes) {
        Ok(text) => Ok(text.strip_suffix('\r').unwrap_or(text).to_string()),
        Err(_) => Err(DataError::Encoding { path: path.to_path_buf(), line }),
    };
    (1..).zip(text.split(|&byte| byte == b'\n')).map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::{Compression, write::GzEncoder};
    use std::io::Write;
    use std::path::PathBuf;
    use tempfile::TempDir;

    fn write(folder: &TempDir, name: &str, bytes: &[u8]) -> PathBuf {
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    }

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn lines_belong_together_and_empty_ones_are_left_out() {
        let folder = TempDir::new().unwrap();
        let german = write(&folder, "a.de", "\u{feff}Hallo!\r\n\nzwei  Wörter \nnichts\n".as_bytes());
        let english = write(&folder, "a.en.gz", &gzip(b"Hello!\nempty\ntwo words\n \n"));
        let got = read_pairs(&german, &english).unwrap();
        assert_eq!(got.pairs, [Pair::new("Hallo!", "Hello!"), Pair::new("zwei  Wörter", "two words")]);
        assert_eq!(got.empty, 2);
        let none = write(&folder, "empty", b"");
        assert_eq!(read_pairs(&none, &none).unwrap(), Pairs::default());
    }

    #[test]
    fn a_last_line_needs_no_end() {
        let folder = TempDir::new().unwrap();
        let (a, b) = (write(&folder, "a", b"1\n2"), write(&folder, "b", b"1\n2\n"));
        assert_eq!(read_pairs(&a, &b).unwrap().pairs.len(), 2);
    }

    #[test]
    fn files_that_do_not_belong_together_are_refused_with_both_counts() {
        let folder = TempDir::new().unwrap();
        let (a, b) = (write(&folder, "a", b"1\n2\n3\n"), write(&folder, "b", b"1\n2\n"));
        let error = read_pairs(&a, &b).unwrap_err();
        assert!(matches!(error, DataError::LineCounts { left_lines: 3, right_lines: 2, .. }), "{error}");
        let (a, b) = (a.display(), b.display());
        assert!(error.to_string().starts_with(&format!("{a} has 3 lines, {b} has 2; ")), "{error}");
    }

    #[test]
    fn other_encodings_are_refused_with_their_line() {
        let folder = TempDir::new().unwrap();
        let latin = write(&folder, "a", b"Katze\nK\xe4fer\n");
        let error = read_pairs(&latin, &latin).unwrap_err();
        assert!(matches!(error, DataError::Encoding { line: 2, .. }), "{error}");
    }

    #[test]
    fn columns() {
        let folder = TempDir::new().unwrap();
        let path = write(&folder, "a.tsv", "Hund\tdog\n\nKatze\tcat\tCC-BY\n\tnothing\n".as_bytes());
        let got = read_tsv(&path).unwrap();
        assert_eq!((got.pairs, got.empty), (vec![Pair::new("Hund", "dog"), Pair::new("Katze", "cat")], 2));
        let path = write(&folder, "b.tsv", b"Hund\tdog\nKatze cat\n");
        let message = read_tsv(&path).unwrap_err().to_string();
        assert!(
            message.contains("expected a tab between two sentences in each line, found none in line 2"),
            "{message}"
        );
    }

    #[test]
    fn multi30k_is_six_files() {
        let folder = TempDir::new().unwrap();
        for (part, count) in [("train", 3), ("val", 2), ("test_2016_flickr", 1)] {
            write(&folder, &format!("{part}.de"), "Ein Hund.\n".repeat(count).as_bytes());
            if part != "val" {
                write(&folder, &format!("{part}.en.gz"), &gzip("A dog.\n".repeat(count).as_bytes()));
            }
        }
        let message = multi30k(folder.path()).unwrap_err().to_string();
        assert!(message.starts_with("no val.en or val.en.gz in "), "{message}");
        write(&folder, "val.en", b"A dog.\nA dog.\n");
        let splits = multi30k(folder.path()).unwrap();
        let sizes = [&splits.train, &splits.validation, &splits.test].map(|part| part.pairs.len());
        assert_eq!(sizes, [3, 2, 1]);
        assert_eq!(splits.test.pairs, [Pair::new("Ein Hund.", "A dog.")]);
    }
}
