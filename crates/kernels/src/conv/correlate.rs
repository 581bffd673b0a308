//! The one computation behind a convolution and its transpose: `y[m, i, j] = Σ a[m, c, t] · x[c, i·s + tₕ, j·s + t_w]` over
//! channels c and taps t, as a matrix product whose right side is never written down whole.
//!
//! Its rows are channels of the result, its columns pixels, its depth channels and taps. Every thread has its own share
//! of the pixels of all images, or of the outputs where there are few pixels. Of the left side it packs as much as half a
//! second level of cache holds; of the right side one panel of pixels at a time, from a frame of the image.
//!
//! ```text
//!   the image in its frame of zeros     a panel: at most 32 pixels     for each rows of A, which are outputs, the
//!   ┌──────────────────────┐            of the result, and all         sums of a tile in registers
//!   │ ┌───┐                │            that they read                          panel ┌──────────┐
//!   │ │   │ all taps of    │            ┌──────────┐                                  │          │ depth
//!   │ │ · │─▶ one pixel    │   ──▶      │          │ channels          depth          └──────────┘
//!   │ └───┘                │   pack     │          │ and taps        ┌────────┐       ┌──────────┐
//!   └──────────────────────┘            └──────────┘         outputs │ A      │       │ tile of y│ 6 × 16, 14 × 32
//!                                                                    └────────┘       └──────────┘ (AVX2, AVX-512)
//! ```
//!
//! Packing a number of a panel costs a load and a store for each register; a panel is then used by all outputs, two
//! multiply-adds a load: with 16 outputs packing is a third of the time, with 64 a tenth. With a kernel of one number and
//! few outputs the pixels are read where they lie.
//!
//! Others do better where they can: `winograd` with kernels of 3×3, `by_pixels` with larger ones and with strides,
//! `few_outputs`. So this serves kernels of one number without strides, dilated ones, and images with few pixels in a row.

use super::by_pixels::{self, Phases};
use super::few_outputs;
use super::patches::{Frames, Panel, SLACK};
use super::shape::Taps;
use super::winograd;
use crate::gemm::Finish;
use crate::micro::{MOST_ROWS, Micro, REGISTERS, Tile};
use crate::pack::{Source, pack_panels};
use crate::simd::Work;
use crate::{Float, Level, for_each_index, scratch};
use std::ops::Range;

/// The most numbers that are summed before the result is written. The only number of this file that decides about bits.
pub(super) const DEPTH: usize = 768;

/// Bytes of the packed part of the left side: about half of a second level of cache of 1 MiB.
const LEFT_BYTES: usize = 512 << 10;

/// The fewest multiplications worth giving to a thread.
const GRAIN: usize = 128 * 1024;

/// The most outputs for which a panel that lies in the image in order is not copied.
const IN_PLACE_OUTPUTS: usize = 64;

/// Numbers of a panel, and of a tile of the result, at any level.
const WIDTH: usize = 32;

/// Checked operands. Whoever computes it promises that the pointers are valid for the sizes, and that nothing else
/// touches the result.
#[derive(Clone, Copy)]
pub(super) struct Correlation<F> {
    pub(super) images: usize,
    pub(super) groups: usize,
    /// Channels of x, a group.
    pub(super) channels: usize,
    /// Channels of y, a group.
    pub(super) outputs: usize,
    /// Height and width of x.
    pub(super) size: [usize; 2],
    pub(super) taps: [Taps; 2],
    /// Pixels of x from a result to the next.
    pub(super) step: [usize; 2],
    pub(super) x: *const F,
    pub(super) a: *const F,
    /// From a group of a to the next, from a row to the next, from a channel of x to the next.
    pub(super) a_group: usize,
    pub(super) a_row: usize,
    pub(super) a_channel: usize,
    /// The width of the kernel, whose numbers are contiguous.
    pub(super) kernel_width: usize,
    pub(super) y: *mut F,
    /// Pixels of a channel of y, of which the results may be a part.
    pub(super) y_channel: usize,
    /// Height and width of the results.
    pub(super) grid: [usize; 2],
    /// From a row of results to the next, from a column to the next.
    pub(super) y_step: [usize; 2],
    pub(super) finish: Finish<F>,
    /// How much it may round.
    pub(super) rounding: Rounding,
}

