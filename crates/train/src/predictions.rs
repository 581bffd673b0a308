//! [`Predictions`]: what a classifier says of every sample, and which mistakes it makes.

use data::{Batch, Dataset, Loader};
use tape::{Params, Tape, Var};

/// What a classifier says of one sample.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Prediction {
    /// The class of the sample.
    pub label: u32,
    /// The class that the classifier finds most probable.
    pub predicted: u32,
    /// Its probability, from 0 to 1.
    pub probability: f32,
}

/// What a classifier says of all samples, in their order.
#[derive(Clone, Debug)]
pub struct Predictions {
    classes: usize,
    list: Vec<Prediction>,
}

impl Predictions {
    /// Classifies all that a loader gives into `classes` classes, by the logits `[n, classes]` of images.
    ///
    /// # Panics
    /// When the model does not suit the images.
    pub fn of<D: Dataset<Batch = Batch> + Clone + 'static>(
        tape: &mut Tape,
        params: &Params,
        loader: &mut Loader<D>,
        classes: usize,
        logits: impl for<'t> Fn(Var<'t>) -> Var<'t>,
    ) -> Predictions {
        let mut list = Vec::with_capacity(loader.samples());
        for batch in loader.epoch(0) {
            tape.eval(params, |t| {
                let probabilities = logits(t.input(&batch.images)).softmax(1);
                let (predicted, highest) = (probabilities.argmax(1).value(), probabilities.amax(1).value());
                for ((&label, &predicted), &probability) in
                    batch.labels.as_slice().iter().zip(predicted.iter()).zip(highest.iter())
                {
                    list.push(Prediction { label, predicted, probability });
                }
            });
        }
        Predictions { classes, list }
    }

    /// One a sample.
    pub fn list(&self) -> &[Prediction] {
        &self.list
    }

    /// How often samples of each class (rows) are taken for each class (columns).
    pub fn confusion(&self) -> Vec<Vec<u64>> {
        let mut counts = vec![vec![0; self.classes]; self.classes];
        self.list.iter().for_each(|p| counts[p.label as usize][p.predicted as usize] += 1);
        counts
    }

    /// The share of right predictions in each class, from 0 to 1; `None` for a class without samples.
    pub fn class_accuracies(&self) -> Vec<Option<f64>> {
        let right = |(class, row): (usize, &Vec<u64>)| {
            let total: u64 = row.iter().sum();
            (total > 0).then(|| row[class] as f64 / total as f64)
        };
        self.confusion().iter().enumerate().map(right).collect()
    }

    /// The numbers of the samples that are wrong, the most confident mistake first.
    pub fn mistakes(&self) -> Vec<usize> {
        let wrong = |&index: &usize| self.list[index].label != self.list[index].predicted;
        let mut mistakes: Vec<usize> = (0..self.list.len()).filter(wrong).collect();
        mistakes.sort_by(|&a, &b| self.list[b].probability.total_cmp(&self.list[a].probability));
        mistakes
    }

    /// The pairs of a class and what it is taken for, with how often, the most frequent first.
    pub fn confused_pairs(&self) -> Vec<(usize, usize, u64)> {
        let mut pairs = Vec::new();
        for (class, row) in self.confusion().into_iter().enumerate() {
            let wrong = row.into_iter().enumerate().filter(|&(predicted, count)| predicted != class && count > 0);
            pairs.extend(wrong.map(|(predicted, count)| (class, predicted, count)));
        }
        pairs.sort_by_key(|&(_, _, count)| std::cmp::Reverse(count));
        pairs
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use data::LabeledImages;
    use tape::{Shape, Tensor};

    #[test]
    fn mistakes_are_counted_and_ranked() {
        // Images of one pixel; the model looks their logits up in a table.
        let labels = vec![0, 1, 1, 2, 2];
        let images = LabeledImages::new(Shape::from([1, 1, 1]), 3, 4, (0..5).collect(), labels);
        let logits = [[9.0, 0.0, 0.0], [0.0, 5.0, 0.0], [0.0, 0.0, 1.0], [0.0, 3.0, 0.0], [0.0, 0.0, 2.0]];
        let table = Tensor::from_vec([5, 3], logits.concat());
        fn look_up<'t>(x: Var<'t>, table: &Tensor) -> Var<'t> {
            let rows: Vec<u32> = x.value().iter().map(|x| (x * 4.0).round() as u32).collect();
            let rows = x.graph().indices(&Tensor::from_vec([rows.len()], rows));
            x.graph().input(table).index_select(0, rows)
        }
        let mut loader = Loader::sequential(&images, 2);
        let predictions = Predictions::of(&mut Tape::new(), &Params::new(0), &mut loader, 3, |x| look_up(x, &table));
        assert_eq!(predictions.confusion(), [[1, 0, 0], [0, 1, 1], [0, 1, 1]]);
        assert_eq!(predictions.class_accuracies(), [Some(1.0), Some(0.5), Some(0.5)]);
        assert_eq!(predictions.mistakes(), [3, 2]);
        assert_eq!(predictions.confused_pairs(), [(1, 2, 1), (2, 1, 1)]);
        let e = 1f32.exp();
        assert!((predictions.list()[2].probability - e / (e + 2.0)).abs() < 1e-6);
    }
}
