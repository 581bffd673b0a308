//! The micro-kernels: one tile of C in registers, from a few rows of A and a few registers' width of B.

/// Repeats a statement for every index below a constant of at most 14. A loop would leave the unrolling to the compiler,
/// which keeps arrays of registers in memory when it declines.
macro_rules! unroll {
    ($i:ident < $end:ident: $body:expr) => {
        unroll!($i < $end: $body, 0 1 2 3 4 5 6 7 8 9 10 11 12 13)
    };
    ($i:ident < $end:ident: $body:expr, $($value:literal)+) => {{$(
        if $value < $end {
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

mod direct;
mod indirect;

pub(crate) use direct::{Tile, multiply_tile};
pub(crate) use indirect::{IndirectTile, multiply_indirect_tile};

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
