//! Convolutions in one pass over an image, of any stride, and their transposes: pixels are the rows of a product, which are
//! read from a frame wherever they begin, so that no patch is ever packed, and outputs its columns, whose packed kernels
//! stay in the first two levels of cache; only the results are turned around.
//!
//! ```text
//!   a frame: for each row of the image,       kernels, packed once            outputs
//!   that row of all channels                 ┌─────────┬─────────┐           ┌─────────┐
//!   ┌──────────────────────┐                 │ panel   │         │   pixels  │ tile    │
//!   │ ├─ run ─┤            │ red        ·    │         │         │    =   ┌──┤         ├─▶ turned, bias, activation
//!   │ ├─ run ─┤            │ green           │         │         │        └──┴─────────┘
//!   │ ├─ run ─┤            │ blue            └─────────┴─────────┘
//!   ├──────────────────────┤ the next row
//! ```
//!
//! A run is what a row of the kernel reads in a channel, or where channels are more, what one number of the kernel reads in
//! all of them. A pixel's runs begin one step further on than those of its neighbor, so that neither strides nor the ends of
//! rows cost anything. The transpose of a convolution with strides is several correlations, one for each remainder of a row
//! and of a column by the strides ([`Phases`]): all write to the same tiles of results, some pixels apart.
//!
//! Measured on two cores of a Zen 3 (peak 207 GFLOP/s): 3 to 32 channels with 7×7 on 32×32 pixels 178 GFLOP/s, 16 to 32
//! with 5×5 190; with 3×3 and a stride of 2, 3 to 64 on 224×224 124, 16 to 32 on 32×32 152, 64 to 128 on 28×28 183. Panels
//! of packed patches gave 119, 128, 109, 97 and 137. On two cores of a Zen 4 with AVX-512 (peak 236 GFLOP/s), the transposes
//! of 3×3 with a stride of 2, 16 to 32 on 32×32 164, 32 to 64 on 16×16 188; one phase after the other gave 85 and 114.

mod band;
mod kernels;
mod phases;

pub(super) use phases::Phases;

use super::correlate::Correlation;
use crate::micro::{Micro, REGISTERS};
use crate::{Float, Level, for_each_index, scratch};
use band::Band;
use kernels::{Kernels, Packed};
use phases::Runs;

/// The fewest outputs, and results of a row, for which it pays: below, tiles are not full.
const LEAST: usize = 8;

/// The fewest numbers of a run for which it pays: shorter ones take longer to begin than to multiply.
const RUN: usize = 3;

/// Bytes of the results of a band, about: a tenth of a second level of cache of half a MiB, so that they are still there when
/// they are turned around.
const BYTES: usize = 48 << 10;

/// Columns of the packed kernels are a multiple of this: a pair of the widest registers.
const WIDTH: usize = 32;

/// Whether [`correlate`] does it.
pub(super) fn suits<F: Float>(phases: &Phases<F>) -> bool {
    let all = phases.common();
    if all.channels == 0 {
        return false;
    }
    let ([rows, columns], [_, width]) = (phases.counts(), phases.size());
    let dense = phases.iter().all(|(phase, _)| phase.taps.iter().all(|t| t.count <= 1 || t.offset_step.abs() == 1));
    let filled = all.outputs.min(all.grid[1]) >= LEAST && all.y_step == [rows * width, columns];
    let longest = phases.iter().map(|(phase, _)| Runs::new(phase, phases.together()).length).max();
    dense && filled && longest.is_some_and(|length| length >= RUN)
}

/// Computes it on all threads.
///
/// # Safety
/// As [`Correlation`] states it, for every phase; the processor has the level; [`suits`] says yes.
pub(super) unsafe fn correlate<F: Float>(level: Level, phases: &Phases<F>) {
    let (all, apart, [_, width]) = (phases.common(), phases.counts()[0], phases.size());
    let images = all.images * all.groups;
    let padded = all.outputs.next_multiple_of(WIDTH);
    let fit = (BYTES / size_of::<F>() / padded / width / apart).clamp(1, all.grid[0].max(1));
    // Twice as many bands as threads, since threads do not always run equally fast.
    let wanted = (2 * rayon::current_num_threads()).div_ceil(images.max(1));
    let rows = all.grid[0].div_ceil(all.grid[0].div_ceil(fit).max(wanted)).max(1);
    let bands = all.grid[0].div_ceil(rows);
    let length = band::scratch_length(phases, rows);
    let group = phases.depth() * padded;
    scratch::with_shared(all.groups * group, |kernels: *mut F| {
        let (kernels, blocks, parts) = (Packed(kernels), phases.blocks().count(), padded / WIDTH);
        for_each_index(all.groups * blocks * parts, |i| {
            let (block, part, to) = (i / parts % blocks, i % parts, kernels.at(i / parts / blocks * group));
            // SAFETY: the caller's promise; there is memory for the kernels of all groups, and every index has its own.
            unsafe { F::enter(level, Kernels { phases: *phases, group: i / parts / blocks, block, part, to }) };
        });
        for_each_index(images * bands, |i| {
            let (image, begin) = (i / bands, i % bands * rows);
            let rows = begin..(begin + rows).min(all.grid[0]);
            let kernels = kernels.at(image % all.groups * group).cast_const();
            // SAFETY: the caller's promise; the bands are disjoint.
            scratch::with_at_least(length, |scratch| unsafe {
                F::enter(level, Band { phases: *phases, kernels, image, rows, scratch })
            });
        });
    });
}

/// Where the packed kernels of a block of channels begin in those of their phase.
fn block_start<F: Float>(phase: &Correlation<F>, first_channel: usize) -> usize {
    first_channel * phase.kernel_size() * phase.outputs.next_multiple_of(WIDTH)
}

/// Where panels of outputs begin, and their width: whole registers.
fn panels<V: Micro>(outputs: usize) -> impl Iterator<Item = (usize, usize)> {
    let (padded, panel) = (outputs.next_multiple_of(V::LANES), REGISTERS * V::LANES);
    (0..padded).step_by(panel).map(move |first| (first, panel.min(padded - first)))
}
