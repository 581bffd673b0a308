//! The state of a run between two steps, as a checkpoint holds it.

use super::{EpochRecord, Start};
use crate::checkpoint::{Array, Found, Numbers, Snapshot};
use crate::metrics::Sums;
use crate::{CheckpointError, Minimizer, TrainError};
use optim::{Ema, State};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::Path;
use tape::Params;

/// Everything but the numbers of the parameters and of the optimizer.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct RunState {
    /// Epochs that are done.
    pub(super) epoch: u64,
    /// Batches of the present epoch that are done.
    pub(super) batch: u64,
    pub(super) sums: Sums,
    /// Seconds of the present epoch.
    pub(super) seconds: f64,
    pub(super) history: Vec<EpochRecord>,
    pub(super) best: Option<EpochRecord>,
    /// What the plateau of the learning rate remembers, after its first epoch.
    pub(super) plateau: Option<(f64, u64, u64)>,
    pub(super) averaged: u64,
}

fn add_params(arrays: &mut BTreeMap<String, Array>, prefix: &str, params: &Params) {
    for param in params.entries() {
        let (dims, numbers) = (param.tensor().shape().dims().to_vec(), param.tensor().as_slice().to_vec());
        arrays.insert(format!("{prefix}/{}", param.name()), Array { dims, numbers: Numbers::F32(numbers) });
    }
}

/// Everything that the run needs to go on.
pub(super) fn snapshot(
    params: &Params,
    optimizer: &Minimizer,
    average: Option<&Ema>,
    best: Option<&Params>,
    state: &RunState,
) -> Snapshot<RunState> {
    let mut arrays = BTreeMap::new();
    add_params(&mut arrays, "params", params);
    if let Some(best) = best {
        add_params(&mut arrays, "best", best);
    }
    if let Some(average) = average {
        add_params(&mut arrays, "average", average.params());
    }
    let State { arrays: lists, numbers } = optimizer.state(params);
    arrays.extend(lists.into_iter().map(|(name, list)| (format!("optimizer/{name}"), Array::from(list))));
    arrays.extend(numbers.into_iter().map(|(name, list)| (format!("numbers/{name}"), Array::from(list))));
    Snapshot { step: params.step(), arrays, state: state.clone() }
}

/// Takes the parameters under a prefix out of the arrays.
fn take_params(
    arrays: &mut BTreeMap<String, Array>,
    prefix: &str,
    like: &Params,
    path: &Path,
) -> Result<Params, CheckpointError> {
    let mut params = like.clone();
    for (name, tensor) in params.tensors_mut() {
        let shape = tensor.shape();
        let other = |found: String| {
            let (path, what, expected) = (path.to_path_buf(), name.to_string(), format!("{shape} of f32"));
            Err(CheckpointError::Other { path, what, expected, found })
        };
        match arrays.remove(&format!("{prefix}/{name}")) {
            Some(Array { dims, numbers: Numbers::F32(numbers) }) if dims == shape.dims() => {
                tensor.as_mut_slice().copy_from_slice(&numbers);
            }
            Some(array) => return other(format!("{:?}", array.dims)),
            None => return other("nothing".to_string()),
        }
    }
    match arrays.keys().find(|name| name.starts_with(&format!("{prefix}/"))) {
        None => Ok(params),
        Some(extra) => Err(CheckpointError::Other {
            path: path.to_path_buf(),
            what: extra.clone(),
            expected: "nothing".to_string(),
            found: "numbers".to_string(),
        }),
    }
}

/// Puts a run where the checkpoint was.
pub(super) fn restore(
    found: Found<RunState>,
    params: &mut Params,
    optimizer: &mut Minimizer,
    average: Option<&mut Ema>,
) -> Result<Start, TrainError> {
    let Found { snapshot: Snapshot { step, mut arrays, state }, path, rejected } = found;
    let mut restored = take_params(&mut arrays, "params", params, &path)?;
    restored.set_step(step);
    let best = match state.best {
        Some(_) => Some(take_params(&mut arrays, "best", params, &path)?),
        None => None,
    };
    let other = |what: &str, expected: String, found: String| {
        TrainError::from(CheckpointError::Other { path: path.clone(), what: what.to_string(), expected, found })
    };
    if let Some(average) = average {
        let mut averaged = take_params(&mut arrays, "average", params, &path)?;
        averaged.set_step(step);
        average.restore(averaged, state.averaged);
    }
    let mut memory = State::default();
    for (name, Array { numbers, .. }) in arrays {
        match (name.split_once('/'), numbers) {
            (Some(("optimizer", name)), Numbers::F32(list)) => _ = memory.arrays.insert(name.to_string(), list),
            (Some(("numbers", name)), Numbers::F64(list)) => _ = memory.numbers.insert(name.to_string(), list),
            _ => return Err(other(&name, "nothing".to_string(), "numbers".to_string())),
        }
    }
    optimizer.restore(&restored, memory).map_err(|error| other(&error.name, error.expected, error.found))?;
    *params = restored;
    Ok(Start { state, best, resumed: Some((step, path)), rejected })
}

/// The best parameters of a run, from its newest checkpoint.
pub(super) fn best(found: Found<RunState>, like: &Params) -> Result<(Params, EpochRecord), TrainError> {
    let Found { mut snapshot, path, .. } = found;
    match snapshot.state.best {
        Some(record) => Ok((take_params(&mut snapshot.arrays, "best", like, &path)?, record)),
        None => Err(CheckpointError::Other {
            path,
            what: "best parameters".to_string(),
            expected: "those of an epoch".to_string(),
            found: "a run that has not completed one".to_string(),
        }
        .into()),
    }
}
