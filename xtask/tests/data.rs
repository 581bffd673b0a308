//! `cargo xtask data` as a program, as far as it needs no network.

use std::path::Path;
use std::process::Command;

/// Runs the task without a way to any server. The result: the exit code, and what was printed, errors included.
fn data(arguments: &[&str], folder: &Path) -> (Option<i32>, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
    command.arg("data").args(arguments).env("RETROGRADE_DATA", folder).env("ALL_PROXY", "http://127.0.0.1:1");
    let output = command.output().unwrap();
    let text = [output.stdout, output.stderr].concat();
    (output.status.code(), String::from_utf8(text).unwrap())
}

#[test]
fn by_hand_prints_what_is_needed_and_creates_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let (code, text) = data(&["fashion", "--by-hand"], folder.path());
    assert_eq!(code, Some(0), "{text}");
    let place = folder.path().join("fashion").display().to_string();
    let checksum = "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84";
    for needed in ["train-images-idx3-ubyte.gz", "26421880 bytes", checksum, &format!("--data-dir {place}")] {
        assert!(text.contains(needed), "{needed} is missing in\n{text}");
    }
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn another_file_of_that_name_is_an_error_and_stays() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("train-labels-idx1-ubyte.gz");
    std::fs::write(&path, "mine").unwrap();
    let (code, text) = data(&["mnist", "--to", folder.path().to_str().unwrap()], Path::new("elsewhere"));
    assert_eq!(code, Some(1), "{text}");
    let message = format!("error: {}: expected 28881 bytes, found 4 bytes; delete it", path.display());
    assert!(text.starts_with(&message), "{text}");
    assert_eq!(std::fs::read(&path).unwrap(), b"mine");
}

#[test]
fn files_of_an_archive_that_are_there_need_no_download() {
    let folder = tempfile::tempdir().unwrap();
    for (name, size) in [("train.bin", 153_700_000), ("test.bin", 30_740_000)] {
        // Of the right length, without taking room on the disk.
        std::fs::File::create(folder.path().join(name)).unwrap().set_len(size).unwrap();
    }
    let place = folder.path().to_str().unwrap();
    let (code, text) = data(&["cifar100", "--to", place], Path::new("elsewhere"));
    assert_eq!(code, Some(0), "{text}");
    let command = format!("cargo run --release -p cifar -- --dataset cifar100 --data-dir {place}");
    for needed in ["train.bin: there already", "cifar-100-binary.tar.gz may be deleted", &command] {
        assert!(text.contains(needed), "{needed} is missing in\n{text}");
    }
}

#[test]
fn an_unknown_data_set_is_answered_with_the_known_ones() {
    let (code, text) = data(&["imagenet"], Path::new("elsewhere"));
    assert_eq!(code, Some(2), "{text}");
    assert!(text.contains("mnist") && text.contains("fashion"), "{text}");
}

/// Without the feature this would build a program first.
#[cfg(feature = "download")]
#[test]
fn without_a_network_the_way_by_hand_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let (code, text) = data(&["mnist"], folder.path());
    assert_eq!(code, Some(1), "{text}");
    let place = folder.path().join("mnist").display().to_string();
    for needed in ["storage.googleapis.com", "ossci-datasets", "by hand", &format!("--data-dir {place}")] {
        assert!(text.contains(needed), "{needed} is missing in\n{text}");
    }
}
