//! The command line.

mod flags;
mod settings;
#[cfg(test)]
mod tests;

pub(crate) use flags::{
    AugmentKind, DatasetKind, Flags, InitKind, LossKind, ModelKind, SamplerKind, ShortcutKind, UnbalancedKind,
};
pub(crate) use settings::Settings;

use clap::{Parser, Subcommand};
use clap_complete::Shell;
use classify::{CompareArguments, EvalArguments, FindLrArguments, PredictArguments, SummaryArguments, TrainArguments};

const EXAMPLES: &str = "\
Examples:
  cifar                                        a small network on generated pictures
  cifar --data-dir FOLDER                      the custom network on CIFAR-10, from its binary files
  cifar --data-dir FOLDER --model resnet32     a residual network
  cifar --layers 'conv 16 relu; max-pool 2; flatten; linear 10'    layers of your own
  cifar --unbalanced exp --loss cb-focal       a long tail of classes, and a loss that copes with it
  cifar train --resume runs/cifar/1            goes on with a run that was interrupted

Layers of your own, in --layers or as the list `layers` of a configuration file, one a line:
  conv 32 kernel=3 stride=1 padding=1 dilation=1 groups=1 bias=true relu
  batch-norm relu | group-norm 8 | max-pool 2 stride=2 padding=0 ceil | avg-pool 2 | global-avg-pool
  residual 32 stride=2 project | flatten | linear 512 relu | dropout 0.5 | relu | sigmoid | tanh

Defaults, with SGD of momentum 0.9 and a tenth of the rate after epochs 6 and 8:
                         lr     reg   epochs  batch size
  shapes   small       0.05    5e-4       10          50
  CIFAR    two-layer    0.1    5e-4       10         128
           vanilla     1e-4    5e-4       10         128
           custom      0.03    5e-4       10          64
           resnet32     0.1    5e-4       10         128

Exit codes: 0 done; 1 failed; 2 bad usage or input; 3 below --expect-accuracy; 130 and 143 stopped by Ctrl-C or SIGTERM, \
with a checkpoint.";

const EVAL_EXAMPLES: &str = "\
Examples:
  cifar eval                                 the newest run below runs/cifar, on its test images
  cifar eval --run runs/cifar/1 --expect-accuracy 0.5";

const PREDICT_EXAMPLES: &str = "\
Examples:
  cifar predict 0 1 2                          the first test images, by the newest run below runs/cifar
  cifar predict --run runs/cifar/1 photo.png   a picture in color, of any size";

const COMPARE_EXAMPLES: &str = "\
Examples:
  cifar compare                              the losses for unbalanced classes, on generated pictures
  cifar compare --preset imbalance --with '--model custom' --data-dir FOLDER
  cifar compare '--epochs 2' '--epochs 2 --optimizer adam'";

const OVERFIT_EXAMPLES: &str = "\
Examples:
  cifar overfit                              50 images, learned by heart
  cifar overfit --model small --epochs 60 --lr 0.02";

const SUMMARY_EXAMPLES: &str = "\
Examples:
  cifar summary --batch-size 1
  cifar summary --model resnet32";

const FIND_LR_EXAMPLES: &str = "\
Examples:
  cifar find-lr --steps 200
  cifar find-lr --model two-layer --highest 1 --steps 300";

/// Train a convolutional network on small color pictures, and test what was best in validation. Without a command, `train`.
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
#[allow(clippy::large_enum_variant)]
pub(crate) enum Command {
    /// Train a model and test it
    #[command(after_help = EXAMPLES)]
    Train(TrainArguments<Flags>),
    /// Test the model of a run, class by class
    #[command(after_help = EVAL_EXAMPLES)]
    Eval(EvalArguments),
    /// Say what pictures show, by the model of a run
    #[command(after_help = PREDICT_EXAMPLES)]
    Predict(PredictArguments),
    /// Train with several settings, side by side in one table and in figures
    #[command(after_help = COMPARE_EXAMPLES)]
    Compare(CompareArguments),
    /// Learn a few images by heart: what a network without mistakes can do
    #[command(after_help = OVERFIT_EXAMPLES)]
    Overfit(TrainArguments<Flags>),
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
