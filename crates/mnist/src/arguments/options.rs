//! Settings as they are given, in flags and in configuration files; what is not given has a default.

use clap::{Args, ValueEnum};
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};
use train::{
    ConfigError, OptimizerChoice, ScheduleChoice, at_least_one, non_negative, positive, proportion, read_config,
};

/// The models of the project.
#[derive(ValueEnum, Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum ModelKind {
    /// One linear layer without a bias, then ReLU (but for --no-relu), then softmax
    Softmax,
    /// Linear, sigmoid, linear, softmax
    Mlp,
}

impl std::fmt::Display for ModelKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            ModelKind::Softmax => "softmax regression",
            ModelKind::Mlp => "two-layer perceptron",
        })
    }
}

/// The data sets of the project.
#[derive(ValueEnum, Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum DatasetKind {
    /// 1,797 digits of 8×8 pixels, inside the program
    Digits,
    /// 70,000 digits of 28×28 pixels
    Mnist,
    /// 70,000 pieces of clothing of 28×28 pixels
    Fashion,
}

/// How weights start.
#[derive(ValueEnum, Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum InitKind {
    /// Normal with standard deviation 0.001
    Small,
    /// Xavier, uniform
    Xavier,
    /// He, normal
    He,
}

/// What can be set. The keys of a configuration file are the same, with `_` for `-`.
#[derive(Args, Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Options {
    /// The model [default: mlp]
    #[arg(long, value_enum)]
    pub(crate) model: Option<ModelKind>,

    /// The data set [default: digits, or mnist with --data-dir]
    #[arg(long, value_enum)]
    pub(crate) dataset: Option<DatasetKind>,

    /// A folder with the four idx files of the data set, gzipped or not [default: where `cargo xtask data` puts them]
    #[arg(long, value_name = "DIR")]
    pub(crate) data_dir: Option<PathBuf>,

    /// Learning rate [default: by data set and optimizer]
    #[arg(long, value_parser = positive, allow_negative_numbers = true)]
    pub(crate) lr: Option<f64>,

    /// Regularization: this times the weight is added to its gradient [default: by data set; 0 but for SGD]
    #[arg(long, value_parser = non_negative, allow_negative_numbers = true)]
    pub(crate) reg: Option<f64>,

    /// Passes over the training images [default: by data set]
    #[arg(long, value_name = "N", value_parser = at_least_one, allow_negative_numbers = true)]
    pub(crate) epochs: Option<usize>,

    /// Images a step [default: by data set]
    #[arg(long, value_name = "N", value_parser = at_least_one, allow_negative_numbers = true)]
    pub(crate) batch_size: Option<usize>,

    /// Hidden units of the perceptron [default: 128]
    #[arg(long, value_name = "N", value_parser = at_least_one, allow_negative_numbers = true)]
    pub(crate) hidden: Option<usize>,

    /// Share of the perceptron's hidden units that a training step leaves out [default: 0]
    #[arg(long, value_name = "SHARE", value_parser = proportion)]
    pub(crate) dropout: Option<f64>,

    /// How the weights start; biases start at 0 [default: small]
    #[arg(long, value_enum)]
    pub(crate) init: Option<InitKind>,

    /// Softmax regression without the ReLU before the softmax
    #[arg(long, num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    pub(crate) no_relu: Option<bool>,

    /// The optimizer: sgd, adam, adamw, amsgrad, rmsprop, adagrad or lbfgs, with settings as in sgd:momentum=0.9,nesterov
    /// [default: sgd]
    #[arg(long, value_name = "NAME")]
    pub(crate) optimizer: Option<OptimizerChoice>,

    /// How the learning rate changes: constant, step, multi-step, exponential, cosine, warm-up, one-cycle, noam or plateau,
    /// with settings as in multi-step:at=6+8,gamma=0.1 [default: constant]
    #[arg(long, value_name = "NAME")]
    pub(crate) schedule: Option<ScheduleChoice>,

    /// Clip the gradients of a step to this norm
    #[arg(long, value_name = "NORM", value_parser = positive)]
    pub(crate) clip_norm: Option<f64>,

    /// Validate and keep the moving average of the weights, of this decay, from 0 to 1
    #[arg(long, value_name = "DECAY", value_parser = proportion)]
    pub(crate) average: Option<f64>,

    /// Stop when the best epoch is this many epochs ago
    #[arg(long, value_name = "EPOCHS", value_parser = at_least_one)]
    pub(crate) patience: Option<usize>,

    /// Save a checkpoint every so many steps, besides after every epoch
    #[arg(long, value_name = "STEPS", value_parser = at_least_one)]
    pub(crate) save_every: Option<usize>,

    /// Seed of everything random: the same seed gives the same bits, with any number of threads [default: 0]
    #[arg(long)]
    pub(crate) seed: Option<u64>,
}

impl Options {
    /// These options; what they leave out is read from a configuration file, if one is given.
    pub(crate) fn or_config(self, path: Option<&Path>) -> Result<Options, ConfigError> {
        Ok(match path {
            None => self,
            Some(path) => self.or(read_config(path)?),
        })
    }

    /// These options, and what they leave out from others.
    pub(crate) fn or(self, other: Options) -> Options {
        Options {
            model: self.model.or(other.model),
            dataset: self.dataset.or(other.dataset),
            data_dir: self.data_dir.or(other.data_dir),
            lr: self.lr.or(other.lr),
            reg: self.reg.or(other.reg),
            epochs: self.epochs.or(other.epochs),
            batch_size: self.batch_size.or(other.batch_size),
            hidden: self.hidden.or(other.hidden),
            dropout: self.dropout.or(other.dropout),
            init: self.init.or(other.init),
            no_relu: self.no_relu.or(other.no_relu),
            optimizer: self.optimizer.or(other.optimizer),
            schedule: self.schedule.or(other.schedule),
            clip_norm: self.clip_norm.or(other.clip_norm),
            average: self.average.or(other.average),
            patience: self.patience.or(other.patience),
            save_every: self.save_every.or(other.save_every),
            seed: self.seed.or(other.seed),
        }
    }
}
