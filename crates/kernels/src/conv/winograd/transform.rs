//! The transforms of tiles, a register of channels at a time, by the points 0, ±a, ±b and ∞.

use super::{Panels, READ, TILE};
use crate::simd::Simd;

/// The points, of which a few bits are exact powers, too.
pub(super) const A: f32 = 0.625;
pub(super) const B: f32 = 1.375;

const A2: f32 = A * A;
const B2: f32 = B * B;

#[inline(always)]
unsafe fn number<V: Simd<Scalar = f32>>(number: f32) -> V {
    // SAFETY: the caller's promise.
    unsafe { V::splat(&number) }
}

/// `x + y · factor`.
#[inline(always)]
unsafe fn add<V: Simd<Scalar = f32>>(x: V, y: V, factor: f32) -> V {
    // SAFETY: the caller's promise.
    unsafe { y.multiply_add(number(factor), x) }
}

/// `x · factor + y · other + z`.
#[inline(always)]
unsafe fn sum<V: Simd<Scalar = f32>>(x: V, factor: f32, y: V, other: f32, z: V) -> V {
    // SAFETY: the caller's promise.
    unsafe { add(add(z, y, other), x, factor) }
}

/// A transform along one axis.
trait Transform<const FROM: usize, const TO: usize> {
    /// # Safety
    /// As the methods of [`Simd`].
    unsafe fn apply<V: Simd<Scalar = f32>>(x: [V; FROM]) -> [V; TO];
}

/// `Bᵀ d`: row i is the polynomial that vanishes at all finite points but the i-th, the last at all.
struct Pixels;

impl Transform<READ, READ> for Pixels {
    #[inline(always)]
    unsafe fn apply<V: Simd<Scalar = f32>>(d: [V; READ]) -> [V; READ] {
        // SAFETY: the caller's promise.
        unsafe {
            let (even_a, odd_a) = (add(d[4], d[2], -B2), add(d[3], d[1], -B2));
            let (even_b, odd_b) = (add(d[4], d[2], -A2), add(d[3], d[1], -A2));
            [
                sum(d[0], A2 * B2, d[2], -A2 - B2, d[4]),
                add(even_a, odd_a, A),
                add(even_a, odd_a, -A),
                add(even_b, odd_b, B),
                add(even_b, odd_b, -B),
                sum(d[1], A2 * B2, d[3], -A2 - B2, d[5]),
            ]
        }
    }
}

/// `Aᵀ m`: the powers of the points.
struct Results;

impl Transform<READ, TILE> for Results {
    #[inline(always)]
    unsafe fn apply<V: Simd<Scalar = f32>>(m: [V; READ]) -> [V; TILE] {
        // SAFETY: the caller's promise.
        unsafe {
            let (even_a, even_b) = (m[1].add(m[2]), m[3].add(m[4]));
            let (odd_a, odd_b) = (add(m[1], m[2], -1.0), add(m[3], m[4], -1.0));
            [
                m[0].add(even_a).add(even_b),
                sum(odd_a, A, odd_b, B, V::zero()),
                sum(even_a, A2, even_b, B2, V::zero()),
                sum(odd_a, A * A2, odd_b, B * B2, m[5]),
            ]
        }
    }
}

/// `A g`: the transpose of [`Results`].
struct Gradients;

impl Transform<TILE, READ> for Gradients {
    #[inline(always)]
    unsafe fn apply<V: Simd<Scalar = f32>>(g: [V; TILE]) -> [V; READ] {
        // SAFETY: the caller's promise.
        unsafe {
            let (even_a, odd_a) = (add(g[0], g[2], A2), add(g[1], g[3], A2));
            let (even_b, odd_b) = (add(g[0], g[2], B2), add(g[1], g[3], B2));
            [g[0], add(even_a, odd_a, A), add(even_a, odd_a, -A), add(even_b, odd_b, B), add(even_b, odd_b, -B), g[3]]
        }
    }
}

/// A transform of the columns, then of the rows, of a square whose element (i, j) lies at `i · strides[0] + j · strides[1]`.
///
/// # Safety
/// As the methods of [`Simd`], for all elements.
#[inline(always)]
unsafe fn two_sided<T: Transform<FROM, TO>, V: Simd<Scalar = f32>, const FROM: usize, const TO: usize>(
    from: *const f32,
    from_strides: [usize; 2],
    to: *mut f32,
    to_strides: [usize; 2],
) {
    // SAFETY: the caller's promise.
    unsafe {
        let mut between = [[V::zero(); FROM]; TO];
        unroll!(register j < FROM: {
            let mut column = [V::zero(); FROM];
            unroll!(register i < FROM: column[i] = V::load(from.add(i * from_strides[0] + j * from_strides[1])));
            let column = T::apply(column);
            unroll!(register i < TO: between[i][j] = column[i]);
        });
        unroll!(register i < TO: {
            let row = T::apply(between[i]);
            unroll!(register j < TO: row[j].store(to.add(i * to_strides[0] + j * to_strides[1])));
        });
    }
}

/// Transformed tiles: place e of a tile in a channel at `to[e · place + panels.at(tile, channel)]`.
#[derive(Clone, Copy)]
pub(super) struct Transformed {
    pub(super) to: *mut f32,
    pub(super) place: usize,
    pub(super) panels: Panels,
}

/// Transforms tiles side by side, for 4×4 results each, from a frame of 6 rows; they become tiles `first..`.
///
/// # Safety
/// The processor has the instruction set of `V`, for which the caller is compiled; the frame has 6 rows of `4 · tiles + 2`
/// pixels with the channels of the panels, which have room for the tiles.
#[inline(always)]
pub(super) unsafe fn transform_pixels<V: Simd<Scalar = f32>>(
    frame: *const f32,
    tiles: usize,
    first: usize,
    out: &Transformed,
) {
    let channels = out.panels.columns;
    let row = (TILE * tiles + READ - TILE) * channels;
    for tile in 0..tiles {
        for channel in (0..channels).step_by(V::LANES) {
            // SAFETY: the caller's promise.
            unsafe {
                let from = frame.add(TILE * tile * channels + channel);
                let to = out.to.add(out.panels.at(first + tile, channel));
                two_sided::<Pixels, V, READ, READ>(from, [row, channels], to, [READ * out.place, out.place]);
            }
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
    let row = TILE * tiles * channels;
    for tile in 0..tiles {
        for channel in (0..channels).step_by(V::LANES) {
            // SAFETY: the caller's promise.
            unsafe {
                let from = frame.add(TILE * tile * channels + channel);
                let to = out.to.add(out.panels.at(first + tile, channel));
                two_sided::<Gradients, V, TILE, READ>(from, [row, channels], to, [READ * out.place, out.place]);
            }
        }
    }
}

/// The results of tiles `first..`, into a frame of 4 rows of `4 · tiles` pixels; `from` as in [`Transformed`], with all
/// channels in one panel.
///
/// # Safety
/// As [`transform_pixels`].
#[inline(always)]
pub(super) unsafe fn transform_results<V: Simd<Scalar = f32>>(
    from: &Transformed,
    tiles: usize,
    first: usize,
    frame: *mut f32,
) {
    let channels = from.panels.columns;
    let row = TILE * tiles * channels;
    for tile in 0..tiles {
        for channel in (0..channels).step_by(V::LANES) {
            // SAFETY: the caller's promise.
            unsafe {
                let source = from.to.add(from.panels.at(first + tile, channel));
                let to = frame.add(TILE * tile * channels + channel);
                two_sided::<Results, V, READ, TILE>(source, [READ * from.place, from.place], to, [row, channels]);
            }
        }
    }
}
