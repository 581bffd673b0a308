//! The gradient by the weight: `dw[o, c, t] = Σ g[n, o, i, j] · x[n, c, i·s + tₕ, j·s + t_w]` over images n and pixels.
//!
//! As a matrix product: rows are channels and taps, columns outputs, the depth is pixels. The left side is the image
//! itself, with a frame of zeros where there is padding: a row of it begins at a channel and a tap, and goes along the
//! pixels, so that nothing is copied for each tap. The right side is the transpose of g, packed in panels.
//!
//! ```text
//!   x in a frame: where the row of a       rows: channels and taps          gᵀ     outputs
//!   channel and a tap begins                     pixels                         ┌────────────┐
//!   ┌──────────────────────┐              c, t ┌──────────────────┐             │            │ pixels
//!   │ ①②③                  │              ①    │ the image from ① │             │            │
//!   │ ④⑤⑥  ──▶ pixels      │              ②    │ the image from ② │      ·      │  packed    │    =  dwᵀ
//!   │ ⑦⑧⑨                  │              …    │ …: never written │             │            │
//!   └──────────────────────┘                   └──────────────────┘             └────────────┘
//! ```
//!
//! The result arises transposed in the workspace. Where it is small, every thread takes some of the images, and the sums
//! are added in the order of the images; the number of these parts depends on the sizes alone.

use std::any::TypeId;
use std::ptr;

use super::bands::{Bands, WIDTH};
use super::shape::ConvShape;
use super::winograd;
use crate::micro::{IndirectTile, MOST_ROWS, Micro, REGISTERS};
use crate::pack::{Source, pack};
use crate::simd::Work;
use crate::{Float, Level, for_each_index, scratch};

/// Rows and columns of the result that make a part worth a thread of its own.
const SHARE: usize = 16 * 14 * WIDTH;

/// Numbers of the sums by tiles of all parts, about.
const WINOGRAD_SHARE: usize = 1 << 20;

/// The parts of the images that are summed apart. Few channels, as three colors, are no even shares for the threads.
fn parts(shape: &ConvShape) -> usize {
    let rows = shape.group_inputs() * shape.kernel_size();
    let size = shape.groups * rows * shape.group_outputs().next_multiple_of(WIDTH);
    let least = if shape.in_channels < 8 { 8 } else { 1 };
    (SHARE / size.max(1)).clamp(least, 16).min(shape.batch.max(1))
}

/// Numbers of one part of the workspace.
fn part_length(shape: &ConvShape) -> usize {
    shape.groups * shape.group_inputs() * shape.kernel_size() * shape.group_outputs().next_multiple_of(WIDTH)
}

/// The parts of the images of a sum by tiles: more threads than these share the channels. Decides about bits.
fn winograd_parts(shape: &ConvShape) -> usize {
    (WINOGRAD_SHARE / winograd::by_weight_part_length(shape).max(1)).clamp(2, 16).min(shape.batch)
}

/// Numbers of the workspace.
pub(super) fn workspace_length(shape: &ConvShape) -> usize {
    let direct = parts(shape) * part_length(shape);
    if !winograd::suits_by_weight(shape) {
        return direct;
    }
    direct.max(winograd_parts(shape) * winograd::by_weight_part_length(shape))
}

/// Computes it on all threads; the lengths are checked.
pub(super) fn run<F: Float>(level: Level, shape: &ConvShape, x: &[F], g: &[F], workspace: &mut [F], dw: &mut [F]) {
    let (channels, taps, outputs) = (shape.group_inputs(), shape.kernel_size(), shape.group_outputs());
    let (parts, part_length) = (parts(shape), part_length(shape));
    if dw.is_empty() {
        return;
    }
    if shape.batch == 0 || shape.out_pixels() == 0 {
        return dw.fill(F::ZERO);
    }
    if winograd::suits_by_weight(shape) && is_single::<F>() {
        // SAFETY: the numbers are `f32`.
        let (x, g) = unsafe { (&*(ptr::from_ref(x) as *const [f32]), &*(ptr::from_ref(g) as *const [f32])) };
        // SAFETY: as above; both are borrowed mutably.
        let (to, dw) =
            unsafe { (&mut *(ptr::from_mut(workspace) as *mut [f32]), &mut *(ptr::from_mut(dw) as *mut [f32])) };
        return winograd::by_weight(level, shape, winograd_parts(shape), x, g, to, dw);
    }
    // Each thread has some of the channels, where the parts are fewer than the threads.
    let cuts = rayon::current_num_threads().div_ceil(parts * shape.groups).min(channels);
    let work = Operands { shape, x: x.as_ptr(), g: g.as_ptr(), workspace: workspace.as_mut_ptr() };
    for_each_index(parts * shape.groups * cuts, |i| {
        let (part, group, cut) = (i / cuts / shape.groups, i / cuts % shape.groups, i % cuts);
        let images = shape.batch * part / parts..shape.batch * (part + 1) / parts;
        let channels = channels * cut / cuts..channels * (cut + 1) / cuts;
        let operands = &work;
        let needed = Bands::new::<F>(shape, channels.len()).scratch_length();
        scratch::with_at_least(needed, |scratch| {
            let share = Share { operands, part, group, images, channels, scratch };
            // SAFETY: the lengths are checked, and every share has its own rows of the workspace.
            unsafe { F::enter(level, share) };
        });
    });
    let workspace = &workspace[..parts * part_length];
    let width = outputs.next_multiple_of(WIDTH);
    crate::for_each_chunk(dw, channels * taps, |output, row| {
        let (group, output) = (output / outputs, output % outputs);
        for (r, dw) in row.iter_mut().enumerate() {
            let at = (group * channels * taps + r) * width + output;
            *dw = (0..parts).fold(F::ZERO, |sum, part| sum + workspace[part * part_length + at]);
        }
    });
}

