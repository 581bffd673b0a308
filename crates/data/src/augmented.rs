//! [`AugmentedImages`]: pictures that are changed at random and normalized as batches are made.

use crate::streams::AUGMENT;
use crate::{Augment, Batch, Dataset, LabeledImages, Normalize};
use tape::Random;

/// Pictures of one or three channels that are changed at random and normalized whenever they become part of a batch.
///
/// Every random choice is a function of the seed, the epoch and the number of the picture alone: it matters neither how
/// large the batches are, nor in which order or on how many threads they are made.
///
/// ```
/// use retrograde_data::{Augment, AugmentedImages, Loader, Normalize, digits};
/// let train = AugmentedImages {
///     images: digits().train,
///     augment: Augment::none().crop(1),
///     normalize: Normalize { mean: [0.3; 3], std: [0.4; 3] },
///     seed: 0,
/// };
/// let batch = Loader::shuffled(&train, 64, 0).epoch(0).next().unwrap();
/// assert_eq!(batch.images.shape().dims(), [64, 1, 8, 8]);
/// ```
#[derive(Clone, Debug)]
pub struct AugmentedImages {
    /// The pictures, with one channel or three.
    pub images: LabeledImages,
    /// How they are changed.
    pub augment: Augment,
    /// How they are scaled then.
    pub normalize: Normalize,
    /// Decides the changes.
    pub seed: u64,
}

impl Dataset for AugmentedImages {
    type Batch = Batch;

    fn len(&self) -> usize {
        self.images.len()
    }

    fn allocate(&self, count: usize) -> Batch {
        self.images.allocate(count)
    }

    /// # Panics
    /// When the pictures have neither one channel nor three.
    fn fill(&self, indices: &[u32], epoch: u64, batch: &mut Batch) {
        let AugmentedImages { images, augment, normalize, seed } = self;
        let shape = images.shape();
        assert!(matches!(shape.dims(), [1 | 3, _, _]), "augment: pictures {shape} have neither 1 channel nor 3");
        let (size, table) = (shape.len(), augment.table(images, normalize));
        let (pixels, labels) = (batch.images.as_mut_slice(), batch.labels.as_mut_slice());
        for (i, &index) in indices.iter().enumerate() {
            let mut random = Random::new(*seed, epoch, AUGMENT + u64::from(index));
            let out = &mut pixels[i * size..][..size];
            augment.write(images, index as usize, &table, normalize, &mut random, out);
            labels[i] = images.labels()[index as usize];
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Loader;
    use tape::Shape;

    /// Pictures with a different value in every pixel that is not black.
    fn images(count: usize, channels: usize) -> LabeledImages {
        let shape = Shape::from([channels, 6, 5]);
        let pixels = (0..count * shape.len()).map(|i| (i * 7 % 255) as u8 + 1).collect();
        LabeledImages::new(shape, 10, 255, pixels, (0..count as u32).map(|i| i % 10).collect())
    }

    fn augmented(channels: usize, seed: u64) -> AugmentedImages {
        let augment = Augment::none().crop(2).flip(0.5).cutout(3).jitter(0.4, 0.3, 0.2);
        AugmentedImages { images: images(40, channels), augment, normalize: Normalize::CIFAR10, seed }
    }

    /// Every picture of an epoch, by its number.
    fn pictures(data: &AugmentedImages, batch_size: usize, shuffle: u64, epoch: u64) -> Vec<Vec<f32>> {
        let mut order = Vec::new();
        crate::Sampler::Shuffled { seed: shuffle }.order(epoch, data.len(), &mut order);
        let mut pictures = vec![Vec::new(); data.len()];
        let mut loader = Loader::shuffled(data, batch_size, shuffle).prefetch(batch_size % 3);
        let mut numbers = order.iter();
        for batch in loader.epoch(epoch) {
            for (picture, label) in
                batch.images.as_slice().chunks(data.images.shape().len()).zip(batch.labels.as_slice())
            {
                let number = *numbers.next().unwrap() as usize;
                assert_eq!(*label as usize, number % 10);
                pictures[number] = picture.to_vec();
            }
        }
        pictures
    }

    #[test]
    fn changes_depend_on_seed_epoch_and_number_alone() {
        for channels in [1, 3] {
            let want = pictures(&augmented(channels, 1), 7, 0, 3);
            assert_eq!(pictures(&augmented(channels, 1), 40, 5, 3), want, "other batches, another order");
            let differ = |have: Vec<Vec<f32>>| have.iter().zip(&want).filter(|(have, want)| have != want).count();
            assert_eq!(differ(pictures(&augmented(channels, 2), 7, 0, 3)), 40, "another seed");
            assert_eq!(differ(pictures(&augmented(channels, 1), 7, 0, 4)), 40, "another epoch");
        }
    }

    #[test]
    fn without_changes_pictures_are_only_normalized() {
        let normalize = Normalize { mean: [0.1, 0.2, 0.3], std: [0.5, 0.25, 2.0] };
        let images = images(3, 3);
        let data = AugmentedImages { images: images.clone(), augment: Augment::none(), normalize, seed: 0 };
        let (mut batch, mut plain) = (data.allocate(2), images.allocate(2));
        data.fill(&[2, 0], 0, &mut batch);
        images.fill(&[2, 0], 0, &mut plain);
        for (i, (have, x)) in batch.images.as_slice().iter().zip(plain.images.as_slice()).enumerate() {
            let channel = i / 30 % 3;
            assert_eq!(*have, (x - normalize.mean[channel]) / normalize.std[channel], "element {i}");
        }
        assert_eq!(batch.labels.as_slice(), [2, 0]);
    }

    #[test]
    #[should_panic(expected = "pictures [2, 6, 5] have neither 1 channel nor 3")]
    fn two_channels_are_refused() {
        let data = augmented(2, 0);
        data.fill(&[0], 0, &mut data.allocate(1));
    }
}
