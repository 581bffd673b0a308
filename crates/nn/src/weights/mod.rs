//! Weights in files: safetensors, which PyTorch reads and writes too, and PyTorch's own `.pth`, which is read only. Every
//! parameter and buffer stands there under its dotted name.
//!
//! ```
//! use retrograde_nn::{Linear, weights};
//! # extern crate tape as retrograde_tape;
//! use retrograde_tape::Params;
//!
//! let mut trained = Params::<f32>::new(1);
//! Linear::new(trained.root().at("fc"), 3, 2);
//! let bytes = weights::to_bytes(&trained);
//!
//! let mut fresh = Params::<f32>::new(2);
//! Linear::new(fresh.root().at("fc"), 3, 2);
//! weights::from_bytes(&mut fresh, &bytes)?;
//! assert_eq!(fresh.entries()[0].tensor().as_slice(), trained.entries()[0].tensor().as_slice());
//! # Ok::<(), weights::WeightsError>(())
//! ```

#[cfg(feature = "pth")]
mod pth;
mod stored;
#[cfg(test)]
mod tests;

use safetensors::SafeTensors;
use safetensors::tensor::{Dtype, TensorView};
use std::borrow::Cow;
use std::collections::HashMap;
use std::io;
use std::path::{Path, PathBuf};
use stored::Stored;
use tape::{Float, Params};

/// Weights that cannot be loaded. The parameters are then as they were.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WeightsError {
    /// The file could not be read.
    #[error("cannot read {}: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// The cause.
        source: io::Error,
    },
    /// It is no file of weights, or a damaged one.
    #[error("no whole file of weights: {0}")]
    Format(String),
    /// It holds the weights of another model.
    #[error("weights of another model: {}", differences(missing, extra, reshaped))]
    Other {
        /// Names that the model has and the file has not.
        missing: Vec<String>,
        /// Names that the file has and the model has not.
        extra: Vec<String>,
        /// Names with the shapes and types that were expected and found.
        reshaped: Vec<String>,
    },
}

/// The first names of each kind, and how many there are.
fn differences(missing: &[String], extra: &[String], reshaped: &[String]) -> String {
    let kind = |what: &str, names: &[String]| match names.len() {
        0 => None,
        count => {
            let shown: Vec<&str> = names.iter().take(4).map(String::as_str).collect();
            let rest = if count > shown.len() { ", …" } else { "" };
            Some(format!("{count} {what} ({}{rest})", shown.join(", ")))
        }
    };
    let kinds = [kind("missing", missing), kind("not expected", extra), kind("of another shape or type", reshaped)];
    kinds.into_iter().flatten().collect::<Vec<_>>().join("; ")
}

/// All parameters and buffers as the bytes of a safetensors file.
pub fn to_bytes(params: &Params<f32>) -> Vec<u8> {
    serialize(params, None)
}

/// As [`to_bytes`], with words about the weights, such as how the network is made; [`about`] reads them again.
pub fn to_bytes_about(params: &Params<f32>, about: &str) -> Vec<u8> {
    serialize(params, Some(HashMap::from([(ABOUT.to_string(), about.to_string())])))
}

/// Under which name a file has words about its weights.
const ABOUT: &str = "about";

fn serialize(params: &Params<f32>, words: Option<HashMap<String, String>>) -> Vec<u8> {
    let list: Vec<Vec<u8>> = params.entries().iter().map(|p| f32::to_bytes(p.tensor().as_slice())).collect();
    let views = params.entries().iter().zip(&list).map(|(p, bytes)| {
        let view = TensorView::new(Dtype::F32, p.tensor().shape().dims().to_vec(), bytes);
        (p.name(), view.expect("a tensor has as many numbers as its shape says"))
    });
    safetensors::serialize(views, words).expect("names and shapes can be written as JSON")
}

/// The words about the weights in the bytes of a file, if there are any; PyTorch's own files have none.
///
/// # Errors
/// [`WeightsError::Format`].
pub fn about(bytes: &[u8]) -> Result<Option<String>, WeightsError> {
    #[cfg(feature = "pth")]
    if pth::is_pth(bytes) {
        return Ok(None);
    }
    let (_, header) = SafeTensors::read_metadata(bytes).map_err(|error| WeightsError::Format(error.to_string()))?;
    Ok(header.metadata().as_ref().and_then(|words| words.get(ABOUT).cloned()))
}

/// Loads every parameter and buffer from the bytes of a safetensors file, which must have the same names and shapes.
/// PyTorch's counters `num_batches_tracked` have no part in any result, and are passed over.
///
/// # Errors
/// [`WeightsError::Format`] and [`WeightsError::Other`].
pub fn from_bytes(params: &mut Params<f32>, bytes: &[u8]) -> Result<(), WeightsError> {
    let file = SafeTensors::deserialize(bytes).map_err(|error| WeightsError::Format(error.to_string()))?;
    let stored = file.iter().map(|(name, view)| Stored {
        name: name.to_string(),
        kind: format!("{:?}", view.dtype()),
        shape: view.shape().to_vec(),
        bytes: Cow::Borrowed(view.data()),
    });
    stored::fill(params, stored.collect())
}

/// Loads every parameter and buffer from a file; see [`from_file`].
///
/// # Errors
/// [`WeightsError`].
pub fn load(params: &mut Params<f32>, path: impl AsRef<Path>) -> Result<(), WeightsError> {
    let path = path.as_ref();
    let bytes = std::fs::read(path).map_err(|source| WeightsError::Read { path: path.into(), source })?;
    from_file(params, &bytes)
}

/// Loads every parameter and buffer from the bytes of a file: safetensors, as [`from_bytes`], or, with the feature `pth`, what
/// `torch.save(model.state_dict(), path)` wrote. Nothing in such a file is executed: of the commands in it, those that
/// build tensors are understood, and any other is an error.
///
/// # Errors
/// [`WeightsError`].
pub fn from_file(params: &mut Params<f32>, bytes: &[u8]) -> Result<(), WeightsError> {
    #[cfg(feature = "pth")]
    if pth::is_pth(bytes) {
        return stored::fill(params, pth::read(bytes)?);
    }
    from_bytes(params, bytes)
}
