//! [`ProjectOptions`]: the options of a program besides those of every training; [`Options`]: both; and the arguments of the
//! commands that take them.

use crate::{ConfigError, FileOptions, RunArguments, TrainingOptions, at_least_one};
use clap::Args;
use std::path::{Path, PathBuf};

/// The options of a project besides those of every training, as flags and keys of a configuration file.
pub trait ProjectOptions: FileOptions + Clone + Default {
    /// These options, and what they leave out from others.
    fn or(self, other: Self) -> Self;

    /// With the data in this folder, unless it is `None`.
    fn in_folder(self, data_dir: Option<PathBuf>) -> Self;
}

/// The options of a project, and those of every training.
#[derive(Args, Clone, Debug, Default)]
pub struct Options<O: Args> {
    /// Those of the project.
    #[command(flatten)]
    pub project: O,

    /// Those of every training.
    #[command(flatten)]
    pub training: TrainingOptions,
}

impl<O: ProjectOptions> Options<O> {
    /// The options in a configuration file.
    ///
    /// # Errors
    /// When it cannot be read, or is not what it should be.
    pub fn read(path: &Path) -> Result<Self, ConfigError> {
        let (project, training) = crate::read_config(path)?;
        Ok(Options { project, training })
    }

    /// These options; what they leave out is read from a configuration file, if one is given.
    ///
    /// # Errors
    /// When the file cannot be read, or is not what it should be.
    pub fn or_config(self, path: Option<&Path>) -> Result<Self, ConfigError> {
        Ok(match path {
            None => self,
            Some(path) => self.or(Options::read(path)?),
        })
    }

    /// These options, and what they leave out from others.
    pub fn or(self, other: Self) -> Self {
        Options { project: self.project.or(other.project), training: self.training.or(other.training) }
    }
}

/// Of `train`.
#[derive(Args, Clone, Debug)]
pub struct TrainArguments<O: Args> {
    /// The settings.
    #[command(flatten)]
    pub options: Options<O>,

    /// What is no setting.
    #[command(flatten)]
    pub run: RunArguments,

    /// Go on with the run in this folder, with its settings
    #[arg(long, value_name = "DIR", conflicts_with_all = settings::<O>())]
    pub resume: Option<PathBuf>,
}

/// What says something about the settings, which a run that goes on has already.
fn settings<O: Args>() -> Vec<clap::Id> {
    let groups = O::group_id().into_iter().chain(TrainingOptions::group_id());
    groups.chain(["out", "config"].map(clap::Id::from)).collect()
}

/// Of `compare`.
#[derive(Args, Clone, Debug)]
pub struct CompareArguments {
    /// The flags of each setting, in quotes [default: those of the first preset]
    #[arg(value_name = "FLAGS", allow_hyphen_values = true)]
    pub settings: Vec<String>,

    /// Settings that belong together
    #[arg(long, value_name = "NAME", conflicts_with = "settings")]
    pub preset: Option<String>,

    /// Flags for all settings, in quotes
    #[arg(long, value_name = "FLAGS", allow_hyphen_values = true, default_value = "")]
    pub with: String,

    /// A folder with the files of a data set, for all settings [default: the data inside the program]
    #[arg(long, value_name = "DIR")]
    pub data_dir: Option<PathBuf>,

    /// The folder of the comparison, new or empty [default: the next free number]
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,

    /// Go on with the comparison in this folder; runs that are complete stay as they are
    #[arg(long, value_name = "DIR", conflicts_with_all = ["settings", "preset", "with", "data_dir", "out"])]
    pub resume: Option<PathBuf>,

    /// Threads that compute [default: one a core]
    #[arg(long, value_name = "N", value_parser = at_least_one)]
    pub threads: Option<usize>,
}

/// Of `summary`.
#[derive(Args, Clone, Debug)]
pub struct SummaryArguments<O: Args> {
    /// The settings.
    #[command(flatten)]
    pub options: Options<O>,

    /// Settings from a TOML file; flags win
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
}
