//! The transform of the kernels, `U = G w Gᵀ`, and its transpose, at double precision: they are few, and every result
//! depends on them.

use super::transform::{A, B};
use super::{PLACES, READ};

/// Kernels that are transformed side by side.
pub(super) const LANES: usize = 8;

/// Numbers of a kernel, along an axis.
pub(super) const KERNEL: usize = 3;

/// Row i of G: the powers of the i-th point by the product of its distances from the others; the last for ∞.
const G: [[f64; KERNEL]; READ] = {
    let (a, b) = (A as f64, B as f64);
    let (a2, b2) = (a * a, b * b);
    let (of_a, of_b) = (1.0 / (2.0 * a2 * (a2 - b2)), 1.0 / (2.0 * b2 * (b2 - a2)));
    [
        [1.0 / (a2 * b2), 0.0, 0.0],
        [of_a, of_a * a, of_a * a2],
        [of_a, -of_a * a, of_a * a2],
        [of_b, of_b * b, of_b * b2],
        [of_b, -of_b * b, of_b * b2],
        [0.0, 0.0, 1.0],
    ]
};

type Lanes = [f64; LANES];

#[inline(always)]
fn add(sum: &mut Lanes, x: &Lanes, factor: f64) {
    for (sum, x) in sum.iter_mut().zip(x) {
        *sum += x * factor;
    }
}

vectorize! {
    /// `G w Gᵀ` of some kernels: place e of kernel i at `to[e · place + i]`.
    pub(super) fn transform_weights[](w: &[Lanes; KERNEL * KERNEL], to: &mut [f32], place: usize) {
        let mut between = [[[0.0; LANES]; KERNEL]; READ];
        for (g, between) in G.iter().zip(&mut between) {
            for (i, g) in g.iter().enumerate() {
                for (j, between) in between.iter_mut().enumerate() {
                    add(between, &w[i * KERNEL + j], *g);
                }
            }
        }
        for e in 0..PLACES {
            let mut sum = [0.0; LANES];
            for (j, x) in between[e / READ].iter().enumerate() {
                add(&mut sum, x, G[e % READ][j]);
            }
            for (to, sum) in to[e * place..][..LANES].iter_mut().zip(sum) {
                *to = sum as f32;
            }
        }
    }

    /// `Gᵀ u G`, the transpose of [`transform_weights`], of the sums of several parts.
    pub(super) fn transpose_weights[](
        u: &[f32], place: usize, parts: usize, part: usize,
    ) -> [Lanes; KERNEL * KERNEL] {
        let mut between = [[[0.0; LANES]; KERNEL]; READ];
        for e in 0..PLACES {
            let mut sum = [0.0; LANES];
            for p in 0..parts {
                for (sum, &u) in sum.iter_mut().zip(&u[p * part + e * place..][..LANES]) {
                    *sum += f64::from(u);
                }
            }
            for (j, between) in between[e / READ].iter_mut().enumerate() {
                add(between, &sum, G[e % READ][j]);
            }
        }
        let mut w = [[0.0; LANES]; KERNEL * KERNEL];
        for (g, between) in G.iter().zip(&between) {
            for (i, g) in g.iter().enumerate() {
                for (j, x) in between.iter().enumerate() {
                    add(&mut w[i * KERNEL + j], x, *g);
                }
            }
        }
        w
    }
}
