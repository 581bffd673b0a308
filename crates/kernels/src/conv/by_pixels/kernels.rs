//! The packed kernels of [`by_pixels`](super).

use super::phases::{Phases, Runs};
use super::{WIDTH, block_start, panels};
use crate::Float;
use crate::micro::Micro;
use crate::simd::Work;

/// The packed kernels of all groups.
pub(super) struct Packed<F>(pub(super) *mut F);

// SAFETY: of those who share it, each writes a part of its own, or none does.
unsafe impl<F: Float> Sync for Packed<F> {}

impl<F> Packed<F> {
    pub(super) fn at(&self, at: usize) -> *mut F {
        self.0.wrapping_add(at)
    }
}

/// Packs the kernels of a group for a block of channels and [`WIDTH`] outputs: for each phase and block, panels of outputs,
/// whose rows are in the order of [`Runs`].
pub(super) struct Kernels<'a, F> {
    pub(super) phases: Phases<'a, F>,
    pub(super) group: usize,
    pub(super) block: usize,
    pub(super) part: usize,
    pub(super) to: *mut F,
}

impl<F: Float> Work<F> for Kernels<'_, F> {
    #[inline(always)]
    unsafe fn run<V: Micro<Scalar = F>>(self) {
        let Kernels { phases, group, block, part, to } = self;
        let padded = phases.common().outputs.next_multiple_of(WIDTH);
        let Some(block) = phases.blocks().nth(block) else { unreachable!("one of the blocks") };
        for ((all, _), start) in phases.iter().zip(phases.starts(padded)) {
            let [down, right] = all.taps;
            let depth = block.len() * all.kernel_size();
            let to = to.wrapping_add(start + block_start(all, block.start));
            let runs = Runs::new(all, block.len());
            let (from_run, from_number) =
                if runs.along_channels { (right.step, all.a_channel) } else { (all.a_channel, right.step) };
            for (first, width) in panels::<V>(all.outputs).filter(|(first, _)| first / WIDTH == part) {
                let (to, outputs) = (to.wrapping_add(first * depth), width.min(all.outputs - first));
                // SAFETY: the caller's promise; the panel has `width` numbers in each of `depth` rows.
                unsafe {
                    if outputs < width {
                        std::slice::from_raw_parts_mut(to, depth * width).fill(F::ZERO);
                    }
                    for i in 0..outputs {
                        let kernel = all.group_row(group, first + i).add(block.start * all.a_channel);
                        for (row, run) in (0..down.count).flat_map(|row| (0..runs.counts[1]).map(move |run| (row, run)))
                        {
                            let number = down.index(row) * all.kernel_width + right.index(0);
                            let from = kernel.add(number + run * from_run);
                            let to = to.add((row * runs.counts[1] + run) * runs.length * width + i);
                            for p in 0..runs.length {
                                *to.add(p * width) = *from.add(p * from_number);
                            }
                        }
                    }
                }
            }
        }
    }
}
