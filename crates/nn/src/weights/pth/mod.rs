//! PyTorch's `.pth` files: a pickle, which says what the tensors are called and how they lie in the storages, and the
//! storages. Since 2020 they are files of a zip archive; before, they followed each other.

mod legacy;
mod pickle;
#[cfg(test)]
mod tests;
mod value;

use super::WeightsError;
use super::stored::Stored;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io::{Cursor, Read};
use value::{Pickle, TensorView, Value};
use zip::ZipArchive;

/// The longest pickle that is read: a network of a thousand tensors has one of a hundredth of this.
const MOST_PICKLE: u64 = 16 << 20;

/// Under which names a checkpoint may hold the weights, among other things.
const WEIGHTS: [&str; 3] = ["state_dict", "model_state_dict", "model"];

/// Whether a file is PyTorch's.
pub(super) fn is_pth(bytes: &[u8]) -> bool {
    bytes.starts_with(b"PK\x03\x04") || bytes.starts_with(legacy::MAGIC)
}

/// All tensors of a file. A checkpoint that holds the weights under a name of its own gives those.
pub(super) fn read(bytes: &[u8]) -> Result<Vec<Stored<'static>>, WeightsError> {
    match bytes.strip_prefix(legacy::MAGIC) {
        Some(rest) => legacy::read(rest),
        None => read_archive(bytes),
    }
}

fn read_archive(bytes: &[u8]) -> Result<Vec<Stored<'static>>, WeightsError> {
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(|error| format(error.to_string()))?;
    let mut names = archive.file_names().filter_map(Result::ok);
    let pickle = names.find(|name| name.ends_with("/data.pkl")).map(|name| name.into_owned());
    drop(names);
    let pickle = pickle.ok_or_else(|| format("a zip archive without data.pkl".to_string()))?;
    let folder = pickle.strip_suffix("data.pkl").unwrap_or_default().to_string();
    if let Ok(order) = entry(&mut archive, &format!("{folder}byteorder"), 16)
        && order != b"little"
    {
        return Err(format("its numbers are not little-endian".to_string()));
    }
    let pickle = entry(&mut archive, &pickle, MOST_PICKLE)?;
    let (contents, _) = pickle::read(&pickle)?;
    let mut storages = BTreeMap::new();
    let tensors = tensors(&contents)?;
    for (_, tensor) in &tensors {
        let key = &tensor.storage.key;
        if !storages.contains_key(key) {
            let size = tensor.storage.bytes();
            let storage = entry(&mut archive, &format!("{folder}data/{key}"), size)?;
            if storage.len() as u64 != size {
                return Err(format(format!("storage {key}: expected {size} bytes, found {}", storage.len())));
            }
            storages.insert(key.clone(), storage);
        }
    }
    gather(tensors, |key| storages.get(key).map(Vec::as_slice))
}

/// The numbers of tensors, from the storages of some keys.
fn gather<'s>(
    tensors: Vec<(String, TensorView)>,
    storage: impl Fn(&str) -> Option<&'s [u8]>,
) -> Result<Vec<Stored<'static>>, WeightsError> {
    let stored = |(name, tensor): (String, TensorView)| {
        let bytes = storage(&tensor.storage.key).and_then(|storage| tensor.gather(storage)).ok_or_else(|| {
            format(format!("tensor {name} reaches beyond its storage of {} numbers", tensor.storage.count))
        })?;
        Ok(Stored { name, kind: tensor.storage.kind.to_string(), shape: tensor.shape, bytes: Cow::Owned(bytes) })
    };
    tensors.into_iter().map(stored).collect()
}

fn format(what: String) -> WeightsError {
    WeightsError::Format(what)
}

/// A file of the archive, of at most so many bytes. What the archive says of sizes is not believed.
fn entry(archive: &mut ZipArchive<Cursor<&[u8]>>, name: &str, most: u64) -> Result<Vec<u8>, WeightsError> {
    let file = archive.by_name(name).map_err(|error| format(format!("{name}: {error}")))?;
    let mut bytes = Vec::new();
    file.take(most + 1).read_to_end(&mut bytes).map_err(|error| format(format!("{name}: {error}")))?;
    if bytes.len() as u64 > most {
        return Err(format(format!("{name}: more than {most} bytes")));
    }
    Ok(bytes)
}

/// The tensors of the pickle's dictionary by name, or of the one in it that has the weights.
fn tensors(pickle: &Pickle) -> Result<Vec<(String, TensorView)>, WeightsError> {
    let Value::Dict(place) = pickle.top else {
        return Err(format("it holds no dictionary of tensors; save model.state_dict()".to_string()));
    };
    let outer = &pickle.dictionaries[place];
    let inner = WEIGHTS.iter().find_map(|name| match outer.iter().find(|(key, _)| key.text() == Some(name)) {
        Some(&(_, Value::Dict(place))) => Some(&pickle.dictionaries[place]),
        _ => None,
    });
    let named = inner.unwrap_or(outer).iter().filter_map(|(key, value)| match (key, value) {
        (Value::Text(name), Value::Tensor(tensor)) => Some((name.to_string(), (**tensor).clone())),
        _ => None,
    });
    let found: Vec<(String, TensorView)> = named.collect();
    if found.is_empty() {
        return Err(format("it holds no tensors; save model.state_dict()".to_string()));
    }
    Ok(found)
}
