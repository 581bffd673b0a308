//! A correlation by tiles: a convolution, or its transpose.

use super::filter::{Filter, Four, KERNEL, MOST_PLACES, Two};
use super::frame::{Image, frame_window};
use super::transform::{Transformed, transform_pixels, transform_results};
use super::weights::{LANES, transform_weights};
use super::{APART, LEAST, Panels, Tiling, padded, panel, tiles_of_block};
use crate::conv::channels_first::channels_first;
use crate::conv::correlate::{Correlation, Rounding};
use crate::gemm::Finish;
use crate::micro::{Micro, Tile};
use crate::simd::{Vectors, Work};
use crate::{Level, for_each_index, scratch};
use std::ops::Range;

/// Bytes of the transformed kernels at a time: what the third level of cache of a few threads holds.
const U_BYTES: usize = 8 << 20;

/// Channels whose kernels are transformed one after the other, since they are neighbors.
const CHANNELS: usize = 32;

/// The most numbers that are summed before M is written. Decides about bits.
const DEPTH: usize = 128;

/// What computes a correlation by tiles; as [`correlate`].
type Correlate = unsafe fn(Level, &Correlation<f32>);

/// The filter that computes it fastest, if one is faster than the direct sum, and rounds as little as it should.
pub(in crate::conv) fn choose(all: &Correlation<f32>) -> Option<Correlate> {
    let taps = all.taps.iter().all(|taps| taps.count == KERNEL && taps.step == 1 && taps.offset_step.abs() == 1);
    let dense = all.step == [1, 1] && all.y_step == [all.grid[1], 1];
    let channels = all.channels.min(all.outputs) >= LEAST;
    if !taps || !dense || !channels || all.grid[1].min(all.size[1]) < LEAST || all.grid[0] < Four::TILE {
        return None;
    }
    // SAFETY: the promise of whoever calls them.
    let two: Correlate = |level, all| unsafe { correlate(level, Two, all) };
    // SAFETY: likewise.
    let four: Correlate = |level, all| unsafe { correlate(level, Four, all) };
    match all.rounding {
        // An image gives the same bits alone as among others.
        Rounding::Least => (cost::<Two>(all, 1) < direct_cost(all, 1)).then_some(two),
        Rounding::Twice => {
            let (of_two, of_four) = (cost::<Two>(all, all.images), cost::<Four>(all, all.images));
            (of_two.min(of_four) < direct_cost(all, all.images)).then_some(if of_two < of_four { two } else { four })
        }
    }
}

/// How long it takes by tiles, in multiply-adds: the transforms of a tile and of the kernels, measured, besides the products.
fn cost<F: Filter>(all: &Correlation<f32>, images: usize) -> f64 {
    let tiles = images as f64 * all.grid.map(|size| size.div_ceil(F::TILE) as f64).iter().product::<f64>();
    let [channels, outputs] = [all.channels, all.outputs].map(|count| count as f64);
    F::PLACES as f64 * (tiles * (channels * outputs + 8.0 * (channels + outputs)) + 26.0 * channels * outputs)
}

/// How long the direct sum takes, likewise: with 16 outputs, packing is a third of the time.
fn direct_cost(all: &Correlation<f32>, images: usize) -> f64 {
    let [channels, outputs] = [all.channels, all.outputs].map(|count| count as f64);
    let pixels = images as f64 * all.grid.map(|size| size as f64).iter().product::<f64>();
    1.25 * pixels * (KERNEL * KERNEL) as f64 * channels * (outputs + 8.0)
}

