//! The filters: by which points the polynomials of tiles are interpolated, and what a filter does along an axis.

use crate::simd::Simd;

/// Numbers of a kernel, along an axis.
pub(super) const KERNEL: usize = 3;

/// The most places of a transformed tile.
pub(super) const MOST_PLACES: usize = Four::PLACES;

/// A filter F(t×t, 3×3): t×t results from (t + 2)² products.
pub(super) trait Filter: Copy + Sync + 'static {
    /// Results of a tile, along an axis.
    const TILE: usize;
    /// Pixels that a tile of results reads, along an axis.
    const READ: usize = Self::TILE + KERNEL - 1;
    /// Places of a transformed tile.
    const PLACES: usize = Self::READ * Self::READ;
    /// Row i of G: the powers of the i-th point by the product of its distances from the others; the last for ∞.
    const G: &'static [[f64; KERNEL]];

    /// `Bᵀ d B` of a square of pixels.
    ///
    /// # Safety
    /// As the methods of [`Simd`], for all elements.
    unsafe fn pixels<V: Simd<Scalar = f32>>(from: Square<*const f32>, to: Square<*mut f32>);

    /// `Aᵀ m A`: the results.
    ///
    /// # Safety
    /// As the methods of [`Simd`], for all elements.
    unsafe fn results<V: Simd<Scalar = f32>>(from: Square<*const f32>, to: Square<*mut f32>);
}

/// A square of registers: element (i, j) lies at `i · strides[0] + j · strides[1]`.
#[derive(Clone, Copy)]
pub(super) struct Square<P> {
    pub(super) at: P,
    pub(super) strides: [usize; 2],
}

/// F(2×2, 3×3), by the points 0, ±1 and ∞.
#[derive(Clone, Copy)]
pub(super) struct Two;

impl Filter for Two {
    const TILE: usize = 2;
    const G: &'static [[f64; KERNEL]] = &[[1.0, 0.0, 0.0], [0.5, 0.5, 0.5], [0.5, -0.5, 0.5], [0.0, 0.0, 1.0]];

    #[inline(always)]
    unsafe fn pixels<V: Simd<Scalar = f32>>(from: Square<*const f32>, to: Square<*mut f32>) {
        // SAFETY: the caller's promise.
        unsafe { two_sided::<Pixels<Two>, V, 4, 4>(from, to) }
    }

    #[inline(always)]
    unsafe fn results<V: Simd<Scalar = f32>>(from: Square<*const f32>, to: Square<*mut f32>) {
        // SAFETY: the caller's promise.
        unsafe { two_sided::<Results<Two>, V, 4, 2>(from, to) }
    }
}

/// F(4×4, 3×3), by the points 0, ±a, ±b and ∞.
#[derive(Clone, Copy)]
pub(super) struct Four;

/// The points, of which a few bits are exact powers, too.
const A: f32 = 0.625;
const B: f32 = 1.375;

const A2: f32 = A * A;
const B2: f32 = B * B;

impl Filter for Four {
    const TILE: usize = 4;
    const G: &'static [[f64; KERNEL]] = &{
        let (a, b) = (A as f64, B as f64);
        let (a2, b2) = (a * a, b * b);
        let (of_a, of_b) = (1.0 / (2.0 * a2 * (a2 - b2)), 1.0 / (2.0 * b2 * (b2 - a2)));
        [
            [1.0 / (a2 * b2), 0.0, 0.0],
            [of_a, of_a * a, of_a * a2],
            [of_a, -of_a * a, of_a * a2],
            [of_b, of_b * b, of_b * b2],
            [of_b, -of_b * b, of_b * b2],
            [0.0, 0.0, 1.0],
        ]
    };

    #[inline(always)]
    unsafe fn pixels<V: Simd<Scalar = f32>>(from: Square<*const f32>, to: Square<*mut f32>) {
        // SAFETY: the caller's promise.
        unsafe { two_sided::<Pixels<Four>, V, 6, 6>(from, to) }
    }

    #[inline(always)]
    unsafe fn results<V: Simd<Scalar = f32>>(from: Square<*const f32>, to: Square<*mut f32>) {
        // SAFETY: the caller's promise.
        unsafe { two_sided::<Results<Four>, V, 6, 4>(from, to) }
    }
}

