//! [`Checkpoints`]: the states of a run on disk, from which it goes on with the same bits.
//!
//! A checkpoint is two files in the folder `checkpoints` of the run, named by the number of the step. `….safetensors` holds
//! the numbers; `….json`, the manifest, holds the rest of the state, size and SHA-256 of the first file, and the SHA-256 of
//! itself. The manifest is written last: a checkpoint without one does not exist. A flipped bit or a missing end is
//! noticed, and the newest checkpoint that is whole is used instead.

mod array;
mod error;
mod manifest;

pub use array::{Array, Numbers};
pub use error::CheckpointError;

use crate::TrainError;
use manifest::Manifest;
use serde::{Serialize, de::DeserializeOwned};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// How many checkpoints are kept: one to go on from, and others should it be damaged.
const KEPT: usize = 3;

/// What a checkpoint holds.
#[derive(Clone, Debug, PartialEq)]
pub struct Snapshot<S> {
    /// Steps that were done.
    pub step: u64,
    /// Numbers by name.
    pub arrays: BTreeMap<String, Array>,
    /// Everything else.
    pub state: S,
}

/// A checkpoint that was read, with those that could not be.
#[derive(Debug)]
pub struct Found<S> {
    /// The newest one that is whole.
    pub snapshot: Snapshot<S>,
    /// Its manifest.
    pub path: PathBuf,
    /// Newer ones, each with what is wrong with it.
    pub rejected: Vec<CheckpointError>,
}

/// The checkpoints of a run.
#[derive(Clone, Debug)]
pub struct Checkpoints {
    folder: PathBuf,
}

impl Checkpoints {
    /// The checkpoints in this folder, which is made where it is missing. What a program that was killed left half-written
    /// is removed.
    ///
    /// # Errors
    /// [`TrainError::Write`] where the folder cannot be made or cleaned.
    pub fn open(folder: &Path) -> Result<Checkpoints, TrainError> {
        let write = |source| TrainError::Write { path: folder.to_path_buf(), source };
        fs::create_dir_all(folder).map_err(write)?;
        let checkpoints = Checkpoints { folder: folder.to_path_buf() };
        remove_temporary(folder).map_err(write)?;
        for (step, path) in checkpoints.files("safetensors").map_err(write)? {
            if !checkpoints.path(step, "json").exists() {
                fs::remove_file(path).map_err(write)?;
            }
        }
        Ok(checkpoints)
    }

    fn path(&self, step: u64, extension: &str) -> PathBuf {
        self.folder.join(format!("{step:012}.{extension}"))
    }

    /// The checkpoints' files of one kind, by their step.
    fn files(&self, extension: &str) -> std::io::Result<Vec<(u64, PathBuf)>> {
        let mut files = Vec::new();
        for entry in fs::read_dir(&self.folder)? {
            let path = entry?.path();
            let step = path.file_stem().and_then(|stem| stem.to_str()).filter(|stem| stem.len() == 12);
            if let Some(step) = step.and_then(|stem| stem.parse().ok())
                && path.extension().is_some_and(|found| found == extension)
            {
                files.push((step, path));
            }
        }
        files.sort();
        Ok(files)
    }

    /// Saves a checkpoint, and removes all but the newest three.
    ///
    /// # Errors
    /// [`TrainError::Write`]; the checkpoints from before are then as they were.
    pub fn save<S: Serialize>(&self, snapshot: &Snapshot<S>) -> Result<(), TrainError> {
        let data = array::to_bytes(&snapshot.arrays);
        let (data_path, path) = (self.path(snapshot.step, "safetensors"), self.path(snapshot.step, "json"));
        let manifest = Manifest::new(snapshot.step, &data, &snapshot.state);
        draw::write_file(&data_path, &data).map_err(|source| TrainError::Write { path: data_path.clone(), source })?;
        if let Err(source) = draw::write_file(&path, manifest.to_text().as_bytes()) {
            // Without its manifest it is of no use, and the disk may be full.
            let _ = fs::remove_file(&data_path);
            return Err(TrainError::Write { path, source });
        }
        self.prune().map_err(|source| TrainError::Write { path: self.folder.clone(), source })
    }

    fn prune(&self) -> std::io::Result<()> {
        let manifests = self.files("json")?;
        for (step, manifest) in &manifests[..manifests.len().saturating_sub(KEPT)] {
            // The manifest goes first: what is left of a removal that was interrupted has none.
            fs::remove_file(manifest)?;
            match fs::remove_file(self.path(*step, "safetensors")) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
        Ok(())
    }

    /// Reads the newest checkpoint that is whole; `None` where there is none at all.
    ///
    /// # Errors
    /// [`CheckpointError::NoneWhole`] where there are checkpoints, all of them damaged.
    pub fn newest<S: DeserializeOwned>(&self) -> Result<Option<Found<S>>, TrainError> {
        let read = |source| CheckpointError::Read { path: self.folder.clone(), source };
        let mut rejected = Vec::new();
        for (step, path) in self.files("json").map_err(read)?.into_iter().rev() {
            match self.read(step, &path) {
                Ok(snapshot) => return Ok(Some(Found { snapshot, path, rejected })),
                Err(error) => rejected.push(error),
            }
        }
        match rejected.into_iter().next() {
            None => Ok(None),
            Some(newest) => {
                Err(CheckpointError::NoneWhole { folder: self.folder.clone(), newest: Box::new(newest) }.into())
            }
        }
    }

    fn read<S: DeserializeOwned>(&self, step: u64, path: &Path) -> Result<Snapshot<S>, CheckpointError> {
        let bytes = fs::read(path).map_err(|source| CheckpointError::Read { path: path.into(), source })?;
        let manifest = Manifest::from_text(path, &bytes)?;
        if manifest.step() != step {
            let (expected, found) = (format!("step {step}"), format!("step {}", manifest.step()));
            return Err(CheckpointError::Damaged { path: path.into(), what: "number of the step", expected, found });
        }
        let data_path = self.path(step, "safetensors");
        let data = fs::read(&data_path).map_err(|source| CheckpointError::Read { path: data_path.clone(), source })?;
        manifest.check(&data_path, &data)?;
        let arrays = array::from_bytes(&data).map_err(|found| CheckpointError::Damaged {
            path: data_path,
            what: "format",
            expected: "safetensors of f32 and f64".to_string(),
            found,
        })?;
        Ok(Snapshot { step, arrays, state: manifest.state(path)? })
    }
}

/// Removes temporary files that a killed program left in a folder.
pub(crate) fn remove_temporary(folder: &Path) -> std::io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if draw::is_temporary(name) {
            fs::remove_file(path)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
