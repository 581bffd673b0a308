//! Configuration files.

use crate::choice::nearest;
use serde::de::DeserializeOwned;
use std::io;
use std::path::{Path, PathBuf};

/// A configuration file that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// It could not be read.
    #[error("cannot read {}: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// The cause.
        source: io::Error,
    },
    /// It is no TOML, or has a key or a value that does not belong there.
    #[error("{}, line {line}: {what}", path.display())]
    Format {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// What is wrong there.
        what: String,
    },
}

/// Reads a TOML file into settings. For a key that does not exist (the settings must deny unknown fields), the error names
/// the line and the nearest key that does.
///
/// # Errors
/// When the file cannot be read, or is not what it should be.
pub fn read_config<T: DeserializeOwned>(path: &Path) -> Result<T, ConfigError> {
    let text = std::fs::read_to_string(path).map_err(|source| ConfigError::Read { path: path.into(), source })?;
    toml::from_str(&text).map_err(|error| {
        let begin = error.span().map_or(0, |span| span.start.min(text.len()));
        let line = text.as_bytes()[..begin].iter().filter(|&&byte| byte == b'\n').count() + 1;
        ConfigError::Format { path: path.into(), line, what: explain(error.message()) }
    })
}

/// Adds the nearest key to serde's message of an unknown one, which has all names between backticks.
fn explain(message: &str) -> String {
    let names: Vec<&str> = message.split('`').skip(1).step_by(2).collect();
    match names.split_first() {
        Some((unknown, known)) if message.starts_with("unknown field") && !known.is_empty() => {
            format!("no setting {unknown:?}{}; there are {}", nearest(unknown, known), known.join(", "))
        }
        _ => message.trim_end().to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, PartialEq, serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Settings {
        lr: Option<f64>,
        epochs: Option<u64>,
    }

    fn read(text: &str) -> Result<Settings, String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.toml");
        std::fs::write(&path, text).unwrap();
        read_config(&path).map_err(|error| error.to_string().replace(&path.display().to_string(), "FILE"))
    }

    #[test]
    fn keys_that_do_not_exist_are_named_with_line_and_neighbor() {
        assert_eq!(read("lr = 0.5\n"), Ok(Settings { lr: Some(0.5), epochs: None }));
        let error = read("lr = 0.5\n\nepohcs = 3\n").unwrap_err();
        assert_eq!(error, "FILE, line 3: no setting \"epohcs\" (did you mean \"epochs\"?); there are lr, epochs");
        let error = read("lr = 0.5\nepochs = \"many\"\n").unwrap_err();
        assert!(error.starts_with("FILE, line 2: invalid type: string \"many\""), "{error}");
        assert!(read("lr 0.5").unwrap_err().starts_with("FILE, line 1: "));
        let missing = read_config::<Settings>(Path::new("nowhere.toml")).unwrap_err().to_string();
        assert!(missing.starts_with("cannot read nowhere.toml: "), "{missing}");
    }
}
