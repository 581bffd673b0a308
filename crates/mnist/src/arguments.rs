//! The command line, and the settings that it means. Defaults belong to the data set.

use clap::{Args, Parser, Subcommand, ValueEnum};
use serde::Serialize;
use std::path::PathBuf;
use train::{CommonArguments, at_least_one, non_negative, positive};

const EXAMPLES: &str = "\
Examples:
  mnist                              the perceptron on the digits inside the program
  mnist --model softmax --no-relu    softmax regression on them
  mnist --data-dir mnist             MNIST, from its four idx files in the folder mnist
  mnist --data-dir mnist --lr 1 --reg 1e-4 --epochs 20

Defaults by data set:
            model     lr     reg   epochs  batch size  hidden
  digits    mlp       0.5   1e-5       40          16     128
            softmax   0.1   1e-4       40          16
  MNIST     both      0.1   1e-3       10          64     128

Exit codes: 0 done; 1 failed; 2 bad usage or input; 3 below --expect-accuracy.";

/// Train softmax regression or a two-layer perceptron on images of handwritten digits, and test what was best in
/// validation. Without a command, `train`.
#[derive(Parser, Debug)]
#[command(version, after_help = EXAMPLES, args_conflicts_with_subcommands = true)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Option<Command>,

    #[command(flatten)]
    pub(crate) train: TrainArguments,
}

/// What can be done.
#[derive(Subcommand, Debug)]
pub(crate) enum Command {
    /// Train a model and test it
    #[command(after_help = EXAMPLES)]
    Train(TrainArguments),
}

/// The models of the project.
#[derive(ValueEnum, Clone, Copy, Debug, PartialEq, Eq, Serialize)]
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
            ModelKind::Softmax => "softmax",
            ModelKind::Mlp => "mlp",
        })
    }
}

/// How weights start.
#[derive(ValueEnum, Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum InitKind {
    /// Normal with standard deviation 0.001
    Small,
    /// Xavier, uniform
    Xavier,
    /// He, normal
    He,
}

#[derive(Args, Clone, Debug)]
pub(crate) struct TrainArguments {
    /// The model
    #[arg(long, value_enum, default_value_t = ModelKind::Mlp)]
    pub(crate) model: ModelKind,

    /// A folder with the four idx files of MNIST, gzipped or not [default: the 1,797 digits inside the program]
    #[arg(long, value_name = "DIR")]
    pub(crate) data_dir: Option<PathBuf>,

    /// Learning rate [default: by data set]
    #[arg(long, value_parser = positive)]
    pub(crate) lr: Option<f64>,

    /// Regularization: this times the weight is added to its gradient [default: by data set]
    #[arg(long, value_parser = non_negative)]
    pub(crate) reg: Option<f64>,

    /// Passes over the training images [default: by data set]
    #[arg(long, value_name = "N", value_parser = at_least_one)]
    pub(crate) epochs: Option<usize>,

    /// Images a step [default: by data set]
    #[arg(long, value_name = "N", value_parser = at_least_one)]
    pub(crate) batch_size: Option<usize>,

    /// Hidden units of the perceptron [default: 128]
    #[arg(long, value_name = "N", value_parser = at_least_one)]
    pub(crate) hidden: Option<usize>,

    /// How the weights start; biases start at 0
    #[arg(long, value_enum, default_value_t = InitKind::Small)]
    pub(crate) init: InitKind,

    /// Softmax regression without the ReLU before the softmax
    #[arg(long)]
    pub(crate) no_relu: bool,

    #[command(flatten)]
    pub(crate) common: CommonArguments,
}

/// Arguments that contradict each other.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ArgumentError {
    #[error("--no-relu is for --model softmax; the perceptron has no ReLU: leave one of them out")]
    ReluOfPerceptron,
    #[error("--hidden is for --model mlp; softmax regression has no hidden units: leave one of them out")]
    HiddenOfSoftmax,
}

impl From<ArgumentError> for train::Failure {
    fn from(error: ArgumentError) -> Self {
        train::Failure::Input(error.into())
    }
}