impl Four {
    /// `A g Aᵀ` of a square of gradients: the transpose of [`results`](Filter::results).
    ///
    /// # Safety
    /// As the methods of [`Simd`], for all elements.
    #[inline(always)]
    pub(super) unsafe fn gradients<V: Simd<Scalar = f32>>(from: Square<*const f32>, to: Square<*mut f32>) {
        // SAFETY: the caller's promise.
        unsafe { two_sided::<Gradients, V, 4, 6>(from, to) }
    }
}

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
struct Pixels<F>(std::marker::PhantomData<F>);

/// `Aᵀ m`: the powers of the points.
struct Results<F>(std::marker::PhantomData<F>);

/// `A g`: the transpose of [`Results`].
struct Gradients;

impl Transform<4, 4> for Pixels<Two> {
    #[inline(always)]
    unsafe fn apply<V: Simd<Scalar = f32>>(d: [V; 4]) -> [V; 4] {
        // SAFETY: the caller's promise.
        unsafe { [add(d[0], d[2], -1.0), d[1].add(d[2]), add(d[2], d[1], -1.0), add(d[3], d[1], -1.0)] }
    }
}

impl Transform<4, 2> for Results<Two> {
    #[inline(always)]
    unsafe fn apply<V: Simd<Scalar = f32>>(m: [V; 4]) -> [V; 2] {
        // SAFETY: the caller's promise.
        unsafe { [m[0].add(m[1]).add(m[2]), add(m[1], m[2], -1.0).add(m[3])] }
    }
}

impl Transform<6, 6> for Pixels<Four> {
    #[inline(always)]
    unsafe fn apply<V: Simd<Scalar = f32>>(d: [V; 6]) -> [V; 6] {
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

impl Transform<6, 4> for Results<Four> {
    #[inline(always)]
    unsafe fn apply<V: Simd<Scalar = f32>>(m: [V; 6]) -> [V; 4] {
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

impl Transform<4, 6> for Gradients {
    #[inline(always)]
    unsafe fn apply<V: Simd<Scalar = f32>>(g: [V; 4]) -> [V; 6] {
        // SAFETY: the caller's promise.
        unsafe {
            let (even_a, odd_a) = (add(g[0], g[2], A2), add(g[1], g[3], A2));
            let (even_b, odd_b) = (add(g[0], g[2], B2), add(g[1], g[3], B2));
            [g[0], add(even_a, odd_a, A), add(even_a, odd_a, -A), add(even_b, odd_b, B), add(even_b, odd_b, -B), g[3]]
        }
    }
}

/// A transform of the columns, then of the rows.
///
/// # Safety
/// As the methods of [`Simd`], for all elements.
#[inline(always)]
unsafe fn two_sided<T: Transform<FROM, TO>, V: Simd<Scalar = f32>, const FROM: usize, const TO: usize>(
    from: Square<*const f32>,
    to: Square<*mut f32>,
) {
    // SAFETY: the caller's promise.
    unsafe {
        let mut between = [[V::zero(); FROM]; TO];
        unroll!(register j < FROM: {
            let mut column = [V::zero(); FROM];
            unroll!(register i < FROM: column[i] = V::load(from.at.add(i * from.strides[0] + j * from.strides[1])));
            let column = T::apply(column);
            unroll!(register i < TO: between[i][j] = column[i]);
        });
        unroll!(register i < TO: {
            let row = T::apply(between[i]);
            unroll!(register j < TO: row[j].store(to.at.add(i * to.strides[0] + j * to.strides[1])));
        });
    }
}