/// How much the result of a [`Correlation`] may be rounded.
#[derive(Clone, Copy)]
pub(super) enum Rounding {
    /// About as much as by the direct sum.
    Least,
    /// About twice as much.
    Twice,
}

// SAFETY: pointers and sizes; what happens through them is the promise of whoever computes it.
unsafe impl<F: Float> Sync for Correlation<F> {}

impl<F: Float> Correlation<F> {
    pub(super) fn depth(&self) -> usize {
        self.channels * self.kernel_size()
    }

    /// Numbers of the kernel that take part.
    pub(super) fn kernel_size(&self) -> usize {
        self.taps[0].count * self.taps[1].count
    }

    /// Where the numbers of an output of a group begin.
    pub(super) fn group_row(&self, group: usize, output: usize) -> *const F {
        self.a.wrapping_add(group * self.a_group + output * self.a_row)
    }

    fn pixels(&self) -> usize {
        self.grid[0] * self.grid[1]
    }

    /// Computes it on all threads.
    ///
    /// # Safety
    /// As [`Correlation`] states it; the processor has the level.
    pub(super) unsafe fn run(&self, level: Level) {
        // SAFETY: the caller's promise.
        unsafe { self.flattened().run_flattened(level) }
    }

    /// Whether every result reads the pixel in its own place, and no other.
    fn reads_its_place(&self) -> bool {
        let own = self.taps.iter().all(|taps| taps.count == 1 && taps.offset(0) == 0);
        own && self.step == [1, 1] && self.grid == self.size
    }

    /// Where results read the pixels in their own places, rows do not matter: all pixels as one row, so that no panel ends
    /// where a row does.
    fn flattened(self) -> Self {
        if !self.reads_its_place() || self.y_step != [self.grid[1], 1] {
            return self;
        }
        let pixels = self.pixels();
        Correlation { size: [1, pixels], grid: [1, pixels], y_step: [pixels, 1], ..self }
    }

    /// Whether the right side, a single row, is read where it lies. A copy pays where many outputs share it.
    fn in_place(&self) -> bool {
        self.reads_its_place() && self.grid[0] == 1 && self.outputs <= IN_PLACE_OUTPUTS
    }

    /// [`run`](Self::run), without looking for a simpler form first.
    ///
    /// # Safety
    /// As there.
    unsafe fn run_flattened(&self, level: Level) {
        let single = (self as &dyn std::any::Any).downcast_ref::<Correlation<f32>>();
        if let Some((single, correlate)) = single.and_then(|all| Some((all, winograd::choose(all)?))) {
            // SAFETY: the caller's promise.
            return unsafe { correlate(level, single) };
        }
        if few_outputs::suits(self) && !self.in_place() {
            // SAFETY: the caller's promise.
            return unsafe { few_outputs::correlate(level, self) };
        }
        let alone = Phases::new(std::slice::from_ref(self), [1, 1]);
        if !self.reads_its_place() && by_pixels::suits(&alone) {
            // SAFETY: the caller's promise.
            return unsafe { by_pixels::correlate(level, &alone) };
        }
        let per_image = self.pixels().div_ceil(WIDTH);
        let panels = self.images * per_image;
        if panels == 0 || self.outputs == 0 {
            return;
        }
        let [along_pixels, along_outputs] = self.shares(panels, rayon::current_num_threads());
        let shares = along_pixels * along_outputs;
        let (depth, channels) = self.blocks();
        let left = (LEFT_BYTES / size_of::<F>()).max(MOST_ROWS * depth);
        let length = left + WIDTH * (depth + MOST_ROWS) + SLACK + Frames::new(self, channels).length(self, channels);
        for_each_index(self.groups * shares, |i| {
            let (group, share) = (i / shares, i % shares);
            let part_of =
                |total: usize, share: usize, shares: usize| total * share / shares..total * (share + 1) / shares;
            let panels = part_of(panels, share % along_pixels, along_pixels);
            let outputs = part_of(self.outputs, share / along_pixels, along_outputs);
            let part = Part { all: self, group, outputs, panels, per_image };
            // SAFETY: the caller's promise; the shares of the result are disjoint.
            scratch::with_at_least(length, |scratch| unsafe { F::enter(level, PartWithScratch { part, scratch }) });
        });
    }

