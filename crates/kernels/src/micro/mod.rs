//! The micro-kernels: one tile of C in registers, from a few rows of A and a few registers' width of B.

/// Repeats a statement for every index below a constant: rows of a tile, at most 14, registers of a row, at most 8, or
/// a third of the rows. A loop would leave the unrolling to the compiler, which keeps arrays of registers in memory when
/// it declines. The conditions are constants, so that what is beyond them is never compiled.
macro_rules! unroll {
    (row $i:ident < $end:ident: $body:expr) => {
        unroll!($i < $end: $body, 0 1 2 3 4 5 6 7 8 9 10 11 12 13)
    };
    (register $i:ident < $end:ident: $body:expr) => {
        unroll!($i < $end: $body, 0 1 2 3 4 5 6 7)
    };
    (third $i:ident < $end:ident: $body:expr) => {
        unroll!($i < $end: $body, 0 1 2 3 4)
    };
    ($i:ident < $end:ident: $body:expr, $($value:literal)+) => {{$(
        if const { $value < $end } {
            let $i = $value;
            $body
        }
    )+}};
}

mod direct;
mod indirect;
mod wide;

use direct::{ANY, PACKED, PACKED_B};

pub(crate) use direct::Tile;
pub(crate) use indirect::IndirectTile;

use crate::simd::{Four, Simd};

/// The micro-kernels of a register. As methods of the register types they are compiled once, here; as functions generic
/// in the register, every crate that convolves would compile its own copy of all of them, which takes half a minute.
pub(crate) trait Micro: Simd {
    /// Computes a tile of at most [`Simd::ROWS`] rows and [`REGISTERS`] registers of columns, or of one row and exactly
    /// [`WIDE_REGISTERS`] registers. Every element is summed in the order of the depth, whatever the tile it lies in.
    ///
    /// # Safety
    /// The processor has the instruction set of the register; the pointers are valid for the tile's elements; nothing
    /// else touches that part of C.
    unsafe fn multiply_tile(tile: &Tile<Self::Scalar>);

    /// Computes a tile of at most [`Simd::ROWS`] rows and [`REGISTERS`] registers of columns. Every element is summed in
    /// the order of the depth, whatever the tile it lies in.
    ///
    /// # Safety
    /// As [`multiply_tile`](Micro::multiply_tile).
    unsafe fn multiply_indirect_tile(tile: &IndirectTile<Self::Scalar>);
}

/// The kernels of a register: those with the numbers of rows that it has room for, compiled for its instruction set. A
/// choice inside functions generic in the register would have all of them compiled for all registers and levels, and
/// most of them thrown away. Those that compute most of a large product in single precision are compiled for packed
/// operands besides.
macro_rules! micro {
    ($vector:ty, [$($rows:literal)+] high [$($high:literal)*] $(, $features:tt)?) => {
        impl Micro for $vector {
            #[inline(never)]
            unsafe fn multiply_tile(tile: &Tile<Self::Scalar>) {
                $(#[target_feature(enable = $features)])?
                unsafe fn enter<const ROWS: usize, const REGISTERS: usize, const EDGE: bool, const LAYOUT: u8>(
                    tile: &Tile<<$vector as Simd>::Scalar>,
                ) {
                    // SAFETY: the caller's promise.
                    unsafe { direct::kernel::<$vector, ROWS, REGISTERS, EDGE, LAYOUT>(tile) }
                }
                let registers = tile.columns.div_ceil(Self::LANES);
                let edge = tile.columns % Self::LANES != 0;
                let layout = tile.layout(REGISTERS * Self::LANES);
                // SAFETY: the caller's promise; the counts of rows and registers are those of the tile.
                unsafe {
                    match (tile.rows, registers, edge, layout) {
                        $(($high, 2, false, PACKED) => enter::<$high, 2, false, PACKED>(tile),)*
                        $(($high, 2, false, PACKED_B) => enter::<$high, 2, false, PACKED_B>(tile),)*
                        $(($rows, 2, false, _) => enter::<$rows, 2, false, ANY>(tile),)+
                        $(($rows, 2, true, _) => enter::<$rows, 2, true, ANY>(tile),)+
                        // A narrow tile has a mask in any case: half as many kernels to compile, and hardly a difference.
                        $(($rows, 1, ..) => enter::<$rows, 1, true, ANY>(tile),)+
                        (1, WIDE_REGISTERS, false, _) => enter::<1, WIDE_REGISTERS, false, ANY>(tile),
                        _ => unreachable!("a tile of {} rows and {} columns", tile.rows, tile.columns),
                    }
                }
            }

            #[inline(never)]
            unsafe fn multiply_indirect_tile(tile: &IndirectTile<Self::Scalar>) {
                $(#[target_feature(enable = $features)])?
                unsafe fn enter<const ROWS: usize, const REGISTERS: usize>(
                    tile: &IndirectTile<<$vector as Simd>::Scalar>,
                ) {
                    // SAFETY: the caller's promise.
                    unsafe { indirect::kernel::<$vector, ROWS, REGISTERS>(tile) }
                }
                // SAFETY: the caller's promise; the counts of rows and registers are those of the tile.
                unsafe {
                    match (tile.rows, tile.registers) {
                        $(($rows, REGISTERS) => enter::<$rows, REGISTERS>(tile),)+
                        $(($rows, 1) => enter::<$rows, 1>(tile),)+
                        _ => unreachable!("a tile of {} rows and {} registers", tile.rows, tile.registers),
                    }
                }
            }
        }
    };
}

micro!(Four<f32>, [1 2 3 4] high []);
micro!(Four<f64>, [1 2 3 4] high []);
#[cfg(target_arch = "x86_64")]
mod x86 {
    use std::arch::x86_64::*;

    use super::*;

    micro!(__m256, [1 2 3 4 5 6] high [5 6], "avx2,fma");
    micro!(__m256d, [1 2 3 4 5 6] high [], "avx2,fma");
    micro!(
        __m512,
        [1 2 3 4 5 6 7 8 9 10 11 12 13 14] high [11 12 13 14],
        "avx512f,avx512bw,avx512dq,avx512vl,avx2,fma"
    );
    micro!(__m512d, [1 2 3 4 5 6 7 8] high [], "avx512f,avx512bw,avx512dq,avx512vl,avx2,fma");
}

/// Registers a row of the usual tile.
pub(crate) const REGISTERS: usize = 2;

/// Registers of the tile with a single row: what one row lacks in independent sums, the width provides.
pub(crate) const WIDE_REGISTERS: usize = 8;

/// The most rows of a tile at any level.
pub(crate) const MOST_ROWS: usize = 14;

/// Asks for a cache line ahead of its use.
#[inline(always)]
pub(crate) fn prefetch<T>(at: *const T) {
    ask::<3, T>(at);
}

/// As [`prefetch`], into the second level of cache alone.
#[inline(always)]
pub(crate) fn prefetch_second_level<T>(at: *const T) {
    ask::<2, T>(at);
}

/// A prefetch with a hint: `_MM_HINT_T0` is 3, `_MM_HINT_T1` is 2.
#[inline(always)]
fn ask<const HINT: i32, T>(at: *const T) {
    #[cfg(target_arch = "x86_64")]
    // SAFETY: a prefetch touches nothing, whatever the address.
    unsafe {
        std::arch::x86_64::_mm_prefetch::<HINT>(at.cast());
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = at;
}
