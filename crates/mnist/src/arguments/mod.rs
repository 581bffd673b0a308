//! The command line.

mod options;
mod settings;

pub(crate) use options::{DatasetKind, Flags, InitKind, ModelKind};
pub(crate) use settings::Settings;

use clap::{Parser, Subcommand};
use clap_complete::Shell;
use classify::{CompareArguments, EvalArguments, FindLrArguments, PredictArguments, SummaryArguments, TrainArguments};

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

Exit codes: 0 done; 1 failed; 2 bad usage or input; 3 below --expect-accuracy; 130 and 143 stopped by Ctrl-C or SIGTERM, \
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
    pub(crate) train: TrainArguments<Flags>,
}

/// What can be done.
#[derive(Subcommand, Debug)]
pub(crate) enum Command {
    /// Train a model and test it
    #[command(after_help = EXAMPLES)]
    Train(TrainArguments<Flags>),
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
    Summary(SummaryArguments<Flags>),
    /// Find a learning rate: a figure, and one number to begin with
    #[command(after_help = FIND_LR_EXAMPLES)]
    FindLr(FindLrArguments<Flags>),
    /// Print a script that completes commands and flags in a shell
    Completions {
        /// The shell
        shell: Shell,
    },
}

#[cfg(test)]
mod tests;
