//! [`Machine`]: where a run was made, and [`merged`]: with which settings.

use serde::{Deserialize, Serialize};

/// What a result depends on besides its settings.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Machine {
    system: String,
    architecture: String,
    instruction_set: String,
    threads: usize,
}

impl Machine {
    /// This one, with so many threads that compute.
    pub fn here(threads: usize) -> Machine {
        Machine {
            system: std::env::consts::OS.to_string(),
            architecture: std::env::consts::ARCH.to_string(),
            instruction_set: tape::Level::current().to_string(),
            threads,
        }
    }
}

/// The keys of both, side by side.
pub fn merged(project: &impl Serialize, training: &impl Serialize) -> serde_json::Value {
    let mut settings = serde_json::to_value(project).unwrap_or_default();
    if let (Some(all), serde_json::Value::Object(training)) =
        (settings.as_object_mut(), serde_json::to_value(training).unwrap_or_default())
    {
        all.extend(training);
    }
    settings
}
