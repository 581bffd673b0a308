//! The command line.

mod flags;
mod settings;
#[cfg(test)]
mod tests;

pub(crate) use flags::{AttentionKind, DatasetKind, Flags, ModelKind, TokensKind};
pub(crate) use settings::Settings;

use clap::{Args, Parser, Subcommand};
use clap_complete::Shell;
use std::path::PathBuf;
use train::{CompareArguments, SummaryArguments, TrainArguments, at_least_one, non_negative, positive, proportion};

const EXAMPLES: &str = "\
Examples:
  translate                                    a small transformer on generated sentences
  translate --model lstm-attention             an LSTM with attention on the same
  translate --data-dir FOLDER                  a larger transformer on Multi30k, from its files
  translate --data-dir FOLDER --model lstm-attention --tokens bpe
  translate train --resume runs/translate/1    goes on with a run that was interrupted

The perplexity is exp of the mean loss of a word, <eos> counted, <unk> one of the words. Teacher-forced, the model is given \
the right words before each word; free-running, its own. They do not compare, nor do perplexities of other vocabularies. \
BLEU is sacrebleu's, lower-cased, of detokenized sentences, with one reference; its signature is printed.

Exit codes: 0 done; 1 failed; 2 bad usage or input; 3 below --expect-accuracy or --expect-bleu; 130 and 143 stopped by \
Ctrl-C or SIGTERM, with a checkpoint.";

const EVAL_EXAMPLES: &str = "\
Examples:
  translate eval                               the newest run below runs/translate, on its test sentences
  translate eval --run runs/translate/1 --beam 5 --expect-bleu 35";

const RUN_EXAMPLES: &str = "\
Examples:
  translate run 'Der kleine Hund schläft.'     by the newest run below runs/translate
  translate run --run runs/translate/1 --beam 5 'Die Frau hilft dem Kind.'

Without a sentence, each line of the standard input is one. An empty line gives an empty line. So does a sentence of \
unknown words alone, and the error stream says so: nothing is known that could be translated. Sentences of more tokens than \
--max-length of the run are cut to that, and the error stream says so too.";

const COMPARE_EXAMPLES: &str = "\
Examples:
  translate compare                            all models, on generated sentences
  translate compare --preset attention --with '--epochs 4'
  translate compare '--model gru' '--model gru --teacher-forcing 0.5'";

const TUNE_EXAMPLES: &str = "\
Examples:
  translate tune                               rates and sizes of a small GRU, by random search
  translate tune --space space.toml --trials 4 --with '--model lstm'

A space is a TOML file whose keys are flags, with `_` for `-`: a list of values, or, for random search, a range with min, \
max and perhaps scale = \"logarithmic\". Random search draws so many trials; --grid tries every combination of the lists.
  lr = { min = 1e-3, max = 1e-2, scale = \"logarithmic\" }
  hidden = [64, 128]";

const SUMMARY_EXAMPLES: &str = "\
Examples:
  translate summary
  translate summary --model transformer --batch-size 8";

/// Train a translator from German into English, and test what was best in validation. Without a command, `train`.
#[derive(Parser, Debug)]
#[command(version, after_help = EXAMPLES, args_conflicts_with_subcommands = true)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Option<Command>,

    #[command(flatten)]
    pub(crate) train: TrainArguments<Flags>,
}

/// How sentences are searched for.
#[derive(Args, Clone, Debug)]
pub(crate) struct SearchArguments {
    /// Keep the N best beginnings of a translation [default: 1, the best next word each time]
    #[arg(long, value_name = "N", value_parser = at_least_one)]
    pub(crate) beam: Option<usize>,

    /// How much a beam favors long translations: 0 not at all
    #[arg(long, value_name = "EXPONENT", value_parser = non_negative, default_value_t = 0.6)]
    pub(crate) length_penalty: f64,
}

/// Of `eval`.
#[derive(Args, Clone, Debug)]
pub(crate) struct EvalArguments {
    /// The folder of the run [default: the newest]
    #[arg(long, value_name = "DIR")]
    pub(crate) run: Option<PathBuf>,

    /// Other files than those of the run's settings
    #[arg(long, value_name = "DIR")]
    pub(crate) data_dir: Option<PathBuf>,

    /// How sentences are searched for.
    #[command(flatten)]
    pub(crate) search: SearchArguments,

