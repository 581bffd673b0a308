//! The gradient by the weight by tiles: `dw = Gᵀ (Σ (Bᵀ x B) · (A g Aᵀ)) G`, summed over tiles, in each place a product of
//! matrices whose depth is tiles.

use super::filter::{Filter, Four, KERNEL};
use super::frame::{Image, frame_window};
use super::transform::{Transformed, transform_gradients, transform_pixels};
use super::weights::{LANES, transpose_weights};
use super::{APART, LEAST, Panels, Tiling, padded, panel, tiles_of_block};
use crate::conv::ConvShape;
use crate::gemm::Finish;
use crate::micro::{Micro, Tile};
use crate::shared::Shared;
use crate::simd::{Vectors, Work};
use crate::{Level, for_each_index, scratch};

const PLACES: usize = Four::PLACES;
const TILE: usize = Four::TILE;
const READ: usize = Four::READ;

/// Outputs of a part are a multiple of this at every level.
const WIDTH: usize = 16;

/// Whether it is faster than the direct sum.
pub(in crate::conv) fn suits(shape: &ConvShape) -> bool {
    let geometry = shape.kernel == [KERNEL; 2] && shape.stride == [1, 1] && shape.dilation == [1, 1];
    let channels = shape.group_inputs().min(shape.group_outputs()) >= LEAST;
    geometry && channels && shape.out_size[1].min(shape.in_size[1]) >= LEAST && shape.out_size[0] >= TILE
}

/// Numbers of the sums of one part.
pub(in crate::conv) fn part_length(shape: &ConvShape) -> usize {
    shape.groups * PLACES * shape.group_inputs() * shape.group_outputs().next_multiple_of(WIDTH)
}

/// Computes it on all threads, the images in `parts` parts that are summed apart; it [`suits`], and the lengths are
/// checked.
pub(in crate::conv) fn by_weight(
    level: Level,
    shape: &ConvShape,
    parts: usize,
    x: &[f32],
    g: &[f32],
    workspace: &mut [f32],
    dw: &mut [f32],
) {
    let (channels, outputs) = (shape.group_inputs(), shape.group_outputs());
    let columns = outputs.next_multiple_of(WIDTH);
    let tiles = tiles_of_block::<Four>(padded(level, channels) + columns);
    let tiling = Tiling::new::<Four>(shape.out_size, tiles);
    // Each thread has some of the channels, where the parts are fewer than the threads.
    let cuts = rayon::current_num_threads().div_ceil(parts * shape.groups).min(channels.div_ceil(LEAST));
    let all = All { shape, tiling, columns, x: x.as_ptr(), g: g.as_ptr(), sums: workspace.as_mut_ptr() };
    let all = &all;
    for_each_index(parts * shape.groups * cuts, |i| {
        let (part, group, cut) = (i / cuts / shape.groups, i / cuts % shape.groups, i % cuts);
        let images = shape.batch * part / parts..shape.batch * (part + 1) / parts;
        let channels = channels * cut / cuts..channels * (cut + 1) / cuts;
        let share = |scratch| Share { all, part, group, images, channels, scratch };
        let needed = all.scratch_length();
        // SAFETY: the lengths are checked, and every share has its own rows of the sums.
        scratch::with_at_least(needed, |scratch| unsafe { f32::enter(level, share(scratch)) });
    });
    let sums = &workspace[..parts * part_length(shape)];
    let dw = Shared::new(dw);
    for_each_index(shape.groups * channels, |row| {
        let (group, channel) = (row / channels, row % channels);
        for output in (0..outputs).step_by(LANES) {
            let at = (group * PLACES * channels + channel) * columns + output;
            let w = transpose_weights(&sums[at..], channels * columns, parts, part_length(shape));
            for lane in 0..LANES.min(outputs - output) {
                let at = ((group * outputs + output + lane) * channels + channel) * KERNEL * KERNEL;
                // SAFETY: every channel of every output is written by one thread.
                let dw = unsafe { dw.part(at, KERNEL * KERNEL) };
                dw.iter_mut().zip(&w).for_each(|(dw, w)| *dw = w[lane] as f32);
            }
        }
    });
}

struct All<'a> {
    shape: &'a ConvShape,
    tiling: Tiling,
    /// The outputs of a group, padded.
    columns: usize,
    x: *const f32,
    g: *const f32,
    /// For each part and group: the sums of a channel and an output in each place, `[place, channel, output]`.
    sums: *mut f32,
}

// SAFETY: pointers and sizes; what happens through them is the promise of whoever computes it.
unsafe impl Sync for All<'_> {}

