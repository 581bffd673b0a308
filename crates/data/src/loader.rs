//! [`Loader`]: a data set in batches, in an order that the seed and the epoch decide.

use crate::LabeledImages;
use rand::seq::SliceRandom;
use tape::{Indices, Random, Shape, Tensor};

/// Some pictures and their classes.
#[derive(Clone, Debug)]
pub struct Batch {
    /// The pictures, `[batch, channels, height, width]`.
    pub images: Tensor,
    /// Their classes, `[batch]`.
    pub labels: Indices,
}

/// The data set in batches. A short last batch is kept.
///
/// The order of an epoch is a pure function of the seed and the number of the epoch, so that training can go on where it
/// stopped. The memory of a batch is used again as soon as the batch is dropped.
pub struct Loader<'d> {
    images: &'d LabeledImages,
    batch_size: usize,
    seed: Option<u64>,
    order: Vec<u32>,
    full: Batch,
    last: Batch,
}

impl<'d> Loader<'d> {
    /// Batches in another order every epoch.
    ///
    /// # Panics
    /// When the batch size is 0.
    #[track_caller]
    pub fn shuffled(images: &'d LabeledImages, batch_size: usize, seed: u64) -> Self {
        Loader::new(images, batch_size, Some(seed))
    }

    /// Batches in the order of the data set.
    ///
    /// # Panics
    /// When the batch size is 0.
    #[track_caller]
    pub fn sequential(images: &'d LabeledImages, batch_size: usize) -> Self {
        Loader::new(images, batch_size, None)
    }

    #[track_caller]
    fn new(images: &'d LabeledImages, batch_size: usize, seed: Option<u64>) -> Self {
        assert!(batch_size > 0, "loader: a batch needs at least one image");
        let batch = |size: usize| {
            let mut shape = Shape::from([size]);
            images.shape().dims().iter().for_each(|&d| shape.push(d));
            Batch { images: Tensor::full(shape, 0.0), labels: Tensor::full([size], 0) }
        };
        let (full, last) = (batch(batch_size.min(images.len())), batch(images.len() % batch_size));
        Loader { images, batch_size, seed, order: (0..images.len() as u32).collect(), full, last }
    }

    /// How many batches an epoch has.
    pub fn batches(&self) -> usize {
        self.images.len().div_ceil(self.batch_size)
    }

    /// The batches of epoch number `epoch`.
    pub fn epoch(&mut self, epoch: u64) -> Epoch<'_, 'd> {
        if let Some(seed) = self.seed {
            self.order.iter_mut().enumerate().for_each(|(i, index)| *index = i as u32);
            // A stream of its own, apart from those of initialization and of training steps.
            self.order.shuffle(&mut Random::new(seed, epoch, u64::MAX - 1));
        }
        Epoch { loader: self, next: 0 }
    }
}

/// The batches of one epoch.
pub struct Epoch<'l, 'd> {
    loader: &'l mut Loader<'d>,
    next: usize,
}

impl Iterator for Epoch<'_, '_> {
    type Item = Batch;

    fn next(&mut self) -> Option<Batch> {
        let Loader { images, batch_size, order, full, last, .. } = &mut *self.loader;
        let chosen = order.chunks(*batch_size).nth(self.next)?;
        self.next += 1;
        let batch = if chosen.len() == full.labels.shape().len() { full } else { last };
        let size = images.shape().len();
        let pixels = batch.images.as_mut_slice();
        let labels = batch.labels.as_mut_slice();
        for (i, &index) in chosen.iter().enumerate() {
            images.write(index as usize, &mut pixels[i * size..][..size]);
            labels[i] = images.labels()[index as usize];
        }
        Some(batch.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Ten pictures of one pixel, whose value tells their number.
    fn images(count: usize) -> LabeledImages {
        let pixels = (0..count as u8).collect();
        LabeledImages::new(Shape::from([1, 1, 1]), 10, 1, pixels, (0..count as u32).map(|i| i % 10).collect())
    }

    fn numbers(loader: &mut Loader<'_>, epoch: u64) -> Vec<Vec<u32>> {
        let batches = loader.epoch(epoch).map(|batch| {
            let images: Vec<u32> = batch.images.as_slice().iter().map(|&x| x as u32).collect();
            let labels: Vec<u32> = images.iter().map(|i| i % 10).collect();
            assert_eq!(batch.labels.as_slice(), labels, "labels go with their images");
            images
        });
        batches.collect()
    }

    #[test]
    fn every_image_once_in_an_order_of_the_seed_and_epoch() {
        let data = images(103);
        let order = |seed, epoch| numbers(&mut Loader::shuffled(&data, 10, seed), epoch);
        let batches = order(1, 0);
        assert_eq!(batches.iter().map(Vec::len).collect::<Vec<_>>(), [10, 10, 10, 10, 10, 10, 10, 10, 10, 10, 3]);
        let mut all: Vec<u32> = batches.concat();
        all.sort();
        assert_eq!(all, (0..103).collect::<Vec<u32>>());
        let mut loader = Loader::shuffled(&data, 10, 1);
        numbers(&mut loader, 5);
        assert_eq!(numbers(&mut loader, 0), order(1, 0), "whatever came before");
        assert_ne!(order(1, 0), order(1, 1));
        assert_ne!(order(1, 0), order(2, 0));
    }

    #[test]
    fn in_the_order_of_the_data_set() {
        let data = images(5);
        assert_eq!(numbers(&mut Loader::sequential(&data, 2), 7), [vec![0, 1], vec![2, 3], vec![4]]);
        assert_eq!(numbers(&mut Loader::sequential(&data, 64), 0), [vec![0, 1, 2, 3, 4]]);
        assert!(numbers(&mut Loader::sequential(&images(0), 64), 0).is_empty());
    }

    #[test]
    fn a_batch_that_is_kept_stays_as_it_was() {
        let data = images(4);
        let mut loader = Loader::sequential(&data, 2);
        let batches: Vec<Batch> = loader.epoch(0).collect();
        assert_eq!((batches[0].images.as_slice(), batches[1].images.as_slice()), (&[0.0, 1.0][..], &[2.0, 3.0][..]));
    }
}
