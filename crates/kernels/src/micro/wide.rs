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

    /// Asks for the cache lines of the registers of a row, wherever it begins in the first of them.
    #[inline(always)]
    pub(super) fn prefetch(row: *const V::Scalar, ask: impl Fn(*const u8)) {
        let (row, bytes) = (row.cast::<u8>(), size_of::<V>() * REGISTERS);
        for line in 0..bytes.div_ceil(64) {
            ask(row.wrapping_add(64 * line));
        }
        ask(row.wrapping_add(bytes - 1));
    }

    /// `self += factor · other`.
    #[inline(always)]
    pub(super) unsafe fn add_product(&mut self, factor: V, other: &Self) {
        // SAFETY: the caller's promise.
        unroll!(register v < REGISTERS: self.0[v] = unsafe { factor.multiply_add(other.0[v], self.0[v]) });
    }

    #[inline(always)]
    pub(super) unsafe fn splat(from: *const V::Scalar) -> Self {
        // SAFETY: the caller's promise.
        Wide([unsafe { V::splat(from) }; REGISTERS])
    }

    #[inline(always)]
    pub(super) unsafe fn add(mut self, other: Self) -> Self {
        // SAFETY: the caller's promise.
        unroll!(register v < REGISTERS: self.0[v] = unsafe { self.0[v].add(other.0[v]) });
        self
    }

    #[inline(always)]
    pub(super) unsafe fn relu(mut self) -> Self {
        // SAFETY: the caller's promise.
        unroll!(register v < REGISTERS: self.0[v] = unsafe { self.0[v].relu() });
        self
    }

    /// With the numbers that are there, if it is added to them.
    #[inline(always)]
    pub(super) unsafe fn add_old<const EDGE: bool>(
        self,
        from: *const V::Scalar,
        accumulate: bool,
        mask: V::Mask,
    ) -> Self {
        // SAFETY: the caller's promise.
        unsafe { self.add(if accumulate { Self::load::<EDGE>(from, mask) } else { Self::zero() }) }
    }

    #[inline(always)]
    pub(super) unsafe fn store<const EDGE: bool>(self, to: *mut V::Scalar, mask: V::Mask) {
        // SAFETY: the caller's promise.
        unroll!(register v < REGISTERS: unsafe {
            let to = to.wrapping_add(v * V::LANES);
            if EDGE && v == REGISTERS - 1 { self.0[v].store_masked(to, mask) } else { self.0[v].store(to) }
        });
    }
}
