//! CIFAR-10 and CIFAR-100 (Krizhevsky 2009, *Learning multiple layers of features from tiny images*) in their binary
//! version: records of a class and a picture, one after the other.

use crate::{DataError, LabeledImages, Splits, file};
use std::io::Read;
use std::path::{Path, PathBuf};
use tape::Shape;

/// The names of the classes of CIFAR-10, by number.
pub const CIFAR10_CLASSES: [&str; 10] =
    ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"];

/// The bytes of a picture: 32×32 pixels of red, then of green, then of blue.
const PICTURE: usize = 3 * 32 * 32;

/// The most records that a file may have: as many as the whole data set.
const MOST_RECORDS: usize = 60_000;

/// The most pictures that validate.
const VALIDATION: usize = 5_000;

/// What distinguishes the two data sets.
struct Format {
    /// The folder that the archive of the data set has.
    folder: &'static str,
    train: &'static [&'static str],
    test: &'static str,
    /// The labels in front of a picture: what each is called, and how many classes it tells apart. The last one counts.
    labels: &'static [(&'static str, u8)],
}

const CIFAR10: Format = Format {
    folder: "cifar-10-batches-bin",
    train: &["data_batch_1.bin", "data_batch_2.bin", "data_batch_3.bin", "data_batch_4.bin", "data_batch_5.bin"],
    test: "test_batch.bin",
    labels: &[("label", 10)],
};

const CIFAR100: Format = Format {
    folder: "cifar-100-binary",
    train: &["train.bin"],
    test: "test.bin",
    labels: &[("coarse label", 20), ("fine label", 100)],
};

/// Reads CIFAR-10 from a folder that has the files of the binary version, gzipped or not, or that has them in its subfolder
/// `cifar-10-batches-bin`: `data_batch_1.bin` to `data_batch_5.bin` and `test_batch.bin`.
///
/// The last 5,000 pictures of the fifth file become the validation part, the 45,000 before them the training part. Where
/// the files have fewer than 50,000 pictures, the last tenth validates. Pictures are `[3, 32, 32]`, from 0 to 1;
/// [`CIFAR10_CLASSES`] names the classes.
///
/// # Errors
/// When a file is missing, damaged, or not what its name says.
pub fn cifar10(folder: &Path) -> Result<Splits, DataError> {
    CIFAR10.read(folder)
}

/// Reads CIFAR-100 from a folder that has the files of the binary version, gzipped or not, or that has them in its subfolder
/// `cifar-100-binary`: `train.bin` and `test.bin`. The class of a picture is its fine label, one of 100.
///
/// The last 5,000 training pictures become the validation part, the 45,000 before them the training part. Where there are
/// fewer than 50,000, the last tenth validates. Pictures are `[3, 32, 32]`, from 0 to 1.
///
/// # Errors
/// When a file is missing, damaged, or not what its name says.
pub fn cifar100(folder: &Path) -> Result<Splits, DataError> {
    CIFAR100.read(folder)
}

/// Pixels and classes of some pictures.
#[derive(Default)]
struct Records {
    pixels: Vec<u8>,
    labels: Vec<u32>,
}

impl Records {
    /// The records from number `at` on, which are taken away here.
    fn split_off(&mut self, at: usize) -> Records {
        Records { pixels: self.pixels.split_off(at * PICTURE), labels: self.labels.split_off(at) }
    }
}

impl Format {
    fn read(&self, folder: &Path) -> Result<Splits, DataError> {
        let mut train = Records::default();
        for name in self.train {
            self.read_file(self.find(folder, name)?, &mut train)?;
        }
        let mut test = Records::default();
        self.read_file(self.find(folder, self.test)?, &mut test)?;
        let count = train.labels.len();
        let validation = train.split_off(count - VALIDATION.min(count / 10));
        let classes = self.labels.last().map_or(0, |&(_, classes)| classes.into());
        let images =
            |Records { pixels, labels }| LabeledImages::new(Shape::from([3, 32, 32]), classes, 255, pixels, labels);
        Ok(Splits { train: images(train), validation: images(validation), test: images(test) })
    }

    fn find(&self, folder: &Path, name: &str) -> Result<PathBuf, DataError> {
        file::find(folder, &[name, &format!("{}/{name}", self.folder)])
    }

    /// Appends the records of a file.
    fn read_file(&self, path: PathBuf, records: &mut Records) -> Result<(), DataError> {
        let size = self.labels.len() + PICTURE;
        let largest = MOST_RECORDS * size;
        let mut bytes = Vec::new();
        // One byte more than there may be, to notice that there is more, and no more than that, whatever is packed there.
        let read = file::open(&path)?.take(largest as u64 + 1).read_to_end(&mut bytes);
        let wrong = |what, expected, found| Err(DataError::Format { path: path.clone(), what, expected, found });
        match read {
            Err(source) => return Err(DataError::Read { path, source }),
            Ok(0) => return wrong("size", format!("records of {size} bytes"), "an empty file".to_string()),
            Ok(read) if read > largest => {
                return wrong("size", format!("at most {MOST_RECORDS} records of {size} bytes"), "more".to_string());
            }
            Ok(read) if read % size != 0 => {
                let found = format!("{read} bytes, whose last record has only {}", read % size);
                return wrong("size", format!("whole records of {size} bytes"), found);
            }
            Ok(_) => {}
        }
        for (number, record) in bytes.chunks_exact(size).enumerate() {
            let (labels, pixels) = record.split_at(self.labels.len());
            for (&label, &(what, classes)) in labels.iter().zip(self.labels) {
                if label >= classes {
                    return wrong(what, format!("0 to {}", classes - 1), format!("{label} at record {number}"));
                }
            }
            records.labels.extend(labels.last().map(|&label| u32::from(label)));
            records.pixels.extend_from_slice(pixels);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
