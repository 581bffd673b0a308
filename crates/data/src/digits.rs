//! The UCI digits, which ship with the repository.

use crate::{LabeledImages, Splits};
use flate2::read::GzDecoder;
use std::io::Read;
use tape::Shape;

const CLASSES: usize = 10;
const PIXELS: usize = 64;
/// How many of the 1,797 pictures validate and test.
const VALIDATION: usize = 240;
const TEST: usize = 360;

/// The optical recognition of handwritten digits data set (E. Alpaydin and C. Kaynak, UCI Machine Learning Repository,
/// CC BY 4.0): 1,797 pictures `[1, 8, 8]`, from 0 to 1, embedded in the program.
///
/// The split is fixed: 1,197 to train, 240 to validate, 360 to test, each class in the same proportion. Within a class,
/// pictures are dealt to the three parts in the order of the file, evenly spread, so that every part sees every stretch
/// of it (neighbors in the file are by the same hand).
pub fn digits() -> Splits {
    let mut text = String::new();
    // The bytes are part of the program, and a test reads them.
    GzDecoder::new(datasets::DIGITS).read_to_string(&mut text).expect("the embedded digits are intact");
    let (mut pixels, mut labels) = (Vec::new(), Vec::new());
    for line in text.lines() {
        let mut values = line.split(',').map(|value| value.parse::<u8>().expect("the embedded digits are numbers"));
        pixels.extend(values.by_ref().take(PIXELS));
        labels.extend(values.map(u32::from));
    }
    let all = LabeledImages::new(Shape::from([1, 8, 8]), CLASSES, 16, pixels, labels);
    let mut parts = [vec![], vec![], vec![]];
    for (index, part) in deal(all.labels()).into_iter().enumerate() {
        parts[part].push(index);
    }
    let [train, validation, test] = parts.map(|part| all.subset(part));
    Splits { train, validation, test }
}

/// The part of every picture: 0 train, 1 validation, 2 test.
fn deal(labels: &[u32]) -> Vec<usize> {
    let mut counts = [0; CLASSES];
    labels.iter().for_each(|&label| counts[label as usize] += 1);
    let (validation, test) = (shares(counts, VALIDATION), shares(counts, TEST));
    let mut seen = [0; CLASSES];
    let evenly = |i: usize, share: usize, of: usize| (i + 1) * share / of > i * share / of;
    let mut parts = Vec::with_capacity(labels.len());
    for &label in labels {
        let class = label as usize;
        let i = seen[class];
        seen[class] += 1;
        let rest = i - i * test[class] / counts[class];
        parts.push(match () {
            _ if evenly(i, test[class], counts[class]) => 2,
            _ if evenly(rest, validation[class], counts[class] - test[class]) => 1,
            _ => 0,
        });
    }
    parts
}

/// `total` divided in proportion to `counts`, by the method of largest remainders.
fn shares(counts: [usize; CLASSES], total: usize) -> [usize; CLASSES] {
    let all: usize = counts.iter().sum();
    let mut shares = counts.map(|count| count * total / all);
    let mut order: Vec<usize> = (0..CLASSES).collect();
    order.sort_by_key(|&class| std::cmp::Reverse(counts[class] * total % all));
    let missing = total - shares.iter().sum::<usize>();
    order.into_iter().take(missing).for_each(|class| shares[class] += 1);
    shares
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(images: &LabeledImages) -> [usize; CLASSES] {
        let mut counts = [0; CLASSES];
        images.labels().iter().for_each(|&label| counts[label as usize] += 1);
        counts
    }

    #[test]
    fn the_split_is_fixed_and_stratified() {
        let Splits { train, validation, test } = digits();
        assert_eq!((train.len(), validation.len(), test.len()), (1197, 240, 360));
        let (a, b, c) = (counts(&train), counts(&validation), counts(&test));
        let all: [usize; CLASSES] = std::array::from_fn(|class| a[class] + b[class] + c[class]);
        assert_eq!(all, [178, 182, 177, 183, 181, 182, 181, 179, 174, 180], "published counts");
        for class in 0..CLASSES {
            assert!((a[class] as f64 / all[class] as f64 - 1197.0 / 1797.0).abs() < 0.012, "class {class}: {a:?}");
            assert!((b[class] as f64 / all[class] as f64 - 240.0 / 1797.0).abs() < 0.006, "class {class}: {b:?}");
        }
    }

    #[test]
    fn the_first_picture_is_a_zero() {
        let all = digits();
        let mut image = [0.0; 64];
        all.train.write(0, &mut image);
        assert_eq!(image[..8], [0.0, 0.0, 5.0 / 16.0, 13.0 / 16.0, 9.0 / 16.0, 1.0 / 16.0, 0.0, 0.0]);
        assert_eq!(all.train.labels()[0], 0);
    }
}
