//! Optimizers and schedules by name, as on a command line and in a configuration file: `name` or `name:key=value,key=value`.

mod optimizer;
mod schedule;
pub(crate) mod spec;

pub use optimizer::{Minimizer, OptimizerChoice};
pub use schedule::{Rates, ScheduleChoice};
pub use spec::ChoiceError;
pub use spec::nearest;
