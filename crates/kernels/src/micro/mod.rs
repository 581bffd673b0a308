//! The micro-kernels: one tile of C in registers, from a few rows of A and a few registers' width of B.

/// Repeats a statement for every index below a constant: rows of a tile, at most 14, or registers of a row, at most 8. A
/// loop would leave the unrolling to the compiler, which keeps arrays of registers in memory when it declines. The
/// conditions are constants, so that what is beyond them is never compiled.
macro_rules! unroll {
    (row $i:ident < $end:ident: $body:expr) => {
        unroll!($i < $end: $body, 0 1 2 3 4 5 6 7 8 9 10 11 12 13)
    };
    (register $i:ident < $end:ident: $body:expr) => {
        unroll!($i < $end: $body, 0 1 2 3 4 5 6 7)
    };
    ($i:ident < $end:ident: $body:expr, $($value:literal)+) => {{$(
        if const { $value < $end } {
            let $i = $value;
            $body
        }
    )+}};
}

/// A function that runs `$kernel`, compiled for the instruction set of `V`.
macro_rules! compiled_by_level {
    ($(#[$meta:meta])* fn $name:ident[$(const $constant:ident: $type:ty),*]($arg:ident: $arg_type:ty) = $kernel:expr;) => {
        $(#[$meta])*
        ///
        /// # Safety
        /// The processor has the level of `V`, and what the kernel itself asks for.
        #[inline(always)]
        unsafe fn $name<V: Simd, $(const $constant: $type),*>($arg: $arg_type) {
            #[cfg(target_arch = "x86_64")]
            {
                #[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx2,fma")]
                unsafe fn avx512<V: Simd, $(const $constant: $type),*>($arg: $arg_type) {
                    // SAFETY: the caller's promise.
                    unsafe { $kernel }
                }
                #[target_feature(enable = "avx2,fma")]
                unsafe fn avx2<V: Simd, $(const $constant: $type),*>($arg: $arg_type) {
                    // SAFETY: the caller's promise.
                    unsafe { $kernel }
                }
                match V::LEVEL {
                    // SAFETY: the caller's promise.
                    crate::Level::Avx512 => return unsafe { avx512::<V, $($constant),*>($arg) },
                    // SAFETY: the caller's promise.
                    crate::Level::Avx2 => return unsafe { avx2::<V, $($constant),*>($arg) },
                    crate::Level::Baseline => {}
                }
            }
            // SAFETY: the caller's promise.
            unsafe { $kernel }
        }
    };
}

/// Calls a macro with every number of rows that a tile of the register can have.
macro_rules! by_rows {
    ($vector:ident, $dispatch:ident) => {
        match const { $vector::LEVEL } {
            crate::Level::Avx512 => $dispatch!(1 2 3 4 5 6 7 8 9 10 11 12 13 14),
            crate::Level::Avx2 => $dispatch!(1 2 3 4 5 6),
            crate::Level::Baseline => $dispatch!(1 2 3 4),
        }
    };
}

mod direct;
mod indirect;
mod wide;

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

macro_rules! micro {
    ($($vector:ty)*) => {$(
        impl Micro for $vector {
            #[inline(never)]
            unsafe fn multiply_tile(tile: &Tile<Self::Scalar>) {
                // SAFETY: the caller's promise.
                unsafe { direct::multiply_tile::<$vector>(tile) }
            }

            #[inline(never)]
            unsafe fn multiply_indirect_tile(tile: &IndirectTile<Self::Scalar>) {
                // SAFETY: the caller's promise.
                unsafe { indirect::multiply_indirect_tile::<$vector>(tile) }
            }
        }
    )*};
}

micro!(Four<f32> Four<f64>);
#[cfg(target_arch = "x86_64")]
micro!(std::arch::x86_64::__m512 std::arch::x86_64::__m512d std::arch::x86_64::__m256 std::arch::x86_64::__m256d);

/// Registers a row of the usual tile.
pub(crate) const REGISTERS: usize = 2;

/// Registers of the tile with a single row: what one row lacks in independent sums, the width provides.
pub(crate) const WIDE_REGISTERS: usize = 8;

/// The most rows of a tile at any level.
pub(crate) const MOST_ROWS: usize = 14;

/// Asks for a cache line ahead of its use.
#[inline(always)]
fn prefetch<T>(at: *const T) {
    #[cfg(target_arch = "x86_64")]
    // SAFETY: a prefetch touches nothing, whatever the address.
    unsafe {
        std::arch::x86_64::_mm_prefetch::<{ std::arch::x86_64::_MM_HINT_T0 }>(at.cast())
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = at;
}
