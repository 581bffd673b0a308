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
//! [`Trainer`] adds validation after every epoch, keeps the best parameters, stops at a loss that is no number, and tells
//! its [`Observer`]s: [`Progress`] on the screen, [`MetricsFiles`] in the [`RunFolder`].

mod arguments;
mod curves;
mod error;
mod exit;
mod metrics;
mod metrics_files;
mod progress;
mod run_folder;
mod trainer;

pub use arguments::{CommonArguments, at_least_one, non_negative, positive, proportion};
pub use curves::save_curves;
pub use draw::sparkline;
pub use error::TrainError;
pub use exit::{Failure, run};
pub use metrics::{Metrics, evaluate};
pub use metrics_files::MetricsFiles;
pub use progress::Progress;
pub use run_folder::RunFolder;
pub use trainer::{BatchRecord, Best, EpochRecord, Observer, Trainer};
