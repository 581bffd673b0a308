//! A row times a matrix whose columns are contiguous: one dot product a column.

use super::Product;
use crate::simd::Simd;

/// Registers of partial sums a column: enough independent sums to hide the latency of a multiply-add.
const PARTIAL: usize = 4;

/// Computes a product with `m = 1`, A and the columns of B contiguous.
///
/// # Safety
/// As [`Product`] states it; the processor has the instruction set of `V`, for which the caller is compiled.
#[inline(always)]
pub(super) unsafe fn multiply<V: Simd>(product: &Product<V::Scalar>) {
    let column = product.b_layout.column_stride;
    // SAFETY: the caller's promise; the columns are within B and C.
    unsafe {
        for j in (0..product.n / 4 * 4).step_by(4) {
            dots::<V, 4>(product.k, product.a, product.b.add(j * column), column, product.c.add(j), product.accumulate);
        }
        for j in product.n / 4 * 4..product.n {
            dots::<V, 1>(product.k, product.a, product.b.add(j * column), column, product.c.add(j), product.accumulate);
        }
        product.finish.apply(1, product.n, product.c, product.c_row);
    }
}

/// The dot products of `x` with `COLUMNS` columns. A column is summed in the same order whatever their number.
#[inline(always)]
unsafe fn dots<V: Simd, const COLUMNS: usize>(
    k: usize,
    x: *const V::Scalar,
    columns: *const V::Scalar,
    stride: usize,
    to: *mut V::Scalar,
    accumulate: bool,
) {
    // SAFETY: the caller's promise.
    unsafe {
        let mut sums = [[V::zero(); PARTIAL]; COLUMNS];
        let whole = k / (PARTIAL * V::LANES) * (PARTIAL * V::LANES);
        for p in (0..whole).step_by(PARTIAL * V::LANES) {
            for part in 0..PARTIAL {
                let p = p + part * V::LANES;
                let x = V::load(x.add(p));
                for (j, sums) in sums.iter_mut().enumerate() {
                    sums[part] = x.multiply_add(V::load(columns.add(j * stride + p)), sums[part]);
                }
            }
        }
        for p in (whole..k).step_by(V::LANES) {
            let mask = V::mask(V::LANES.min(k - p));
            let x = V::load_masked(x.add(p), mask);
            for (j, sums) in sums.iter_mut().enumerate() {
                sums[0] = x.multiply_add(V::load_masked(columns.add(j * stride + p), mask), sums[0]);
            }
        }
        for (j, [s0, s1, s2, s3]) in sums.into_iter().enumerate() {
            let sum = s0.add(s1).add(s2.add(s3)).sum();
            let to = to.add(j);
            *to = if accumulate { *to + sum } else { sum };
        }
    }
}
