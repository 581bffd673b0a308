//! The micro-kernel of sums over pixels: rows of A that begin anywhere, in a depth of several runs.

use super::MOST_ROWS;
use super::wide::Wide;
use crate::simd::Simd;

/// A tile of C and its operands. Strides are in elements.
///
/// The depth is a grid of runs of `length` elements of A, and B has one row after the other for all of them. B and C have
/// whole registers in every row.
pub(crate) struct IndirectTile<F> {
    pub(crate) runs: [usize; 2],
    /// From the beginning of a run to that of the next, along both axes of the grid.
    pub(crate) run_strides: [isize; 2],
    pub(crate) length: usize,
    pub(crate) a: *const F,
    /// From an element of a run to the next.
    pub(crate) a_column: isize,
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
        let mut outer = tile.a;
        for _ in 0..tile.runs[0] {
            let mut inner = outer;
            for _ in 0..tile.runs[1] {
                let mut a = inner;
                for _ in 0..tile.length {
                    let b_now = Wide::load::<false>(b, mask);
                    unroll!(row r < ROWS: sums[r].add_product(V::splat(a.wrapping_add(tile.a_rows[r])), &b_now));
                    a = a.wrapping_offset(tile.a_column);
                    b = b.wrapping_add(tile.b_row);
                }
                inner = inner.wrapping_offset(tile.run_strides[1]);
            }
            outer = outer.wrapping_offset(tile.run_strides[0]);
        }
        unroll!(row r < ROWS: {
            let to = tile.c.wrapping_add(r * tile.c_row);
            sums[r].add_old::<false>(to, tile.accumulate, mask).store::<false>(to, mask)
        });
    }
}
