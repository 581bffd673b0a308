//! The products of [`by_pixels`](super), for some rows of an image.

use super::phases::{Phases, Runs};
use super::{WIDTH, block_start, panels};
use crate::Float;
use crate::conv::channels_first::channels_first;
use crate::conv::correlate::Correlation;
use crate::micro::{IndirectTile, MOST_ROWS, Micro};
use crate::simd::Work;
use std::ops::Range;

/// Some rows of results of one image and group, which are counted together: those of the first phase, and of each other
/// the rows between them.
pub(super) struct Band<'a, F> {
    pub(super) phases: Phases<'a, F>,
    pub(super) kernels: *const F,
    pub(super) image: usize,
    pub(super) rows: Range<usize>,
    pub(super) scratch: *mut F,
}

/// The frame of a band: for each row that it reads, that row of some channels.
struct Frame {
    /// The place in the image of its first row and column.
    top: isize,
    left: isize,
    rows: usize,
    columns: usize,
}

impl Frame {
    fn new<F: Float>(phases: &Phases<F>, band: &Range<usize>) -> Frame {
        let [(top, down), (left, right)] = [phases.reach(0), phases.reach(1)];
        let all = phases.common();
        Frame {
            top: (band.start * all.step[0]) as isize + top,
            left,
            rows: (band.len() - 1) * all.step[0] + down,
            columns: (all.grid[1] - 1) * all.step[1] + right,
        }
    }

    /// Copies some channels of an image of this size, with zeros outside it.
    ///
    /// # Safety
    /// `x` is valid for the channels, `to` for the frame.
    unsafe fn fill<F: Float>(&self, [height, width]: [usize; 2], x: *const F, channels: &Range<usize>, to: *mut F) {
        let &Frame { top, left, rows, columns } = self;
        let begin = (-left).clamp(0, columns as isize) as usize;
        let end = (width as isize - left).clamp(begin as isize, columns as isize) as usize;
        for (i, channel) in (0..rows).flat_map(|i| channels.clone().map(move |channel| (i, channel))) {
            let row = i as isize + top;
            // SAFETY: the caller's promise; what is read lies inside the image.
            unsafe {
                let to = to.add((i * channels.len() + channel - channels.start) * columns);
                let to = std::slice::from_raw_parts_mut(to, columns);
                if row < 0 || row >= height as isize || begin == end {
                    to.fill(F::ZERO);
                    continue;
                }
                to[..begin].fill(F::ZERO);
                to[end..].fill(F::ZERO);
                let first = (channel * height + row as usize) * width + (left + begin as isize) as usize;
                to[begin..end].copy_from_slice(std::slice::from_raw_parts(x.add(first), end - begin));
            }
        }
    }
}

/// Numbers of scratch memory that a band of so many rows needs.
pub(super) fn scratch_length<F: Float>(phases: &Phases<F>, rows: usize) -> usize {
    let frame = Frame::new(phases, &(0..rows));
    let results = rows * phases.counts()[0] * phases.size()[1] * phases.common().outputs.next_multiple_of(WIDTH);
    frame.rows * frame.columns * phases.together() + results
}

impl<F: Float> Band<'_, F> {
    /// Adds what a block of channels, which is in the frame, contributes to the results of a phase, whose first result is
    /// at `place`: tiles of pixels side by side and a panel of outputs.
    ///
    /// # Safety
    /// As [`Work::run`]; `kernels` are those of the phase and the block.
    #[inline(always)]
    unsafe fn multiply<V: Micro<Scalar = F>>(
        &self,
        frame: &Frame,
        block: &Range<usize>,
        (phase, place): (&Correlation<F>, [usize; 2]),
        kernels: *const F,
        results: *mut F,
    ) {
        let ([rows_apart, columns_apart], [_, width]) = (self.phases.counts(), self.phases.size());
        let padded = phase.outputs.next_multiple_of(V::LANES);
        let ([down, right], columns, runs) = (phase.taps, phase.grid[1], Runs::new(phase, block.len()));
        // From a row of the frame to the next, and to the first that the phase reads.
        let deep = block.len() * frame.columns;
        let first_row = (self.rows.start * phase.step[0]) as isize + down.offset(0) - frame.top;
        let corner = first_row * deep as isize + right.offset(0) - frame.left;
        let (across, a_column) = if runs.along_channels {
            (right.offset_step, frame.columns as isize)
        } else {
            (frame.columns as isize, right.offset_step)
        };
        let mut a_rows = [0; MOST_ROWS];
        a_rows.iter_mut().enumerate().for_each(|(r, at)| *at = r * phase.step[1]);
        // Tiles of a row are as even as can be.
        let tiles = columns.div_ceil(V::ROWS);
        let rows = 0..self.rows.end.min(phase.grid[0]).saturating_sub(self.rows.start);
        for (first, panel) in panels::<V>(phase.outputs) {
            for (row, tile) in rows.clone().flat_map(|row| (0..tiles).map(move |tile| (row, tile))) {
                let (pixel, end) = (columns * tile / tiles, columns * (tile + 1) / tiles);
                let a = corner + (row * phase.step[0] * deep + pixel * phase.step[1]) as isize;
                let at = (row * rows_apart + place[0]) * width + pixel * columns_apart + place[1];
                // SAFETY: the caller's promise; the results lie inside the scratch memory.
                unsafe {
                    V::multiply_indirect_tile(&IndirectTile {
                        runs: runs.counts,
                        run_strides: [down.offset_step * deep as isize, across],
                        length: runs.length,
                        a: self.scratch.wrapping_offset(a),
                        a_column,
                        rows: end - pixel,
                        a_rows,
                        registers: panel / V::LANES,
                        b: kernels.wrapping_add(first * block.len() * phase.kernel_size()),
                        b_row: panel,
                        c: results.add(at * padded + first),
                        c_row: columns_apart * padded,
                        accumulate: block.start > 0,
                    });
                }
            }
        }
    }
}

impl<F: Float> Work<F> for Band<'_, F> {
    #[inline(always)]
    unsafe fn run<V: Micro<Scalar = F>>(self) {
        let Band { phases, kernels, image, rows: ref band, scratch } = self;
        let (all, [rows_apart, _], [height, width]) = (phases.common(), phases.counts(), phases.size());
        let frame = Frame::new(&phases, band);
        let results = scratch.wrapping_add(frame.rows * frame.columns * phases.together());
        // SAFETY: the caller's promise; `correlate` asked for as much scratch memory.
        unsafe {
            let x = all.x.add(image * all.channels * all.size[0] * all.size[1]);
            for block in phases.blocks() {
                frame.fill(all.size, x, &block, scratch);
                for (phase, start) in phases.iter().zip(phases.starts(all.outputs.next_multiple_of(WIDTH))) {
                    let kernels = kernels.add(start + block_start(phase.0, block.start));
                    self.multiply::<V>(&frame, &block, phase, kernels, results);
                }
            }
            let above = band.start * rows_apart;
            let y = all.y.add(image * all.outputs * all.y_channel + above * width);
            let pixels = ((band.end * rows_apart).min(height) - above) * width;
            let padded = all.outputs.next_multiple_of(V::LANES);
            channels_first::<V>(results, padded, pixels, all.outputs, y, all.y_channel);
            let finish = all.finish.at_row(image % all.groups * all.outputs);
            finish.apply(all.outputs, pixels, y, all.y_channel);
        }
    }
}
