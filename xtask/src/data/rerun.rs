//! Without the feature `download` there is no network code in this program: cargo builds it again with the feature, and
//! runs that.

use super::by_hand;
use super::catalog::{DataFile, Dataset};
use crate::{Failure, workspace};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Why there is no downloader.
#[derive(Debug, thiserror::Error)]
enum RerunError {
    #[error("cannot start {program}: {source}\n\n{by_hand}")]
    Start { program: String, source: std::io::Error, by_hand: String },
    #[error("the downloader could not be built, see above; it needs a C compiler and the network\n\n{by_hand}")]
    Build { by_hand: String },
}

/// Has another process download what is missing; ends this one with its exit code if it fails.
pub(super) fn get(dataset: &'static Dataset, _: &[&DataFile], folder: &Path) -> Result<(), Failure> {
    let mut command = downloader(dataset, folder, std::env::current_dir()?);
    let by_hand = || by_hand::instructions(dataset, folder);
    let status = command.status().map_err(|source| {
        let program = command.get_program().display().to_string();
        RerunError::Start { program, source, by_hand: by_hand() }
    })?;
    match status.code() {
        Some(0) => Ok(()),
        // The code of a cargo that could not build.
        Some(101) => Err(RerunError::Build { by_hand: by_hand() }.into()),
        // The downloader has said why.
        code => std::process::exit(code.unwrap_or(1)),
    }
}

/// The same task with the feature, in the same working folder, so that relative paths mean the same. In release, since a
/// system may not let cargo replace the program that is running, and since what this builds serves the next command.
fn downloader(dataset: &Dataset, folder: &Path, working_folder: PathBuf) -> Command {
    let mut command = workspace::cargo();
    command
        .current_dir(working_folder)
        .args(["run", "--release", "--package", "xtask", "--features", "download", "--manifest-path"])
        .arg(workspace::root().join("Cargo.toml"))
        .args(["--", "data", dataset.name, "--to"])
        .arg(folder);
    command
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_downloader_is_this_task_with_the_feature_for_the_same_folder() {
        let dataset = super::super::catalog::find("fashion").unwrap();
        let command = downloader(dataset, Path::new("some/where"), PathBuf::from("here"));
        assert_eq!(command.get_current_dir(), Some(Path::new("here")));
        let arguments: Vec<&str> = command.get_args().map(|argument| argument.to_str().unwrap()).collect();
        let split = arguments.iter().position(|argument| *argument == "--").unwrap();
        assert!(arguments[..split].windows(2).any(|pair| pair == ["--features", "download"]), "{arguments:?}");
        assert_eq!(arguments[split + 1..], ["data", "fashion", "--to", "some/where"]);
    }
}
