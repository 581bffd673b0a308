//! A correlation by tiles: the transpose of a convolution.

use super::frame::{Image, channels_first, frame_window};
use super::transform::{Transformed, transform_pixels, transform_results};
use super::weights::{KERNEL, LANES, transform_weights};
use super::{APART, LEAST, PLACES, Panels, READ, TILE, Tiling, padded, panel, tiles_of_block};
use crate::conv::correlate::Correlation;
use crate::micro::{Micro, Tile};
use crate::simd::{Vectors, Work};
use crate::{Level, for_each_index, scratch};

/// Bytes of the transformed kernels at a time: what the third level of cache of a few threads holds.
const U_BYTES: usize = 8 << 20;

/// The most numbers that are summed before M is written. Decides about bits.
const DEPTH: usize = 256;

/// Whether it is faster than the direct sum.
pub(in crate::conv) fn suits(all: &Correlation<f32>) -> bool {
    let taps = all.taps.iter().all(|taps| taps.count == KERNEL && taps.step == 1 && taps.offset_step.abs() == 1);
    let dense = all.step == [1, 1] && all.y_step == [all.grid[1], 1];
    let channels = all.channels.min(all.outputs) >= LEAST;
    taps && dense && channels && all.grid[1].min(all.size[1]) >= LEAST && all.grid[0] >= TILE
}

/// Computes it on all threads.
///
/// # Safety
/// As [`Correlation`] states it; the processor has the level; it [`suits`].
pub(in crate::conv) unsafe fn correlate(level: Level, all: &Correlation<f32>) {
    if all.images == 0 {
        return;
    }
    let channels = padded(level, all.channels);
    let most = (U_BYTES / size_of::<f32>() / PLACES / all.channels / panel(level)).max(1) * panel(level);
    let together = most.min(padded(level, all.outputs));
    let length = PLACES * all.channels * together;
    let tiling = Tiling::new(all.grid, tiles_of_block(channels + together));
    let units = tiling.units(all.images);
    // Fewer units than threads could have would leave some without work.
    let block = tiling.together.min(units.div_ceil(rayon::current_num_threads()));
    scratch::with_shared(length, |u: *mut f32| {
        for group in 0..all.groups {
            for first in (0..all.outputs).step_by(together) {
                let outputs = together.min(all.outputs - first);
                let slice = Slice { level, all, tiling, group, first, outputs, padded: padded(level, outputs), u };
                let slice = &slice;
                for_each_index(all.channels, |channel| {
                    // SAFETY: the caller's promise; every channel has its own rows of U.
                    unsafe { slice.transform_weights(channel) }
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
struct Slice<'a> {
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
}

// SAFETY: pointers and sizes; what happens through them is the promise of whoever computes it.
unsafe impl Sync for Slice<'_> {}

impl Slice<'_> {
    fn u_place(&self) -> usize {
        self.all.channels * self.padded
    }

    fn u_panels(&self) -> Panels {
        Panels { columns: self.padded, panel: panel(self.level), rows: self.all.channels }
    }

    /// Transforms the kernels of a channel.
    ///
    /// # Safety
    /// Those of the correlation are valid; nothing else touches the channel's part of U.
    unsafe fn transform_weights(&self, channel: usize) {
        let all = self.all;
        let [down, right] = all.taps;
        for output in (0..self.padded).step_by(LANES) {
            let mut w = [[0.0; LANES]; KERNEL * KERNEL];
            for lane in 0..LANES.min(self.outputs.saturating_sub(output)) {
                let row = all.group_row(self.group, self.first + output + lane);
                for (tap, w) in w.iter_mut().enumerate() {
                    // In the order in which they read: backwards for the transpose.
                    let in_order = |i: usize, step: isize| if step < 0 { KERNEL - 1 - i } else { i };
                    let i = down.index(in_order(tap / KERNEL, down.offset_step));
                    let j = right.index(in_order(tap % KERNEL, right.offset_step));
                    // SAFETY: the caller's promise.
                    w[lane] = unsafe { *row.add(channel * all.a_channel + i * all.kernel_width + j) }.into();
                }
            }
            let at = self.u_panels().at(channel, output);
            let mut u = [0.0; PLACES * LANES];
            transform_weights(&w, &mut u, LANES);
            for (place, u) in u.chunks_exact(LANES).enumerate() {
                // SAFETY: the caller's promise.
                unsafe { u.as_ptr().copy_to_nonoverlapping(self.u.add(place * self.u_place() + at), LANES) };
            }
        }
    }

    /// Numbers of scratch memory for a block: a frame, the transformed tiles, their products; the frame of the results
    /// takes the place of the transformed tiles.
    fn scratch_length(&self, tiles: usize, channels: usize) -> usize {
        let columns = TILE * self.tiling.columns;
        READ * (columns + READ - TILE) * channels
            + TILE * columns * self.padded
            + PLACES * (tiles * (channels + self.padded) + 2 * APART)
    }
}

/// Some units of tiles.
struct Block<'a> {
    slice: &'a Slice<'a>,
    units: std::ops::Range<usize>,
    /// The most tiles of a block.
    tiles: usize,
    scratch: *mut f32,
}

impl Work<f32> for Block<'_> {
    #[inline(always)]
    unsafe fn run<V: Micro<Scalar = f32>>(self) {
        let Block { slice, units, tiles: most, scratch } = self;
        let &Slice { all, tiling, group, first, outputs, padded: columns, .. } = slice;
        let channels = padded(V::LEVEL, all.channels);
        let one_panel = |columns: usize| Panels { columns, panel: columns, rows: most };
        let frame = scratch;
        let results = frame.wrapping_add(READ * (TILE * tiling.columns + READ - TILE) * channels);
        let v = results.wrapping_add(TILE * TILE * tiling.columns * columns);
        let v = Transformed { to: v, place: most * channels + APART, panels: one_panel(channels) };
        let m = v.to.wrapping_add(PLACES * v.place);
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
                frame_window::<V>(&image, start, [READ, TILE * unit.tiles + READ - TILE], channels, frame);
                transform_pixels::<V>(frame, unit.tiles, tiles, &v);
                tiles += unit.tiles;
            }
            multiply::<V>(slice, tiles, &v, &m);
            let finish = all.finish.at_row(group * all.outputs + first);
            let mut tile = 0;
            for unit in units {
                let unit = tiling.unit(unit);
                transform_results::<V>(&m, unit.tiles, tile, results);
                tile += unit.tiles;
                let rows = TILE.min(all.grid[0] - unit.row);
                let wide = TILE * unit.tiles;
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
unsafe fn multiply<V: Micro<Scalar = f32>>(slice: &Slice, tiles: usize, v: &Transformed, m: &Transformed) {
    let (depth_of_all, panels) = (slice.all.channels, slice.u_panels());
    let rows = tiles.div_ceil(tiles.div_ceil(V::ROWS));
    for place in 0..PLACES {
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
                        });
                    }
                }
            }
        }
    }
}
