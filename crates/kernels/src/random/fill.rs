//! Slices filled with random numbers, in parallel.
//!
//! A slice is filled in groups that take [`LANES`] blocks each: 256 numbers, or 128 where a number takes two words.
//! Within a group, number `i · LANES + l` comes from part i of block l, so that everything runs in vectors.

use super::philox::{self, LANES};
use super::{Blocks, RandomKey};
use crate::{Float, for_each_chunk};

/// How many numbers a task fills; a multiple of every group.
const CHUNK: usize = 1 << 13;
/// The most numbers in a group.
const GROUP: usize = 4 * LANES;

/// How many numbers of type `F` a group has: 24 random bits need one word of 32, 53 need two.
const fn group<F>() -> usize {
    if size_of::<F>() == 4 { 4 * LANES } else { 2 * LANES }
}

/// A random word of 64 bits; a word of 32 in its upper half where that is enough for an `F`.
#[inline(always)]
fn wide<F>(words: &[[u32; LANES]; 4], i: usize, l: usize) -> u64 {
    match group::<F>() {
        GROUP => u64::from(words[i][l]) << 32,
        _ => u64::from(words[2 * i][l]) << 32 | u64::from(words[2 * i + 1][l]),
    }
}

/// Sine and cosine of an angle in [−π/4, π/4]: Taylor's series, to less than half an ulp of 1.
#[inline(always)]
fn sin_cos<F: Float>(angle: F) -> (F, F) {
    const SIN: [f64; 9] = inverse_factorials(1);
    const COS: [f64; 9] = inverse_factorials(0);
    let terms = if size_of::<F>() == 4 { 5 } else { 9 };
    let square = angle * angle;
    let (mut sin, mut cos) = (F::ZERO, F::ZERO);
    for k in (0..terms).rev() {
        sin = sin * square + F::from_f64(SIN[k]);
        cos = cos * square + F::from_f64(COS[k]);
    }
    (sin * angle, cos)
}

/// `(−1)ᵏ / (2k + first)!`
const fn inverse_factorials(first: usize) -> [f64; 9] {
    let mut coefficients = [1.0; 9];
    let mut k = 1;
    while k < 9 {
        let n = 2 * k + first;
        coefficients[k] = -coefficients[k - 1] / ((n * (n - 1)) as f64);
        k += 1;
    }
    coefficients
}

/// Two numbers of the standard normal distribution from two random words (Box and Muller 1958, *A note on the
/// generation of random normal deviates*).
#[inline(always)]
fn box_muller<F: Float>(a: u64, b: u64) -> (F, F) {
    // In (0, 1), so that the logarithm is finite.
    let u = if size_of::<F>() == 4 {
        ((a >> 32) as u32 as f64 + 0.5) * (1.0 / (1u64 << 32) as f64)
    } else {
        ((a >> 11) as f64 + 0.5) * (1.0 / (1u64 << 53) as f64)
    };
    let radius = (F::from_f64(-2.0) * F::from_f64(u).ln()).sqrt();
    // Two bits choose a quarter of the circle, the others the angle from its middle.
    let turn = if size_of::<F>() == 4 {
        ((b >> 32) as u32 as i32).wrapping_shl(2) as f64 * (1.0 / (1u64 << 31) as f64)
    } else {
        ((b << 2) as i64 >> 11) as f64 * (1.0 / (1u64 << 52) as f64)
    };
    let (sin, cos) = sin_cos(F::from_f64(turn * std::f64::consts::FRAC_PI_4));
    let (x, y) = if b >> 63 == 0 { (cos, sin) } else { (sin, cos) };
    let radius = if b >> 62 & 1 == 0 { radius } else { -radius };
    (radius * x, radius * y)
}