    /// Into how many shares pixels and outputs are cut for so many threads.
    ///
    /// There are more shares than threads, since threads do not always run equally fast; not so many that packing the
    /// left side costs: a share has eight panels at least. A small image has fewer panels than that for each thread: its
    /// outputs are cut instead, although every thread then packs the same panels.
    fn shares(&self, panels: usize, threads: usize) -> [usize; 2] {
        let worth = panels * WIDTH * self.outputs * self.depth() * self.groups / GRAIN;
        if threads == 1 || worth <= 1 {
            return [1, 1];
        }
        match (4 * threads).min(worth).min(panels.div_ceil(8)) {
            // As many for each thread.
            pixels if pixels >= threads => [pixels / threads * threads, 1],
            pixels => {
                let wanted = threads.min(worth).div_ceil(pixels * self.groups);
                [pixels, wanted.min(self.outputs.div_ceil(MOST_ROWS))]
            }
        }
    }

    /// The most numbers that are summed at a time, and the channels that these touch.
    fn blocks(&self) -> (usize, usize) {
        // With no tap, as between the pixels that a stride wider than the kernel reaches, the sum is zero.
        let depth = self.depth().div_ceil(self.depth().div_ceil(DEPTH).max(1)).max(1);
        let taps = self.kernel_size().max(1);
        (depth, if depth == self.depth() { self.channels } else { (depth - 1).div_ceil(taps) + 1 }.min(self.channels))
    }
}

/// Some panels and outputs of one group.
struct Part<'a, F> {
    all: &'a Correlation<F>,
    group: usize,
    outputs: Range<usize>,
    panels: Range<usize>,
    per_image: usize,
}

struct PartWithScratch<'a, F> {
    part: Part<'a, F>,
    scratch: *mut F,
}

