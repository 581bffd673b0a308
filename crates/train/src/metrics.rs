//! [`Metrics`]: how good a model is on some data, and how that is found out.

use crate::Task;
use data::{Dataset, Loader};
use serde::{Deserialize, Serialize};
use tape::{Params, Tape};

/// The loss and the accuracy of a model.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Metrics {
    /// The mean loss; cross-entropy in nats for classifiers.
    pub loss: f64,
    /// The share of right predictions, from 0 to 1.
    pub accuracy: f64,
}

/// Sums of a loss and of right predictions, on the way to [`Metrics`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Sums {
    loss: f64,
    correct: u64,
    count: u64,
}

impl Sums {
    /// Adds a batch with this mean loss.
    pub(crate) fn add(&mut self, loss: f64, correct: usize, count: usize) {
        self.loss += loss * count as f64;
        self.correct += correct as u64;
        self.count += count as u64;
    }

    pub(crate) fn metrics(&self) -> Metrics {
        let count = self.count as f64;
        Metrics { loss: self.loss / count, accuracy: self.correct as f64 / count }
    }
}

/// Evaluates a model on all that a loader gives.
///
/// # Panics
/// When the model does not suit the data.
pub fn evaluate<D: Dataset + Clone + 'static>(
    tape: &mut Tape,
    params: &Params,
    loader: &mut Loader<D>,
    task: &impl Task<D::Batch>,
) -> Metrics {
    let mut sums = Sums::default();
    for batch in loader.epoch(0) {
        let (loss, correct, count) = tape.eval(params, |t| {
            let outcome = task.outcome(t, &batch);
            (outcome.loss.item(), outcome.correct, outcome.count)
        });
        sums.add(f64::from(loss), correct, count);
    }
    sums.metrics()
}
