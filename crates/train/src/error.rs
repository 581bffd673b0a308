//! What can go wrong while training, and what to do about it.

use std::io;
use std::path::PathBuf;

/// A run could not begin, go on, or be saved.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TrainError {
    /// The folder of the run holds something already.
    #[error("{} is not empty; a run never overwrites another: choose another --out, or leave it out", path.display())]
    NotEmpty {
        /// The folder.
        path: PathBuf,
    },
    /// Something else stands where the folder of the run should be.
    #[error("{} is not a folder; choose another --out, or leave it out", path.display())]
    NotAFolder {
        /// The path.
        path: PathBuf,
    },
    /// The folder of the run, or a file in it, could not be written.
    #[error("cannot write {}: {source}; choose an --out on a disk with room, in a folder that may be written", path.display())]
    Write {
        /// The folder or file.
        path: PathBuf,
        /// The cause.
        source: io::Error,
    },
    /// The folder is not that of a run.
    #[error("{} is not the folder of a run: it has no {missing}; give the folder that a run printed", path.display())]
    NotARun {
        /// The folder.
        path: PathBuf,
        /// What it has not.
        missing: &'static str,
    },
    /// There is no run yet.
    #[error("no run in {}; train first, or give the folder of a run with --run", parent.display())]
    NoRun {
        /// Where runs were looked for.
        parent: PathBuf,
    },
    /// A figure could not be drawn or saved.
    #[error(transparent)]
    Draw(#[from] draw::DrawError),
    /// The loss, or a gradient, is NaN or infinite.
    #[error(
        "{what} is {value} in epoch {epoch}, batch {batch}{origin}; training cannot recover from that: try a lower --lr \
         (now {learning_rate}), or look for a division by zero or a logarithm of zero in the model"
    )]
    NotFinite {
        /// The loss, or the gradient of which parameter.
        what: String,
        /// What was found instead of a number.
        value: f64,
        /// Where it comes from, in words: the first op whose result is not finite.
        origin: String,
        /// The epoch, from 1.
        epoch: u64,
        /// The batch within it, from 1.
        batch: u64,
        /// The learning rate of the step.
        learning_rate: f64,
    },
    /// A range test found no learning rate.
    #[error(
        "the loss falls at no learning rate from {lowest} to {highest}; try more steps, a wider range, or another initialization"
    )]
    NoRate {
        /// The lowest rate that was tried.
        lowest: f64,
        /// The highest.
        highest: f64,
    },
    /// A checkpoint cannot be used.
    #[error(transparent)]
    Checkpoint(#[from] crate::CheckpointError),
    /// The run was asked to end, and has saved a checkpoint.
    #[error("stopped after step {step}")]
    Interrupted {
        /// Who asked.
        signal: crate::Signal,
        /// The step after which it ended.
        step: u64,
    },
    /// The system does not let the program notice signals.
    #[error("cannot listen for Ctrl-C and SIGTERM: {0}")]
    Signals(#[source] io::Error),
    /// A configuration file cannot be used.
    #[error(transparent)]
    Config(#[from] crate::ConfigError),
    /// The threads could not be started.
    #[error(transparent)]
    Threads(#[from] tape::ThreadsError),
}