impl<F: Float> Work<F> for PartWithScratch<'_, F> {
    #[inline(always)]
    unsafe fn run<V: Micro<Scalar = F>>(self) {
        let PartWithScratch { part, scratch } = self;
        let Part { all, group, per_image, ref outputs, .. } = part;
        let depth_of_all = all.depth();
        let (depth, channels) = all.blocks();
        let frames = Frames::new(all, channels);
        let taps = all.kernel_size().max(1);
        let height_limit = (LEFT_BYTES / size_of::<F>() / depth / V::ROWS * V::ROWS).max(V::ROWS);
        let packed_a = scratch;
        let packed_b = packed_a.wrapping_add(height_limit * depth);
        let tile = packed_b.wrapping_add(WIDTH * depth + SLACK);
        let frame_memory = tile.wrapping_add(WIDTH * MOST_ROWS);
        let width = REGISTERS * V::LANES;
        let finish = all.finish.at_row(group * all.outputs);
        let in_place = all.in_place();
        // SAFETY: the caller's promise; `run` asked for as much scratch memory.
        unsafe {
            for p in (0..depth_of_all.max(1)).step_by(depth) {
                let depth = depth.min(depth_of_all - p);
                let (first, last) = (p == 0, p + depth == depth_of_all);
                for m in outputs.clone().step_by(height_limit) {
                    let height = height_limit.min(outputs.end - m);
                    let rows = height.div_ceil(height.div_ceil(V::ROWS));
                    all.pack_left::<V>(group, m..m + height, rows, p, depth, packed_a);
                    // What is in the frame: an image, and rows of results.
                    let (mut framed, mut frame) = ((usize::MAX, 0..0), None);
                    for panel in part.panels.clone() {
                        let (image, pixel) = (panel / per_image, panel % per_image * WIDTH);
                        let end = (pixel + WIDTH).min(all.pixels());
                        let x = all.x.add((image * all.groups + group) * all.channels * all.size[0] * all.size[1]);
                        if framed.0 != image || framed.1.end < end.div_ceil(all.grid[1]) {
                            let last = (part.panels.end - image * per_image) * WIDTH;
                            let rows = pixel / all.grid[1]..last.min(all.pixels()).div_ceil(all.grid[1]);
                            framed = (image, rows.start..rows.end.min(rows.start + frames.rows));
                            let channels = p / taps..(p + depth).div_ceil(taps);
                            frame = Some(frames.fill(all, x, framed.1.clone(), channels, frame_memory));
                        }
                        let Some(frame) = &frame else { unreachable!("filled at the first panel") };
                        // A panel of any level is a whole number of register pairs.
                        for pixel in (pixel..end).step_by(width) {
                            let columns = width.min(end - pixel);
                            let registers = columns.div_ceil(V::LANES);
                            let (b, b_row) = if in_place {
                                frame.in_place(pixel)
                            } else {
                                let panel = Panel { pixel, columns, width: registers * V::LANES };
                                frames.pack::<V>(all, frame, panel, p, depth, packed_b);
                                (packed_b.cast_const(), panel.width)
                            };
                            for m1 in (0..height).step_by(rows) {
                                let rows = rows.min(height - m1);
                                let y =
                                    all.y.add(((image * all.groups + group) * all.outputs + m + m1) * all.y_channel);
                                let contiguous = all.y_step == [all.grid[1], 1];
                                let (c, c_row) = if contiguous { (y.add(pixel), all.y_channel) } else { (tile, WIDTH) };
                                if !contiguous && !first {
                                    all.move_tile(rows, pixel, columns, |r, at, i| {
                                        *tile.add(r * WIDTH + i) = *y.add(at)
                                    });
                                }
                                let finish = if last { finish.at_row(m + m1) } else { Finish::NONE };
                                V::multiply_tile(&Tile {
                                    depth,
                                    rows,
                                    columns,
                                    a: packed_a.add(m1 * depth),
                                    a_row: 1,
                                    a_column: rows,
                                    b,
                                    b_row,
                                    c,
                                    c_row,
                                    accumulate: !first,
                                    finish,
                                });
                                finish.beyond_registers().apply(rows, columns, c, c_row);
                                if !contiguous {
                                    all.move_tile(rows, pixel, columns, |r, at, i| {
                                        *y.add(at) = *tile.add(r * WIDTH + i)
                                    });
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

impl<F: Float> Correlation<F> {
    /// Calls `f` with (row, place in y from that of the first row, column) for every element of a tile.
    #[inline(always)]
    fn move_tile(&self, rows: usize, pixel: usize, columns: usize, mut f: impl FnMut(usize, usize, usize)) {
        let (mut i, mut j) = (pixel / self.grid[1], pixel % self.grid[1]);
        for column in 0..columns {
            let at = i * self.y_step[0] + j * self.y_step[1];
            for r in 0..rows {
                f(r, r * self.y_channel + at, column);
            }
            j += 1;
            if j == self.grid[1] {
                (i, j) = (i + 1, 0);
            }
        }
    }

    /// Packs rows of the left side, from `p` on along the depth, in panels of so many rows.
    #[inline(always)]
    unsafe fn pack_left<V: Micro<Scalar = F>>(
        &self,
        group: usize,
        outputs: Range<usize>,
        rows: usize,
        p: usize,
        depth: usize,
        to: *mut F,
    ) {
        let [down, right] = self.taps;
        let taps = down.count * right.count;
        let a = self.group_row(group, outputs.start);
        let number = |tap: usize| down.index(tap / right.count) * self.kernel_width + right.index(tap % right.count);
        let in_order = down.step == 1 && right.count == self.kernel_width && self.a_channel == taps;
        // SAFETY: the caller's promise.
        unsafe {
            if in_order || taps == 1 {
                let from = a.add(p / taps * self.a_channel + number(p % taps));
                let deep = if in_order { 1 } else { self.a_channel };
                let source = Source { from, along: self.a_row, deep };
                return pack_panels::<V>(source, rows, outputs.len(), depth, to);
            }
            for m in (0..outputs.len()).step_by(rows) {
                let rows = rows.min(outputs.len() - m);
                let to = to.add(m * depth);
                for d in 0..depth {
                    let (channel, tap) = ((p + d) / taps, (p + d) % taps);
                    let a = a.add(m * self.a_row + channel * self.a_channel + number(tap));
                    for r in 0..rows {
                        *to.add(d * rows + r) = *a.add(r * self.a_row);
                    }
                }
            }
        }
    }
}