/// Computes it on all threads.
///
/// # Safety
/// As [`Correlation`] states it; the processor has the level; its filter is [chosen](choose).
unsafe fn correlate<F: Filter>(level: Level, filter: F, all: &Correlation<f32>) {
    if all.images == 0 {
        return;
    }
    let channels = padded(level, all.channels);
    let most = (U_BYTES / size_of::<f32>() / F::PLACES / all.channels / panel(level)).max(1) * panel(level);
    let together = most.min(padded(level, all.outputs));
    let length = F::PLACES * (all.channels * together + APART);
    let tiling = Tiling::new::<F>(all.grid, tiles_of_block::<F>(channels + together));
    let units = tiling.units(all.images);
    // Fewer units than threads could have would leave some without work.
    let block = tiling.together.min(units.div_ceil(rayon::current_num_threads()));
    scratch::with_shared(length, |u: *mut f32| {
        for group in 0..all.groups {
            for first in (0..all.outputs).step_by(together) {
                let outputs = together.min(all.outputs - first);
                let padded = padded(level, outputs);
                let slice = Slice::<F> { level, all, tiling, group, first, outputs, padded, u, filter };
                let slice = &slice;
                let (wide, deep) = (slice.padded.div_ceil(LANES), all.channels.div_ceil(CHANNELS));
                for_each_index(wide * deep, |i| {
                    let channel = i % deep * CHANNELS;
                    let channels = channel..(channel + CHANNELS).min(all.channels);
                    // SAFETY: the caller's promise; every index has its own part of U.
                    unsafe { slice.transform_weights(i / deep * LANES, channels) }
                });
                for_each_index(units.div_ceil(block), |i| {
                    let units = i * block..((i + 1) * block).min(units);
                    let tiles = block * tiling.columns;
                    scratch::with_at_least(slice.scratch_length(tiles, channels), |scratch| {
                        // SAFETY: the caller's promise; the blocks of the result are disjoint.
                        unsafe { f32::enter(level, Block { slice, units, tiles, scratch }) }
                    });
                });
            }
        }
    });
}

/// Some outputs of a group.
struct Slice<'a, F> {
    level: Level,
    all: &'a Correlation<f32>,
    tiling: Tiling,
    group: usize,
    first: usize,
    outputs: usize,
    /// The outputs, in whole registers.
    padded: usize,
    /// The transformed kernels, in panels for each place.
    u: *mut f32,
    filter: F,
}

// SAFETY: pointers and sizes; what happens through them is the promise of whoever computes it.
unsafe impl<F> Sync for Slice<'_, F> {}

impl<F: Filter> Slice<'_, F> {
    fn u_place(&self) -> usize {
        self.all.channels * self.padded + APART
    }

    fn u_panels(&self) -> Panels {
        Panels { columns: self.padded, panel: panel(self.level), rows: self.all.channels }
    }

    /// Where the numbers of a kernel lie, in the order in which they read: backwards for the transpose.
    fn kernel_offsets(&self) -> [usize; KERNEL * KERNEL] {
        let [down, right] = self.all.taps;
        let in_order = |i: usize, step: isize| if step < 0 { KERNEL - 1 - i } else { i };
        std::array::from_fn(|tap| {
            let i = down.index(in_order(tap / KERNEL, down.offset_step));
            let j = right.index(in_order(tap % KERNEL, right.offset_step));
            i * self.all.kernel_width + j
        })
    }

    /// Transforms the kernels of [`LANES`] outputs for some channels.
    ///
    /// # Safety
    /// Those of the correlation are valid; nothing else touches that part of U.
    unsafe fn transform_weights(&self, output: usize, channels: Range<usize>) {
        let offsets = self.kernel_offsets();
        let (mut w, mut u) = ([[0.0; LANES]; KERNEL * KERNEL], [[0.0; LANES]; MOST_PLACES]);
        for channel in channels {
            for lane in 0..LANES.min(self.outputs.saturating_sub(output)) {
                let row = self.all.group_row(self.group, self.first + output + lane);
                let kernel = row.wrapping_add(channel * self.all.a_channel);
                for (w, offset) in w.iter_mut().zip(offsets) {
                    // SAFETY: the caller's promise.
                    w[lane] = unsafe { *kernel.add(offset) }.into();
                }
            }
            transform_weights(self.filter, &w, &mut u);
            let to = self.u.wrapping_add(self.u_panels().at(channel, output));
            for (place, u) in u.iter().take(F::PLACES).enumerate() {
                // SAFETY: the caller's promise.
                unsafe { u.as_ptr().copy_to_nonoverlapping(to.add(place * self.u_place()), LANES) };
            }
        }
    }

    /// Numbers of scratch memory for a block: a frame, the transformed tiles, their products; the frame of the results
    /// takes the place of the transformed tiles.
    fn scratch_length(&self, tiles: usize, channels: usize) -> usize {
        let columns = F::TILE * self.tiling.columns;
        F::READ * (columns + F::READ - F::TILE) * channels
            + F::TILE * columns * self.padded
            + F::PLACES * (tiles * (channels + self.padded) + 2 * APART)
    }
}

