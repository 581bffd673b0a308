//! Numbers by name, as the bytes of a safetensors file and back.

use safetensors::tensor::{Dtype, SafeTensors, TensorView};
use std::collections::BTreeMap;
use tape::Float;

/// Numbers of one of two precisions.
#[derive(Clone, Debug, PartialEq)]
pub enum Numbers {
    /// Single precision.
    F32(Vec<f32>),
    /// Double precision.
    F64(Vec<f64>),
}

/// Numbers with their shape.
#[derive(Clone, Debug, PartialEq)]
pub struct Array {
    /// The sizes along each axis.
    pub dims: Vec<usize>,
    /// As many numbers as the sizes say, in row-major order.
    pub numbers: Numbers,
}

impl From<Vec<f64>> for Array {
    fn from(numbers: Vec<f64>) -> Self {
        Array { dims: vec![numbers.len()], numbers: Numbers::F64(numbers) }
    }
}

impl From<Vec<f32>> for Array {
    fn from(numbers: Vec<f32>) -> Self {
        Array { dims: vec![numbers.len()], numbers: Numbers::F32(numbers) }
    }
}

pub(super) fn to_bytes(arrays: &BTreeMap<String, Array>) -> Vec<u8> {
    let bytes: Vec<(&str, Dtype, &[usize], Vec<u8>)> = arrays
        .iter()
        .map(|(name, array)| {
            let (dtype, bytes) = match &array.numbers {
                Numbers::F32(numbers) => (Dtype::F32, f32::to_bytes(numbers)),
                Numbers::F64(numbers) => (Dtype::F64, f64::to_bytes(numbers)),
            };
            (name.as_str(), dtype, array.dims.as_slice(), bytes)
        })
        .collect();
    let views = bytes.iter().map(|(name, dtype, dims, bytes)| {
        let view = TensorView::new(*dtype, dims.to_vec(), bytes);
        (*name, view.expect("an array has as many numbers as its sizes say"))
    });
    safetensors::serialize(views, None).expect("names and sizes can be written as JSON")
}

/// The arrays, or in words what is wrong.
pub(super) fn from_bytes(bytes: &[u8]) -> Result<BTreeMap<String, Array>, String> {
    let tensors = SafeTensors::deserialize(bytes).map_err(|error| error.to_string())?;
    let mut arrays = BTreeMap::new();
    for (name, view) in tensors.iter() {
        let numbers = match view.dtype() {
            Dtype::F32 => Numbers::F32(f32::from_bytes(view.data())),
            Dtype::F64 => Numbers::F64(f64::from_bytes(view.data())),
            other => return Err(format!("{other:?} in {name}")),
        };
        arrays.insert(name.to_string(), Array { dims: view.shape().to_vec(), numbers });
    }
    Ok(arrays)
}
