//! Files from before 2020: five pickles — a magic number, a version, words about the machine, the tensors, the keys of the
//! storages — and then the storages in the order of the keys, each behind the count of its numbers.

use super::value::Value;
use super::{Stored, WeightsError, format, gather, pickle, tensors};
use std::collections::BTreeMap;

/// The pickle of the magic number.
pub(super) const MAGIC: &[u8] = b"\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19.";

/// All tensors of a file, from behind the magic number.
pub(super) fn read(bytes: &[u8]) -> Result<Vec<Stored<'static>>, WeightsError> {
    let (_version, bytes) = pickle::read(bytes)?;
    let (machine, bytes) = pickle::read(bytes)?;
    let (contents, bytes) = pickle::read(bytes)?;
    let (keys, mut bytes) = pickle::read(bytes)?;
    let said = machine.dictionaries.iter().flatten();
    if said.into_iter().any(|(key, value)| key.text() == Some("little_endian") && matches!(value, Value::Bool(false))) {
        return Err(format("its numbers are not little-endian".to_string()));
    }
    let Value::Tuple(keys, _) = keys.top else {
        return Err(format("the keys of the storages are no list".to_string()));
    };
    let tensors = tensors(&contents)?;
    // How long a storage is, its first tensor knows; a storage without a tensor would leave the rest unreadable.
    let sizes: BTreeMap<&str, (usize, u64)> = tensors
        .iter()
        .map(|(_, tensor)| (tensor.storage.key.as_str(), (tensor.storage.count, tensor.storage.bytes())))
        .collect();
    let mut storages = BTreeMap::new();
    for key in keys.iter() {
        let key = key.text().unwrap_or_default();
        let Some(&(count, size)) = sizes.get(key) else { return Err(format(format!("storage {key:?} has no tensor"))) };
        let (head, rest) = bytes.split_at_checked(8).ok_or_else(|| ended(key))?;
        let found = head.iter().rev().fold(0u64, |number, &byte| number << 8 | u64::from(byte));
        if found != count as u64 {
            return Err(format(format!("storage {key}: expected {count} numbers, found {found}")));
        }
        let size = usize::try_from(size).map_err(|_| ended(key))?;
        let (storage, rest) = rest.split_at_checked(size).ok_or_else(|| ended(key))?;
        storages.insert(key.to_string(), storage);
        bytes = rest;
    }
    gather(tensors.clone(), |key| storages.get(key).copied())
}

fn ended(key: &str) -> WeightsError {
    format(format!("the file ends within storage {key}"))
}
