//! [`Simd`] with AVX-512 and with AVX2.

use std::arch::x86_64::*;

use super::Simd;
use crate::Level;

macro_rules! avx512 {
    ($vector:ident, $scalar:ident, $mask:ident, $lanes:literal, $rows:literal, $square:literal, $transpose:ident,
     $zero:ident, $splat:ident, $load:ident, $store:ident, $load_masked:ident, $store_masked:ident, $multiply_add:ident, $add:ident, $max:ident,
     $sum:ident, $largest:ident) => {
        // SAFETY (of the blocks below): the caller's promise, as the trait states it.
        #[allow(clippy::undocumented_unsafe_blocks)]
        impl Simd for $vector {
            type Scalar = $scalar;
            type Mask = $mask;
            const LANES: usize = $lanes;
            const LEVEL: Level = Level::Avx512;
            const ROWS: usize = $rows;
            const SQUARE: usize = $square;

            #[inline(always)]
            unsafe fn zero() -> Self {
                unsafe { $zero() }
            }
            #[inline(always)]
            unsafe fn splat(from: *const $scalar) -> Self {
                unsafe { $splat(*from) }
            }
            #[inline(always)]
            unsafe fn load(from: *const $scalar) -> Self {
                unsafe { $load(from) }
            }
            #[inline(always)]
            unsafe fn store(self, to: *mut $scalar) {
                unsafe { $store(to, self) }
            }
            #[inline(always)]
            unsafe fn mask(count: usize) -> $mask {
                ((1u32 << count) - 1) as $mask
            }
            #[inline(always)]
            unsafe fn load_masked(from: *const $scalar, mask: $mask) -> Self {
                unsafe { $load_masked(mask, from) }
            }
            #[inline(always)]
            unsafe fn store_masked(self, to: *mut $scalar, mask: $mask) {
                unsafe { $store_masked(to, mask, self) }
            }
            #[inline(always)]
            unsafe fn multiply_add(self, factor: Self, summand: Self) -> Self {
                unsafe { $multiply_add(self, factor, summand) }
            }
            #[inline(always)]
            unsafe fn add(self, other: Self) -> Self {
                unsafe { $add(self, other) }
            }
            #[inline(always)]
            unsafe fn maximum(self, other: Self) -> Self {
                unsafe { $max(self, other) }
            }
            #[inline(always)]
            unsafe fn relu(self) -> Self {
                // The maximum is its second operand where neither is greater.
                unsafe { $max($zero(), self) }
            }
            #[inline(always)]
            unsafe fn sum(self) -> $scalar {
                unsafe { $sum(self) }
            }
            #[inline(always)]
            unsafe fn largest(self) -> $scalar {
                unsafe { $largest(self) }
            }
            #[inline(always)]
            unsafe fn transpose(from: *const $scalar, from_row: usize, rows: usize, to: *mut $scalar, to_row: usize) {
                unsafe { $transpose(from, from_row, rows, to, to_row) }
            }
        }
    };
}

