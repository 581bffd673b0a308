//! What programs that classify images have in common. A program is a [`Project`]: its options, its data and its model.
//! What can be done with it is here, once: [`train`](fn@train), [`eval`], [`predict`], [`compare`],
//! [`summary`] and [`find_lr`].

mod arguments;
mod compare;
mod eval;
mod inspect;
mod predict;
mod project;
mod report;
mod run;
mod task;

pub use arguments::{EvalArguments, FindLrArguments, PredictArguments};
pub use compare::compare;
pub use eval::eval;
pub use inspect::{find_lr, summary};
pub use predict::predict;
pub use project::{Finding, Project};
pub use report::Report;
pub use run::train;
pub use task::ProjectTask;
pub use train::{CompareArguments, Options, Preset, ProjectOptions, SummaryArguments, TrainArguments};
