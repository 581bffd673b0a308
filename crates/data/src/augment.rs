//! [`Augment`]: random changes of pictures, and [`Normalize`], the scale that a model sees.

use crate::LabeledImages;
use crate::jitter::{Jitter, check};
use rand::RngExt;
use tape::Random;

/// Random changes of pictures, made in this order: crop, flip, JPEG, jitter, cutout.
///
/// ```
/// use retrograde_data::Augment;
/// let augment = Augment::none().crop(4).flip(0.5);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Augment {
    padding: usize,
    flip: f32,
    #[cfg(feature = "jpeg")]
    jpeg: Option<u8>,
    jitter: Jitter,
    cutout: usize,
}

/// `(x − mean) / std` for every channel, of pixels from 0 to 1. Pictures of one channel take the first numbers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Normalize {
    /// What becomes 0.
    pub mean: [f32; 3],
    /// What becomes 1 apart from that; not 0.
    pub std: [f32; 3],
}

impl Normalize {
    /// The mean and standard deviation of the channels of CIFAR-10.
    pub const CIFAR10: Normalize = Normalize { mean: [0.4914, 0.4822, 0.4465], std: [0.2023, 0.1994, 0.2010] };

    /// Leaves pixels from 0 to 1.
    pub const fn none() -> Normalize {
        Normalize { mean: [0.0; 3], std: [1.0; 3] }
    }

    fn apply(&self, channel: usize, x: f32) -> f32 {
        (x - self.mean[channel]) / self.std[channel]
    }
}

/// The random choices for a picture. All are drawn, needed or not, so that one change leaves the choices of others alone.
struct Choices {
    crop: [f32; 2],
    flip: f32,
    jitter: [f32; 3],
    cutout: [f32; 2],
}

impl Choices {
    fn draw(random: &mut Random) -> Choices {
        let [a, b, flip, c, d, e, f, g] = std::array::from_fn(|_| random.random());
        Choices { crop: [a, b], flip, jitter: [c, d, e], cutout: [f, g] }
    }
}

/// A whole number below `count` from a number in [0, 1).
fn below(count: usize, drawn: f32) -> usize {
    ((drawn * count as f32) as usize).min(count - 1)
}

impl Augment {
    /// No change.
    pub const fn none() -> Augment {
        Augment {
            padding: 0,
            flip: 0.0,
            #[cfg(feature = "jpeg")]
            jpeg: None,
            jitter: Jitter::none(),
            cutout: 0,
        }
    }

    /// Puts `padding` black pixels around the picture, then cuts the original size out at a random place: PyTorch's
    /// `RandomCrop(size, padding)`.
    pub fn crop(self, padding: usize) -> Augment {
        Augment { padding, ..self }
    }

    /// Swaps left and right with this probability.
    ///
    /// # Panics
    /// When it is not between 0 and 1.
    #[track_caller]
    pub fn flip(self, probability: f64) -> Augment {
        assert!((0.0..=1.0).contains(&probability), "augment: a probability is between 0 and 1: {probability}");
        Augment { flip: probability as f32, ..self }
    }

    /// Compresses the picture as a JPEG file of this quality would, from 1 to 100, as libjpeg counts, and with colors at
    /// half the resolution: for models that will see such pictures. Not random. A picture may have at most 65,535 pixels
    /// a side; making a batch of larger ones panics.
    ///
    /// # Panics
    /// When the quality is not from 1 to 100.
    #[cfg(feature = "jpeg")]
    #[track_caller]
    pub fn jpeg(self, quality: u8) -> Augment {
        assert!((1..=100).contains(&quality), "augment: a quality is from 1 to 100: {quality}");
        Augment { jpeg: Some(quality), ..self }
    }

    /// Makes a square of side `size` black, whose center is a random pixel; what reaches over the border is cut off
    /// (DeVries and Taylor 2017, *Improved regularization of convolutional neural networks with cutout*).
    pub fn cutout(self, size: usize) -> Augment {
        Augment { cutout: size, ..self }
    }

    /// Changes brightness, contrast and saturation, in this order, by random factors between 1 − v, or 0 if that is
    /// negative, and 1 + v, as PyTorch's `ColorJitter` does without a hue. Contrast is towards the mean gray of the picture,
    /// saturation towards the gray of the pixel, 0.299 red + 0.587 green + 0.114 blue. Pixels stay within 0 and 1. A
    /// picture of one channel has no saturation.
    ///
    /// # Panics
    /// When one is negative or not finite.
    #[track_caller]
    pub fn jitter(self, brightness: f32, contrast: f32, saturation: f32) -> Augment {
        let jitter = Jitter { brightness, contrast, saturation };
        check(&jitter);
        Augment { jitter, ..self }
    }