impl All<'_> {
    /// Numbers of scratch memory: a frame, transformed pixels and gradients.
    fn scratch_length(&self) -> usize {
        let most = self.tiling.together * self.tiling.columns;
        let channels = self.shape.group_inputs().next_multiple_of(WIDTH);
        READ * (TILE * self.tiling.columns + READ - TILE) * channels.max(self.columns)
            + PLACES * (most * (channels + self.columns) + 2 * APART)
    }
}

/// Some images and some channels of a group.
struct Share<'a> {
    all: &'a All<'a>,
    part: usize,
    group: usize,
    images: std::ops::Range<usize>,
    channels: std::ops::Range<usize>,
    scratch: *mut f32,
}

impl Work<f32> for Share<'_> {
    #[inline(always)]
    unsafe fn run<V: Micro<Scalar = f32>>(self) {
        let All { shape, tiling, columns, .. } = *self.all;
        let channels = padded(V::LEVEL, self.channels.len());
        let most = tiling.together * tiling.columns;
        let panels = |columns: usize| Panels { columns, panel: panel(V::LEVEL), rows: most };
        let frame = self.scratch;
        let v = frame.wrapping_add(READ * (TILE * tiling.columns + READ - TILE) * channels.max(columns));
        let v = Transformed { to: v, place: most * channels + APART, panels: panels(channels) };
        let to = v.to.wrapping_add(PLACES * v.place);
        let g = Transformed { to, place: most * columns + APART, panels: panels(columns) };
        let padding = shape.padding.map(|padding| padding as isize);
        let units = tiling.units(self.images.start)..tiling.units(self.images.end);
        for block in units.clone().step_by(tiling.together) {
            let mut tiles = 0;
            for unit in block..(block + tiling.together).min(units.end) {
                let unit = tiling.unit(unit);
                // SAFETY: the caller's promise; `scratch_length` says what the scratch memory holds.
                unsafe {
                    let first = (unit.image * shape.groups + self.group) * shape.group_inputs() + self.channels.start;
                    let from = self.all.x.add(first * shape.in_pixels());
                    let image = Image { from, channels: self.channels.len(), size: shape.in_size };
                    let start = [unit.row as isize - padding[0], unit.column as isize - padding[1]];
                    frame_window::<V>(&image, start, [READ, TILE * unit.tiles + READ - TILE], channels, frame);
                    transform_pixels::<Four, V>(frame, unit.tiles, tiles, &v);
                    let first = (unit.image * shape.groups + self.group) * shape.group_outputs();
                    let from = self.all.g.add(first * shape.out_pixels());
                    let image = Image { from, channels: shape.group_outputs(), size: shape.out_size };
                    let start = [unit.row as isize, unit.column as isize];
                    frame_window::<V>(&image, start, [TILE, TILE * unit.tiles], columns, frame);
                    transform_gradients::<V>(frame, unit.tiles, tiles, &g);
                }
                tiles += unit.tiles;
            }
            // SAFETY: as above.
            unsafe { self.multiply::<V>(tiles, &v, &g, block > units.start) };
        }
    }
}

impl Share<'_> {
    /// `sums += Vᵀ · G` in every place.
    #[inline(always)]
    unsafe fn multiply<V: Micro<Scalar = f32>>(
        &self,
        tiles: usize,
        v: &Transformed,
        g: &Transformed,
        accumulate: bool,
    ) {
        let (channels, columns) = (self.all.shape.group_inputs(), self.all.columns);
        let first = (self.part * self.all.shape.groups + self.group) * PLACES * channels + self.channels.start;
        for place in 0..PLACES {
            for column in (0..columns).step_by(g.panels.panel) {
                let b_row = g.panels.row_length(column);
                for left in (0..self.channels.len()).step_by(v.panels.panel) {
                    let height = v.panels.panel.min(self.channels.len() - left);
                    let rows = height.div_ceil(height.div_ceil(V::ROWS));
                    for row in (left..left + height).step_by(rows) {
                        // SAFETY: the caller's promise.
                        unsafe {
                            V::multiply_tile(&Tile {
                                depth: tiles,
                                rows: rows.min(left + height - row),
                                columns: b_row,
                                a: v.to.add(place * v.place + v.panels.at(0, row)),
                                a_row: 1,
                                a_column: v.panels.row_length(row),
                                b: g.to.add(place * g.place + g.panels.at(0, column)),
                                b_row,
                                c: self.all.sums.add((first + place * channels + row) * columns + column),
                                c_row: columns,
                                accumulate,
                                finish: Finish::NONE,
                            });
                        }
                    }
                }
            }
        }
    }
}
