//! [`Trainer`]: the loop over epochs and batches.

mod diagnose;
mod reached;
mod record;
mod state;
mod step;

pub use reached::Reached;
pub use record::{BatchRecord, Beginning, Best, EpochRecord, Observer};

use crate::choice::Rates;
use crate::{CheckpointError, Checkpoints, Minimizer, Stop, Task, TrainError, evaluate};
use data::{Dataset, Loader};
use optim::Ema;
use state::RunState;
use std::path::PathBuf;
use std::time::Instant;
use step::Stepper;
use tape::{Params, Tape};

/// Where a run begins: at its beginning, or where a checkpoint was.
#[derive(Default)]
struct Start {
    state: RunState,
    best: Option<Params>,
    resumed: Option<(u64, PathBuf)>,
    rejected: Vec<CheckpointError>,
}

/// Trains a model over epochs, and keeps the parameters that are best in validation. The order of the samples in each
/// epoch depends on the loader's seed and the number of the epoch alone.
///
/// With [`checkpoints`](Trainer::checkpoints), a run that was interrupted goes on where it stopped, with the same bits.
pub struct Trainer<D: Dataset> {
    train: Loader<D>,
    validation: Loader<D>,
    epochs: u64,
    rates: Option<Rates>,
    clip_norm: Option<f64>,
    average: Option<f64>,
    patience: Option<u64>,
    by_loss: bool,
    checkpoints: Option<(Checkpoints, Option<u64>)>,
    stop: Stop,
    profile: bool,
}

