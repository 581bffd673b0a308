//! The manifest of a checkpoint: JSON that vouches for the file of numbers and for itself.

use super::CheckpointError;
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::path::Path;

/// What stands in place of the manifest's own hash while that is computed.
const ZEROS: &str = "0000000000000000000000000000000000000000000000000000000000000000";

pub(super) struct Manifest {
    value: Value,
}

fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

impl Manifest {
    pub(super) fn new(step: u64, data: &[u8], state: &impl Serialize) -> Manifest {
        let state = serde_json::to_value(state).expect("a state is numbers, names and lists");
        let data = json!({ "bytes": data.len(), "sha256": sha256(data) });
        Manifest { value: json!({ "format": 1, "step": step, "data": data, "state": state, "manifest": ZEROS }) }
    }

    pub(super) fn to_text(&self) -> String {
        let text = serde_json::to_string_pretty(&self.value).expect("a manifest is numbers, names and lists") + "\n";
        let hash = sha256(text.as_bytes());
        text.replace(ZEROS, &hash)
    }

    /// Reads a manifest whose bytes have the hash that stands in it.
    pub(super) fn from_text(path: &Path, bytes: &[u8]) -> Result<Manifest, CheckpointError> {
        let damaged = |what, expected: &str, found: String| {
            Err(CheckpointError::Damaged { path: path.into(), what, expected: expected.to_string(), found })
        };
        let Ok(text) = std::str::from_utf8(bytes) else {
            return damaged("text", "UTF-8", "other bytes".to_string());
        };
        let value: Value = match serde_json::from_str(text) {
            Ok(value) => value,
            Err(error) => return damaged("text", "JSON", error.to_string()),
        };
        let Some(claimed) = value["manifest"].as_str().filter(|hash| hash.len() == ZEROS.len()) else {
            return damaged("hash", "one of 64 digits", "none".to_string());
        };
        let hash = sha256(text.replacen(claimed, ZEROS, 1).as_bytes());
        if hash != claimed {
            return damaged("SHA-256", claimed, hash);
        }
        Ok(Manifest { value })
    }

    pub(super) fn step(&self) -> u64 {
        self.value["step"].as_u64().unwrap_or(u64::MAX)
    }

    /// Compares the file of numbers with what the manifest says of it.
    pub(super) fn check(&self, path: &Path, data: &[u8]) -> Result<(), CheckpointError> {
        let claimed = &self.value["data"];
        let damaged = |what, expected: &Value, found: String| {
            Err(CheckpointError::Damaged { path: path.into(), what, expected: expected.to_string(), found })
        };
        if claimed["bytes"].as_u64() != Some(data.len() as u64) {
            return damaged("size in bytes", &claimed["bytes"], data.len().to_string());
        }
        let hash = sha256(data);
        if claimed["sha256"].as_str() != Some(&hash) {
            return damaged("SHA-256", &claimed["sha256"], hash);
        }
        Ok(())
    }

    pub(super) fn state<S: DeserializeOwned>(&self, path: &Path) -> Result<S, CheckpointError> {
        serde_json::from_value(self.value["state"].clone()).map_err(|error| CheckpointError::Damaged {
            path: path.into(),
            what: "state",
            expected: "that of a run of this version".to_string(),
            found: error.to_string(),
        })
    }
}
