//! The micro-kernel of a product: rows of A that are evenly apart.

use super::wide::Wide;
use super::{MOST_ROWS, prefetch, prefetch_second_level};
use crate::Activation;
use crate::gemm::Finish;
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
    /// What is then done with C, as far as registers can: see [`Finish::beyond_registers`].
    pub(crate) finish: Finish<F>,
}

/// How many rows ahead B is asked for: its rows lie far apart where it is read in place, and the processor fetches ahead
/// by itself only along a row.
const PREFETCHED_ROWS: usize = 16;

/// Rows of C so many bytes apart, or a multiple of it, would crowd the operands out of few sets of the first level of
/// cache; so they are asked for into the second. Measured with AVX-512: 1024×1024×1024 1.03 times as fast,
/// 5504×128×2048 1.05 times.
const CROWDED: usize = 2048;

/// Which strides are constants of a compiled kernel: none.
pub(super) const ANY: u8 = 0;
/// A and B are packed: the rows of A are adjacent, and B is as wide as the tile.
pub(super) const PACKED: u8 = 1;
/// B is packed, and the columns of A are adjacent.
pub(super) const PACKED_B: u8 = 2;

impl<F> Tile<F> {
    /// Which of the strides are constants, where B is packed in panels of `width`.
    #[inline(always)]
    pub(super) fn layout(&self, width: usize) -> u8 {
        match (self.b_row == width, self.a_row, self.a_column) {
            (true, 1, _) => PACKED,
            (true, _, 1) => PACKED_B,
            _ => ANY,
        }
    }
}

/// The micro-kernel itself. With `EDGE`, the last register of every row is not full.
///
/// Where strides are constants, four columns of A share the arithmetic of pointers, and nothing is asked for ahead: with
/// AVX2, 21 instructions for 12 multiply-adds instead of 26. A core that is alone starts either in the 6 cycles that the
/// multiply-adds take; one that shares its front end with another hardware thread does not: there the longer loop took
/// 1.3 times as long.
///
/// # Safety
/// As [`Micro::multiply_tile`](super::Micro::multiply_tile), the numbers of rows and registers are the tile's, and so are
/// the strides that `LAYOUT` promises.
#[inline(always)]
pub(super) unsafe fn kernel<V: Simd, const ROWS: usize, const REGISTERS: usize, const EDGE: bool, const LAYOUT: u8>(
    tile: &Tile<V::Scalar>,
) {
    // SAFETY: the caller's promise. Pointers are moved with `wrapping_add`, since they end past the operands.
    unsafe {
        let mask = V::mask(tile.columns - (REGISTERS - 1) * V::LANES);
        let a_row = if LAYOUT == PACKED { 1 } else { tile.a_row };
        let a_column = if LAYOUT == PACKED_B { 1 } else { tile.a_column };
        let b_row = if LAYOUT == ANY { tile.b_row } else { REGISTERS * V::LANES };
        let c_row = tile.c_row;
        if c_row.is_multiple_of(CROWDED / size_of::<V::Scalar>()) {
            unroll!(row r < ROWS: Wide::<V, REGISTERS>::prefetch(tile.c.wrapping_add(r * c_row), prefetch_second_level));
        } else {
            unroll!(row r < ROWS: Wide::<V, REGISTERS>::prefetch(tile.c.wrapping_add(r * c_row), prefetch));
        }
        let mut sums = [Wide::<V, REGISTERS>::zero(); ROWS];
        // Rows of A are reached from every third one, by the addressing modes base, base + stride, base + 2 · stride:
        // so few pointers that all stay in registers, for any strides.
        let third = |i: usize| tile.a.wrapping_add((3 * i).wrapping_mul(a_row));
        const THIRDS: usize = MOST_ROWS.div_ceil(3);
        let mut thirds: [_; THIRDS] = [third(0), third(1), third(2), third(3), third(4)];
        let ahead = b_row.wrapping_mul(PREFETCHED_ROWS);
        let mut b = tile.b;
        // A column of A times a row of B. A closure would not be compiled for the instruction set.
        macro_rules! add_column {
            ($column:literal) => {
                let b_now = Wide::load::<EDGE>(b.wrapping_add(b_row.wrapping_mul($column)), mask);
                unroll!(row r < ROWS: {
                    let row = thirds[r / 3].wrapping_add(r % 3 * a_row);
                    sums[r].add_product(V::splat(row.wrapping_add(a_column.wrapping_mul($column))), &b_now)
                });
            };
        }
        macro_rules! advance {
            ($columns:literal) => {
                unroll!(third i < THIRDS: thirds[i] = thirds[i].wrapping_add(a_column.wrapping_mul($columns)));
                b = b.wrapping_add(b_row.wrapping_mul($columns));
            };
        }
        let mut rest = tile.depth;
        if const { LAYOUT != ANY } {
            for _ in 0..rest / 4 {
                add_column!(0);
                add_column!(1);
                add_column!(2);
                add_column!(3);
                advance!(4);
            }
            rest %= 4;
        }
        for _ in 0..rest {
            if const { LAYOUT == ANY && ROWS > 1 } {
                unroll!(register v < REGISTERS: prefetch(b.wrapping_add(ahead.wrapping_add(v * V::LANES))));
            }
            add_column!(0);
            advance!(1);
        }
        let row_of_c = |r: usize| tile.c.wrapping_add(r * c_row);
        if tile.finish.is_none() {
            unroll!(row r < ROWS: sums[r].add_old::<EDGE>(row_of_c(r), tile.accumulate, mask).store::<EDGE>(row_of_c(r), mask));
            return;
        }
        unroll!(row r < ROWS: {
            let mut sum = sums[r].add_old::<EDGE>(row_of_c(r), tile.accumulate, mask);
            if let Some(bias) = tile.finish.at_row(r).bias {
                let by_column = tile.finish.column_stride != 0;
                sum = sum.add(if by_column { Wide::load::<EDGE>(bias, mask) } else { Wide::splat(bias) });
            }
            if tile.finish.activation == Activation::Relu {
                sum = sum.relu();
            }
            sum.store::<EDGE>(row_of_c(r), mask)
        });
    }
}