macro_rules! avx2 {
    ($vector:ident, $scalar:ident, $lanes:literal, $transpose:ident, $zero:ident, $splat:ident, $load:ident, $store:ident,
     $load_masked:ident, $store_masked:ident, $multiply_add:ident, $add:ident, $max:ident, $sum:ident, $largest:ident, $compare:ident,
     $iota:expr, $count:ident) => {
        // SAFETY (of the blocks below): the caller's promise, as the trait states it.
        #[allow(clippy::undocumented_unsafe_blocks)]
        impl Simd for $vector {
            type Scalar = $scalar;
            type Mask = __m256i;
            const LANES: usize = $lanes;
            const LEVEL: Level = Level::Avx2;
            const ROWS: usize = 6;
            const SQUARE: usize = $lanes;

            #[inline(always)]
            unsafe fn zero() -> Self {
                unsafe { $zero() }
            }
            #[inline(always)]
            unsafe fn splat(from: *const $scalar) -> Self {
                unsafe { $splat(*from) }
            }
            #[inline(always)]
            unsafe fn load(from: *const $scalar) -> Self {
                unsafe { $load(from) }
            }
            #[inline(always)]
            unsafe fn store(self, to: *mut $scalar) {
                unsafe { $store(to, self) }
            }
            #[inline(always)]
            unsafe fn mask(count: usize) -> __m256i {
                unsafe { $compare($count(count as _), $iota) }
            }
            #[inline(always)]
            unsafe fn load_masked(from: *const $scalar, mask: __m256i) -> Self {
                unsafe { $load_masked(from, mask) }
            }
            #[inline(always)]
            unsafe fn store_masked(self, to: *mut $scalar, mask: __m256i) {
                unsafe { $store_masked(to, mask, self) }
            }
            #[inline(always)]
            unsafe fn multiply_add(self, factor: Self, summand: Self) -> Self {
                unsafe { $multiply_add(self, factor, summand) }
            }
            #[inline(always)]
            unsafe fn add(self, other: Self) -> Self {
                unsafe { $add(self, other) }
            }
            #[inline(always)]
            unsafe fn maximum(self, other: Self) -> Self {
                unsafe { $max(self, other) }
            }
            #[inline(always)]
            unsafe fn relu(self) -> Self {
                // The maximum is its second operand where neither is greater.
                unsafe { $max($zero(), self) }
            }
            #[inline(always)]
            unsafe fn sum(self) -> $scalar {
                unsafe { $sum(self) }
            }
            #[inline(always)]
            unsafe fn largest(self) -> $scalar {
                unsafe { $largest(self) }
            }
            #[inline(always)]
            unsafe fn transpose(from: *const $scalar, from_row: usize, rows: usize, to: *mut $scalar, to_row: usize) {
                unsafe { $transpose(from, from_row, rows, to, to_row) }
            }
        }
    };
}

avx512!(
    __m512,
    f32,
    __mmask16,
    16,
    14,
    8,
    transpose_f32,
    _mm512_setzero_ps,
    _mm512_set1_ps,
    _mm512_loadu_ps,
    _mm512_storeu_ps,
    _mm512_maskz_loadu_ps,
    _mm512_mask_storeu_ps,
    _mm512_fmadd_ps,
    _mm512_add_ps,
    _mm512_max_ps,
    _mm512_reduce_add_ps,
    _mm512_reduce_max_ps
);
avx512!(
    __m512d,
    f64,
    __mmask8,
    8,
    // Sixteen sums keep the multipliers busy; kernels of more rows would take time to compile, and f64 is for checks.
    8,
    4,
    transpose_f64,
    _mm512_setzero_pd,
    _mm512_set1_pd,
    _mm512_loadu_pd,
    _mm512_storeu_pd,
    _mm512_maskz_loadu_pd,
    _mm512_mask_storeu_pd,
    _mm512_fmadd_pd,
    _mm512_add_pd,
    _mm512_max_pd,
    _mm512_reduce_add_pd,
    _mm512_reduce_max_pd
);
avx2!(
    __m256,
    f32,
    8,
    transpose_f32,
    _mm256_setzero_ps,
    _mm256_set1_ps,
    _mm256_loadu_ps,
    _mm256_storeu_ps,
    _mm256_maskload_ps,
    _mm256_maskstore_ps,
    _mm256_fmadd_ps,
    _mm256_add_ps,
    _mm256_max_ps,
    sum_f32,
    largest_f32,
    _mm256_cmpgt_epi32,
    _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7),
    _mm256_set1_epi32
);
avx2!(
    __m256d,
    f64,
    4,
    transpose_f64,
    _mm256_setzero_pd,
    _mm256_set1_pd,
    _mm256_loadu_pd,
    _mm256_storeu_pd,
    _mm256_maskload_pd,
    _mm256_maskstore_pd,
    _mm256_fmadd_pd,
    _mm256_add_pd,
    _mm256_max_pd,
    sum_f64,
    largest_f64,
    _mm256_cmpgt_epi64,
    _mm256_setr_epi64x(0, 1, 2, 3),
    _mm256_set1_epi64x
);

