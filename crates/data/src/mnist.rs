//! MNIST and data sets in its format: four idx files in a folder.

use crate::{DataError, Idx, LabeledImages, Splits};
use std::path::{Path, PathBuf};
use tape::Shape;

/// Reads the four files of MNIST (LeCun, Cortes and Burges) from a folder, gzipped or not: `train-images-idx3-ubyte`,
/// `train-labels-idx1-ubyte`, `t10k-images-idx3-ubyte`, `t10k-labels-idx1-ubyte`. Fashion-MNIST has the same names.
///
/// The first four fifths of the training file (48,000) become the training part, the rest (12,000) the validation part.
/// Pictures are `[1, 28, 28]`, from 0 to 1.
///
/// # Errors
/// When a file is missing, damaged, or not what its name says.
pub fn mnist(folder: &Path) -> Result<Splits, DataError> {
    let (_, all) = read(folder, "train")?;
    let (path, test) = read(folder, "t10k")?;
    if test.shape() != all.shape() {
        let (expected, found) = (format!("{}, as in training", all.shape()), test.shape().to_string());
        return Err(DataError::Format { path, what: "shape of the images", expected, found });
    }
    let train = all.len() * 4 / 5;
    Ok(Splits { train: all.subset(0..train), validation: all.subset(train..all.len()), test })
}

/// The images of one part, with the file that they are from.
fn read(folder: &Path, part: &str) -> Result<(PathBuf, LabeledImages), DataError> {
    // Some mirrors write a dot before `idx`.
    let names = |kind: &str| [format!("{part}-{kind}-ubyte"), format!("{part}-{}-ubyte", kind.replace("-idx", ".idx"))];
    let find = |kind: &str, rank| {
        let names = names(kind);
        Idx::find(folder, &[&names[0], &names[1]], rank)
    };
    let (images_path, images) = find("images-idx3", 3)?;
    let (path, labels) = find("labels-idx1", 1)?;
    let wrong = |what, expected, found| Err(DataError::Format { path: path.clone(), what, expected, found });
    let (count, height, width) = (images.dims[0], images.dims[1], images.dims[2]);
    if labels.bytes.len() != count {
        return wrong("labels", format!("{count}, one an image"), labels.bytes.len().to_string());
    }
    if let Some((i, label)) = labels.bytes.iter().enumerate().find(|(_, label)| **label > 9) {
        return wrong("labels", "0 to 9".to_string(), format!("{label} at image {i}"));
    }
    let labels = labels.bytes.into_iter().map(u32::from).collect();
    Ok((images_path, LabeledImages::new(Shape::from([1, height, width]), 10, 255, images.bytes, labels)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    /// A folder of a small data set, `train` and 3 images of 2×2.
    fn folder(train: usize) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for (part, count) in [("train", train), ("t10k", 3)] {
            let size = (count as u32).to_be_bytes();
            let images = [&[0, 0, 8, 3], &size[..], &[0, 0, 0, 2, 0, 0, 0, 2]].concat();
            let pixels: Vec<u8> = (0..count * 4).map(|i| i as u8).collect();
            fs::write(folder.path().join(format!("{part}-images-idx3-ubyte")), [images, pixels].concat()).unwrap();
            let labels: Vec<u8> = (0..count).map(|i| (i % 10) as u8).collect();
            let header = [&[0, 0, 8, 1], &size[..]].concat();
            fs::write(folder.path().join(format!("{part}-labels-idx1-ubyte")), [header, labels].concat()).unwrap();
        }
        folder
    }

    #[test]
    fn four_fifths_train() {
        let splits = mnist(folder(10).path()).unwrap();
        assert_eq!((splits.train.len(), splits.validation.len(), splits.test.len()), (8, 2, 3));
        assert_eq!(splits.validation.labels(), [8, 9]);
        let mut image = [0.0; 4];
        splits.train.write(1, &mut image);
        assert_eq!(image, [4.0 / 255.0, 5.0 / 255.0, 6.0 / 255.0, 7.0 / 255.0]);
    }

    #[test]
    fn mistakes_with_files_are_named() {
        let check = |spoil: &dyn Fn(&Path), message: &str| {
            let folder = folder(10);
            spoil(folder.path());
            let error = mnist(folder.path()).unwrap_err().to_string();
            assert!(error.contains(message), "{error}");
        };
        let swap = |folder: &Path| {
            let (images, labels) = (folder.join("train-images-idx3-ubyte"), folder.join("train-labels-idx1-ubyte"));
            let bytes = fs::read(&images).unwrap();
            fs::copy(&labels, &images).unwrap();
            fs::write(labels, bytes).unwrap();
        };
        check(&swap, "number of axes: expected 3 axes (images), found 1 axis (labels)");
        let remove = |folder: &Path| fs::remove_file(folder.join("t10k-labels-idx1-ubyte")).unwrap();
        check(&remove, "no t10k-labels-idx1-ubyte or t10k-labels-idx1-ubyte.gz");
        let other = |folder: &Path| {
            fs::copy(folder.join("t10k-labels-idx1-ubyte"), folder.join("train-labels-idx1-ubyte")).unwrap();
        };
        check(&other, "labels: expected 10, one an image, found 3");
        let label = |folder: &Path| {
            let path = folder.join("train-labels-idx1-ubyte");
            let mut bytes = fs::read(&path).unwrap();
            bytes[8 + 4] = 10;
            fs::write(path, bytes).unwrap();
        };
        check(&label, "labels: expected 0 to 9, found 10 at image 4");
        let wide = |folder: &Path| {
            let bytes = [&[0, 0, 8, 3, 0, 0, 0, 3, 0, 0, 0, 2, 0, 0, 0, 3][..], &[0; 18]].concat();
            fs::write(folder.join("t10k-images-idx3-ubyte"), bytes).unwrap();
        };
        check(&wide, "shape of the images: expected [1, 2, 2], as in training, found [1, 2, 3]");
        let empty = |folder: &Path| fs::write(folder.join("train-images-idx3-ubyte"), []).unwrap();
        check(&empty, "header of an idx file: expected 16 bytes, found 0 bytes");
    }
}
