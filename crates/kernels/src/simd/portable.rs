//! [`Simd`] without intrinsics: four numbers, which the compiler puts into the registers of its target.

use super::Simd;
use crate::{Float, Level};

/// Four numbers.
#[derive(Clone, Copy)]
pub(crate) struct Four<F>([F; 4]);

// SAFETY (of the blocks below): the caller's promise, as the trait states it.
#[allow(clippy::undocumented_unsafe_blocks)]
impl<F: Float> Simd for Four<F> {
    type Scalar = F;
    type Mask = usize;
    const LANES: usize = 4;
    const LEVEL: Level = Level::Baseline;
    const ROWS: usize = 4;
    const SQUARE: usize = 4;

    #[inline(always)]
    unsafe fn zero() -> Self {
        Four([F::ZERO; 4])
    }
    #[inline(always)]
    unsafe fn splat(from: *const F) -> Self {
        Four([unsafe { *from }; 4])
    }
    #[inline(always)]
    unsafe fn load(from: *const F) -> Self {
        Four(unsafe { from.cast::<[F; 4]>().read_unaligned() })
    }
    #[inline(always)]
    unsafe fn store(self, to: *mut F) {
        unsafe { to.cast::<[F; 4]>().write_unaligned(self.0) }
    }
    #[inline(always)]
    unsafe fn mask(count: usize) -> usize {
        count
    }
    #[inline(always)]
    unsafe fn load_masked(from: *const F, mask: usize) -> Self {
        let mut numbers = [F::ZERO; 4];
        for (i, number) in numbers.iter_mut().enumerate().take(mask) {
            *number = unsafe { *from.add(i) };
        }
        Four(numbers)
    }
    #[inline(always)]
    unsafe fn store_masked(self, to: *mut F, mask: usize) {
        for (i, &number) in self.0.iter().enumerate().take(mask) {
            unsafe { *to.add(i) = number };
        }
    }
    #[inline(always)]
    unsafe fn multiply_add(self, factor: Self, summand: Self) -> Self {
        // Rounded twice: without the instruction, fusing would call a function.
        Four(std::array::from_fn(|i| self.0[i] * factor.0[i] + summand.0[i]))
    }
    #[inline(always)]
    unsafe fn add(self, other: Self) -> Self {
        Four(std::array::from_fn(|i| self.0[i] + other.0[i]))
    }
    #[inline(always)]
    unsafe fn maximum(self, other: Self) -> Self {
        Four(std::array::from_fn(|i| if self.0[i] > other.0[i] { self.0[i] } else { other.0[i] }))
    }
    #[inline(always)]
    unsafe fn relu(self) -> Self {
        Four(self.0.map(|x| if x < F::ZERO { F::ZERO } else { x }))
    }
    #[inline(always)]
    unsafe fn sum(self) -> F {
        let [a, b, c, d] = self.0;
        (a + c) + (b + d)
    }
    #[inline(always)]
    unsafe fn largest(self) -> F {
        self.0.into_iter().fold(F::NEG_INFINITY, F::maximum)
    }
    #[inline(always)]
    unsafe fn transpose(from: *const F, from_row: usize, rows: usize, to: *mut F, to_row: usize) {
        for j in 0..4 {
            for i in 0..4 {
                unsafe { *to.add(j * to_row + i) = *from.add(i.min(rows - 1) * from_row + j) };
            }
        }
    }
}