impl<D: Dataset + Clone + 'static> Trainer<D> {
    /// One epoch of the batches of `train`; `validation` decides which parameters are best.
    pub fn new(train: Loader<D>, validation: Loader<D>) -> Self {
        Trainer {
            train,
            validation,
            epochs: 1,
            rates: None,
            clip_norm: None,
            average: None,
            patience: None,
            by_loss: false,
            checkpoints: None,
            stop: Stop::new(),
            profile: false,
        }
    }

    /// With this many epochs.
    pub fn epochs(self, epochs: u64) -> Self {
        Trainer { epochs, ..self }
    }

    /// With these learning rates, as multiples of that of the optimizer.
    pub fn rates(self, rates: Rates) -> Self {
        Trainer { rates: Some(rates), ..self }
    }

    /// With gradients clipped to this norm.
    pub fn clip_norm(self, clip_norm: Option<f64>) -> Self {
        Trainer { clip_norm, ..self }
    }

    /// Validates and keeps the moving average of the weights, of this decay, instead of the weights.
    pub fn average(self, decay: Option<f64>) -> Self {
        Trainer { average: decay, ..self }
    }

    /// Ends when the best epoch is this many epochs ago.
    pub fn patience(self, patience: Option<u64>) -> Self {
        Trainer { patience, ..self }
    }

    /// The best parameters are those with the lowest validation loss, instead of the highest accuracy.
    pub fn best_by_loss(self, by_loss: bool) -> Self {
        Trainer { by_loss, ..self }
    }

    /// Saves checkpoints: before the first step, after so many steps, or after every epoch where that is `None`. If there
    /// are some, goes on from the newest.
    pub fn checkpoints(self, checkpoints: Checkpoints, every: Option<u64>) -> Self {
        Trainer { checkpoints: Some((checkpoints, every)), ..self }
    }

    /// Ends, with a checkpoint, when this asks for it.
    pub fn stop(self, stop: Stop) -> Self {
        Trainer { stop, ..self }
    }

    /// Measures what each kind of op costs.
    pub fn profile(self, profile: bool) -> Self {
        Trainer { profile, ..self }
    }

    /// Trains `params` in place, and returns those that were best. The optimizer keeps what it remembers, and has the
    /// learning rate that it came with.
    ///
    /// # Errors
    /// [`TrainError::NotFinite`] as soon as the loss or a gradient is not a number, [`TrainError::Interrupted`] when it was
    /// asked to stop, [`TrainError::Checkpoint`] when the checkpoint to go on from is damaged or of another model,
    /// [`TrainError::Write`] when one cannot be saved, and what an observer returns.
    ///
    /// # Panics
    /// When there is no epoch, no sample, or the model does not suit the data.
    pub fn fit(
        &mut self,
        params: &mut Params,
        optimizer: &mut Minimizer,
        task: &impl Task<D::Batch>,
        observers: &mut [&mut (dyn Observer + Send)],
    ) -> Result<Best, TrainError> {
        let base = optimizer.learning_rate();
        let result = self.run(base, params, optimizer, task, observers);
        optimizer.set_learning_rate(base);
        result
    }

    fn run(
        &mut self,
        base: f64,
        params: &mut Params,
        optimizer: &mut Minimizer,
        task: &impl Task<D::Batch>,
        observers: &mut [&mut (dyn Observer + Send)],
    ) -> Result<Best, TrainError> {
        let mut average = self.average.map(|decay| Ema::new(decay, params));
        let Start { mut state, mut best, resumed, rejected } = self.start(params, optimizer, average.as_mut())?;
        let beginning = Beginning { history: &state.history, resumed, rejected: &rejected };
        observers.iter_mut().try_for_each(|observer| observer.begin(&beginning))?;
        let mut plateau = match &self.rates {
            Some(Rates::Plateau(plateau)) => Some(plateau.clone()),
            _ => None,
        };
        if let (Some(plateau), Some(memory)) = (&mut plateau, state.plateau) {
            plateau.restore(memory);
        }
        let mut tape = Tape::new();
        tape.set_profiling(self.profile);
        let batches = self.train.batches() as u64;
        while state.epoch < self.epochs && !self.out_of_patience(&state) {
            let epoch = state.epoch + 1;
            let mut started = Instant::now();
            let pieces: Vec<usize> = (0..self.train.batches()).map(|batch| self.train.micro_batches(batch)).collect();
            let samples: Vec<u64> = (0..pieces.len()).map(|batch| self.train.batch_samples(batch) as u64).collect();
            let mut loaded = self.train.epoch_from(state.epoch, state.batch as usize);
            let mut stepper = Stepper::new(&mut tape, task, self.clip_norm);
            let mut seen: u64 = samples[..state.batch as usize].iter().sum();
            for batch in state.batch..batches {
                if let Some(Rates::Epochs(schedule)) = &self.rates {
                    optimizer.set_learning_rate(schedule.rate(base, state.epoch));
                } else if let Some(Rates::Steps(schedule)) = &self.rates {
                    optimizer.set_learning_rate(schedule.rate(base, params.step()));
                    schedule.momentum(params.step()).into_iter().for_each(|momentum| optimizer.set_momentum(momentum));
                }
                let tally = stepper
                    .step(loaded.by_ref().take(pieces[batch as usize]), params, optimizer)
                    .map_err(|bad| bad.at(epoch, batch + 1, optimizer.learning_rate()))?;
                state.sums.add(tally.loss, tally.correct, tally.count);
                if let Some(average) = &mut average {
                    average.update(params);
                    state.averaged = average.updates();
                }
                state.batch = batch + 1;
                seen += samples[batch as usize];
                let loss = state.sums.metrics().loss;
                let record = BatchRecord { epoch, batch: state.batch, samples: seen, loss };
                observers.iter_mut().for_each(|observer| observer.batch(&record));
                if state.batch < batches {
                    let asked = self.stop.requested();
                    let due = self
                        .checkpoints
                        .as_ref()
                        .and_then(|(_, every)| *every)
                        .is_some_and(|every| params.step().is_multiple_of(every));
                    if due || asked.is_some() {
                        state.seconds += started.elapsed().as_secs_f64();
                        started = Instant::now();
                        save(&self.checkpoints, params, optimizer, average.as_ref(), best.as_ref(), &state)?;
                    }
                    if let Some(signal) = asked {
                        return Err(TrainError::Interrupted { signal, step: params.step() });
                    }
                }
            }
            drop(loaded);
            state.seconds += started.elapsed().as_secs_f64();
            let judged = average.as_ref().map_or(&*params, |average| average.params());
            let record = EpochRecord {
                epoch,
                train: state.sums.metrics(),
                validation: evaluate(&mut tape, judged, &mut self.validation, task),
                learning_rate: optimizer.learning_rate(),
                seconds: state.seconds,
                samples_per_second: seen as f64 / state.seconds,
            };
            if !record.validation.loss.is_finite() {
                let bad = step::Bad::loss_of_validation(record.validation.loss);
                return Err(bad.at(epoch, batches, record.learning_rate));
            }
            state.history.push(record);
            let better = |best: EpochRecord| match self.by_loss {
                true => record.validation.loss < best.validation.loss,
                false => record.validation.accuracy > best.validation.accuracy,
            };
            if state.best.is_none_or(better) {
                (state.best, best) = (Some(record), Some(judged.clone()));
            }
            if let Some(plateau) = &mut plateau {
                optimizer.set_learning_rate(plateau.observe(record.validation.loss, optimizer.learning_rate()));
                state.plateau = Some(plateau.state());
            }
            (state.epoch, state.batch, state.sums, state.seconds) = (epoch, 0, Default::default(), 0.0);
            save(&self.checkpoints, params, optimizer, average.as_ref(), best.as_ref(), &state)?;
            observers.iter_mut().try_for_each(|observer| observer.epoch(&record))?;
            if let Some(signal) = self.stop.requested().filter(|_| state.epoch < self.epochs) {
                return Err(TrainError::Interrupted { signal, step: params.step() });
            }
        }
        let profile = self.profile.then(|| tape.profile());
        let (params, record) = best.zip(state.best).expect("trainer: at least one epoch");
        Ok(Best { params, record, history: state.history, profile })
    }

    fn out_of_patience(&self, state: &RunState) -> bool {
        let waited = state.best.map_or(0, |best| state.epoch - best.epoch);
        self.patience.is_some_and(|patience| waited >= patience)
    }

    /// Where the run begins. A new run with checkpoints saves its first one now, so that a folder that cannot be written
    /// is found out before the first step.
    fn start(
        &self,
        params: &mut Params,
        optimizer: &mut Minimizer,
        average: Option<&mut Ema>,
    ) -> Result<Start, TrainError> {
        let Some((checkpoints, _)) = &self.checkpoints else { return Ok(Start::default()) };
        if let Some(found) = checkpoints.newest()? {
            return state::restore(found, params, optimizer, average);
        }
        let start = Start::default();
        checkpoints.save(&state::snapshot(params, optimizer, average.as_deref(), None, &start.state))?;
        Ok(start)
    }
}

fn save(
    checkpoints: &Option<(Checkpoints, Option<u64>)>,
    params: &Params,
    optimizer: &Minimizer,
    average: Option<&Ema>,
    best: Option<&Params>,
    state: &RunState,
) -> Result<(), TrainError> {
    match checkpoints {
        Some((checkpoints, _)) => checkpoints.save(&state::snapshot(params, optimizer, average, best, state)),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests;