/// All numbers of a register as one, by halves: each of the first half with that as far into the second, and so on.
macro_rules! by_halves {
    ($eight:ident: $pairs:ident $last:ident, $four:ident: $double_pairs:ident $double_last:ident) => {
        #[inline(always)]
        unsafe fn $eight(numbers: __m256) -> f32 {
            // SAFETY: the caller's promise, as `Simd` states it.
            unsafe {
                let four = $pairs(_mm256_castps256_ps128(numbers), _mm256_extractf128_ps::<1>(numbers));
                let two = $pairs(four, _mm_movehl_ps(four, four));
                _mm_cvtss_f32($last(two, _mm_movehdup_ps(two)))
            }
        }

        #[inline(always)]
        unsafe fn $four(numbers: __m256d) -> f64 {
            // SAFETY: the caller's promise, as `Simd` states it.
            unsafe {
                let two = $double_pairs(_mm256_castpd256_pd128(numbers), _mm256_extractf128_pd::<1>(numbers));
                _mm_cvtsd_f64($double_last(two, _mm_unpackhi_pd(two, two)))
            }
        }
    };
}

by_halves!(sum_f32: _mm_add_ps _mm_add_ss, sum_f64: _mm_add_pd _mm_add_sd);
by_halves!(largest_f32: _mm_max_ps _mm_max_ss, largest_f64: _mm_max_pd _mm_max_sd);

/// Transposes 8×8 numbers; see [`Simd::transpose`].
#[inline(always)]
unsafe fn transpose_f32(from: *const f32, from_row: usize, rows: usize, to: *mut f32, to_row: usize) {
    // SAFETY: the caller's promise, as `Simd` states it.
    unsafe {
        // Row i and row i + 4 share a register, so that no later step crosses the halves of a register.
        let row = |i: usize, half: usize| _mm_loadu_ps(from.add(i.min(rows - 1) * from_row + 4 * half));
        let pair =
            |i: usize, half: usize| _mm256_insertf128_ps::<1>(_mm256_castps128_ps256(row(i, half)), row(i + 4, half));
        for half in 0..2 {
            let (r0, r1, r2, r3) = (pair(0, half), pair(1, half), pair(2, half), pair(3, half));
            let (low01, high01) = (_mm256_unpacklo_ps(r0, r1), _mm256_unpackhi_ps(r0, r1));
            let (low23, high23) = (_mm256_unpacklo_ps(r2, r3), _mm256_unpackhi_ps(r2, r3));
            let to = to.add(4 * half * to_row);
            _mm256_storeu_ps(to, _mm256_shuffle_ps::<0b01_00_01_00>(low01, low23));
            _mm256_storeu_ps(to.add(to_row), _mm256_shuffle_ps::<0b11_10_11_10>(low01, low23));
            _mm256_storeu_ps(to.add(2 * to_row), _mm256_shuffle_ps::<0b01_00_01_00>(high01, high23));
            _mm256_storeu_ps(to.add(3 * to_row), _mm256_shuffle_ps::<0b11_10_11_10>(high01, high23));
        }
    }
}

/// Transposes 4×4 numbers; see [`Simd::transpose`].
#[inline(always)]
unsafe fn transpose_f64(from: *const f64, from_row: usize, rows: usize, to: *mut f64, to_row: usize) {
    // SAFETY: the caller's promise, as `Simd` states it.
    unsafe {
        let row = |i: usize, half: usize| _mm_loadu_pd(from.add(i.min(rows - 1) * from_row + 2 * half));
        let pair =
            |i: usize, half: usize| _mm256_insertf128_pd::<1>(_mm256_castpd128_pd256(row(i, half)), row(i + 2, half));
        for half in 0..2 {
            let (r0, r1) = (pair(0, half), pair(1, half));
            let to = to.add(2 * half * to_row);
            _mm256_storeu_pd(to, _mm256_unpacklo_pd(r0, r1));
            _mm256_storeu_pd(to.add(to_row), _mm256_unpackhi_pd(r0, r1));
        }
    }
}
