//! Weights as safetensors files, which PyTorch reads and writes too: every parameter and buffer under its dotted name.
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

use byteorder::{ByteOrder, LittleEndian};
use safetensors::SafeTensors;
use safetensors::tensor::{Dtype, TensorView};
use std::io;
use std::path::{Path, PathBuf};
use tape::Params;

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
    /// It is no safetensors file, or a damaged one.
    #[error("not a whole safetensors file: {0}")]
    Format(String),
    /// It holds the weights of another model.
    #[error(
        "weights of another model: missing {missing:?}, not expected {extra:?}, of another shape or type {reshaped:?}"
    )]
    Other {
        /// Names that the model has and the file has not.
        missing: Vec<String>,
        /// Names that the file has and the model has not.
        extra: Vec<String>,
        /// Names with the shapes and types that were expected and found.
        reshaped: Vec<String>,
    },
}

/// All parameters and buffers as the bytes of a safetensors file.
pub fn to_bytes(params: &Params<f32>) -> Vec<u8> {
    let bytes = |numbers: &[f32]| {
        let mut bytes = vec![0; 4 * numbers.len()];
        LittleEndian::write_f32_into(numbers, &mut bytes);
        bytes
    };
    let list: Vec<Vec<u8>> = params.entries().iter().map(|p| bytes(p.tensor().as_slice())).collect();
    let views = params.entries().iter().zip(&list).map(|(p, bytes)| {
        let view = TensorView::new(Dtype::F32, p.tensor().shape().dims().to_vec(), bytes);
        (p.name(), view.expect("a tensor has as many numbers as its shape says"))
    });
    safetensors::serialize(views, None).expect("names and shapes can be written as JSON")
}

/// Loads every parameter and buffer from the bytes of a safetensors file, which must have the same names and shapes.
///
/// # Errors
/// [`WeightsError::Format`] and [`WeightsError::Other`].
pub fn from_bytes(params: &mut Params<f32>, bytes: &[u8]) -> Result<(), WeightsError> {
    let file = SafeTensors::deserialize(bytes).map_err(|error| WeightsError::Format(error.to_string()))?;
    let (mut missing, mut reshaped) = (Vec::new(), Vec::new());
    for param in params.entries() {
        let (name, shape) = (param.name(), param.tensor().shape());
        match file.tensor(name) {
            Err(_) => missing.push(name.to_string()),
            Ok(view) if view.dtype() != Dtype::F32 || view.shape() != shape.dims() => {
                reshaped.push(format!("{name}: expected F32 {shape}, found {:?} {:?}", view.dtype(), view.shape()));
            }
            Ok(_) => {}
        }
    }
    let known = |name: &&str| params.entries().iter().any(|p| p.name() == *name);
    let extra: Vec<String> = file.names().into_iter().filter(|name| !known(name)).map(str::to_string).collect();
    if !(missing.is_empty() && extra.is_empty() && reshaped.is_empty()) {
        return Err(WeightsError::Other { missing, extra, reshaped });
    }
    for (name, tensor) in params.tensors_mut() {
        let view = file.tensor(name).map_err(|error| WeightsError::Format(error.to_string()))?;
        LittleEndian::read_f32_into(view.data(), tensor.as_mut_slice());
    }
    Ok(())
}

/// Loads every parameter and buffer from a safetensors file, as [`from_bytes`].
///
/// # Errors
/// [`WeightsError`], also where the file cannot be read.
pub fn load(params: &mut Params<f32>, path: impl AsRef<Path>) -> Result<(), WeightsError> {
    let path = path.as_ref();
    let bytes = std::fs::read(path).map_err(|source| WeightsError::Read { path: path.into(), source })?;
    from_bytes(params, &bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Linear;

    fn model(inputs: usize, seed: u64) -> Params<f32> {
        let mut params = Params::new(seed);
        Linear::new(params.root().at("fc"), inputs, 2);
        params
    }

    #[test]
    fn what_does_not_fit_is_listed_and_nothing_is_changed() {
        let mut other = model(4, 1);
        other.root().param("scale", [1], 1.0);
        let bytes = to_bytes(&other);
        let mut params = model(3, 2);
        params.root().param("shift", [1], 1.0);
        let before = to_bytes(&params);
        match from_bytes(&mut params, &bytes) {
            Err(WeightsError::Other { missing, extra, reshaped }) => {
                assert_eq!((missing, extra), (vec!["shift".to_string()], vec!["scale".to_string()]));
                assert_eq!(reshaped, ["fc.weight: expected F32 [2, 3], found F32 [2, 4]"]);
            }
            result => panic!("{result:?}"),
        }
        assert_eq!(to_bytes(&params), before);
        for len in 0..before.len() {
            assert!(from_bytes(&mut params, &before[..len]).is_err(), "cut to {len} bytes");
        }
        assert!(matches!(load(&mut params, "nowhere"), Err(WeightsError::Read { .. })));
    }
}
