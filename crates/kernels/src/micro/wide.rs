//! [`Wide`]: the part of a row that a tile holds.

use crate::simd::Simd;

/// Adjacent registers. With `EDGE`, in the methods that have it, the last one is not full.
#[derive(Clone, Copy)]
pub(super) struct Wide<V, const REGISTERS: usize>([V; REGISTERS]);

/// # Safety
/// Of all methods: those of [`Simd`], for all elements of the registers.
impl<V: Simd, const REGISTERS: usize> Wide<V, REGISTERS> {
    #[inline(always)]
    pub(super) unsafe fn zero() -> Self {
        // SAFETY: the caller's promise.
        Wide([unsafe { V::zero() }; REGISTERS])
    }

    #[inline(always)]
    pub(super) unsafe fn load<const EDGE: bool>(from: *const V::Scalar, mask: V::Mask) -> Self {
        // SAFETY: the caller's promise.
        unsafe {
            let mut wide = Self::zero();
            unroll!(register v < REGISTERS: {
                let from = from.wrapping_add(v * V::LANES);
                let masked = EDGE && v == REGISTERS - 1;
                wide.0[v] = if masked { V::load_masked(from, mask) } else { V::load(from) };
            });
            wide
        }
    }

    /// `self += factor · other`.
    #[inline(always)]
    pub(super) unsafe fn add_product(&mut self, factor: V, other: &Self) {
        // SAFETY: the caller's promise.
        unroll!(register v < REGISTERS: self.0[v] = unsafe { factor.multiply_add(other.0[v], self.0[v]) });
    }

    /// Writes the numbers, or adds them to those that are there.
    #[inline(always)]
    pub(super) unsafe fn store<const EDGE: bool>(self, to: *mut V::Scalar, accumulate: bool, mask: V::Mask) {
        // SAFETY: the caller's promise.
        unsafe {
            let old = if accumulate { Self::load::<EDGE>(to, mask) } else { Self::zero() };
            unroll!(register v < REGISTERS: {
                let to = to.wrapping_add(v * V::LANES);
                let sum = self.0[v].add(old.0[v]);
                if EDGE && v == REGISTERS - 1 { sum.store_masked(to, mask) } else { sum.store(to) }
            });
        }
    }
}