vectorize! {
    /// One group: `low + (high − low) u`.
    fn uniform_group[F: Float](blocks: Blocks, first: u64, low: F, width: F, out: &mut [F; GROUP]) {
        let words = philox::blocks(blocks.key, first, blocks.high);
        for i in 0..group::<F>() / LANES {
            for l in 0..LANES {
                let word = wide::<F>(&words, i, l);
                let u = match group::<F>() {
                    GROUP => (word >> 40) as i32 as f64 * (1.0 / (1u64 << 24) as f64),
                    _ => (word >> 11) as f64 * (1.0 / (1u64 << 53) as f64),
                };
                out[i * LANES + l] = low + width * F::from_f64(u);
            }
        }
    }

    /// One group: `mean + std z`.
    fn normal_group[F: Float](blocks: Blocks, first: u64, mean: F, std: F, out: &mut [F; GROUP]) {
        let words = philox::blocks(blocks.key, first, blocks.high);
        for i in (0..group::<F>() / LANES).step_by(2) {
            for l in 0..LANES {
                let (x, y) = box_muller::<F>(wide::<F>(&words, i, l), wide::<F>(&words, i + 1, l));
                out[i * LANES + l] = mean + std * x;
                out[(i + 1) * LANES + l] = mean + std * y;
            }
        }
    }

    /// One group: 1 where the word is below the threshold.
    fn bernoulli_group[](blocks: Blocks, first: u64, threshold: u64, out: &mut [u8; GROUP]) {
        let words = philox::blocks(blocks.key, first, blocks.high);
        for i in 0..4 {
            for l in 0..LANES {
                out[i * LANES + l] = u8::from(u64::from(words[i][l]) < threshold);
            }
        }
    }
}

/// Fills `out` group by group; `make` computes the group that starts at a block.
fn fill<T: Copy + Default + Send>(
    out: &mut [T],
    key: RandomKey,
    group: usize,
    make: impl Fn(Blocks, u64, &mut [T; GROUP]) + Sync,
) {
    let blocks = Blocks::new(key);
    for_each_chunk(out, CHUNK, |chunk, part| {
        let mut numbers = [T::default(); GROUP];
        for (i, part) in part.chunks_mut(group).enumerate() {
            make(blocks, ((chunk * (CHUNK / group) + i) * LANES) as u64, &mut numbers);
            part.copy_from_slice(&numbers[..part.len()]);
        }
    });
}

/// Fills `out` with numbers of the uniform distribution on `[low, high)`, multiples of 2⁻²⁴ (`f32`) or 2⁻⁵³ (`f64`) of
/// the width away from `low`. Where the width is far above or below `low`, rounding may give `high` itself.
///
/// Element i depends on the key and i alone.
///
/// ```
/// use retrograde_kernels::{RandomKey, fill_uniform};
/// let mut out = [0.0f32; 100];
/// fill_uniform(&mut out, RandomKey { seed: 1, step: 0, draw: 0 }, -1.0, 1.0);
/// assert!(out.iter().all(|x| (-1.0..1.0).contains(x)));
/// ```
pub fn fill_uniform<F: Float>(out: &mut [F], key: RandomKey, low: F, high: F) {
    let make = |blocks, first, numbers: &mut _| uniform_group(blocks, first, low, high - low, numbers);
    fill(out, key, group::<F>(), make);
}

/// Fills `out` with numbers of the normal distribution of this mean and standard deviation (Box and Muller's method).
///
/// Element i depends on the key and i alone. No number is further than 6.8 (`f32`) or 8.7 (`f64`) standard deviations
/// from the mean: one in 10¹¹, or in 10¹⁷, should be.
///
/// ```
/// use retrograde_kernels::{RandomKey, fill_normal};
/// let (mut a, mut b) = ([0.0f32; 100], [0.0f32; 50]);
/// let key = RandomKey { seed: 1, step: 0, draw: 0 };
/// fill_normal(&mut a, key, 0.0, 1.0);
/// fill_normal(&mut b, key, 0.0, 1.0);
/// assert_eq!(a[..50], b);
/// ```
pub fn fill_normal<F: Float>(out: &mut [F], key: RandomKey, mean: F, std: F) {
    fill(out, key, group::<F>(), |blocks, first, numbers| normal_group(blocks, first, mean, std, numbers));
}

/// Fills `mask` with ones of probability `p` and zeros else; the probability is exact to 2⁻³².
///
/// Element i depends on the key and i alone.
///
/// ```
/// use retrograde_kernels::{RandomKey, fill_bernoulli};
/// let mut mask = [0; 1000];
/// fill_bernoulli(&mut mask, RandomKey { seed: 1, step: 0, draw: 0 }, 0.25);
/// let ones: usize = mask.iter().map(|&m| m as usize).sum();
/// assert!((200..300).contains(&ones));
/// ```
///
/// # Panics
/// When `p` is not between 0 and 1.
#[track_caller]
pub fn fill_bernoulli(mask: &mut [u8], key: RandomKey, p: f64) {
    assert!((0.0..=1.0).contains(&p), "fill_bernoulli: probability between 0 and 1: left {p}, right [0, 1]");
    let threshold = (p * (1u64 << 32) as f64).round() as u64;
    fill(mask, key, GROUP, |blocks, first, numbers| bernoulli_group(blocks, first, threshold, numbers));
}
