//! [`Imbalance`]: subsets whose classes differ in size, for methods that have to cope with that.

use crate::LabeledImages;
use crate::streams::UNBALANCED;
use rand::seq::SliceRandom;
use tape::Random;

/// How the sizes of the classes differ (Cui, Jia, Lin, Song and Belongie 2019, *Class-balanced loss based on effective
/// number of samples*). The factor is the size of the smallest class over that of the largest, above 0 and at most 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Imbalance {
    /// Class i of C has `factor^(i / (C − 1))` of the largest size: a long tail.
    Exponential {
        /// The smallest size over the largest.
        factor: f64,
    },
    /// The first half of the classes has the largest size, the others `factor` of that.
    Step {
        /// The smallest size over the largest.
        factor: f64,
    },
}

impl Imbalance {
    /// The size of each of `classes` classes whose largest is `largest`, rounded down.
    ///
    /// ```
    /// use retrograde_data::Imbalance;
    /// assert_eq!(Imbalance::Exponential { factor: 0.01 }.counts(5000, 3), [5000, 500, 50]);
    /// assert_eq!(Imbalance::Step { factor: 0.1 }.counts(5000, 4), [5000, 5000, 500, 500]);
    /// ```
    ///
    /// # Panics
    /// When the factor is not above 0 and at most 1.
    #[track_caller]
    pub fn counts(self, largest: usize, classes: usize) -> Vec<usize> {
        let (Imbalance::Exponential { factor } | Imbalance::Step { factor }) = self;
        assert!(factor > 0.0 && factor <= 1.0, "unbalanced: a factor is above 0 and at most 1: {factor}");
        let share = |class: usize| match self {
            Imbalance::Exponential { .. } => factor.powf(class as f64 / classes.saturating_sub(1).max(1) as f64),
            Imbalance::Step { .. } if class < classes / 2 => 1.0,
            Imbalance::Step { .. } => factor,
        };
        (0..classes).map(|class| (largest as f64 * share(class)) as usize).collect()
    }
}

impl LabeledImages {
    /// How many pictures each class has.
    pub fn class_counts(&self) -> Vec<usize> {
        let mut counts = vec![0; self.classes()];
        self.labels().iter().for_each(|&label| counts[label as usize] += 1);
        counts
    }

    /// A part of the pictures, in their order, with as many of each class as the profile says: see [`Imbalance::counts`],
    /// where the largest size is that of the largest class here. No class has more pictures than before; one that has any
    /// keeps at least one. The seed decides which.
    ///
    /// # Panics
    /// When the factor of the profile is not above 0 and at most 1.
    #[track_caller]
    pub fn unbalanced(&self, profile: Imbalance, seed: u64) -> LabeledImages {
        let largest = self.class_counts().into_iter().max().unwrap_or(0);
        let mut left: Vec<usize> =
            profile.counts(largest, self.classes()).into_iter().map(|count| count.max(1)).collect();
        let mut kept: Vec<usize> = (0..self.len()).collect();
        kept.shuffle(&mut Random::new(seed, 0, UNBALANCED));
        kept.retain(|&index| {
            let left = &mut left[self.labels()[index] as usize];
            let keep = *left > 0;
            *left -= usize::from(keep);
            keep
        });
        kept.sort_unstable();
        self.subset(kept)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tape::Shape;

    /// Pictures of one pixel, which tells their number, of classes of these sizes, in turn.
    fn images(sizes: &[usize]) -> LabeledImages {
        let all = |round: usize| (0..sizes.len()).filter(move |&class| sizes[class] > round).map(|class| class as u32);
        let labels: Vec<u32> = (0..*sizes.iter().max().unwrap()).flat_map(all).collect();
        LabeledImages::new(Shape::from([1, 1, 1]), sizes.len(), 255, (0..labels.len() as u8).collect(), labels)
    }

    #[test]
    fn counts_are_those_of_the_formula() {
        let exponential = Imbalance::Exponential { factor: 0.01 }.counts(5000, 10);
        assert_eq!(exponential, [5000, 2997, 1796, 1077, 645, 387, 232, 139, 83, 50]);
        assert_eq!(Imbalance::Step { factor: 0.01 }.counts(500, 5), [500, 500, 5, 5, 5]);
        assert_eq!(Imbalance::Exponential { factor: 1.0 }.counts(7, 3), [7, 7, 7]);
        assert_eq!(Imbalance::Exponential { factor: 0.5 }.counts(9, 1), [9]);
        assert_eq!(Imbalance::Step { factor: 0.5 }.counts(100, 0), [0; 0]);
    }

    #[test]
    fn classes_shrink_and_none_grows_or_vanishes() {
        let all = images(&[40, 30, 2, 0, 40]);
        assert_eq!(all.class_counts(), [40, 30, 2, 0, 40]);
        let exponential = all.unbalanced(Imbalance::Exponential { factor: 0.01 }, 0);
        assert_eq!(exponential.class_counts(), [40, 12, 2, 0, 1]);
        assert_eq!(all.unbalanced(Imbalance::Step { factor: 0.25 }, 0).class_counts(), [40, 30, 2, 0, 10]);
        assert_eq!(exponential.classes(), 5);
    }

    #[test]
    fn the_seed_chooses_and_the_order_stays() {
        let all = images(&[50, 50, 50]);
        let numbers = |seed| {
            let part = all.unbalanced(Imbalance::Step { factor: 0.2 }, seed);
            (0..part.len()).map(|i| part.picture(i)[0]).collect::<Vec<u8>>()
        };
        let (one, two) = (numbers(1), numbers(2));
        assert_eq!(one, numbers(1));
        assert_ne!(one, two);
        assert!(one.is_sorted() && one.iter().any(|&number| number >= 75), "{one:?}");
        let part = all.unbalanced(Imbalance::Step { factor: 0.2 }, 1);
        for (number, &label) in one.iter().zip(part.labels()) {
            assert_eq!(all.labels()[*number as usize], label, "labels go with their pictures");
        }
    }

    #[test]
    #[should_panic(expected = "a factor is above 0 and at most 1: 0")]
    fn a_factor_of_nothing_is_refused() {
        Imbalance::Step { factor: 0.0 }.counts(10, 2);
    }
}
