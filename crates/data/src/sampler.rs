//! [`Sampler`]: the order of the samples in an epoch.

use crate::streams::ORDER;
use rand::RngExt;
use rand::seq::SliceRandom;
use std::sync::Arc;
use tape::Random;

/// The order of the samples in an epoch: a pure function of the seed and the number of the epoch, so that training can go
/// on where it stopped.
#[derive(Clone, Debug)]
pub enum Sampler {
    /// In the order of the data set.
    Sequential,
    /// Every sample once, in another order every epoch.
    Shuffled {
        /// Decides the orders.
        seed: u64,
    },
    /// As many samples as there are, drawn with replacement in proportion to their weights: PyTorch's
    /// `WeightedRandomSampler`. For unbalanced classes, a weight is one over the size of the class.
    Weighted {
        /// Decides the draws.
        seed: u64,
        /// The sums of the weights up to each sample.
        cumulative: Arc<[f64]>,
    },
}

impl Sampler {
    /// Draws in proportion to these weights.
    ///
    /// # Panics
    /// When a weight is negative or not finite, or none is above 0.
    #[track_caller]
    pub fn weighted(weights: impl IntoIterator<Item = f64>, seed: u64) -> Sampler {
        let mut sum = 0.0;
        let cumulative: Arc<[f64]> = weights
            .into_iter()
            .map(|weight| {
                assert!(weight >= 0.0 && weight.is_finite(), "sampler: a weight is finite and not negative: {weight}");
                sum += weight;
                sum
            })
            .collect();
        assert!(sum > 0.0, "sampler: no weight is above 0");
        Sampler::Weighted { seed, cumulative }
    }

    /// Writes the order of an epoch of `len` samples.
    ///
    /// # Panics
    /// When there are not `len` weights.
    pub fn order(&self, epoch: u64, len: usize, order: &mut Vec<u32>) {
        order.clear();
        order.extend(0..len as u32);
        match self {
            Sampler::Sequential => {}
            Sampler::Shuffled { seed } => order.shuffle(&mut Random::new(*seed, epoch, ORDER)),
            Sampler::Weighted { seed, cumulative } => {
                assert_eq!(cumulative.len(), len, "sampler: weights of as many samples");
                let mut random = Random::new(*seed, epoch, ORDER);
                let total = cumulative.last().copied().unwrap_or(0.0);
                for index in order {
                    let drawn = random.random::<f64>() * total;
                    *index = cumulative.partition_point(|&sum| sum <= drawn).min(len - 1) as u32;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn draws_follow_the_weights() {
        let weights = [1.0, 0.0, 2.0, 5.0];
        let sampler = Sampler::weighted((0..40_000).map(|i| weights[i % 4]), 3);
        let (mut order, mut again) = (Vec::new(), Vec::new());
        sampler.order(1, 40_000, &mut order);
        sampler.order(1, 40_000, &mut again);
        assert_eq!(order, again);
        let mut counts = [0.0; 4];
        order.iter().for_each(|&index| counts[index as usize % 4] += 1.0);
        for (count, weight) in counts.iter().zip(weights) {
            let expected = 40_000.0 * weight / 8.0;
            // Four standard deviations of the binomial distribution.
            assert!((count - expected).abs() <= 4.0 * (expected * (1.0 - weight / 8.0)).sqrt(), "{counts:?}");
        }
        sampler.order(2, 40_000, &mut again);
        assert_ne!(order, again);
    }
}