fn is_single<F: Float>() -> bool {
    TypeId::of::<F>() == TypeId::of::<f32>()
}

struct Operands<'a, F> {
    shape: &'a ConvShape,
    x: *const F,
    g: *const F,
    workspace: *mut F,
}

// SAFETY: pointers and sizes; what happens through them is the promise of whoever computes it.
unsafe impl<F: Float> Sync for Operands<'_, F> {}

/// Some images and some channels of a group.
struct Share<'a, F> {
    operands: &'a Operands<'a, F>,
    part: usize,
    group: usize,
    images: std::ops::Range<usize>,
    channels: std::ops::Range<usize>,
    scratch: *mut F,
}

impl<F: Float> Work<F> for Share<'_, F> {
    #[inline(always)]
    unsafe fn run<V: Micro<Scalar = F>>(self) {
        let shape = self.operands.shape;
        let bands = Bands::new::<F>(shape, self.channels.len());
        let (channels, outputs) = (self.channels.clone(), shape.group_outputs());
        for channel in channels.clone().step_by(bands.channels) {
            for output in (0..outputs).step_by(bands.outputs) {
                let (inputs, outputs) =
                    (bands.channels.min(channels.end - channel), bands.outputs.min(outputs - output));
                let mut accumulate = false;
                for image in self.images.clone() {
                    for row in (0..shape.out_size[0]).step_by(bands.size[0]) {
                        for column in (0..shape.out_size[1]).step_by(bands.size[1]) {
                            let size = [
                                bands.size[0].min(shape.out_size[0] - row),
                                bands.size[1].min(shape.out_size[1] - column),
                            ];
                            let band = Band { image, row, column, size, channel, inputs, output, outputs };
                            // SAFETY: the caller's promise.
                            unsafe { self.add_band::<V>(&bands, &band, accumulate) };
                            accumulate = true;
                        }
                    }
                }
            }
        }
    }
}

impl<F: Float> Share<'_, F> {
    /// Adds what the pixels of a band contribute to the rows of some channels and the columns of some outputs.
    #[inline(always)]
    unsafe fn add_band<V: Micro<Scalar = F>>(&self, bands: &Bands, band: &Band, accumulate: bool) {
        let &Share { operands, part, group, scratch, .. } = self;
        let shape = operands.shape;
        let [rows, columns] = band.size;
        let (taps, depth) = (shape.kernel_size(), rows * columns);
        let row_length = shape.group_outputs().next_multiple_of(WIDTH);
        let first_row = (part * shape.groups + group) * shape.group_inputs() * taps;
        let packed = scratch.wrapping_add(bands.frame_length());
        // SAFETY: the caller's promise; `Bands::scratch` says what the scratch memory holds.
        unsafe {
            let input = (band.image * shape.groups + group) * shape.group_inputs() + band.channel;
            let x = operands.x.add(input * shape.in_pixels());
            let output = (band.image * shape.groups + group) * shape.group_outputs() + band.output;
            let g = operands.g.add(output * shape.out_pixels() + band.row * shape.out_size[1] + band.column);
            pack_outputs::<V>(g, shape, band, packed);
            let left = if bands.in_place {
                let first = band.row * shape.stride[0] * shape.in_size[1] + band.column * shape.stride[1];
                Left { from: x.add(first), channel: shape.in_pixels(), row: shape.in_size[1] }
            } else {
                frame_image(shape, bands, band, x, scratch);
                Left { from: scratch, channel: bands.frame[0] * bands.frame[1], row: bands.frame[1] }
            };
            for o in (0..band.outputs).step_by(REGISTERS * V::LANES) {
                let registers = (band.outputs - o).div_ceil(V::LANES).min(REGISTERS);
                let panel = packed.add(o / WIDTH * WIDTH * depth + o % WIDTH);
                for r in (0..band.inputs * taps).step_by(V::ROWS) {
                    let height = V::ROWS.min(band.inputs * taps - r);
                    let at = (first_row + band.channel * taps + r) * row_length + band.output + o;
                    V::multiply_indirect_tile(&IndirectTile {
                        runs: [1, rows],
                        run_strides: [0, (shape.stride[0] * left.row) as isize],
                        length: columns,
                        a: left.from,
                        a_column: shape.stride[1] as isize,
                        rows: height,
                        a_rows: left.rows(shape, r, height),
                        registers,
                        b: panel,
                        b_row: WIDTH,
                        c: operands.workspace.add(at),
                        c_row: row_length,
                        accumulate,
                    });
                }
            }
        }
    }
}

