//! The product on one thread where no micro-kernel of ours fits: the `matrixmultiply` crate.

use super::Product;
use crate::Float;

/// `matrixmultiply::sgemm` or `dgemm`: sizes; α; A and its strides; B and its strides; β; C and its strides.
type Gemm<F> =
    unsafe fn(usize, usize, usize, F, *const F, isize, isize, *const F, isize, isize, F, *mut F, isize, isize);

/// Computes the product.
///
/// # Safety
/// As [`Product`] states it.
pub(super) unsafe fn multiply<F: Float>(product: &Product<F>, gemm: Gemm<F>) {
    let &Product { m, k, n, a, a_layout, b, b_layout, c, c_row, accumulate, finish, .. } = product;
    let beta = if accumulate { F::ONE } else { F::ZERO };
    let (a_row, a_column) = (a_layout.row_stride as isize, a_layout.column_stride as isize);
    let (b_row, b_column) = (b_layout.row_stride as isize, b_layout.column_stride as isize);
    // SAFETY: the caller's promise. Strides fit an `isize`, since slices do.
    unsafe {
        gemm(m, k, n, F::ONE, a, a_row, a_column, b, b_row, b_column, beta, c, c_row as isize, 1);
        finish.apply(m, n, c, c_row);
    }
}
