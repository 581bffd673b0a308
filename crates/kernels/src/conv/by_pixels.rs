//! Convolutions whose kernels have rows of several numbers: pixels are the rows of a product, which are read from a frame
//! wherever they begin, so that no patch is ever packed, and outputs its columns, whose packed kernels stay in the first
//! two levels of cache; only the results are turned around.
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
//! A run is what a row of the kernel reads. A pixel's runs begin one step further on than those of its neighbor, so that
//! neither strides nor the ends of rows cost anything.
//!
//! Measured on two cores of a Zen 3 (peak 207 GFLOP/s): 3 to 32 channels with 7×7 on 32×32 pixels 178 GFLOP/s, 16 to 32
//! with 5×5 190; with 3×3 and a stride of 2, 3 to 64 on 224×224 124, 16 to 32 on 32×32 152, 64 to 128 on 28×28 183. Panels
//! of packed patches gave 119, 128, 109, 97 and 137.

use super::channels_first::channels_first;
use super::correlate::{Correlation, DEPTH};
use crate::micro::{IndirectTile, MOST_ROWS, Micro, REGISTERS};
use crate::simd::Work;
use crate::{Float, Level, for_each_index, scratch};
use std::ops::Range;

/// The fewest outputs, and results of a row, for which it pays: below, tiles are not full.
const LEAST: usize = 8;

/// The fewest numbers of a row of a kernel for which it pays: shorter runs take longer to begin than to multiply.
const RUN: usize = 3;

/// Bytes of the results of a band, about: a tenth of a second level of cache of half a MiB, so that they are still there when
/// they are turned around.
const BYTES: usize = 48 << 10;

/// Columns of the packed kernels are a multiple of this: a pair of the widest registers.
const WIDTH: usize = 32;

/// Whether [`correlate`] does it.
pub(super) fn suits<F: Float>(all: &Correlation<F>) -> bool {
    let dense = all.taps.iter().all(|taps| taps.step == 1 && taps.offset_step == 1) && all.taps[1].count >= RUN;
    dense && all.channels > 0 && all.outputs.min(all.grid[1]) >= LEAST && all.y_step == [all.grid[1], 1]
}

/// How many channels are summed at a time.
fn together<F: Float>(all: &Correlation<F>) -> usize {
    let most = (DEPTH / (all.taps[0].count * all.taps[1].count)).max(1);
    all.channels.div_ceil(all.channels.div_ceil(most))
}

/// The blocks of channels that are summed one after the other.
fn blocks<F: Float>(all: &Correlation<F>) -> impl Iterator<Item = Range<usize>> {
    let (channels, together) = (all.channels, together(all));
    (0..channels).step_by(together).map(move |first| first..(first + together).min(channels))
}

/// Computes it on all threads.
///
/// # Safety
/// As [`Correlation`] states it; the processor has the level; [`suits`] says yes.
pub(super) unsafe fn correlate<F: Float>(level: Level, all: &Correlation<F>) {
    let images = all.images * all.groups;
    let padded = all.outputs.next_multiple_of(WIDTH);
    let fit = (BYTES / size_of::<F>() / padded / all.grid[1]).clamp(1, all.grid[0].max(1));
    // Twice as many bands as threads, since threads do not always run equally fast.
    let wanted = (2 * rayon::current_num_threads()).div_ceil(images.max(1));
    let rows = all.grid[0].div_ceil(all.grid[0].div_ceil(fit).max(wanted)).max(1);
    let bands = all.grid[0].div_ceil(rows);
    let length = Band::frame_length(all, rows) + rows * all.grid[1] * padded;
    scratch::with_shared(all.groups * all.depth() * padded, |kernels: *mut F| {
        let (kernels, blocks, parts) = (Packed(kernels), all.channels.div_ceil(together(all)), padded / WIDTH);
        for_each_index(all.groups * blocks * parts, |i| {
            let (group, block, part) = (i / parts / blocks, i / parts % blocks, i % parts);
            let to = kernels.at(group * all.depth() * padded);
            // SAFETY: the caller's promise; there is memory for the kernels of all groups, and every index has its own.
            unsafe { F::enter(level, Kernels { all, group, block, part, to }) };
        });
        for_each_index(images * bands, |i| {
            let (image, begin) = (i / bands, i % bands * rows);
            let band = begin..(begin + rows).min(all.grid[0]);
            let kernels = kernels.at(image % all.groups * all.depth() * padded).cast_const();
            // SAFETY: the caller's promise; the bands are disjoint.
            scratch::with_at_least(length, |scratch| unsafe {
                F::enter(level, Band { all, kernels, image, band, scratch })
            });
        });
    });
}