/// Where the left side lies: a channel of a band, and a row of pixels of it.
struct Left<F> {
    from: *const F,
    channel: usize,
    row: usize,
}

impl<F> Left<F> {
    /// Where rows `first..first + count` of the left side begin: each is a channel and a tap.
    #[inline(always)]
    fn rows(&self, shape: &ConvShape, first: usize, count: usize) -> [usize; MOST_ROWS] {
        let mut rows = [0; MOST_ROWS];
        for (i, row) in rows.iter_mut().enumerate().take(count) {
            let (channel, tap) = ((first + i) / shape.kernel_size(), (first + i) % shape.kernel_size());
            let (down, right) = (tap / shape.kernel[1], tap % shape.kernel[1]);
            *row = channel * self.channel + down * shape.dilation[0] * self.row + right * shape.dilation[1];
        }
        rows
    }
}

/// Some pixels of an image, some channels and some outputs.
struct Band {
    image: usize,
    row: usize,
    column: usize,
    size: [usize; 2],
    channel: usize,
    inputs: usize,
    output: usize,
    outputs: usize,
}

/// The gradient of a band, transposed, in panels: output o of pixel p at `to[o / WIDTH · WIDTH · depth + p · WIDTH + o %
/// WIDTH]`, zeros for outputs that a panel lacks.
///
/// # Safety
/// As [`Work::run`]; `g` is valid from the first pixel of the band on, `to` for whole panels.
#[inline(always)]
unsafe fn pack_outputs<V: Micro>(g: *const V::Scalar, shape: &ConvShape, band: &Band, to: *mut V::Scalar) {
    let [rows, columns] = band.size;
    // Whole rows follow each other without a gap.
    let (runs, length) = if columns == shape.out_size[1] { (1, rows * columns) } else { (rows, columns) };
    for o in (0..band.outputs).step_by(WIDTH) {
        let (to, outputs) = (to.wrapping_add(o * rows * columns), WIDTH.min(band.outputs - o));
        // SAFETY: the caller's promise.
        unsafe {
            if outputs < WIDTH {
                std::slice::from_raw_parts_mut(to, WIDTH * rows * columns).fill(V::Scalar::ZERO);
            }
            for run in 0..runs {
                let from = g.add(o * shape.out_pixels() + run * shape.out_size[1]);
                let source = Source { from, along: shape.out_pixels(), deep: 1 };
                pack::<V>(source, outputs, length, to.add(run * length * WIDTH), WIDTH);
            }
        }
    }
}

/// The part of the image that a band reads, with zeros where it reaches beyond the image: channel c, row i, column j at
/// `to[(c · frame height + i) · frame width + j]`.
///
/// # Safety
/// `x` is valid for the channels of the band, `to` for their frames.
#[inline(always)]
unsafe fn frame_image<F: Float>(shape: &ConvShape, bands: &Bands, band: &Band, x: *const F, to: *mut F) {
    let [frame_height, frame_width] = bands.frame;
    let [height, width] = shape.in_size;
    let row = (band.row * shape.stride[0]) as isize - shape.padding[0] as isize;
    let column = (band.column * shape.stride[1]) as isize - shape.padding[1] as isize;
    // Which columns of the frame lie inside the image.
    let begin = (-column).clamp(0, frame_width as isize) as usize;
    let end = (width as isize - column).clamp(begin as isize, frame_width as isize) as usize;
    for channel in 0..band.inputs {
        for i in 0..frame_height {
            // SAFETY: the caller's promise; what is read lies inside the image.
            unsafe {
                let to =
                    std::slice::from_raw_parts_mut(to.add((channel * frame_height + i) * frame_width), frame_width);
                let row = row + i as isize;
                if row < 0 || row >= height as isize || begin == end {
                    to.fill(F::ZERO);
                    continue;
                }
                let from = (channel * height + row as usize) * width + (column + begin as isize) as usize;
                to[..begin].fill(F::ZERO);
                to[begin..end].copy_from_slice(std::slice::from_raw_parts(x.add(from), end - begin));
                to[end..].fill(F::ZERO);
            }
        }
    }
}
