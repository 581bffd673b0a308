//! [`Trainer`]: the loop over epochs and batches.

use crate::metrics::{Sums, count_correct};
use crate::{Metrics, TrainError, evaluate};
use data::{LabeledImages, Loader};
use optim::Optimizer;
use serde::Serialize;
use std::time::Instant;
use tape::{Params, Tape, Var};

/// One epoch, as it is written to the metrics files.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct EpochRecord {
    /// The number of the epoch, from 1.
    pub epoch: u64,
    /// Over the epoch's batches, each before its step.
    pub train: Metrics,
    /// After the epoch.
    pub validation: Metrics,
    /// The learning rate of the epoch's last step.
    pub learning_rate: f64,
    /// Seconds that the epoch's steps took, without validation.
    pub seconds: f64,
    /// Training samples a second.
    pub samples_per_second: f64,
}

/// Where an epoch is, after a batch.
#[derive(Clone, Copy, Debug)]
pub struct BatchRecord {
    /// The number of the epoch, from 1.
    pub epoch: u64,
    /// Batches of the epoch that are done.
    pub batch: u64,
    /// Samples of the epoch that are done.
    pub samples: u64,
    /// The mean loss of the epoch so far.
    pub loss: f64,
}

/// Sees a run as it goes on.
pub trait Observer {
    /// After every batch.
    fn batch(&mut self, record: &BatchRecord) {
        let _ = record;
    }

    /// After every epoch.
    ///
    /// # Errors
    /// An error ends the run.
    fn epoch(&mut self, record: &EpochRecord) -> Result<(), TrainError> {
        let _ = record;
        Ok(())
    }
}

/// What a run found.
#[derive(Debug)]
pub struct Best {
    /// The parameters with the best validation accuracy; of several, the first.
    pub params: Params,
    /// The record of the epoch after which they were taken.
    pub record: EpochRecord,
    /// All epochs.
    pub history: Vec<EpochRecord>,
}

/// Trains a classifier of images with cross-entropy. The order of the images in each epoch depends on the seed of the
/// parameters and the number of the epoch alone; a short last batch is kept.
#[derive(Clone, Copy, Debug)]
pub struct Trainer<'d> {
    train: &'d LabeledImages,
    validation: &'d LabeledImages,
    batch_size: usize,
    epochs: u64,
}

impl<'d> Trainer<'d> {
    /// One epoch, in batches of 64.
    pub fn new(train: &'d LabeledImages, validation: &'d LabeledImages) -> Self {
        Trainer { train, validation, batch_size: 64, epochs: 1 }
    }

    /// With batches of this size.
    pub fn batch_size(self, batch_size: usize) -> Self {
        Trainer { batch_size, ..self }
    }

    /// With this many epochs.
    pub fn epochs(self, epochs: u64) -> Self {
        Trainer { epochs, ..self }
    }

    /// Trains `params` in place, and returns those that were best. `model` turns images `[n, channels, height, width]`
    /// into logits `[n, classes]`.
    ///
    /// # Errors
    /// [`TrainError::NotFinite`] as soon as the loss or a gradient is not a number, and what an observer returns.
    ///
    /// # Panics
    /// When there is no epoch, no image, or the model does not suit the images.
    pub fn fit(
        &self,
        params: &mut Params,
        optimizer: &mut impl Optimizer,
        model: impl for<'t> Fn(Var<'t>) -> Var<'t>,
        observers: &mut [&mut (dyn Observer + Send)],
    ) -> Result<Best, TrainError> {
        let mut loader = Loader::shuffled(self.train, self.batch_size, params.seed());
        let mut tape = Tape::new();
        let mut history: Vec<EpochRecord> = Vec::new();
        let mut best: Option<(Params, EpochRecord)> = None;
        for epoch in 1..=self.epochs {
            let (mut sums, started) = (Sums::default(), Instant::now());
            for (batch, number) in loader.epoch(epoch - 1).zip(1..) {
                let (loss, correct, step) = tape.grad_aux(params, |t| {
                    let (logits, labels) = (model(t.input(&batch.images)), t.indices(&batch.labels));
                    (logits.cross_entropy(labels), count_correct(logits, labels))
                });
                let place = Place { epoch, batch: number, learning_rate: optimizer.learning_rate() };
                place.check(f64::from(loss), params, step)?;
                optimizer.step(params, step);
                sums.add(f64::from(loss), correct, batch.labels.shape().len());
                let (samples, loss) = (sums.samples() as u64, sums.metrics().loss);
                observers.iter_mut().for_each(|o| o.batch(&BatchRecord { epoch, batch: number, samples, loss }));
            }
            let seconds = started.elapsed().as_secs_f64();
            let record = EpochRecord {
                epoch,
                train: sums.metrics(),
                validation: evaluate(&mut tape, params, self.validation, &model),
                learning_rate: optimizer.learning_rate(),
                seconds,
                samples_per_second: sums.samples() as f64 / seconds,
            };
            history.push(record);
            if best.as_ref().is_none_or(|(_, best)| record.validation.accuracy > best.validation.accuracy) {
                best = Some((params.clone(), record));
            }
            for observer in observers.iter_mut() {
                observer.epoch(&record)?;
            }
        }
        let (params, record) = best.expect("trainer: at least one epoch");
        Ok(Best { params, record, history })
    }
}

