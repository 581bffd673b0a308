//! The micro-kernel of a product: rows of A that are evenly apart.

use super::wide::Wide;
use super::{MOST_ROWS, prefetch};
use crate::simd::Simd;

/// A tile of C and its operands. Strides are in elements.
pub(crate) struct Tile<F> {
    /// Columns of A, rows of B.
    pub(crate) depth: usize,
    pub(crate) rows: usize,
    pub(crate) columns: usize,
    pub(crate) a: *const F,
    pub(crate) a_row: usize,
    pub(crate) a_column: usize,
    /// The columns of B are adjacent.
    pub(crate) b: *const F,
    pub(crate) b_row: usize,
    pub(crate) c: *mut F,
    pub(crate) c_row: usize,
    /// Whether the product is added to C instead of replacing it.
    pub(crate) accumulate: bool,
}

/// How many rows ahead B is asked for: its rows lie far apart where it is read in place, and the processor fetches ahead
/// by itself only along a row.
const PREFETCHED_ROWS: usize = 16;

/// The micro-kernel itself. With `EDGE`, the last register of every row is not full.
///
/// # Safety
/// As [`Micro::multiply_tile`](super::Micro::multiply_tile), and the numbers of rows and registers are the tile's.
#[inline(always)]
pub(super) unsafe fn kernel<V: Simd, const ROWS: usize, const REGISTERS: usize, const EDGE: bool>(
    tile: &Tile<V::Scalar>,
) {
    // SAFETY: the caller's promise. Pointers are moved with `wrapping_add`, since they end past the operands.
    unsafe {
        let mask = V::mask(tile.columns - (REGISTERS - 1) * V::LANES);
        let (a_row, a_column, b_row, c_row) = (tile.a_row, tile.a_column, tile.b_row, tile.c_row);
        unroll!(row r < ROWS: {
            let row = tile.c.wrapping_add(r * c_row).cast::<u8>();
            prefetch(row);
            prefetch(row.wrapping_add(64));
        });
        let mut sums = [Wide::<V, REGISTERS>::zero(); ROWS];
        // Rows of A are reached from every third one, by the addressing modes base, base + stride, base + 2 · stride:
        // so few pointers that all stay in registers, for any strides.
        let third = |i: usize| tile.a.wrapping_add((3 * i).wrapping_mul(a_row));
        const THIRDS: usize = MOST_ROWS.div_ceil(3);
        let mut thirds: [_; THIRDS] = [third(0), third(1), third(2), third(3), third(4)];
        let ahead = b_row.wrapping_mul(PREFETCHED_ROWS);
        let mut b = tile.b;
        for _ in 0..tile.depth {
            if const { ROWS > 1 } {
                unroll!(register v < REGISTERS: prefetch(b.wrapping_add(ahead.wrapping_add(v * V::LANES))));
            }
            let b_now = Wide::load::<EDGE>(b, mask);
            unroll!(row r < ROWS: {
                sums[r].add_product(V::splat(thirds[r / 3].wrapping_add(r % 3 * a_row)), &b_now)
            });
            unroll!(third i < THIRDS: thirds[i] = thirds[i].wrapping_add(a_column));
            b = b.wrapping_add(b_row);
        }
        unroll!(row r < ROWS: sums[r].store::<EDGE>(tile.c.wrapping_add(r * c_row), tile.accumulate, mask));
    }
}
