//! Generated pictures of shapes and textures: a data set for convolutional networks that needs no file.

mod canvas;
mod figure;
mod scene;

use crate::streams::SHAPES;
use crate::{LabeledImages, Splits};
use canvas::{Canvas, PICTURE, SIDE};
use rand::seq::SliceRandom;
use tape::{Random, Shape};

/// The names of the classes of [`shapes`], by number.
pub const SHAPES_CLASSES: [&str; 10] =
    ["disk", "ring", "square", "triangle", "cross", "star", "stripes", "checkerboard", "crescent", "dots"];

/// How many pictures train, validate and test.
const TRAIN: usize = 5_000;
const VALIDATION: usize = 1_000;
const TEST: usize = 1_000;

/// Decides what all pictures look like.
const SEED: u64 = 1;

/// Generates 7,000 color pictures `[3, 32, 32]`, from 0 to 1, in the ten classes of [`SHAPES_CLASSES`]: 5,000 to train,
/// 1,000 to validate, 1,000 to test, of each class as many.
///
/// Every picture shows one figure of its class at a random place, in a random size, rotation and color, in front of a
/// gradient with lines, blobs and small fragments of figures, some of which hide a part of it; contrast and noise differ
/// too. Single pixels say little about the class: a linear classifier is right in about one of four pictures, a small
/// convolutional network in more than nine of ten.
///
/// The pictures are the same on every machine. They take about half a second.
pub fn shapes() -> Splits {
    let train = generate(0, TRAIN);
    let validation = generate(TRAIN, VALIDATION);
    Splits { train, validation, test: generate(TRAIN + VALIDATION, TEST) }
}

/// The pictures of so many numbers from `first` on.
fn generate(first: usize, count: usize) -> LabeledImages {
    let (mut pixels, mut labels, mut canvas) = (vec![0; count * PICTURE], Vec::with_capacity(count), Canvas::new());
    for (number, out) in (first..).zip(pixels.chunks_exact_mut(PICTURE)) {
        let class = class(number);
        scene::paint(class, &mut Random::new(SEED, 0, SHAPES + number as u64), &mut canvas, out);
        labels.push(class as u32);
    }
    LabeledImages::new(Shape::from([3, SIDE, SIDE]), SHAPES_CLASSES.len(), 255, pixels, labels)
}

/// The class of a picture: of ten in a row, each has another.
fn class(number: usize) -> usize {
    const COUNT: usize = SHAPES_CLASSES.len();
    let mut order: [usize; COUNT] = std::array::from_fn(|class| class);
    order.shuffle(&mut Random::new(SEED, 1, SHAPES + (number / COUNT) as u64));
    order[number % COUNT]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_are_as_frequent_and_mixed() {
        let mut counts = [0; 10];
        let classes: Vec<usize> = (0..1000).map(class).collect();
        classes.iter().for_each(|&class| counts[class] += 1);
        assert_eq!(counts, [100; 10]);
        let repeated = classes.windows(2).filter(|pair| (pair[0] + 1) % 10 == pair[1]).count();
        assert!((50..150).contains(&repeated), "{repeated} follow the one before them");
    }

    #[test]
    fn a_picture_depends_on_its_number_alone() {
        let (all, part) = (generate(0, 30), generate(20, 10));
        assert_eq!(all.labels()[20..], *part.labels());
        for i in 0..10 {
            assert_eq!(all.picture(20 + i), part.picture(i), "picture {}", 20 + i);
        }
        assert_ne!(all.picture(0), all.picture(1));
        assert_eq!((all.shape(), all.classes()), (Shape::from([3, 32, 32]), 10));
    }

    #[test]
    fn pictures_are_the_same_on_every_machine() {
        // The hash of Fowler, Noll and Vo, 64 bits, variant 1a.
        let images = generate(0, 200);
        let bytes = (0..200).flat_map(|i| images.picture(i));
        let hash =
            bytes.fold(0xcbf2_9ce4_8422_2325, |hash: u64, byte| (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3));
        assert_eq!(format!("{hash:016x}"), "f94426a93e47a75b");
    }
}