    /// Fail with exit code 3 if the teacher-forced accuracy, from 0 to 1, is lower
    #[arg(long, value_name = "ACCURACY", value_parser = proportion)]
    pub(crate) expect_accuracy: Option<f64>,

    /// Fail with exit code 3 if BLEU is lower; with --beam, that of the beam
    #[arg(long, value_name = "BLEU", value_parser = non_negative)]
    pub(crate) expect_bleu: Option<f64>,

    /// Threads that compute [default: one a core]
    #[arg(long, value_name = "N", value_parser = at_least_one)]
    pub(crate) threads: Option<usize>,
}

/// Of `run`.
#[derive(Args, Clone, Debug)]
pub(crate) struct RunArguments {
    /// German sentences [default: the lines of the standard input]
    #[arg(value_name = "SENTENCE")]
    pub(crate) sentences: Vec<String>,

    /// The folder of the run [default: the newest]
    #[arg(long, value_name = "DIR")]
    pub(crate) run: Option<PathBuf>,

    /// How sentences are searched for.
    #[command(flatten)]
    pub(crate) search: SearchArguments,

    /// Draw each word at random, at this temperature: below 1 nearer to the best, above 1 farther
    #[arg(long, value_name = "TEMPERATURE", value_parser = positive, conflicts_with = "beam")]
    pub(crate) sample: Option<f64>,

    /// Seed of what is drawn
    #[arg(long, default_value_t = 0, requires = "sample")]
    pub(crate) seed: u64,

    /// Draw where the model looks, for the first sentence, into this PNG file
    #[arg(long, value_name = "FILE")]
    pub(crate) map: Option<PathBuf>,

    /// Threads that compute [default: one a core]
    #[arg(long, value_name = "N", value_parser = at_least_one)]
    pub(crate) threads: Option<usize>,
}

/// Of `tune`.
#[derive(Args, Clone, Debug)]
pub(crate) struct TuneArguments {
    /// A TOML file with what is searched [default: rates and sizes of a small GRU]
    #[arg(long, value_name = "FILE")]
    pub(crate) space: Option<PathBuf>,

    /// How many trials random search draws
    #[arg(long, value_name = "N", value_parser = at_least_one, default_value_t = 8)]
    pub(crate) trials: usize,

    /// Try every combination of the lists, instead of drawing
    #[arg(long, conflicts_with = "trials")]
    pub(crate) grid: bool,

    /// Seed of what is drawn
    #[arg(long, default_value_t = 0)]
    pub(crate) seed: u64,

    /// Flags for all trials, in quotes
    #[arg(long, value_name = "FLAGS", allow_hyphen_values = true, default_value = "")]
    pub(crate) with: String,

    /// A folder with the files of a data set, for all trials [default: the sentences inside the program]
    #[arg(long, value_name = "DIR")]
    pub(crate) data_dir: Option<PathBuf>,

    /// The folder of the search, new or empty [default: the next free number]
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,

    /// Go on with the search in this folder; trials that are complete stay as they are
    #[arg(long, value_name = "DIR", conflicts_with_all = ["space", "trials", "grid", "seed", "with", "data_dir", "out"])]
    pub(crate) resume: Option<PathBuf>,

    /// Threads that compute [default: one a core]
    #[arg(long, value_name = "N", value_parser = at_least_one)]
    pub(crate) threads: Option<usize>,
}

/// What can be done.
#[derive(Subcommand, Debug)]
#[allow(clippy::large_enum_variant)]
pub(crate) enum Command {
    /// Train a model and test it
    #[command(after_help = EXAMPLES)]
    Train(TrainArguments<Flags>),
    /// Test the model of a run: perplexity, BLEU, chrF
    #[command(after_help = EVAL_EXAMPLES)]
    Eval(EvalArguments),
    /// Translate sentences, by the model of a run
    #[command(after_help = RUN_EXAMPLES)]
    Run(RunArguments),
    /// Train with several settings, side by side in one table and in figures
    #[command(after_help = COMPARE_EXAMPLES)]
    Compare(CompareArguments),
    /// Search for good settings
    #[command(after_help = TUNE_EXAMPLES)]
    Tune(TuneArguments),
    /// Show the layers of a model with their shapes, parameters and operations
    #[command(after_help = SUMMARY_EXAMPLES)]
    Summary(SummaryArguments<Flags>),
    /// Print a script that completes commands and flags in a shell
    Completions {
        /// The shell
        shell: Shell,
    },
}
