//! [`Slots`]: what an optimizer remembers of each parameter.

use crate::{State, StateError};
use tape::{Params, Real};

/// For each parameter, by its index: how many steps it took, and `N` arrays of its size. They begin when the parameter
/// has its first gradient; a parameter that has none in a step keeps what it had.
#[derive(Clone, Debug)]
pub(crate) struct Slots<F, const N: usize> {
    names: [&'static str; N],
    list: Vec<Slot<F, N>>,
}

#[derive(Clone, Debug)]
pub(crate) struct Slot<F, const N: usize> {
    /// Steps of this parameter, the present one included.
    pub(crate) steps: u64,
    pub(crate) arrays: [Vec<F>; N],
}

impl<F: Real, const N: usize> Slots<F, N> {
    /// No slots; the names are those of the arrays in a [`State`].
    pub(crate) fn new(names: [&'static str; N]) -> Self {
        Slots { names, list: Vec::new() }
    }

    fn reach(&mut self, index: usize) -> &mut Slot<F, N> {
        while self.list.len() <= index {
            self.list.push(Slot { steps: 0, arrays: std::array::from_fn(|_| Vec::new()) });
        }
        &mut self.list[index]
    }

    /// The slot of a parameter of `len` numbers at the begin of a step, which is counted.
    pub(crate) fn step(&mut self, index: usize, len: usize, start: [F; N]) -> &mut Slot<F, N> {
        let slot = self.reach(index);
        if slot.steps == 0 {
            slot.arrays.iter_mut().zip(start).for_each(|(array, start)| array.resize(len, start));
        }
        slot.steps += 1;
        slot
    }

    /// Adds all slots to a state.
    pub(crate) fn save(&self, params: &Params<F>, state: &mut State<F>) {
        for (slot, param) in self.list.iter().zip(params.entries()).filter(|(slot, _)| slot.steps > 0) {
            for (name, array) in self.names.iter().zip(&slot.arrays) {
                state.arrays.insert(format!("{}.{name}", param.name()), array.clone());
            }
            state.numbers.insert(format!("{}.{}.steps", param.name(), self.names[0]), vec![slot.steps as f64]);
        }
    }

    /// Takes the slots of every parameter that has some out of a state.
    pub(crate) fn restore(&mut self, params: &Params<F>, state: &mut State<F>) -> Result<(), StateError> {
        self.list.clear();
        for (index, param) in params.entries().iter().enumerate() {
            let Some(steps) = state.numbers.remove(&format!("{}.{}.steps", param.name(), self.names[0])) else {
                continue;
            };
            let names = self.names;
            let slot = self.reach(index);
            slot.steps = steps.first().map_or(0, |&steps| steps as u64);
            for (name, array) in names.iter().zip(&mut slot.arrays) {
                *array = state.take(&format!("{}.{name}", param.name()), param.tensor().shape().len())?;
            }
        }
        Ok(())
    }
}
