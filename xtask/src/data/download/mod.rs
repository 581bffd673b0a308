//! Downloads: each missing file, from the first mirror that has it.

mod progress;
#[cfg(test)]
mod tests;
mod transfer;

use super::by_hand;
use super::catalog::{DataFile, Dataset};
use super::verify::{FileError, verify};
use crate::Failure;
use indicatif::DecimalBytes;
use progress::Progress;
use std::fmt::Write;
use std::fs::{self, File, OpenOptions};
use std::path::{Path, PathBuf};
use transfer::{Refusal, transfer};
use ureq::Agent;

/// How often a mirror is asked for what it did not give.
const REQUESTS: usize = 5;

/// Why a file could not be downloaded.
#[derive(Debug, thiserror::Error)]
enum DownloadError {
    #[error(transparent)]
    File(#[from] FileError),
    #[error("no mirror gave {}:{}{}\n\n{by_hand}", path.display(), lines(refusals), kept(path))]
    NoMirror {
        path: PathBuf,
        /// The addresses that were tried, and why there was nothing to get.
        refusals: Vec<(String, Refusal)>,
        by_hand: String,
    },
}

/// Downloads the missing files of a data set into a folder, which it creates, and prints a line for each.
///
/// # Errors
/// When the folder cannot be written, or no mirror has a file.
pub(super) fn get(dataset: &'static Dataset, missing: &[&DataFile], folder: &Path) -> Result<(), Failure> {
    fs::create_dir_all(folder).map_err(FileError::io("create", folder))?;
    let agent = Agent::new_with_config(transfer::limits().build());
    for file in missing {
        let progress = Progress::new(file);
        let mirror = fetch(&agent, dataset, file, folder, &progress);
        progress.finish();
        let mirror = mirror?;
        println!("{}: {} from {mirror}, checksum right", file.name, DecimalBytes(file.size));
    }
    Ok(())
}

/// Downloads a file from the first mirror that has it, which is the result.
fn fetch(
    agent: &Agent,
    dataset: &Dataset,
    file: &DataFile,
    folder: &Path,
    progress: &Progress,
) -> Result<&'static str, DownloadError> {
    let path = folder.join(file.name);
    let mut refusals = Vec::new();
    for mirror in dataset.mirrors {
        let url = format!("{mirror}{}", file.name);
        match fetch_from(agent, &url, file, &path, progress) {
            Ok(()) => return Ok(mirror),
            Err(Refusal::Local(error)) => return Err(error.into()),
            Err(refusal) => refusals.push((url, refusal)),
        }
    }
    Err(DownloadError::NoMirror { path, refusals, by_hand: by_hand::instructions(dataset, folder) })
}

/// Downloads a file from one mirror, asking again as long as that helps.
fn fetch_from(agent: &Agent, url: &str, file: &DataFile, path: &Path, progress: &Progress) -> Result<(), Refusal> {
    let part = part_of(path);
    let mut request = 1;
    loop {
        let before = length(&part);
        let result = transfer(agent, url, &part, file.size, progress).and_then(|()| publish(&part, path, file));
        let again = match &result {
            // It goes on where it was cut off.
            Err(Refusal::Cut { found, .. }) => *found > before,
            // The beginning came from elsewhere; this time all of it comes from here.
            Err(Refusal::Wrong(_)) => before > 0,
            _ => false,
        };
        if !again || request == REQUESTS {
            return result;
        }
        request += 1;
    }
}

/// Gives a complete part the name of the file, durably, if it is right; removes it if not.
fn publish(part: &Path, path: &Path, file: &DataFile) -> Result<(), Refusal> {
    match verify(part, file, "it was removed, since a mirror must have changed it") {
        Ok(()) => {}
        Err(error @ FileError::Wrong { .. }) => {
            fs::remove_file(part).map_err(FileError::io("remove", part))?;
            return Err(Refusal::Wrong(error));
        }
        Err(error) => return Err(error.into()),
    }
    let synchronized = OpenOptions::new().write(true).open(part).and_then(|part| part.sync_all());
    synchronized.map_err(FileError::io("write", part))?;
    fs::rename(part, path).map_err(FileError::io("rename", part))?;
    // The new name is durable once its folder is; only Unix lets a program open one.
    if let (true, Some(folder)) = (cfg!(unix), path.parent()) {
        let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
        File::open(folder).and_then(|folder| folder.sync_all()).map_err(FileError::io("write", folder))?;
    }
    Ok(())
}

/// Where a file is while it is not complete.
fn part_of(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_os_string();
    name.push(".part");
    name.into()
}

/// The length of a file, 0 if there is none.
fn length(path: &Path) -> u64 {
    fs::metadata(path).map_or(0, |metadata| metadata.len())
}

fn lines(refusals: &[(String, Refusal)]) -> String {
    refusals.iter().fold(String::new(), |mut lines, (url, refusal)| {
        _ = write!(lines, "\n  {url}: {refusal}");
        lines
    })
}

/// A sentence about what there is of a file.
fn kept(path: &Path) -> String {
    let part = part_of(path);
    match length(&part) {
        0 => String::new(),
        length => format!("\n\nThe next download goes on after the {length} bytes in {}.", part.display()),
    }
}
