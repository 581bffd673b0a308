//! [`LabeledImages`]: pictures with a class each.

use crate::Dataset;
use std::sync::Arc;
use tape::{Indices, Shape, Tensor};

/// Pictures of one size, each with a class. A clone shares the pixels.
#[derive(Clone, Debug)]
pub struct LabeledImages {
    shape: Shape,
    classes: usize,
    pixels: Arc<[u8]>,
    /// The number that stands for each value of a pixel.
    scale: [f32; 256],
    labels: Arc<[u32]>,
}

/// Some pictures and their classes.
#[derive(Clone, Debug)]
pub struct Batch {
    /// The pictures, `[batch, channels, height, width]`.
    pub images: Tensor,
    /// Their classes, `[batch]`.
    pub labels: Indices,
}

impl LabeledImages {
    /// Pictures of `shape` `[channels, height, width]` with whole pixels from 0 to `white`, which become 0 to 1.
    ///
    /// # Panics
    /// When there are not as many pixels as the labels and the shape say, or a label is not below `classes`.
    #[track_caller]
    pub fn new(shape: Shape, classes: usize, white: u8, pixels: Vec<u8>, labels: Vec<u32>) -> Self {
        assert_eq!(pixels.len(), labels.len() * shape.len(), "images: pixels of {} images {shape}", labels.len());
        assert!(labels.iter().all(|&label| (label as usize) < classes), "images: a label is not below {classes}");
        let scale = std::array::from_fn(|value| value as f32 / f32::from(white));
        LabeledImages { shape, classes, pixels: pixels.into(), scale, labels: labels.into() }
    }

    /// How many pictures there are.
    pub fn len(&self) -> usize {
        self.labels.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.labels.is_empty()
    }

    /// The shape of one picture: channels, height, width.
    pub fn shape(&self) -> Shape {
        self.shape
    }

    /// How many classes there are.
    pub fn classes(&self) -> usize {
        self.classes
    }

    /// The class of every picture.
    pub fn labels(&self) -> &[u32] {
        &self.labels
    }

    /// The pixels of picture `index` as whole numbers from 0 to 255, black to white, in row-major order.
    ///
    /// # Panics
    /// When there is no such picture.
    pub fn picture(&self, index: usize) -> Vec<u8> {
        let gray = |&pixel: &u8| (255.0 * self.scale[pixel as usize]).round() as u8;
        self.raw(index).iter().map(gray).collect()
    }

    /// Writes the pixels of picture `index`, from 0 to 1.
    ///
    /// # Panics
    /// When there is no such picture, or `out` has not as many elements as one.
    pub fn write(&self, index: usize, out: &mut [f32]) {
        let size = self.shape.len();
        assert_eq!(out.len(), size, "images: elements of one image {}", self.shape);
        out.iter_mut().zip(self.raw(index)).for_each(|(out, &pixel)| *out = self.scale[pixel as usize]);
    }

    /// The pixels of picture `index` as they were given.
    pub(crate) fn raw(&self, index: usize) -> &[u8] {
        &self.pixels[index * self.shape.len()..][..self.shape.len()]
    }

    /// The number that stands for each value of a pixel.
    pub(crate) fn scale(&self) -> &[f32; 256] {
        &self.scale
    }

    /// The pictures of these numbers, in this order.
    ///
    /// # Panics
    /// When there is no such picture.
    pub fn subset(&self, indices: impl IntoIterator<Item = usize>) -> Self {
        let (mut pixels, mut labels) = (Vec::new(), Vec::new());
        for index in indices {
            pixels.extend_from_slice(self.raw(index));
            labels.push(self.labels[index]);
        }
        LabeledImages { pixels: pixels.into(), labels: labels.into(), ..*self }
    }
}

impl Dataset for LabeledImages {
    type Batch = Batch;

    fn len(&self) -> usize {
        self.labels.len()
    }

    fn allocate(&self, count: usize) -> Batch {
        let mut shape = Shape::from([count]);
        self.shape.dims().iter().for_each(|&d| shape.push(d));
        Batch { images: Tensor::full(shape, 0.0), labels: Tensor::full([count], 0) }
    }

    fn fill(&self, indices: &[u32], _epoch: u64, batch: &mut Batch) {
        let size = self.shape.len();
        let (pixels, labels) = (batch.images.as_mut_slice(), batch.labels.as_mut_slice());
        for (i, &index) in indices.iter().enumerate() {
            self.write(index as usize, &mut pixels[i * size..][..size]);
            labels[i] = self.labels[index as usize];
        }
    }
}

/// A data set in its three parts.
#[derive(Clone, Debug)]
pub struct Splits {
    /// What the parameters are fitted to.
    pub train: LabeledImages,
    /// What the best epoch is chosen by.
    pub validation: LabeledImages,
    /// What the result is measured on.
    pub test: LabeledImages,
}