/// Where a step is, for the message about a number that is none.
struct Place {
    epoch: u64,
    batch: u64,
    learning_rate: f64,
}

impl Place {
    fn check(&self, loss: f64, params: &Params, step: &tape::Step) -> Result<(), TrainError> {
        let error = |what: String, value: f64| {
            let Place { epoch, batch, learning_rate } = *self;
            Err(TrainError::NotFinite { what, value, epoch, batch, learning_rate })
        };
        if !loss.is_finite() {
            return error("the loss".to_string(), loss);
        }
        match step.first_not_finite() {
            Some(index) => error(format!("the gradient of {}", params.entries()[index].name()), f64::NAN),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use data::digits;
    use optim::Sgd;

    /// Softmax regression on the digits.
    fn fit(learning_rate: f64, epochs: u64, observers: &mut [&mut (dyn Observer + Send)]) -> Result<Best, TrainError> {
        let splits = digits();
        let mut params = Params::new(1);
        let model = Softmax(params.root().param("weight", [64, 10], 0.0));
        let trainer = Trainer::new(&splits.train, &splits.validation).epochs(epochs);
        trainer.fit(&mut params, &mut Sgd::new(learning_rate), |x| model.logits(x), observers)
    }

    struct Softmax(tape::ParamId);

    impl Softmax {
        fn logits<'t>(&self, x: Var<'t>) -> Var<'t> {
            x.flatten(1).matmul(x.graph().param(self.0))
        }
    }

    #[derive(Default)]
    struct Log {
        batches: Vec<(u64, u64, u64)>,
        epochs: Vec<u64>,
    }

    impl Observer for Log {
        fn batch(&mut self, record: &BatchRecord) {
            self.batches.push((record.epoch, record.batch, record.samples));
        }

        fn epoch(&mut self, record: &EpochRecord) -> Result<(), TrainError> {
            self.epochs.push(record.epoch);
            Ok(())
        }
    }

    #[test]
    fn learns_and_keeps_the_best() {
        let mut log = Log::default();
        let best = fit(0.5, 8, &mut [&mut log]).unwrap();
        assert!(best.record.validation.accuracy > 0.9, "{best:?}");
        let of = |record: &EpochRecord| record.validation.accuracy;
        let largest = best.history.iter().map(of).fold(0.0, f64::max);
        assert_eq!(of(&best.record), largest);
        let first = best.history.iter().find(|record| of(record) == largest).unwrap();
        assert_eq!(first.epoch, best.record.epoch, "the first of the best");
        let weight = best.params.entries()[0].tensor();
        let again = evaluate(&mut Tape::new(), &best.params, &digits().validation, |x| {
            x.flatten(1).matmul(x.graph().input(weight))
        });
        assert_eq!(again, best.record.validation);
        assert_eq!(log.epochs, [1, 2, 3, 4, 5, 6, 7, 8]);
        assert_eq!(log.batches.len(), 8 * 19, "1197 digits in batches of 64, the last one short");
        assert_eq!(log.batches[18..20], [(1, 19, 1197), (2, 1, 64)]);
        assert!(best.history[7].train.loss < 0.5 * best.history[0].train.loss);
    }

    #[test]
    fn an_infinite_step_ends_the_run() {
        match fit(1e38, 5, &mut []) {
            Err(TrainError::NotFinite { epoch: 1, batch, learning_rate, .. }) => {
                assert!((2..10).contains(&batch), "{batch}");
                assert_eq!(learning_rate, 1e38);
            }
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn an_observer_may_end_the_run() {
        struct Full;
        impl Observer for Full {
            fn epoch(&mut self, _: &EpochRecord) -> Result<(), TrainError> {
                Err(TrainError::Write { path: "here".into(), source: std::io::ErrorKind::StorageFull.into() })
            }
        }
        assert!(matches!(fit(0.1, 3, &mut [&mut Full]), Err(TrainError::Write { .. })));
    }
}
