//! What every program that trains has in common: the loop, its progress on the screen, the folder that a run leaves
//! behind, and how a program ends.
//!
//! The loop is thin. Written out, without this crate, it is:
//!
//! ```
//! use data::{Loader, digits};
//! use optim::{Optimizer, Sgd};
//! use tape::{Params, Tape};
//!
//! let splits = digits();
//! let mut params = Params::<f32>::new(0);
//! let weight = params.root().param("weight", [64, 10], 0.0);
//! let mut loader = Loader::shuffled(&splits.train, 64, params.seed());
//! let (mut sgd, mut tape) = (Sgd::new(0.5), Tape::new());
//! for batch in loader.epoch(0) {
//!     let (_loss, step) = tape.grad(&params, |t| {
//!         let logits = t.input(&batch.images).flatten(1).matmul(t.param(weight));
//!         logits.cross_entropy(t.indices(&batch.labels))
//!     });
//!     sgd.step(&mut params, step);
//! }
//! ```
//!
//! [`Trainer`] adds validation after every epoch, schedules, checkpoints from which a run goes on with the same bits, a
//! clean end on Ctrl-C, and a stop at a loss that is no number; it keeps the best parameters and tells its [`Observer`]s:
//! [`Progress`] on the screen, [`MetricsFiles`] in the [`RunFolder`].

mod arguments;
mod checkpoint;
mod choice;
mod comparison;
mod config;
mod curves;
mod error;
mod exit;
mod find_rate;
mod machine;
mod metrics;
mod metrics_files;
mod named_values;
mod options;
mod options_first;
mod pictures;
mod predictions;
mod profile;
mod progress;
mod project_options;
mod run_folder;
mod signals;
mod summary;
mod task;
mod trainer;

pub use arguments::{RunArguments, at_least_one, expect_accuracy, non_negative, positive, proportion, start_threads};
pub use checkpoint::{Array, CheckpointError, Checkpoints, Found, Numbers, Snapshot};
pub use choice::{ChoiceError, Minimizer, OptimizerChoice, Rates, ScheduleChoice, nearest};
pub use comparison::{Comparison, Preset, Setting};
pub use config::{ConfigError, FileOptions, read_config, read_toml};
pub use curves::save_curves;
pub use draw::sparkline;
pub use error::TrainError;
pub use exit::{Failure, run};
pub use find_rate::RangeTest;
pub use machine::{Machine, merged};
pub use metrics::{Metrics, evaluate};
pub use metrics_files::MetricsFiles;
pub use options::{SettingsError, Training, TrainingDefaults, TrainingOptions, check, check_counts};
pub use options_first::command_line;
pub use pictures::{Run, save_comparison, save_mistakes};
pub use predictions::{Prediction, Predictions};
pub use profile::profile_table;
pub use progress::Progress;
pub use project_options::{CompareArguments, Options, ProjectOptions, SummaryArguments, TrainArguments};
pub use run_folder::RunFolder;
pub use signals::{Signal, Stop};
pub use summary::{Summary, SummaryRow};
pub use task::{Classifier, Outcome, Task};
pub use trainer::{BatchRecord, Beginning, Best, EpochRecord, Observer, Reached, Trainer};
