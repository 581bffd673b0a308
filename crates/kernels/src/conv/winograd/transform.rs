//! The transforms of tiles side by side, a register of channels at a time.

use super::Panels;
use super::filter::{Filter, Four, Square};
use crate::simd::Simd;

/// Transformed tiles: place e of a tile in a channel at `to[e · place + panels.at(tile, channel)]`.
#[derive(Clone, Copy)]
pub(super) struct Transformed {
    pub(super) to: *mut f32,
    pub(super) place: usize,
    pub(super) panels: Panels,
}

impl Transformed {
    /// A tile in a register of channels.
    #[inline(always)]
    fn square<F: Filter>(&self, tile: usize, channel: usize) -> Square<*mut f32> {
        let at = self.to.wrapping_add(self.panels.at(tile, channel));
        Square { at, strides: [F::READ * self.place, self.place] }
    }
}

/// A tile, in a register of channels, of a frame whose tiles are `step` pixels apart.
#[inline(always)]
fn in_frame(
    frame: *const f32,
    [row, channels]: [usize; 2],
    step: usize,
    tile: usize,
    channel: usize,
) -> Square<*const f32> {
    Square { at: frame.wrapping_add(step * tile * channels + channel), strides: [row, channels] }
}

/// Transforms tiles side by side, for t×t results each, from a frame of t + 2 rows; they become tiles `first..`.
///
/// # Safety
/// The processor has the instruction set of `V`, for which the caller is compiled; the frame has t + 2 rows of
/// `t · tiles + 2` pixels with the channels of the panels, which have room for the tiles.
#[inline(always)]
pub(super) unsafe fn transform_pixels<F: Filter, V: Simd<Scalar = f32>>(
    frame: *const f32,
    tiles: usize,
    first: usize,
    out: &Transformed,
) {
    let channels = out.panels.columns;
    let row = (F::TILE * tiles + F::READ - F::TILE) * channels;
    for tile in 0..tiles {
        for channel in (0..channels).step_by(V::LANES) {
            let from = in_frame(frame, [row, channels], F::TILE, tile, channel);
            // SAFETY: the caller's promise.
            unsafe { F::pixels::<V>(from, out.square::<F>(first + tile, channel)) }
        }
    }
}

/// Transforms the gradients of tiles side by side, 4×4 each, from a frame of 4 rows; they become tiles `first..`.
///
/// # Safety
/// As [`transform_pixels`]; the frame has 4 rows of `4 · tiles` pixels.
#[inline(always)]
pub(super) unsafe fn transform_gradients<V: Simd<Scalar = f32>>(
    frame: *const f32,
    tiles: usize,
    first: usize,
    out: &Transformed,
) {
    let channels = out.panels.columns;
    let row = Four::TILE * tiles * channels;
    for tile in 0..tiles {
        for channel in (0..channels).step_by(V::LANES) {
            let from = in_frame(frame, [row, channels], Four::TILE, tile, channel);
            // SAFETY: the caller's promise.
            unsafe { Four::gradients::<V>(from, out.square::<Four>(first + tile, channel)) }
        }
    }
}

/// The results of tiles `first..`, into a frame of t rows of `t · tiles` pixels; `from` as in [`Transformed`], with all
/// channels in one panel.
///
/// # Safety
/// As [`transform_pixels`].
#[inline(always)]
pub(super) unsafe fn transform_results<F: Filter, V: Simd<Scalar = f32>>(
    from: &Transformed,
    tiles: usize,
    first: usize,
    frame: *mut f32,
) {
    let channels = from.panels.columns;
    let row = F::TILE * tiles * channels;
    for tile in 0..tiles {
        for channel in (0..channels).step_by(V::LANES) {
            let Square { at, strides } = from.square::<F>(first + tile, channel);
            let to = Square { at: frame.wrapping_add(F::TILE * tile * channels + channel), strides: [row, channels] };
            // SAFETY: the caller's promise.
            unsafe { F::results::<V>(Square { at: at.cast_const(), strides }, to) }
        }
    }
}
