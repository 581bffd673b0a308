//! The arguments of the commands. Each program has its own list of commands, with its examples.

use clap::Args;
use std::path::PathBuf;
use train::{Options, RunArguments, at_least_one, positive, proportion};

/// Of `eval`.
#[derive(Args, Clone, Debug)]
pub struct EvalArguments {
    /// The folder of the run [default: the newest]
    #[arg(long, value_name = "DIR")]
    pub run: Option<PathBuf>,

    /// Other files than those of the run's settings
    #[arg(long, value_name = "DIR")]
    pub data_dir: Option<PathBuf>,

    /// Fail with exit code 3 if the test accuracy, from 0 to 1, is lower
    #[arg(long, value_name = "ACCURACY", value_parser = proportion)]
    pub expect_accuracy: Option<f64>,

    /// Threads that compute [default: one a core]
    #[arg(long, value_name = "N", value_parser = at_least_one)]
    pub threads: Option<usize>,
}

/// Of `predict`.
#[derive(Args, Clone, Debug)]
pub struct PredictArguments {
    /// PNG files, or numbers of test images
    #[arg(value_name = "FILE|NUMBER", required = true)]
    pub inputs: Vec<String>,

    /// The folder of the run [default: the newest]
    #[arg(long, value_name = "DIR")]
    pub run: Option<PathBuf>,
}

/// Of `find-lr`.
#[derive(Args, Clone, Debug)]
pub struct FindLrArguments<O: Args> {
    /// The settings.
    #[command(flatten)]
    pub options: Options<O>,

    /// What is no setting.
    #[command(flatten)]
    pub run: RunArguments,

    /// The first rate
    #[arg(long, value_parser = positive, default_value_t = 1e-5)]
    pub lowest: f64,

    /// The last rate
    #[arg(long, value_parser = positive, default_value_t = 10.0)]
    pub highest: f64,

    /// How many steps the test takes
    #[arg(long, value_name = "N", value_parser = at_least_one, default_value_t = 3000)]
    pub steps: usize,
}
