//! The command line.

mod options;
mod settings;

pub(crate) use options::{DatasetKind, InitKind, ModelKind, Options};
pub(crate) use settings::Settings;

use clap::{Args, Parser, Subcommand};
use clap_complete::Shell;
use std::path::PathBuf;
use train::{RunArguments, at_least_one, positive, proportion};

const EXAMPLES: &str = "\
Examples:
  mnist                                      the perceptron on the digits inside the program
  mnist --model softmax --no-relu            softmax regression on them
  mnist --optimizer adam --schedule cosine   with Adam and a falling learning rate
  mnist --data-dir FOLDER                    MNIST, from its four idx files in FOLDER
  mnist --dataset fashion                    Fashion-MNIST, after `cargo xtask data fashion`
  mnist train --resume runs/mnist/1          goes on with a run that was interrupted

Defaults by data set, with SGD:
            model     lr     reg   epochs  batch size  hidden
  digits    mlp       0.5   1e-5       40          16     128
            softmax   0.1   1e-4       40          16
  MNIST     both      0.1   1e-3       10          64     128

Exit codes: 0 done; 1 failed; 2 bad usage or input; 3 below --expect-accuracy; 130 and 143 stopped by Ctrl-C or SIGTERM,
with a checkpoint.";

const EVAL_EXAMPLES: &str = "\
Examples:
  mnist eval                                 the newest run below runs/mnist, on its test images
  mnist eval --run runs/mnist/1 --expect-accuracy 0.9";

const PREDICT_EXAMPLES: &str = "\
Examples:
  mnist predict 0 1 2                          the first test images, by the newest run below runs/mnist
  mnist predict --run runs/mnist/1 digit.png   a picture of one digit, light on dark or dark on light";

const COMPARE_EXAMPLES: &str = "\
Examples:
  mnist compare                              fewer epochs, a higher rate, a smaller batch, and all three
  mnist compare '' '--optimizer adam' '--optimizer adam --schedule cosine'
  mnist compare --data-dir FOLDER            the first one, on MNIST";

const SUMMARY_EXAMPLES: &str = "\
Examples:
  mnist summary                              the perceptron, with batches of its default size
  mnist summary --model softmax --batch-size 1";

const FIND_LR_EXAMPLES: &str = "\
Examples:
  mnist find-lr                              for the perceptron on the digits
  mnist find-lr --optimizer adam --highest 1";

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
    /// Test the model of a run
    #[command(after_help = EVAL_EXAMPLES)]
    Eval(EvalArguments),
    /// Say what pictures show, by the model of a run
    #[command(after_help = PREDICT_EXAMPLES)]
    Predict(PredictArguments),
    /// Train with several settings, side by side in one table and one figure
    #[command(after_help = COMPARE_EXAMPLES)]
    Compare(CompareArguments),
    /// Show the layers of a model with their shapes, parameters and operations
    #[command(after_help = SUMMARY_EXAMPLES)]
    Summary(SummaryArguments),
    /// Find a learning rate: a figure, and one number to begin with
    #[command(after_help = FIND_LR_EXAMPLES)]
    FindLr(FindLrArguments),
    /// Print a script that completes commands and flags in a shell
    Completions {
        /// The shell
        shell: Shell,
    },
}

#[derive(Args, Clone, Debug)]
pub(crate) struct TrainArguments {
    #[command(flatten)]
    pub(crate) options: Options,

    #[command(flatten)]
    pub(crate) run: RunArguments,

    /// Go on with the run in this folder, with its settings
    #[arg(long, value_name = "DIR", conflicts_with_all = ["Options", "out", "config"])]
    pub(crate) resume: Option<PathBuf>,
}

#[derive(Args, Clone, Debug)]
pub(crate) struct EvalArguments {
    /// The folder of the run [default: the newest below runs/mnist]
    #[arg(long, value_name = "DIR")]
    pub(crate) run: Option<PathBuf>,

    /// Other files than those of the run's settings
    #[arg(long, value_name = "DIR")]
    pub(crate) data_dir: Option<PathBuf>,

    /// Fail with exit code 3 if the test accuracy, from 0 to 1, is lower
    #[arg(long, value_name = "ACCURACY", value_parser = proportion)]
    pub(crate) expect_accuracy: Option<f64>,
}

#[derive(Args, Clone, Debug)]
pub(crate) struct PredictArguments {
    /// PNG files, or numbers of test images
    #[arg(value_name = "FILE|NUMBER", required = true)]
    pub(crate) inputs: Vec<String>,

    /// The folder of the run [default: the newest below runs/mnist]
    #[arg(long, value_name = "DIR")]
    pub(crate) run: Option<PathBuf>,
}

#[derive(Args, Clone, Debug)]
pub(crate) struct CompareArguments {
    /// The flags of each setting, in quotes [default: the experiment with fewer epochs, a higher rate, a smaller batch]
    #[arg(value_name = "FLAGS", allow_hyphen_values = true)]
    pub(crate) settings: Vec<String>,

    /// A folder with the four idx files of MNIST, for all settings [default: the digits inside the program]
    #[arg(long, value_name = "DIR")]
    pub(crate) data_dir: Option<PathBuf>,

    /// The folder of the comparison, new or empty [default: the next free number below runs/mnist-compare]
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,

    /// Threads that compute [default: one a core]
    #[arg(long, value_name = "N", value_parser = at_least_one)]
    pub(crate) threads: Option<usize>,
}

#[derive(Args, Clone, Debug)]
pub(crate) struct SummaryArguments {
    #[command(flatten)]
    pub(crate) options: Options,
}

#[derive(Args, Clone, Debug)]
pub(crate) struct FindLrArguments {
    #[command(flatten)]
    pub(crate) options: Options,

    #[command(flatten)]
    pub(crate) run: RunArguments,

    /// The first rate
    #[arg(long, value_parser = positive, default_value_t = 1e-5)]
    pub(crate) lowest: f64,

    /// The last rate
    #[arg(long, value_parser = positive, default_value_t = 10.0)]
    pub(crate) highest: f64,

    /// How many steps the test takes
    #[arg(long, value_name = "N", value_parser = at_least_one, default_value_t = 3000)]
    pub(crate) steps: usize,
}

#[cfg(test)]
mod tests;