/// The packed kernels of all groups.
struct Packed<F>(*mut F);

// SAFETY: of those who share it, each writes a part of its own, or none does.
unsafe impl<F: Float> Sync for Packed<F> {}

impl<F> Packed<F> {
    fn at(&self, at: usize) -> *mut F {
        self.0.wrapping_add(at)
    }
}

/// Packs the kernels of a group for a block of channels and [`WIDTH`] outputs: panels of outputs, whose rows are those of
/// the kernel, then channels, then columns.
struct Kernels<'a, F> {
    all: &'a Correlation<F>,
    group: usize,
    block: usize,
    part: usize,
    to: *mut F,
}

impl<F: Float> Work<F> for Kernels<'_, F> {
    #[inline(always)]
    unsafe fn run<V: Micro<Scalar = F>>(self) {
        let Kernels { all, group, block, part, to } = self;
        let [down, right] = all.taps.map(|taps| taps.count);
        let Some(block) = blocks(all).nth(block) else { unreachable!("one of the blocks") };
        let depth = block.len() * down * right;
        let to = to.wrapping_add(block_at(all, &block));
        for (first, width) in panels::<V>(all.outputs).filter(|(first, _)| first / WIDTH == part) {
            let (to, outputs) = (to.wrapping_add(first * depth), width.min(all.outputs - first));
            // SAFETY: the caller's promise; the panel has `width` numbers in each of `depth` rows.
            unsafe {
                if outputs < width {
                    std::slice::from_raw_parts_mut(to, depth * width).fill(F::ZERO);
                }
                for i in 0..outputs {
                    let from = all.group_row(group, first + i).add(block.start * all.a_channel);
                    for (channel, row) in (0..block.len()).flat_map(|channel| (0..down).map(move |row| (channel, row)))
                    {
                        let from = from.add(channel * all.a_channel + row * all.kernel_width);
                        let to = to.add((row * block.len() + channel) * right * width + i);
                        for p in 0..right {
                            *to.add(p * width) = *from.add(p);
                        }
                    }
                }
            }
        }
    }
}

/// Where the packed kernels of a block of channels begin in those of their group.
fn block_at<F: Float>(all: &Correlation<F>, block: &Range<usize>) -> usize {
    block.start * all.taps[0].count * all.taps[1].count * all.outputs.next_multiple_of(WIDTH)
}

/// Where panels of outputs begin, and their width: whole registers.
fn panels<V: Micro>(outputs: usize) -> impl Iterator<Item = (usize, usize)> {
    let (padded, panel) = (outputs.next_multiple_of(V::LANES), REGISTERS * V::LANES);
    (0..padded).step_by(panel).map(move |first| (first, panel.min(padded - first)))
}

/// Some rows of results of one image and group, which are counted together.
struct Band<'a, F> {
    all: &'a Correlation<F>,
    kernels: *const F,
    image: usize,
    band: Range<usize>,
    scratch: *mut F,
}

