//! Tensors of a file, and how they come into a store of parameters.

use super::WeightsError;
use std::borrow::Cow;
use std::collections::BTreeMap;
use tape::{Float, Params};

/// A tensor in a file.
pub(super) struct Stored<'f> {
    pub(super) name: String,
    /// The type of the numbers, as safetensors calls it: `F32`.
    pub(super) kind: String,
    pub(super) shape: Vec<usize>,
    /// In row-major order, little-endian.
    pub(super) bytes: Cow<'f, [u8]>,
}

/// What PyTorch counts besides; no result depends on it.
const COUNTER: &str = ".num_batches_tracked";

/// Fills all parameters and buffers, or none.
pub(super) fn fill(params: &mut Params<f32>, stored: Vec<Stored<'_>>) -> Result<(), WeightsError> {
    let mut by_name: BTreeMap<&str, &Stored<'_>> = stored.iter().map(|stored| (stored.name.as_str(), stored)).collect();
    let (mut missing, mut reshaped, mut found) = (Vec::new(), Vec::new(), Vec::new());
    for param in params.entries() {
        let (name, shape) = (param.name(), param.tensor().shape());
        match by_name.remove(name) {
            None => missing.push(name.to_string()),
            Some(stored) if stored.kind != "F32" || stored.shape != shape.dims() => {
                reshaped.push(format!("{name}: expected F32 {shape}, found {} {:?}", stored.kind, stored.shape));
            }
            Some(stored) => found.push(stored),
        }
    }
    let extra: Vec<String> = by_name.into_keys().filter(|name| !name.ends_with(COUNTER)).map(String::from).collect();
    if !(missing.is_empty() && extra.is_empty() && reshaped.is_empty()) {
        return Err(WeightsError::Other { missing, extra, reshaped });
    }
    for ((_, tensor), stored) in params.tensors_mut().zip(found) {
        tensor.as_mut_slice().copy_from_slice(&f32::from_bytes(&stored.bytes));
    }
    Ok(())
}
