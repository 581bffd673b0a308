//! The micro-kernel of sums over pixels: rows of A that begin anywhere, in a depth of several runs.

use super::{MOST_ROWS, REGISTERS};
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

/// Computes a tile of at most [`Simd::ROWS`] rows and [`REGISTERS`] registers of columns. Every element is summed in the
/// order of the depth, whatever the tile it lies in.
///
/// # Safety
/// The processor has the instruction set of `V`; the pointers are valid for the tile's elements; nothing else touches
/// that part of C.
#[inline(always)]
pub(crate) unsafe fn multiply_indirect_tile<V: Simd>(tile: &IndirectTile<V::Scalar>) {
    macro_rules! dispatch {
        ($($rows:literal)+) => {
            // SAFETY: the caller's promise; the counts of rows and registers are those of the tile.
            unsafe {
                match (tile.rows, tile.registers) {
                    $(($rows, REGISTERS) => enter::<V, $rows, REGISTERS>(tile),)+
                    $(($rows, 1) => enter::<V, $rows, 1>(tile),)+
                    _ => unreachable!("a tile of {} rows and {} registers", tile.rows, tile.registers),
                }
            }
        };
    }
    if V::ROWS == 14 { dispatch!(1 2 3 4 5 6 7 8 9 10 11 12 13 14) } else { dispatch!(1 2 3 4 5 6) }
}

compiled_by_level! {
    /// Compiles the micro-kernel for the instruction set of `V`.
    fn enter[const ROWS: usize, const REGISTERS: usize](tile: &IndirectTile<V::Scalar>) =
        kernel::<V, ROWS, REGISTERS>(tile);
}

/// The micro-kernel itself.
#[inline(always)]
unsafe fn kernel<V: Simd, const ROWS: usize, const REGISTERS: usize>(tile: &IndirectTile<V::Scalar>) {
    // SAFETY: the caller's promise. Pointers are moved with `wrapping_add`, since they end past the operands.
    unsafe {
        let mut sums = [[V::zero(); REGISTERS]; ROWS];
        let mut b = tile.b;
        for run in 0..tile.runs {
            let mut a = tile.a.wrapping_add(run * tile.run_stride);
            for _ in 0..tile.length {
                let mut b_now = [V::zero(); REGISTERS];
                unroll!(v < REGISTERS: b_now[v] = V::load(b.wrapping_add(v * V::LANES)));
                unroll!(r < ROWS: {
                    let a = V::splat(a.wrapping_add(tile.a_rows[r]));
                    unroll!(v < REGISTERS: sums[r][v] = a.multiply_add(b_now[v], sums[r][v]));
                });
                a = a.wrapping_add(tile.a_column);
                b = b.wrapping_add(tile.b_row);
            }
        }
        unroll!(r < ROWS: unroll!(v < REGISTERS: {
            let to = tile.c.add(r * tile.c_row + v * V::LANES);
            let old = if tile.accumulate { V::load(to) } else { V::zero() };
            sums[r][v].add(old).store(to);
        }));
    }
}