impl<F: Float> Band<'_, F> {
    /// Columns of the frame.
    fn frame_row(all: &Correlation<F>) -> usize {
        (all.grid[1] - 1) * all.step[1] + all.taps[1].count
    }

    /// Numbers of the frame of so many rows of results.
    fn frame_length(all: &Correlation<F>, rows: usize) -> usize {
        ((rows - 1) * all.step[0] + all.taps[0].count) * together(all) * Self::frame_row(all)
    }

    /// Copies what the band reads of some channels into the frame, with zeros outside the image.
    ///
    /// # Safety
    /// `x` is valid for the image of a group, `to` for the frame.
    unsafe fn fill(&self, x: *const F, channels: &Range<usize>, to: *mut F) {
        let (all, length) = (self.all, Self::frame_row(self.all));
        let [height, width] = all.size;
        let [top, left] = all.taps.map(|taps| taps.offset(0));
        let begin = (-left).clamp(0, length as isize) as usize;
        let end = (width as isize - left).clamp(begin as isize, length as isize) as usize;
        let rows = (self.band.len() - 1) * all.step[0] + all.taps[0].count;
        for (i, channel) in (0..rows).flat_map(|i| (0..channels.len()).map(move |channel| (i, channel))) {
            let row = (self.band.start * all.step[0] + i) as isize + top;
            // SAFETY: the caller's promise; what is read lies inside the image.
            unsafe {
                let to = std::slice::from_raw_parts_mut(to.add((i * channels.len() + channel) * length), length);
                if row < 0 || row >= height as isize || begin == end {
                    to.fill(F::ZERO);
                    continue;
                }
                to[..begin].fill(F::ZERO);
                to[end..].fill(F::ZERO);
                let first =
                    ((channels.start + channel) * height + row as usize) * width + (left + begin as isize) as usize;
                to[begin..end].copy_from_slice(std::slice::from_raw_parts(x.add(first), end - begin));
            }
        }
    }
}

impl<F: Float> Work<F> for Band<'_, F> {
    #[inline(always)]
    unsafe fn run<V: Micro<Scalar = F>>(self) {
        let (all, image, frame) = (self.all, self.image, self.scratch);
        let ([_, columns], padded) = (all.grid, all.outputs.next_multiple_of(V::LANES));
        let results = frame.wrapping_add(Self::frame_length(all, self.band.len()));
        let length = Self::frame_row(all);
        // Tiles of a row are as even as can be.
        let tiles = columns.div_ceil(V::ROWS);
        let mut a_rows = [0; MOST_ROWS];
        a_rows.iter_mut().enumerate().for_each(|(r, at)| *at = r * all.step[1]);
        // SAFETY: the caller's promise; `correlate` asked for as much scratch memory.
        unsafe {
            let x = all.x.add(image * all.channels * all.size[0] * all.size[1]);
            for block in blocks(all) {
                self.fill(x, &block, frame);
                let depth = block.len() * all.taps[0].count * all.taps[1].count;
                for (first, width) in panels::<V>(all.outputs) {
                    for (row, tile) in (0..self.band.len()).flat_map(|row| (0..tiles).map(move |tile| (row, tile))) {
                        let (pixel, end) = (columns * tile / tiles, columns * (tile + 1) / tiles);
                        V::multiply_indirect_tile(&IndirectTile {
                            runs: all.taps[0].count * block.len(),
                            length: all.taps[1].count,
                            run_stride: length,
                            a: frame.add(row * all.step[0] * block.len() * length + pixel * all.step[1]),
                            a_column: 1,
                            rows: end - pixel,
                            a_rows,
                            registers: width / V::LANES,
                            b: self.kernels.add(block_at(all, &block) + first * depth),
                            b_row: width,
                            c: results.add((row * columns + pixel) * padded + first),
                            c_row: padded,
                            accumulate: block.start > 0,
                        });
                    }
                }
            }
            let y = all.y.add(image * all.outputs * all.y_channel + self.band.start * columns);
            let pixels = self.band.len() * columns;
            channels_first::<V>(results, padded, pixels, all.outputs, y, all.y_channel);
            let finish = all.finish.at_row(image % all.groups * all.outputs);
            finish.apply(all.outputs, pixels, y, all.y_channel);
        }
    }
}
