//! Correlations with few outputs, as the gradient by pictures of three colors: a panel of pixels would hardly be used
//! before the next is packed. Here every tap of every output is a row of a product over the channels, whose right side is
//! the image where it lies; the results are sums of these rows, each shifted by its tap.
//!
//! ```text
//!               channels         x: pixels of a band              planes, in cache            y, a row at a time
//!             ┌──────────┐      ┌──────────────────┐           ┌──────────────────┐
//!  outputs    │          │      │                  │           │ tap 0            │──▶ one column further on ─┐
//!  and taps   │    A     │  ·   │ channels         │    =      │ tap 1            │──▶ as it is ──────────────┼─▶ Σ
//!             │          │      │                  │           │ …                │──▶ a row further on ──────┘
//!             └──────────┘      └──────────────────┘           └──────────────────┘
//! ```
//!
//! Each number of a plane costs as many multiply-adds as there are channels, and one addition. Measured on two cores of a
//! Zen 3 (peak 207 GFLOP/s): 16 channels 57 GFLOP/s, 32 channels 74, 64 channels 96, where panels gave 29, 29 and 23.

use super::correlate::{Correlation, DEPTH};
use crate::gemm::Finish;
use crate::micro::{Micro, REGISTERS, Tile};
use crate::simd::Work;
use crate::{Float, Level, for_each_index, scratch};
use std::ops::Range;

/// The most outputs for which it pays.
const OUTPUTS: usize = 4;

/// The fewest channels for which it pays.
const CHANNELS: usize = 8;

/// Bytes of the planes of a band, about: a quarter of a second level of cache of 1 MiB.
const BYTES: usize = 256 << 10;

/// Whether [`correlate`] does it.
pub(super) fn suits<F: Float>(all: &Correlation<F>) -> bool {
    let taps = all.taps[0].count * all.taps[1].count;
    let sizes = (1..=OUTPUTS).contains(&all.outputs) && (CHANNELS..=DEPTH).contains(&all.channels);
    sizes && taps > 0 && all.step == [1, 1]
}

/// Computes it on all threads.
///
/// # Safety
/// As [`Correlation`] states it; the processor has the level; [`suits`] says yes.
pub(super) unsafe fn correlate<F: Float>(level: Level, all: &Correlation<F>) {
    let planes = all.outputs * all.taps[0].count * all.taps[1].count;
    let images = all.images * all.groups;
    // A band reads a few rows beyond its own: it has several times as many.
    let reach = all.taps[0].offset(0).abs_diff(all.taps[0].offset(all.taps[0].count - 1)) + 1;
    let fit = (BYTES / size_of::<F>() / planes / all.size[1].max(1)).saturating_sub(reach).max(4 * reach);
    let wanted = (4 * rayon::current_num_threads()).div_ceil(images.max(1));
    let bands = all.grid[0].div_ceil(fit).max(wanted.min(all.grid[0] / (4 * reach)));
    let rows = all.grid[0].div_ceil(bands.max(1)).max(1);
    let bands = all.grid[0].div_ceil(rows);
    let length = planes * all.channels + planes * (rows + reach) * all.size[1] + all.grid[1];
    for_each_index(images * bands, |i| {
        let (image, begin) = (i / bands, i % bands * rows);
        let band = begin..(begin + rows).min(all.grid[0]);
        // SAFETY: the caller's promise; the bands are disjoint.
        scratch::with_at_least(length, |scratch| unsafe { F::enter(level, Part { all, image, band, scratch }) });
    });
}

/// Some rows of results of one image and group, which are counted together.
struct Part<'a, F> {
    all: &'a Correlation<F>,
    image: usize,
    band: Range<usize>,
    scratch: *mut F,
}

impl<F: Float> Work<F> for Part<'_, F> {
    #[inline(always)]
    unsafe fn run<V: Micro<Scalar = F>>(self) {
        let Part { all, image, ref band, scratch } = self;
        let ([height, width], channels, [down, right]) = (all.size, all.channels, all.taps);
        let (taps, group) = (down.count * right.count, image % all.groups);
        let planes = all.outputs * taps;
        let ends = [down.offset(0), down.offset(down.count - 1)];
        let inside = |row: isize| row.clamp(0, height as isize) as usize;
        let first = inside(band.start as isize + ends[0].min(ends[1]));
        let last = inside(band.end as isize + ends[0].max(ends[1]));
        let pixels = last.saturating_sub(first) * width;
        let tile_rows = planes.div_ceil(planes.div_ceil(V::ROWS));
        let left = scratch;
        let (plane, sums) = (left.wrapping_add(planes * channels), all.grid[1]);
        let sum = plane.wrapping_add(planes * pixels);
        // SAFETY: the caller's promise; `correlate` asked for as much scratch memory.
        unsafe {
            let x = all.x.add(image * channels * height * width + first * width);
            for row in (0..planes).step_by(tile_rows) {
                let rows = tile_rows.min(planes - row);
                for r in 0..rows {
                    let (output, tap) = ((row + r) / taps, (row + r) % taps);
                    let number = down.index(tap / right.count) * all.kernel_width + right.index(tap % right.count);
                    let a = all.group_row(group, output).add(number);
                    for channel in 0..channels {
                        *left.add(row * channels + channel * rows + r) = *a.add(channel * all.a_channel);
                    }
                }
            }
            for pixel in (0..pixels).step_by(REGISTERS * V::LANES) {
                for row in (0..planes).step_by(tile_rows) {
                    let rows = tile_rows.min(planes - row);
                    V::multiply_tile(&Tile {
                        depth: channels,
                        rows,
                        columns: (REGISTERS * V::LANES).min(pixels - pixel),
                        a: left.add(row * channels),
                        a_row: 1,
                        a_column: rows,
                        b: x.add(pixel),
                        b_row: height * width,
                        c: plane.add(row * pixels + pixel),
                        c_row: pixels,
                        accumulate: false,
                        finish: Finish::NONE,
                    });
                }
            }
            for (output, i) in (0..all.outputs).flat_map(|output| band.clone().map(move |i| (output, i))) {
                let sum = std::slice::from_raw_parts_mut(sum, sums);
                sum.fill(F::ZERO);
                for tap in 0..taps {
                    let row = i as isize + down.offset(tap / right.count);
                    let shift = right.offset(tap % right.count);
                    let begin = (-shift).clamp(0, sums as isize);
                    let end = (width as isize - shift).clamp(begin, sums as isize);
                    if row < first as isize || row >= last as isize || begin == end {
                        continue;
                    }
                    let from = (output * taps + tap) * pixels + (row as usize - first) * width;
                    let from = plane.add(from + (begin + shift) as usize);
                    let (begin, end) = (begin as usize, end as usize);
                    let shifted = std::slice::from_raw_parts(from, end - begin);
                    sum[begin..end].iter_mut().zip(shifted).for_each(|(sum, &number)| *sum += number);
                }
                all.finish.at_row(group * all.outputs + output).apply(1, sums, sum.as_mut_ptr(), sums);
                let to = all.y.add((image * all.outputs + output) * all.y_channel + i * all.y_step[0]);
                for (j, &number) in sum.iter().enumerate() {
                    *to.add(j * all.y_step[1]) = number;
                }
            }
        }
    }
}
