//! [`mixup`]: pictures and classes of a batch, mixed with each other.

use crate::Batch;
use crate::streams::MIXUP;
use rand::seq::SliceRandom;
use rand_distr::{Beta, Distribution};
use tape::{Random, RandomKey, Tensor};

/// Mixes every picture of a batch with a random other one, in place, and returns the targets that go with the mixtures,
/// `[batch, classes]` (Zhang, Cisse, Dauphin and Lopez-Paz 2018, *mixup: beyond empirical risk minimization*).
///
/// With one share λ for the batch, drawn from the distribution Beta(α, α), and a permutation π, picture i becomes
/// `λ xᵢ + (1 − λ) x_π(i)`; its target has λ at the class of i, and 1 − λ at that of π(i). The labels of the batch stay.
///
/// Everything random is a function of the key: the seed, the epoch as its step, the number of the batch as its draw.
///
/// ```
/// use retrograde_data::{Loader, digits, mixup};
/// # extern crate tape as retrograde_tape;
/// use retrograde_tape::RandomKey;
/// let mut loader = Loader::shuffled(&digits().train, 64, 0);
/// for (number, mut batch) in loader.epoch(3).enumerate() {
///     let targets = mixup(&mut batch, 10, 0.2, RandomKey { seed: 0, step: 3, draw: number as u64 });
///     assert_eq!(targets.shape().dims()[1], 10);
/// }
/// ```
///
/// # Panics
/// When `alpha` is not finite and above 0, or a label is not below `classes`.
#[track_caller]
pub fn mixup(batch: &mut Batch, classes: usize, alpha: f64, key: RandomKey) -> Tensor {
    assert!(alpha > 0.0 && alpha.is_finite(), "mixup: alpha is finite and above 0: {alpha}");
    let labels = batch.labels.as_slice();
    assert!(labels.iter().all(|&label| (label as usize) < classes), "mixup: a label is not below {classes}");
    let mut random = Random::from(RandomKey { draw: key.draw.wrapping_add(MIXUP), ..key });
    let share = Beta::new(alpha, alpha).expect("alpha was checked").sample(&mut random) as f32;
    let mut partners: Vec<u32> = (0..labels.len() as u32).collect();
    partners.shuffle(&mut random);
    let mut targets = Tensor::full([labels.len(), classes], 0.0);
    for ((row, &label), &partner) in targets.as_mut_slice().chunks_exact_mut(classes.max(1)).zip(labels).zip(&partners)
    {
        row[label as usize] += share;
        row[labels[partner as usize] as usize] += 1.0 - share;
    }
    mix(batch.images.as_mut_slice(), share, &mut partners);
    targets
}

