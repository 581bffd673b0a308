//! Configuration files.

use crate::choice::nearest;
use clap::Args;
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

/// Options that a configuration file may hold: its keys are the names of their fields.
pub trait FileOptions: Args + DeserializeOwned {}

impl<T: Args + DeserializeOwned> FileOptions for T {}

/// The keys of some options: what clap calls their arguments, which are the names of the fields.
fn keys<T: Args>() -> Vec<String> {
    let command = T::augment_args(clap::Command::new("keys"));
    command.get_arguments().map(|argument| argument.get_id().to_string()).collect()
}

/// Reads a TOML file.
///
/// # Errors
/// When the file cannot be read, or is not what it should be.
pub fn read_toml<T: DeserializeOwned>(path: &Path) -> Result<T, ConfigError> {
    let text = read(path)?;
    toml::from_str(&text).map_err(|error| wrong(path, &text, &error))
}

fn read(path: &Path) -> Result<String, ConfigError> {
    std::fs::read_to_string(path).map_err(|source| ConfigError::Read { path: path.into(), source })
}

/// An error at a place of the text.
fn format_error(path: &Path, text: &str, begin: usize, what: String) -> ConfigError {
    let before = &text.as_bytes()[..begin.min(text.len())];
    ConfigError::Format { path: path.into(), line: before.iter().filter(|&&byte| byte == b'\n').count() + 1, what }
}

fn wrong(path: &Path, text: &str, error: &toml::de::Error) -> ConfigError {
    format_error(path, text, error.span().map_or(0, |span| span.start), error.message().trim_end().to_string())
}

/// Reads a TOML file into options of two kinds, with the keys of both side by side. For a key that neither has, the error
/// names the line and the nearest key that there is.
///
/// # Errors
/// When the file cannot be read, or is not what it should be.
pub fn read_config<A: FileOptions, B: FileOptions>(path: &Path) -> Result<(A, B), ConfigError> {
    let text = read(path)?;
    let wrong = |error: toml::de::Error| wrong(path, &text, &error);
    let table = toml::de::DeTable::parse(&text).map_err(wrong)?;
    let known = [keys::<A>(), keys::<B>()].concat();
    let known: Vec<&str> = known.iter().map(String::as_str).collect();
    if let Some(unknown) = table.get_ref().keys().find(|key| !known.contains(&key.get_ref().as_ref())) {
        let name = unknown.get_ref().as_ref();
        let what = format!("no setting {name:?}{}; there are {}", nearest(name, &known), known.join(", "));
        return Err(format_error(path, &text, unknown.span().start, what));
    }
    Ok((toml::from_str(&text).map_err(wrong)?, toml::from_str(&text).map_err(wrong)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Args, Debug, PartialEq, serde::Deserialize)]
    struct Settings {
        #[arg(long)]
        lr: Option<f64>,
        #[arg(long)]
        epochs: Option<u64>,
    }

    #[derive(Args, Debug, PartialEq, serde::Deserialize)]
    struct Others {
        #[arg(long)]
        hidden: Option<u64>,
    }

    fn read(text: &str) -> Result<(Settings, Others), String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.toml");
        std::fs::write(&path, text).unwrap();
        read_config(&path).map_err(|error| error.to_string().replace(&path.display().to_string(), "FILE"))
    }

    #[test]
    fn keys_that_do_not_exist_are_named_with_line_and_neighbor() {
        let expected = (Settings { lr: Some(0.5), epochs: None }, Others { hidden: Some(3) });
        assert_eq!(read("lr = 0.5\nhidden = 3\n"), Ok(expected));
        let error = read("lr = 0.5\n\nepohcs = 3\n").unwrap_err();
        assert_eq!(
            error,
            "FILE, line 3: no setting \"epohcs\" (did you mean \"epochs\"?); there are lr, epochs, hidden"
        );
        let error = read("lr = 0.5\nepochs = \"many\"\n").unwrap_err();
        assert!(error.starts_with("FILE, line 2: invalid type: string \"many\""), "{error}");
        assert!(read("lr 0.5").unwrap_err().starts_with("FILE, line 1: "));
        let missing = read_config::<Settings, Others>(Path::new("nowhere.toml")).unwrap_err().to_string();
        assert!(missing.starts_with("cannot read nowhere.toml: "), "{missing}");
    }
}
