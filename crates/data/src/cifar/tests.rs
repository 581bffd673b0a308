//! Tests with small files in the format.

use super::*;
use flate2::{Compression, write::GzEncoder};
use std::fs;
use std::io::Write;

/// Records with these labels in front; pixel `p` of record `i` is `i + p`, wrapped around.
fn records<const L: usize>(labels: &[[u8; L]]) -> Vec<u8> {
    let record = |(i, labels): (usize, &[u8; L])| {
        labels.iter().copied().chain((0..PICTURE).map(move |p| (i + p) as u8)).collect::<Vec<u8>>()
    };
    labels.iter().enumerate().flat_map(record).collect()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// A folder of a small CIFAR-10: five files of four records, and two to test.
fn small() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (number, name) in CIFAR10.train.iter().enumerate() {
        let labels: [[u8; 1]; 4] = std::array::from_fn(|i| [((4 * number + i) % 10) as u8]);
        fs::write(folder.path().join(name), records(&labels)).unwrap();
    }
    fs::write(folder.path().join(CIFAR10.test), records(&[[7], [9]])).unwrap();
    folder
}

#[test]
fn the_last_of_the_fifth_file_validate() {
    let Splits { train, validation, test } = cifar10(small().path()).unwrap();
    assert_eq!((train.len(), validation.labels(), test.labels()), (18, &[8, 9][..], &[7, 9][..]));
    assert_eq!(train.labels()[..12], [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1]);
    assert_eq!((train.shape(), train.classes()), (Shape::from([3, 32, 32]), 10));
    let want: Vec<u8> = (0..PICTURE).map(|p| (3 + p) as u8).collect();
    assert_eq!(validation.picture(1), want, "the fourth of its file");
    let mut image = vec![0.0; PICTURE];
    test.write(1, &mut image);
    assert_eq!((image[0], image[1024 + 2]), (1.0 / 255.0, 3.0 / 255.0));
}

#[test]
fn files_may_be_gzipped_and_in_the_folder_of_the_archive() {
    let (plain, folder) = (small(), tempfile::tempdir().unwrap());
    let inner = folder.path().join(CIFAR10.folder);
    fs::create_dir(&inner).unwrap();
    for name in CIFAR10.train.iter().chain([&CIFAR10.test]) {
        let bytes = fs::read(plain.path().join(name)).unwrap();
        fs::write(inner.join(format!("{name}.gz")), gzip(&bytes)).unwrap();
    }
    let (want, have) = (cifar10(plain.path()).unwrap(), cifar10(folder.path()).unwrap());
    assert_eq!(have.train.labels(), want.train.labels());
    assert_eq!(have.test.picture(1), want.test.picture(1));
}

#[test]
fn the_fine_label_is_the_class() {
    let folder = tempfile::tempdir().unwrap();
    let labels: [[u8; 2]; 10] = std::array::from_fn(|i| [i as u8, 90 + i as u8]);
    fs::write(folder.path().join("train.bin"), records(&labels)).unwrap();
    fs::write(folder.path().join("test.bin.gz"), gzip(&records(&[[19, 0]]))).unwrap();
    let splits = cifar100(folder.path()).unwrap();
    assert_eq!(splits.train.labels(), [90, 91, 92, 93, 94, 95, 96, 97, 98]);
    assert_eq!((splits.validation.labels(), splits.test.labels()), (&[99][..], &[0][..]));
    assert_eq!(splits.train.classes(), 100);
    assert_eq!(splits.validation.picture(0)[..2], [9, 10]);
    fs::write(folder.path().join("train.bin"), records(&[[20, 0]])).unwrap();
    let error = cifar100(folder.path()).unwrap_err().to_string();
    assert!(error.contains("coarse label: expected 0 to 19, found 20 at record 0"), "{error}");
}

#[test]
fn mistakes_with_files_are_named() {
    let check = |name: &str, bytes: &[u8], message: &str| {
        for bytes in [bytes.to_vec(), gzip(bytes)] {
            let folder = small();
            let path = folder.path().join(name);
            fs::write(&path, bytes).unwrap();
            let want = format!("{}: {message}; get the file again", path.display());
            assert_eq!(cifar10(folder.path()).unwrap_err().to_string(), want);
        }
    };
    let good = records(&[[1], [2], [3]]);
    let size = "size: expected whole records of 3073 bytes, found";
    check("data_batch_2.bin", &good[..8000], &format!("{size} 8000 bytes, whose last record has only 1854"));
    check("test_batch.bin", &[&good[..], &[0]].concat(), &format!("{size} 9220 bytes, whose last record has only 1"));
    check("data_batch_5.bin", &[], "size: expected records of 3073 bytes, found an empty file");
    check("test_batch.bin", &records(&[[9], [0], [10]]), "label: expected 0 to 9, found 10 at record 2");
    let folder = small();
    fs::remove_file(folder.path().join("data_batch_3.bin")).unwrap();
    let error = cifar10(folder.path()).unwrap_err();
    assert!(matches!(&error, DataError::Missing { names, .. } if names.len() == 4), "{error}");
    assert!(error.to_string().contains("cifar-10-batches-bin/data_batch_3.bin.gz"), "{error}");
}

#[test]
fn a_damaged_gzip_is_refused() {
    let (folder, good) = (small(), gzip(&records(&[[1], [2]])));
    for len in [good.len() / 2, good.len() - 1] {
        fs::write(folder.path().join("test_batch.bin"), &good[..len]).unwrap();
        assert!(matches!(cifar10(folder.path()), Err(DataError::Read { .. })), "cut to {len} bytes");
    }
}

#[test]
fn a_bomb_is_not_unpacked() {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    let zeros = vec![0; 1 << 20];
    (0..MOST_RECORDS * (PICTURE + 1) / zeros.len() + 1).for_each(|_| encoder.write_all(&zeros).unwrap());
    let folder = small();
    fs::write(folder.path().join("data_batch_1.bin"), encoder.finish().unwrap()).unwrap();
    let error = cifar10(folder.path()).unwrap_err().to_string();
    assert!(error.contains("size: expected at most 60000 records of 3073 bytes, found more"), "{error}");
}