    /// Writes picture `index`, changed at random and normalized. `table` is that of [`table`](Augment::table).
    pub(crate) fn write(
        &self,
        images: &LabeledImages,
        index: usize,
        table: &[[f32; 256]; 3],
        normalize: &Normalize,
        random: &mut Random,
        out: &mut [f32],
    ) {
        let (height, width) = (images.shape().dims()[1], images.shape().dims()[2]);
        let plane = height * width;
        if plane == 0 {
            return;
        }
        let choices = Choices::draw(random);
        let [top, left] = choices.crop.map(|drawn| below(2 * self.padding + 1, drawn));
        let crop = Crop { width, padding: self.padding, top, left, flipped: choices.flip < self.flip };
        let pixels = images.raw(index);
        #[cfg(feature = "jpeg")]
        let compressed = self.jpeg.map(|quality| crop.compressed(pixels, height, quality));
        #[cfg(feature = "jpeg")]
        let (pixels, crop) = match &compressed {
            Some(pixels) => (&pixels[..], Crop { padding: 0, top: 0, left: 0, flipped: false, ..crop }),
            None => (pixels, crop),
        };
        for ((pixels, out), table) in pixels.chunks_exact(plane).zip(out.chunks_exact_mut(plane)).zip(table) {
            crop.write(pixels, table, out);
        }
        if self.jitter != Jitter::none() {
            self.jitter.apply(choices.jitter, plane, out);
            for (channel, out) in out.chunks_exact_mut(plane).enumerate() {
                out.iter_mut().for_each(|x| *x = normalize.apply(channel, *x));
            }
        }
        if self.cutout > 0 {
            let [y, x] = [below(height, choices.cutout[0]), below(width, choices.cutout[1])];
            let side = |center: usize, end: usize| {
                let start = center as isize - (self.cutout / 2) as isize;
                start.max(0) as usize..end.min((start + self.cutout as isize).max(0) as usize)
            };
            for (channel, out) in out.chunks_exact_mut(plane).enumerate() {
                let black = normalize.apply(channel, 0.0);
                out.chunks_exact_mut(width).take(side(y, height).end).skip(side(y, height).start).for_each(|row| {
                    row[side(x, width)].fill(black);
                });
            }
        }
    }

    /// What every value of a pixel becomes before the jitter, by channel: without jitter, the normalized pixel.
    pub(crate) fn table(&self, images: &LabeledImages, normalize: &Normalize) -> [[f32; 256]; 3] {
        let plain = self.jitter != Jitter::none();
        let entry = |channel, x| if plain { x } else { normalize.apply(channel, x) };
        std::array::from_fn(|channel| images.scale().map(|x| entry(channel, x)))
    }
}

/// Where a picture is cut out of its padded version.
struct Crop {
    width: usize,
    padding: usize,
    top: usize,
    left: usize,
    flipped: bool,
}

impl Crop {
    /// What JPEG leaves of the part that is cut out.
    #[cfg(feature = "jpeg")]
    fn compressed(&self, pixels: &[u8], height: usize, quality: u8) -> Vec<u8> {
        let (mut cut, same) = (vec![0; pixels.len()], std::array::from_fn(|i| i as u8));
        let plane = height * self.width;
        let planes = pixels.chunks_exact(plane).zip(cut.chunks_exact_mut(plane));
        planes.for_each(|(pixels, out)| self.write(pixels, &same, out));
        crate::jpeg::through_jpeg(&mut cut, height, self.width, quality);
        cut
    }

    /// Writes a channel, each pixel as the table says.
    fn write<T: Copy>(&self, pixels: &[u8], table: &[T; 256], out: &mut [T]) {
        let Crop { width, padding, top, left, flipped } = *self;
        // The columns of the output that are not padding.
        let first = padding.saturating_sub(left).min(width);
        let end = (width + padding).saturating_sub(left).clamp(first, width);
        for (y, out) in out.chunks_exact_mut(width).enumerate() {
            let row = (y + top).checked_sub(padding).and_then(|y| pixels.get(y * width..(y + 1) * width));
            let Some(row) = row.filter(|_| first < end) else {
                out.fill(table[0]);
                continue;
            };
            let row = &row[first + left - padding..end + left - padding];
            let (start, stop) = if flipped { (width - end, width - first) } else { (first, end) };
            out[..start].fill(table[0]);
            out[stop..].fill(table[0]);
            let out = &mut out[start..stop];
            if flipped {
                out.iter_mut().rev().zip(row).for_each(|(out, &pixel)| *out = table[pixel as usize]);
            } else {
                out.iter_mut().zip(row).for_each(|(out, &pixel)| *out = table[pixel as usize]);
            }
        }
    }
}

#[cfg(test)]
mod tests;
