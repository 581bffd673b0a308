//! The settings of the project as they are given, in flags and in configuration files; what is not given has a default.

use clap::Args;
use classify::ProjectOptions;
use serde::Deserialize;
use std::path::PathBuf;
use train::{at_least_one, named_values, proportion};

named_values! {
    /// The models of the project.
    pub(crate) enum ModelKind {
        /// One linear layer without a bias, then ReLU (but for --no-relu), then softmax
        Softmax = "softmax",
        /// Linear, sigmoid, linear, softmax
        Mlp = "mlp",
    }

    /// The data sets of the project.
    pub(crate) enum DatasetKind {
        /// 1,797 digits of 8×8 pixels, inside the program
        Digits = "digits",
        /// 70,000 digits of 28×28 pixels
        Mnist = "mnist",
        /// 70,000 pieces of clothing of 28×28 pixels
        Fashion = "fashion",
    }

    /// How weights start.
    pub(crate) enum InitKind {
        /// Normal with standard deviation 0.001
        Small = "small",
        /// Xavier, uniform
        Xavier = "xavier",
        /// He, normal
        He = "he",
    }
}

impl std::fmt::Display for ModelKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            ModelKind::Softmax => "softmax regression",
            ModelKind::Mlp => "two-layer perceptron",
        })
    }
}

/// What can be set besides what every training has. The keys of a configuration file are the same, with `_` for `-`.
#[derive(Args, Clone, Debug, Default, PartialEq, Deserialize)]
pub(crate) struct Flags {
    /// The model [default: mlp]
    #[arg(long, value_enum)]
    pub(crate) model: Option<ModelKind>,

    /// The data set [default: digits, or mnist with --data-dir]
    #[arg(long, value_enum)]
    pub(crate) dataset: Option<DatasetKind>,

    /// A folder with the four idx files of the data set, gzipped or not [default: where `cargo xtask data` puts them]
    #[arg(long, value_name = "DIR")]
    pub(crate) data_dir: Option<PathBuf>,

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
}

impl ProjectOptions for Flags {
    fn or(self, other: Flags) -> Flags {
        Flags {
            model: self.model.or(other.model),
            dataset: self.dataset.or(other.dataset),
            data_dir: self.data_dir.or(other.data_dir),
            hidden: self.hidden.or(other.hidden),
            dropout: self.dropout.or(other.dropout),
            init: self.init.or(other.init),
            no_relu: self.no_relu.or(other.no_relu),
        }
    }

    fn in_folder(self, data_dir: Option<PathBuf>) -> Flags {
        Flags { data_dir: data_dir.or(self.data_dir), ..self }
    }
}
