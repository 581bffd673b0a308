//! The micro-kernel of sums over pixels: rows of A that begin anywhere, in a depth of several runs.

use super::MOST_ROWS;
use super::wide::Wide;
use crate::simd::Simd;

/// A tile of C and its operands. Strides are in elements.
///
/// The depth is `runs` times `length`: a run is a row of pixels, and the next one begins `run_stride` further on in A. B
/// has one row after the other for all of them. B and C have whole registers in every row.
pub(crate) struct IndirectTile<F> {
    pub(crate) runs: usize,
    pub(crate) length: usize,
    pub(crate) run_stride: usize,
    pub(crate) a: *const F,
    /// From an element of a run to the next.
    pub(crate) a_column: usize,
    pub(crate) rows: usize,
    /// Where the rows of A begin.
    pub(crate) a_rows: [usize; MOST_ROWS],
    pub(crate) registers: usize,
    pub(crate) b: *const F,
    pub(crate) b_row: usize,
    pub(crate) c: *mut F,
    pub(crate) c_row: usize,
    /// Whether the product is added to C instead of replacing it.
    pub(crate) accumulate: bool,
}

/// The micro-kernel itself.
///
/// # Safety
/// As [`Micro::multiply_indirect_tile`](super::Micro::multiply_indirect_tile), and the numbers of rows and registers are
/// the tile's.
#[inline(always)]
pub(super) unsafe fn kernel<V: Simd, const ROWS: usize, const REGISTERS: usize>(tile: &IndirectTile<V::Scalar>) {
    // SAFETY: the caller's promise. Pointers are moved with `wrapping_add`, since they end past the operands.
    unsafe {
        // Registers are always full.
        let mask = V::mask(0);
        let mut sums = [Wide::<V, REGISTERS>::zero(); ROWS];
        let mut b = tile.b;
        for run in 0..tile.runs {
            let mut a = tile.a.wrapping_add(run * tile.run_stride);
            for _ in 0..tile.length {
                let b_now = Wide::load::<false>(b, mask);
                unroll!(row r < ROWS: sums[r].add_product(V::splat(a.wrapping_add(tile.a_rows[r])), &b_now));
                a = a.wrapping_add(tile.a_column);
                b = b.wrapping_add(tile.b_row);
            }
        }
        unroll!(row r < ROWS: sums[r].store::<false>(tile.c.wrapping_add(r * tile.c_row), tile.accumulate, mask));
    }
}
