//! What a run tells of itself.

use crate::{CheckpointError, Metrics, TrainError};
use serde::{Deserialize, Serialize};
use std::path::PathBuf;
use tape::{Params, Profile};

/// One epoch, as it is written to the metrics files.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct EpochRecord {
    /// The number of the epoch, from 1.
    pub epoch: u64,
    /// Over the epoch's batches, each before its step.
    pub train: Metrics,
    /// After the epoch.
    pub validation: Metrics,
    /// The learning rate of the epoch's last step.
    pub learning_rate: f64,
    /// Seconds that the epoch's steps took, without validation.
    pub seconds: f64,
    /// Training samples a second.
    pub samples_per_second: f64,
}

/// Where an epoch is, after a batch.
#[derive(Clone, Copy, Debug)]
pub struct BatchRecord {
    /// The number of the epoch, from 1.
    pub epoch: u64,
    /// Batches of the epoch that are done.
    pub batch: u64,
    /// Samples of the epoch that are done.
    pub samples: u64,
    /// The mean loss of the epoch so far.
    pub loss: f64,
}

/// Where a run begins.
#[derive(Debug)]
pub struct Beginning<'r> {
    /// The epochs that were done before, none for a new run.
    pub history: &'r [EpochRecord],
    /// The step from which a run goes on, and its checkpoint.
    pub resumed: Option<(u64, PathBuf)>,
    /// Newer checkpoints that are damaged.
    pub rejected: &'r [CheckpointError],
}

/// Sees a run as it goes on.
pub trait Observer {
    /// Before the first step.
    ///
    /// # Errors
    /// An error ends the run.
    fn begin(&mut self, beginning: &Beginning<'_>) -> Result<(), TrainError> {
        let _ = beginning;
        Ok(())
    }

    /// After every batch.
    fn batch(&mut self, record: &BatchRecord) {
        let _ = record;
    }

    /// After every epoch.
    ///
    /// # Errors
    /// An error ends the run.
    fn epoch(&mut self, record: &EpochRecord) -> Result<(), TrainError> {
        let _ = record;
        Ok(())
    }
}

/// What a run found.
#[derive(Debug)]
pub struct Best {
    /// The parameters that are best in validation, by accuracy or by loss; of several, the first.
    pub params: Params,
    /// The record of the epoch after which they were taken.
    pub record: EpochRecord,
    /// All epochs.
    pub history: Vec<EpochRecord>,
    /// What each kind of op cost, where that was asked for.
    pub profile: Option<Profile>,
}