/// Some units of tiles.
struct Block<'a, F> {
    slice: &'a Slice<'a, F>,
    units: Range<usize>,
    /// The most tiles of a block.
    tiles: usize,
    scratch: *mut f32,
}

impl<F: Filter> Work<f32> for Block<'_, F> {
    #[inline(always)]
    unsafe fn run<V: Micro<Scalar = f32>>(self) {
        let Block { slice, units, tiles: most, scratch } = self;
        let &Slice { all, tiling, group, first, outputs, padded: columns, .. } = slice;
        let channels = padded(V::LEVEL, all.channels);
        let one_panel = |columns: usize| Panels { columns, panel: columns, rows: most };
        let frame = scratch;
        let results = frame.wrapping_add(F::READ * (F::TILE * tiling.columns + F::READ - F::TILE) * channels);
        let v = results.wrapping_add(F::TILE * F::TILE * tiling.columns * columns);
        let v = Transformed { to: v, place: most * channels + APART, panels: one_panel(channels) };
        let m = v.to.wrapping_add(F::PLACES * v.place);
        let m = Transformed { to: m, place: most * columns + APART, panels: one_panel(columns) };
        let least = all.taps.map(|taps| taps.offset(0).min(taps.offset(KERNEL - 1)));
        let mut tiles = 0;
        // SAFETY: the caller's promise; `scratch_length` says what the scratch memory holds.
        unsafe {
            for unit in units.clone() {
                let unit = tiling.unit(unit);
                let from = all.x.add((unit.image * all.groups + group) * all.channels * all.size[0] * all.size[1]);
                let image = Image { from, channels: all.channels, size: all.size };
                let start = [unit.row as isize + least[0], unit.column as isize + least[1]];
                frame_window::<V>(&image, start, [F::READ, F::TILE * unit.tiles + F::READ - F::TILE], channels, frame);
                transform_pixels::<F, V>(frame, unit.tiles, tiles, &v);
                tiles += unit.tiles;
            }
            multiply::<F, V>(slice, tiles, &v, &m);
            let finish = all.finish.at_row(group * all.outputs + first);
            let mut tile = 0;
            for unit in units {
                let unit = tiling.unit(unit);
                transform_results::<F, V>(&m, unit.tiles, tile, results);
                tile += unit.tiles;
                let rows = F::TILE.min(all.grid[0] - unit.row);
                let wide = F::TILE * unit.tiles;
                let y = all.y.add(((unit.image * all.groups + group) * all.outputs + first) * all.y_channel);
                let y = y.add(unit.row * all.grid[1] + unit.column);
                // Whole rows follow each other without a gap.
                let (runs, length) =
                    if wide == all.grid[1] { (1, rows * wide) } else { (rows, wide.min(all.grid[1] - unit.column)) };
                for run in 0..runs {
                    let y = y.add(run * all.grid[1]);
                    channels_first::<V>(results.add(run * wide * columns), columns, length, outputs, y, all.y_channel);
                    finish.apply(outputs, length, y, all.y_channel);
                }
            }
        }
    }
}

/// `M = V · U` in every place.
#[inline(always)]
unsafe fn multiply<F: Filter, V: Micro<Scalar = f32>>(
    slice: &Slice<F>,
    tiles: usize,
    v: &Transformed,
    m: &Transformed,
) {
    let (depth_of_all, panels) = (slice.all.channels, slice.u_panels());
    let rows = tiles.div_ceil(tiles.div_ceil(V::ROWS));
    for place in 0..F::PLACES {
        for p in (0..depth_of_all).step_by(DEPTH) {
            for column in (0..panels.columns).step_by(panels.panel) {
                let b_row = panels.row_length(column);
                for row in (0..tiles).step_by(rows) {
                    // SAFETY: the caller's promise.
                    unsafe {
                        V::multiply_tile(&Tile {
                            depth: DEPTH.min(depth_of_all - p),
                            rows: rows.min(tiles - row),
                            columns: b_row,
                            a: v.to.add(place * v.place + v.panels.at(row, p)),
                            a_row: v.panels.columns,
                            a_column: 1,
                            b: slice.u.add(place * slice.u_place() + panels.at(p, column)),
                            b_row,
                            c: m.to.add(place * m.place + m.panels.at(row, column)),
                            c_row: m.panels.columns,
                            accumulate: p > 0,
                            finish: Finish::NONE,
                        });
                    }
                }
            }
        }
    }
}
