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
    /// Every sample once, in another order every epoch, so that samples of similar lengths share a batch: stretches of 100
    /// batches of the shuffled samples are sorted by length each, and the batches shuffled. A short last batch is a random
    /// one.
    Lengths {
        /// Decides the orders.
        seed: u64,
        /// Samples of a batch, as many as those of the loader.
        batch_size: usize,
        /// The length of each sample, or whatever else they are sorted by.
        lengths: Arc<[u32]>,
    },
}

/// Batches of a stretch that is sorted at once: long enough that neighbors have about one length, short enough that the
/// company of a sample differs from epoch to epoch.
const STRETCH: usize = 100;

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

    /// Puts samples of similar lengths into the batches of a loader of this batch size.
    ///
    /// # Panics
    /// When the batch size is 0.
    #[track_caller]
    pub fn by_length(lengths: impl IntoIterator<Item = u32>, batch_size: usize, seed: u64) -> Sampler {
        assert!(batch_size > 0, "sampler: a batch needs at least one sample");
        Sampler::Lengths { seed, batch_size, lengths: lengths.into_iter().collect() }
    }

    /// Writes the order of an epoch of `len` samples.
    ///
    /// # Panics
    /// When there are not `len` weights, or lengths.
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
            Sampler::Lengths { seed, batch_size, lengths } => {
                assert_eq!(lengths.len(), len, "sampler: lengths of as many samples");
                let mut random = Random::new(*seed, epoch, ORDER);
                order.shuffle(&mut random);
                let full = &mut order[..len - len % batch_size];
                // Samples of one length stay in the order that was drawn.
                let sort = |stretch: &mut [u32]| stretch.sort_by_key(|&index| lengths[index as usize]);
                full.chunks_mut(STRETCH * batch_size).for_each(sort);
                let mut batches: Vec<&[u32]> = full.chunks(*batch_size).collect();
                batches.shuffle(&mut random);
                let shuffled = batches.concat();
                full.copy_from_slice(&shuffled);
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

    #[test]
    fn batches_have_similar_lengths_and_differ_by_epoch() {
        let lengths: Vec<u32> = (0..5003).map(|i| i * 37 % 50).collect();
        let orders = |seed, epoch| {
            let mut order = Vec::new();
            Sampler::by_length(lengths.iter().copied(), 10, seed).order(epoch, 5003, &mut order);
            order
        };
        let order = orders(1, 4);
        assert_eq!(order, orders(1, 4));
        assert_ne!(order, orders(1, 5));
        assert_ne!(order, orders(2, 4));
        let mut sorted = order.clone();
        sorted.sort_unstable();
        assert_eq!(sorted, (0..5003).collect::<Vec<u32>>(), "each sample once");
        let length = |index: &u32| lengths[*index as usize];
        let spread = |batch: &[u32]| batch.iter().map(length).max().unwrap() - batch.iter().map(length).min().unwrap();
        let spreads: Vec<u32> = order.chunks_exact(10).map(spread).collect();
        assert!(spreads.iter().all(|&spread| spread <= 3), "{spreads:?}");
        let firsts: Vec<u32> = order.chunks_exact(10).map(|batch| length(&batch[0])).collect();
        assert!(!firsts[..20].is_sorted(), "batches are shuffled: {firsts:?}");
        // The company of a sample differs between epochs.
        let company = |order: &[u32]| {
            let mut batch = order.chunks(10).find(|batch| batch.contains(&7)).unwrap().to_vec();
            batch.sort_unstable();
            batch
        };
        assert_ne!(company(&order), company(&orders(1, 5)));
    }
}
