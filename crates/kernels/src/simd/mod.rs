//! [`Simd`]: one register of `f32` or `f64`, as much of it as gemm and convolution need; and how a kernel that is
//! generic in the register is entered.

mod portable;
#[cfg(target_arch = "x86_64")]
mod x86;

use crate::micro::Micro;
use crate::{Float, Level};
pub(crate) use portable::Four;

/// A vector register.
///
/// # Safety
/// Every method needs a processor with the instruction set of the type, and must be inlined into a function compiled
/// for it. Pointers must be valid for the elements that are read or written; none needs alignment.
pub(crate) trait Simd: Copy {
    type Scalar: Float;
    /// Which elements of a register a masked load or store touches.
    type Mask: Copy;
    /// Elements a register.
    const LANES: usize;
    /// The instruction set that the type needs.
    const LEVEL: Level;
    /// The most rows of a tile of C: with two registers a row, the accumulators, two registers of B and one of A
    /// must find room in the registers that there are (32 with AVX-512, 16 otherwise).
    const ROWS: usize;
    /// The side of the square that [`transpose`](Simd::transpose) handles.
    const SQUARE: usize;

    unsafe fn zero() -> Self;
    unsafe fn splat(from: *const Self::Scalar) -> Self;
    unsafe fn load(from: *const Self::Scalar) -> Self;
    unsafe fn store(self, to: *mut Self::Scalar);
    /// The mask of the first `count` elements.
    unsafe fn mask(count: usize) -> Self::Mask;
    /// Reads the elements under the mask; the others are zero.
    unsafe fn load_masked(from: *const Self::Scalar, mask: Self::Mask) -> Self;
    unsafe fn store_masked(self, to: *mut Self::Scalar, mask: Self::Mask);
    /// `self · factor + summand`, rounded once.
    unsafe fn multiply_add(self, factor: Self, summand: Self) -> Self;
    unsafe fn add(self, other: Self) -> Self;
    /// The larger of two elements; either, where one of them is not a number.
    unsafe fn maximum(self, other: Self) -> Self;
    /// 0 where an element is below, otherwise the element, which may be not a number.
    unsafe fn relu(self) -> Self;
    /// The sum of the elements, by halves: each of the first half plus that as far into the second, and so on.
    unsafe fn sum(self) -> Self::Scalar;
    /// The largest element; any, where one of them is not a number.
    unsafe fn largest(self) -> Self::Scalar;
    /// Writes the transpose of a square: element (i, j) of `from`, whose rows are `from_row` elements apart, becomes
    /// element (j, i) of `to`. Of `from`, only the first `rows` rows are read; those beyond are written as the last one.
    /// Rows of `to` are written in their order.
    unsafe fn transpose(from: *const Self::Scalar, from_row: usize, rows: usize, to: *mut Self::Scalar, to_row: usize);
}

/// A kernel that is generic in the register.
pub(crate) trait Work<F> {
    /// Runs it on this thread. To be `#[inline(always)]`, so that it is compiled for the instruction set of `V`.
    ///
    /// # Safety
    /// The processor has the level of `V`, and what the kernel itself asks for.
    unsafe fn run<V: Micro<Scalar = F>>(self);
}

/// What kernels that are generic in the register need to know of a [`Float`].
pub trait Vectors: Sized {
    /// Runs a kernel with the registers of a level.
    ///
    /// # Safety
    /// The processor has the level, and what the kernel itself asks for.
    #[doc(hidden)]
    #[allow(private_bounds)]
    unsafe fn enter<W: Work<Self>>(level: Level, work: W);
}

macro_rules! vectors {
    ($float:ident, $avx512:ident, $avx2:ident) => {
        impl Vectors for $float {
            #[allow(private_bounds)]
            unsafe fn enter<W: Work<Self>>(level: Level, work: W) {
                #[cfg(target_arch = "x86_64")]
                {
                    use std::arch::x86_64::{$avx2, $avx512};
                    #[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx2,fma,bmi1,bmi2,lzcnt,popcnt")]
                    unsafe fn avx512<W: Work<$float>>(work: W) {
                        // SAFETY: the caller's promise.
                        unsafe { work.run::<$avx512>() }
                    }
                    #[target_feature(enable = "avx2,fma,bmi1,bmi2,lzcnt,popcnt")]
                    unsafe fn avx2<W: Work<$float>>(work: W) {
                        // SAFETY: the caller's promise.
                        unsafe { work.run::<$avx2>() }
                    }
                    match level {
                        // SAFETY: the caller's promise.
                        Level::Avx512 => return unsafe { avx512(work) },
                        // SAFETY: the caller's promise.
                        Level::Avx2 => return unsafe { avx2(work) },
                        Level::Baseline => {}
                    }
                }
                let _ = level;
                // SAFETY: the caller's promise.
                unsafe { work.run::<Four<$float>>() }
            }
        }
    };
}

vectors!(f32, __m512, __m256);
vectors!(f64, __m512d, __m256d);
