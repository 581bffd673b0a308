//! [`Metrics`]: how good a model is on some images, and how that is found out.

use data::{LabeledImages, Loader};
use serde::Serialize;
use tape::{IndexVar, Params, Tape, Var};

/// Images that are evaluated together. More would need more memory and save no time.
const BATCH_SIZE: usize = 256;

/// The loss and the accuracy of a classifier.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Metrics {
    /// The mean cross-entropy, in nats.
    pub loss: f64,
    /// The share of the samples whose largest logit is that of their class, from 0 to 1.
    pub accuracy: f64,
}

/// Sums of a loss and of right answers, on the way to [`Metrics`].
#[derive(Default)]
pub(crate) struct Sums {
    loss: f64,
    correct: usize,
    samples: usize,
}

impl Sums {
    /// Adds a batch with this mean loss.
    pub(crate) fn add(&mut self, loss: f64, correct: usize, samples: usize) {
        self.loss += loss * samples as f64;
        self.correct += correct;
        self.samples += samples;
    }

    pub(crate) fn metrics(&self) -> Metrics {
        let samples = self.samples as f64;
        Metrics { loss: self.loss / samples, accuracy: self.correct as f64 / samples }
    }

    pub(crate) fn samples(&self) -> usize {
        self.samples
    }
}

/// How many rows of `logits` `[n, classes]` are largest at their label.
pub(crate) fn count_correct<'t>(logits: Var<'t>, labels: IndexVar<'t>) -> usize {
    let (predicted, labels) = (logits.argmax(1).value(), labels.value());
    predicted.iter().zip(labels.iter()).filter(|(a, b)| a == b).count()
}

/// Evaluates a classifier: `model` turns images `[n, channels, height, width]` into logits `[n, classes]`.
///
/// # Panics
/// When the model does not suit the images.
pub fn evaluate(
    tape: &mut Tape,
    params: &Params,
    images: &LabeledImages,
    model: impl for<'t> Fn(Var<'t>) -> Var<'t>,
) -> Metrics {
    let mut sums = Sums::default();
    for batch in Loader::sequential(images, BATCH_SIZE).epoch(0) {
        let (loss, correct) = tape.eval(params, |t| {
            let (logits, labels) = (model(t.input(&batch.images)), t.indices(&batch.labels));
            (logits.cross_entropy(labels).item(), count_correct(logits, labels))
        });
        sums.add(f64::from(loss), correct, batch.labels.shape().len());
    }
    sums.metrics()
}