/// Mixes the pictures, one after the other along the cycles of the permutation, so that only the first of a cycle needs to
/// be remembered. Uses the permutation up.
fn mix(images: &mut [f32], share: f32, partners: &mut [u32]) {
    let size = images.len() / partners.len().max(1);
    let mut remembered = vec![0.0; size];
    let blend = |x: &mut f32, y: &f32| *x = share * *x + (1.0 - share) * *y;
    for first in 0..partners.len() {
        // What is its own partner is done.
        if partners[first] as usize == first {
            continue;
        }
        remembered.copy_from_slice(&images[first * size..][..size]);
        let mut at = first;
        loop {
            let partner = std::mem::replace(&mut partners[at], at as u32) as usize;
            if partner == first {
                images[at * size..][..size].iter_mut().zip(&remembered).for_each(|(x, y)| blend(x, y));
                break;
            }
            let (low, high) = images.split_at_mut(at.max(partner) * size);
            let (low, high) = (&mut low[at.min(partner) * size..][..size], &mut high[..size]);
            let (x, y) = if at < partner { (low, high) } else { (high, low) };
            x.iter_mut().zip(y).for_each(|(x, y)| blend(x, y));
            at = partner;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tape::Tensor;

    const COUNT: usize = 12;

    /// Pictures of two pixels that tell their number.
    fn batch() -> Batch {
        let images = Tensor::from_fn([COUNT, 1, 1, 2], |i| (1 << (i / 2)) as f32 * if i % 2 == 0 { 1.0 } else { -1.0 });
        Batch { images, labels: Tensor::from_fn([COUNT], |i| i as u32) }
    }

    fn key(seed: u64, step: u64, draw: u64) -> RandomKey {
        RandomKey { seed, step, draw }
    }

    #[test]
    fn pictures_are_mixed_as_their_targets() {
        for draw in 0..50 {
            let mut batch = batch();
            let targets = mixup(&mut batch, COUNT, 0.7, key(1, 2, draw));
            for (i, row) in targets.as_slice().chunks(COUNT).enumerate() {
                assert!((row.iter().sum::<f32>() - 1.0).abs() < 1e-6, "{row:?}");
                assert!(row.iter().filter(|share| **share > 0.0).count() <= 2, "{row:?}");
                let mixture: f32 = row.iter().enumerate().map(|(class, share)| (1 << class) as f32 * share).sum();
                let pixels = &batch.images.as_slice()[2 * i..][..2];
                assert!((pixels[0] - mixture).abs() < 1e-3 && pixels[1] == -pixels[0], "{pixels:?}, not {mixture}");
            }
            // Every picture is a partner once.
            for class in 0..COUNT {
                let sum: f32 = targets.as_slice().iter().skip(class).step_by(COUNT).sum();
                assert!((sum - 1.0).abs() < 1e-6, "class {class}: {sum}");
            }
        }
    }

    #[test]
    fn everything_depends_on_the_key_alone() {
        let mixed = |key| {
            let mut batch = batch();
            let targets = mixup(&mut batch, COUNT, 1.0, key);
            (batch.images.into_vec(), targets.into_vec())
        };
        assert_eq!(mixed(key(1, 2, 3)), mixed(key(1, 2, 3)));
        for other in [key(0, 2, 3), key(1, 0, 3), key(1, 2, 0)] {
            assert_ne!(mixed(key(1, 2, 3)), mixed(other), "{other:?}");
        }
    }

    #[test]
    fn shares_are_of_the_beta_distribution() {
        // The variance of Beta(α, α) is 1 / (4 (2α + 1)).
        for (alpha, variance) in [(0.2, 0.25 / 1.4), (1.0, 1.0 / 12.0), (4.0, 0.25 / 9.0)] {
            let share = |draw| {
                let images = Tensor::full([2, 1, 1, 1], 0.0);
                let mut batch = Batch { images, labels: Tensor::from_fn([2], |i| i as u32) };
                // A picture that is its own partner has a share of about 1.
                f64::from(mixup(&mut batch, 2, alpha, key(5, 0, draw)).as_slice()[0])
            };
            let shares: Vec<f64> = (0..8000).map(share).filter(|share| *share < 1.0 - 1e-6).collect();
            let spread = shares.iter().map(|share| (share - 0.5).powi(2)).sum::<f64>() / shares.len() as f64;
            assert!((spread / variance - 1.0).abs() < 0.1, "alpha {alpha}: {spread}, expected {variance}");
        }
    }

    #[test]
    fn a_batch_of_equal_classes_and_an_empty_one() {
        let mut equal = Batch { images: Tensor::full([3, 1, 1, 1], 2.0), labels: Tensor::full([3], 1) };
        let targets = mixup(&mut equal, 2, 0.4, key(0, 0, 0));
        assert!(targets.as_slice().chunks(2).all(|row| row[0] == 0.0 && (row[1] - 1.0).abs() < 1e-6));
        let mut empty = Batch { images: Tensor::full([0, 1, 1, 1], 0.0), labels: Tensor::full([0], 0) };
        assert_eq!(mixup(&mut empty, 2, 0.4, key(0, 0, 0)).shape().dims(), [0, 2]);
    }

    #[test]
    #[should_panic(expected = "alpha is finite and above 0: 0")]
    fn alpha_is_above_zero() {
        mixup(&mut batch(), COUNT, 0.0, key(0, 0, 0));
    }
}
