//! The product of a matrix with its own transpose: half of it is the other half.

use super::{Epilogue, MatrixLayout, gemm};
use crate::Float;

/// The least rows of C in a stripe: a product of fewer takes longer to copy its operands than to multiply.
const STRIPE: usize = 32;
/// The side of the squares that are mirrored one after the other: their rows and columns stay in the first level of cache.
const SIDE: usize = 16;

/// `C = A·Aᵀ` for A of `m` × `k` numbers, row-major; C is `m` × `m`, and symmetric to the bit.
///
/// ```text
///   ┌────┬───────────┐
///   │ 1  ┆           │   C in four stripes: each from its square on the diagonal to the right is a product, and what is
///   └────┼───┬───────┤   right of the square is copied to below it. 5 of 8 of the operations of a whole product.
///   ┊    │ 2 ┆       │
///   ┊    └───┼───┬───┤
///   ┊    ┊   │ 3 ┆   │
///   ┊    ┊   └───┼───┤
///   ┊    ┊   ┊   │ 4 │
///   └┄┄┄┄┴┄┄┄┴┄┄┄┴───┘
/// ```
///
/// Bits and errors are as [`gemm`]'s.
///
/// # Panics
/// When a slice has another length.
#[track_caller]
pub fn gram<F: Float>(m: usize, k: usize, a: &[F], c: &mut [F]) {
    let lengths = (a.len(), c.len());
    assert!(lengths == (m * k, m * m), "gram: {} and {} elements, {m} × {k} and {m} × {m}", lengths.0, lengths.1);
    let layout = MatrixLayout::row_major(k);
    let stripe = m.div_ceil(4).next_multiple_of(16).max(STRIPE);
    for first in (0..m).step_by(stripe) {
        let rows = stripe.min(m - first);
        let a = &a[first * k..];
        let corner = &mut c[first * m + first..];
        gemm(rows, k, m - first, a, layout, a, layout.transposed(), corner, m, false, Epilogue::none());
    }
    mirror(m, c);
}

/// Copies what is above the diagonal to below it.
fn mirror<F: Float>(m: usize, c: &mut [F]) {
    for top in (0..m).step_by(SIDE) {
        for left in (top..m).step_by(SIDE) {
            for i in top..(top + SIDE).min(m) {
                for j in left.max(i + 1)..(left + SIDE).min(m) {
                    c[j * m + i] = c[i * m + j];
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Threads;

    #[test]
    fn equals_the_product_of_gemm() {
        for (m, k) in [(0, 3), (1, 5), (3, 0), (5, 7), (31, 40), (33, 17), (64, 500), (130, 90)] {
            let a: Vec<f32> = (0..m * k).map(|i| (i as f32 * 0.37).sin()).collect();
            let (mut whole, mut halves) = (vec![f32::NAN; m * m], vec![f32::NAN; m * m]);
            let layout = MatrixLayout::row_major(k);
            gemm(m, k, m, &a, layout, &a, layout.transposed(), &mut whole, m, false, Epilogue::none());
            for threads in [1, 2, 3, 7] {
                Threads::new(threads).unwrap().run(|| gram(m, k, &a, &mut halves));
                for (index, (half, whole)) in halves.iter().zip(&whole).enumerate() {
                    let (i, j) = (index / m, index % m);
                    assert!((half - whole).abs() <= 1e-4, "{m} × {k}, element {i}, {j}: {half} instead of {whole}");
                    assert_eq!(
                        half.to_bits(),
                        halves[j * m + i].to_bits(),
                        "{m} × {k}, element {i}, {j} is not symmetric"
                    );
                }
            }
        }
    }

    #[test]
    #[should_panic = "gram: 5 and 4 elements, 2 × 3 and 2 × 2"]
    fn lengths_are_checked() {
        gram(2, 3, &[0.0; 5], &mut [0.0; 4]);
    }
}
