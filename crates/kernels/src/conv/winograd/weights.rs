//! The transform of the kernels, `U = G w Gᵀ`, and its transpose, at double precision: they are few, and every result
//! depends on them.

use super::filter::{Filter, Four, KERNEL};

/// Kernels that are transformed side by side.
pub(super) const LANES: usize = 8;

type Lanes = [f64; LANES];

/// `Σ g x`.
#[inline(always)]
fn combine(g: &[f64; KERNEL], x: [&Lanes; KERNEL]) -> Lanes {
    let mut sum = [0.0; LANES];
    for (lane, sum) in sum.iter_mut().enumerate() {
        *sum = match *g {
            [1.0, 0.0, 0.0] => x[0][lane],
            [0.0, 0.0, 1.0] => x[2][lane],
            [a, b, c] => x[0][lane] * a + x[1][lane] * b + x[2][lane] * c,
        };
    }
    sum
}

#[inline(always)]
fn add(sum: &mut Lanes, x: &Lanes, factor: f64) {
    for (sum, x) in sum.iter_mut().zip(x) {
        *sum += x * factor;
    }
}

vectorize! {
    /// `G w Gᵀ` of some kernels, place by place.
    pub(super) fn transform_weights[F: Filter](_filter: F, w: &[Lanes; KERNEL * KERNEL], to: &mut [[f32; LANES]]) {
        for (i, to) in to.chunks_exact_mut(F::READ).take(F::READ).enumerate() {
            let g = &F::G[i];
            let row = [
                combine(g, [&w[0], &w[3], &w[6]]),
                combine(g, [&w[1], &w[4], &w[7]]),
                combine(g, [&w[2], &w[5], &w[8]]),
            ];
            for (j, to) in to.iter_mut().enumerate() {
                let u = combine(&F::G[j], [&row[0], &row[1], &row[2]]);
                for (to, u) in to.iter_mut().zip(u) {
                    *to = u as f32;
                }
            }
        }
    }

    /// `Gᵀ u G`, the transpose of [`transform_weights`] with tiles of 4×4, of the sums of several parts.
    pub(super) fn transpose_weights[](
        u: &[f32], place: usize, parts: usize, part: usize,
    ) -> [Lanes; KERNEL * KERNEL] {
        let mut between = [[[0.0; LANES]; KERNEL]; Four::READ];
        for e in 0..Four::PLACES {
            let mut sum = [0.0; LANES];
            for p in 0..parts {
                for (sum, &u) in sum.iter_mut().zip(&u[p * part + e * place..][..LANES]) {
                    *sum += f64::from(u);
                }
            }
            for (j, between) in between[e / Four::READ].iter_mut().enumerate() {
                add(between, &sum, Four::G[e % Four::READ][j]);
            }
        }
        let mut w = [[0.0; LANES]; KERNEL * KERNEL];
        for (g, between) in Four::G.iter().zip(&between) {
            for (i, g) in g.iter().enumerate() {
                for (j, x) in between.iter().enumerate() {
                    add(&mut w[i * KERNEL + j], x, *g);
                }
            }
        }
        w
    }
}
