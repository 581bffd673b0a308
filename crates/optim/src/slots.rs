//! [`Slots`]: what an optimizer remembers of each parameter.

use tape::Real;

/// For each parameter, by its index: how many steps it took, and `N` arrays of its size. They begin with zeros when the
/// parameter has its first gradient; a parameter that has none in a step keeps what it had.
#[derive(Clone, Debug)]
pub(crate) struct Slots<F, const N: usize>(Vec<Slot<F, N>>);

#[derive(Clone, Debug)]
pub(crate) struct Slot<F, const N: usize> {
    /// Steps of this parameter, the present one included.
    pub(crate) steps: u64,
    pub(crate) arrays: [Vec<F>; N],
}

impl<F: Real, const N: usize> Slots<F, N> {
    pub(crate) fn new() -> Self {
        Slots(Vec::new())
    }

    /// The slot of a parameter of `len` numbers at the begin of a step, which is counted.
    pub(crate) fn step(&mut self, index: usize, len: usize, start: [F; N]) -> &mut Slot<F, N> {
        while self.0.len() <= index {
            self.0.push(Slot { steps: 0, arrays: std::array::from_fn(|_| Vec::new()) });
        }
        let slot = &mut self.0[index];
        if slot.steps == 0 {
            slot.arrays.iter_mut().zip(start).for_each(|(array, start)| array.resize(len, start));
        }
        slot.steps += 1;
        slot
    }
}
