//! [`State`]: what an optimizer remembers, on its way into a checkpoint and back.

use std::collections::BTreeMap;
use tape::Real;

/// What an optimizer remembers between steps, by name: moments and velocities under the names of their parameters, counts
/// of steps, the learning rate. With it, training goes on with the same bits.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct State<F: Real = f32> {
    /// Lists at the precision of the parameters.
    pub arrays: BTreeMap<String, Vec<F>>,
    /// Lists that are in double precision whatever the parameters are.
    pub numbers: BTreeMap<String, Vec<f64>>,
}

/// A state that does not belong to this optimizer or to these parameters.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "state of the optimizer: {name}: expected {expected}, found {found}; was it saved by another optimizer or model?"
)]
pub struct StateError {
    /// The list that is wrong.
    pub name: String,
    /// What should be there.
    pub expected: String,
    /// What is there.
    pub found: String,
}

impl<F: Real> State<F> {
    /// Takes the list `name` of `len` numbers.
    pub(crate) fn take(&mut self, name: &str, len: usize) -> Result<Vec<F>, StateError> {
        take(self.arrays.remove(name), name, len)
    }

    /// Takes the `len` numbers called `name`.
    pub(crate) fn take_numbers(&mut self, name: &str, len: usize) -> Result<Vec<f64>, StateError> {
        take(self.numbers.remove(name), name, len)
    }

    /// Takes the single number called `name`.
    pub(crate) fn take_number(&mut self, name: &str) -> Result<f64, StateError> {
        Ok(self.take_numbers(name, 1)?[0])
    }

    /// Everything must have been taken: what is left belongs to something else.
    pub(crate) fn finish(self) -> Result<(), StateError> {
        match self.arrays.into_keys().chain(self.numbers.into_keys()).next() {
            None => Ok(()),
            Some(name) => Err(StateError { name, expected: "nothing".to_string(), found: "numbers".to_string() }),
        }
    }
}

fn take<T>(list: Option<Vec<T>>, name: &str, len: usize) -> Result<Vec<T>, StateError> {
    let found = match &list {
        Some(found) if found.len() == len => return Ok(list.unwrap_or_default()),
        Some(found) => format!("{} numbers", found.len()),
        None => "nothing".to_string(),
    };
    Err(StateError { name: name.to_string(), expected: format!("{len} numbers"), found })
}
