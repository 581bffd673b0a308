//! [`Reached`]: what a run leaves for others to use.

use super::EpochRecord;
use super::state::{self, RunState};
use crate::checkpoint::{Found, Numbers};
use crate::{CheckpointError, Checkpoints, RunFolder, TrainError};
use tape::Params;

/// What a run has reached so far, from its newest checkpoint that is whole.
pub struct Reached(Found<RunState>);

impl Reached {
    /// Reads it.
    ///
    /// # Errors
    /// [`TrainError::Checkpoint`] where there is none.
    pub fn of_run(folder: &RunFolder) -> Result<Reached, TrainError> {
        let path = folder.file("checkpoints");
        if !path.is_dir() {
            return Err(CheckpointError::Missing { folder: path }.into());
        }
        match Checkpoints::open(&path)?.newest()? {
            Some(found) => Ok(Reached(found)),
            None => Err(CheckpointError::Missing { folder: path }.into()),
        }
    }

    /// The numbers of a parameter or buffer, if the run has one of this name.
    pub fn numbers(&self, name: &str) -> Option<&[f32]> {
        match &self.0.snapshot.arrays.get(&format!("params/{name}"))?.numbers {
            Numbers::F32(numbers) => Some(numbers),
            Numbers::F64(_) => None,
        }
    }

    /// The best parameters, with the record of their epoch. `like` are parameters of the same model.
    ///
    /// # Errors
    /// [`TrainError::Checkpoint`] where it is of another model, or of a run before the end of its first epoch.
    pub fn best(self, like: &Params) -> Result<(Params, EpochRecord), TrainError> {
        state::best(self.0, like)
    }
}