/// The settings of a run, complete: what `config.toml` holds.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Settings {
    pub(crate) model: ModelKind,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) data_dir: Option<PathBuf>,
    pub(crate) lr: f64,
    pub(crate) reg: f64,
    pub(crate) epochs: usize,
    pub(crate) batch_size: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) hidden: Option<usize>,
    pub(crate) init: InitKind,
    pub(crate) no_relu: bool,
    pub(crate) seed: u64,
}

impl TrainArguments {
    /// Fills in the defaults of the data set.
    pub(crate) fn settings(&self) -> Result<Settings, ArgumentError> {
        let hidden = match self.model {
            ModelKind::Mlp if self.no_relu => return Err(ArgumentError::ReluOfPerceptron),
            ModelKind::Mlp => Some(self.hidden.unwrap_or(128)),
            ModelKind::Softmax if self.hidden.is_some() => return Err(ArgumentError::HiddenOfSoftmax),
            ModelKind::Softmax => None,
        };
        let (lr, reg, epochs, batch_size) = match (&self.data_dir, self.model) {
            (Some(_), _) => (0.1, 1e-3, 10, 64),
            (None, ModelKind::Mlp) => (0.5, 1e-5, 40, 16),
            (None, ModelKind::Softmax) => (0.1, 1e-4, 40, 16),
        };
        Ok(Settings {
            model: self.model,
            data_dir: self.data_dir.clone(),
            lr: self.lr.unwrap_or(lr),
            reg: self.reg.unwrap_or(reg),
            epochs: self.epochs.unwrap_or(epochs),
            batch_size: self.batch_size.unwrap_or(batch_size),
            hidden,
            init: self.init,
            no_relu: self.no_relu,
            seed: self.common.seed,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(arguments: &[&str]) -> Settings {
        let cli = Cli::try_parse_from(["mnist"].iter().chain(arguments)).unwrap();
        let Command::Train(arguments) = cli.command.unwrap_or(Command::Train(cli.train));
        arguments.settings().unwrap()
    }

    #[test]
    fn bare_means_train_and_flags_work_with_and_without_the_command() {
        assert_eq!(settings(&[]), settings(&["train"]));
        assert_eq!(settings(&["--lr", "2"]), settings(&["train", "--lr", "2"]));
        assert_eq!(settings(&["--lr", "2"]).lr, 2.0);
    }

    #[test]
    fn defaults_belong_to_the_data_set() {
        let digits = settings(&[]);
        let mnist = settings(&["--data-dir", "there"]);
        assert_eq!((mnist.lr, mnist.reg, mnist.epochs, mnist.batch_size), (0.1, 1e-3, 10, 64));
        assert_ne!((digits.lr, digits.epochs), (mnist.lr, mnist.epochs));
        assert_eq!(settings(&["--data-dir", "there", "--epochs", "3"]).epochs, 3);
    }

    #[test]
    fn the_table_of_defaults_is_right() {
        for (row, arguments) in [("digits    mlp", &["--model", "mlp"]), ("          softmax", &["--model", "softmax"])]
        {
            let line = EXAMPLES.lines().find(|line| line.contains(row)).unwrap();
            let numbers: Vec<f64> = line.split_whitespace().filter_map(|word| word.parse().ok()).collect();
            let Settings { lr, reg, epochs, batch_size, .. } = settings(arguments);
            assert_eq!(numbers[..4], [lr, reg, epochs as f64, batch_size as f64], "{row}");
        }
    }

    #[test]
    fn what_cannot_work_is_refused() {
        for arguments in [
            &["--lr", "NaN"][..],
            &["--lr", "0"],
            &["--batch-size", "0"],
            &["--epochs", "0"],
            &["--reg", "-1"],
            &["--model", "cnn"],
            &["--lr", "1", "train"],
        ] {
            assert!(Cli::try_parse_from(["mnist"].iter().chain(arguments)).is_err(), "{arguments:?}");
        }
    }
}
