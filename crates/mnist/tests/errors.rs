//! What the program says of the commonest mistakes, word for word: `errors.txt` beside this file. `UPDATE_ERRORS=1 cargo
//! test -p mnist --test errors` writes it anew.

#![cfg(unix)]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

/// Mistakes, each as the words behind `mnist`.
const MISTAKES: &[&str] = &[
    "--lr NaN",
    "--lr 0",
    "--lr fast",
    "--batch-size 0",
    "--epochs -1",
    "--reg -1",
    "--modle mlp",
    "--model cnn",
    "--optimizer adm",
    "--optimizer adam:beta=0.9",
    "--schedule multi-step:at=6,8",
    "--no-relu",
    "--model softmax --hidden 9",
    "--dataset digits --data-dir there",
    "--dataset mnist",
    "--data-dir nowhere",
    "--data-dir truncated",
    "--data-dir swapped",
    "--data-dir not-gzip",
    "--out file",
    "--out full",
    "--out file/below",
    "--config misspelt.toml",
    "--config not-a-number.toml",
    "--config nowhere.toml",
    "train --resume nowhere",
    "train --resume full --lr 1",
    "eval",
    "eval --run full",
    "predict 7 --run full",
    "--expect-accuracy 95",
    "--threads 0",
    "frobnicate",
];

/// A folder with what the mistakes are about.
fn prepare(folder: &Path) {
    let idx = |kind: u8, dims: &[u32], len: usize| {
        let mut bytes = vec![0, 0, 8, kind];
        dims.iter().for_each(|size| bytes.extend(size.to_be_bytes()));
        bytes.resize(bytes.len() + len, 0);
        bytes
    };
    for name in ["truncated", "swapped", "not-gzip", "full"] {
        fs::create_dir(folder.join(name)).unwrap();
    }
    let (images, labels) = ("train-images-idx3-ubyte", "train-labels-idx1-ubyte");
    fs::write(folder.join("truncated").join(images), idx(3, &[10, 2, 2], 30)).unwrap();
    fs::write(folder.join("swapped").join(images), idx(1, &[10], 10)).unwrap();
    fs::write(folder.join("swapped").join(labels), idx(3, &[10, 2, 2], 40)).unwrap();
    fs::write(folder.join("not-gzip").join(format!("{images}.gz")), "<html>404</html>").unwrap();
    fs::write(folder.join("file"), "mine").unwrap();
    fs::write(folder.join("full/notes.txt"), "mine").unwrap();
    fs::write(folder.join("misspelt.toml"), "epochs = 3\nlearning_rate = 0.1\n").unwrap();
    fs::write(folder.join("not-a-number.toml"), "lr = nan\n").unwrap();
}

#[test]
fn mistakes_are_explained_in_these_words() {
    let folder = tempfile::tempdir().unwrap();
    prepare(folder.path());
    let mut said = String::new();
    for arguments in MISTAKES {
        let output = Command::new(env!("CARGO_BIN_EXE_mnist"))
            .args(arguments.split_whitespace())
            .current_dir(folder.path())
            .env("RETROGRADE_DATA", "data")
            .output()
            .expect("the program starts");
        let message = String::from_utf8(output.stderr).unwrap();
        assert!(!message.contains("panicked") && !message.contains('\x1b'), "{arguments}: {message}");
        assert_eq!(output.status.code(), Some(2), "{arguments}: {message}");
        // Temporary folders have random names.
        let message = message.replace(&folder.path().display().to_string(), "/here");
        said += &format!("$ mnist {arguments}\n{}\n\n", message.trim_end());
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/errors.txt");
    if std::env::var_os("UPDATE_ERRORS").is_some() {
        fs::write(&path, &said).unwrap();
    }
    let expected = fs::read_to_string(&path).unwrap();
    for (said, expected) in said.split("\n\n$ ").zip(expected.split("\n\n$ ")) {
        assert_eq!(said, expected);
    }
    assert_eq!(said.len(), expected.len());
    assert!(!folder.path().join("runs").exists(), "nothing was begun");
}

#[test]
fn a_folder_that_may_not_be_written_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let locked = folder.path().join("locked");
    fs::create_dir(&locked).unwrap();
    fs::set_permissions(&locked, PermissionsExt::from_mode(0o555)).unwrap();
    // The superuser may write everywhere; then a file in the way has to do.
    let out = if fs::write(locked.join("probe"), "").is_ok() { "locked/probe/run" } else { "locked/run" };
    let output =
        Command::new(env!("CARGO_BIN_EXE_mnist")).args(["--out", out]).current_dir(folder.path()).output().unwrap();
    let message = String::from_utf8(output.stderr).unwrap();
    assert!(matches!(output.status.code(), Some(1 | 2)), "{message}");
    assert!(message.contains(out) && message.contains("--out"), "{message}");
    fs::set_permissions(&locked, PermissionsExt::from_mode(0o755)).unwrap();
}
