//! Runs, interrupted and not.

use super::*;
use crate::{CheckpointError, Classifier, Signal};
use data::digits;
use optim::{Sgd, adamw};
use std::path::Path;
use tape::Var;

/// Softmax regression on the digits, with dropout on the pixels so that random numbers of the step matter.
fn fit_with(
    optimizer: &mut Minimizer,
    set: impl FnOnce(Trainer<data::LabeledImages>) -> Trainer<data::LabeledImages>,
    observers: &mut [&mut (dyn Observer + Send)],
) -> Result<Best, TrainError> {
    let splits = digits();
    let mut params = Params::new(1);
    let weight = params.root().param("weight", [64, 10], 0.0);
    let task = Classifier::new(move |x: Var<'_>| x.flatten(1).dropout(0.1).matmul(x.graph().param(weight)));
    let train = Loader::shuffled(&splits.train, 64, params.seed());
    let validation = Loader::sequential(&splits.validation, 240);
    set(Trainer::new(train, validation)).fit(&mut params, optimizer, &task, observers)
}

fn fit(learning_rate: f64, epochs: u64, observers: &mut [&mut (dyn Observer + Send)]) -> Result<Best, TrainError> {
    fit_with(&mut Sgd::new(learning_rate).into(), |trainer| trainer.epochs(epochs), observers)
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
    let task = Classifier::new(|x: Var<'_>| x.flatten(1).matmul(x.graph().input(weight)));
    let mut loader = Loader::sequential(&digits().validation, 240);
    let again = evaluate(&mut Tape::new(), &best.params, &mut loader, &task);
    assert_eq!(again, best.record.validation);
    assert_eq!(log.epochs, [1, 2, 3, 4, 5, 6, 7, 8]);
    assert_eq!(log.batches.len(), 8 * 19, "1197 digits in batches of 64, the last one short");
    assert_eq!(log.batches[18..20], [(1, 19, 1197), (2, 1, 64)]);
    assert!(best.history[7].train.loss < 0.5 * best.history[0].train.loss);
}

#[test]
fn an_infinite_step_ends_the_run_and_names_the_op() {
    match fit(1e38, 5, &mut []) {
        Err(error @ TrainError::NotFinite { epoch: 1, batch: 2..10, learning_rate: 1e38, .. }) => {
            assert!(error.to_string().contains("the first op whose result is not finite is "), "{error}");
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

#[test]
fn patience_ends_a_run_that_gets_no_better() {
    let run = |patience| fit_with(&mut Sgd::new(1e-60).into(), |t| t.epochs(9).patience(patience), &mut []).unwrap();
    assert_eq!(run(Some(2)).history.len(), 3);
    assert_eq!(run(None).history.len(), 9);
}

#[test]
fn pieces_of_a_batch_have_its_gradient() {
    let splits = digits();
    let run = |micro: usize| {
        let mut params = Params::new(1);
        let weight = params.root().param("weight", [64, 10], 0.0);
        let task = Classifier::new(move |x: Var<'_>| x.flatten(1).matmul(x.graph().param(weight)));
        let train = Loader::shuffled(&splits.train, 64, 0).micro_batch(micro);
        let mut trainer = Trainer::new(train, Loader::sequential(&splits.validation, 240)).epochs(2);
        trainer.fit(&mut params, &mut Sgd::new(0.5).into(), &task, &mut []).unwrap();
        (params.step(), params.entries()[0].tensor().as_slice().to_vec())
    };
    let ((steps, whole), (pieces, parts)) = (run(64), run(16));
    assert_eq!((steps, pieces), (38, 38));
    assert!(whole.iter().zip(&parts).all(|(a, b)| (a - b).abs() < 1e-4), "{whole:?} {parts:?}");
}

/// Asks a run to stop after some batches.
struct StopAfter(u64, Stop);

impl Observer for StopAfter {
    fn batch(&mut self, _: &BatchRecord) {
        self.0 -= 1;
        if self.0 == 0 {
            self.1.request(Signal::Terminate);
        }
    }
}

/// The optimizers, and settings that have a state of their own.
fn settings() -> Vec<(String, Minimizer, Rates)> {
    let choices = [
        ("sgd", "constant"),
        ("sgd:momentum=0.9,nesterov", "one-cycle"),
        ("adam", "plateau:patience=0"),
        ("adamw", "cosine"),
        ("amsgrad", "warm-up"),
        ("rmsprop", "multi-step:at=1+2"),
        ("rmsprop:momentum=0.5,centered", "noam"),
        ("adagrad", "exponential"),
        ("lbfgs:iterations=3", "constant"),
    ];
    let parse = |(optimizer, schedule): &(&str, &str)| {
        let choice: crate::OptimizerChoice = optimizer.parse().unwrap();
        let rates = schedule.parse::<crate::ScheduleChoice>().unwrap().build(3, 19).unwrap();
        (optimizer.to_string(), choice.build(choice.usual_rate().unwrap_or(0.3), 1e-4).unwrap(), rates)
    };
    choices.iter().map(parse).collect()
}

fn bits(best: &Best) -> Vec<u64> {
    let params = best.params.entries().iter().flat_map(|p| p.tensor().as_slice());
    let losses = best.history.iter().flat_map(|r| [r.train.loss, r.validation.loss, r.learning_rate]);
    params.map(|w| u64::from(w.to_bits())).chain(losses.map(f64::to_bits)).collect()
}

#[test]
fn a_run_that_was_interrupted_ends_with_the_same_bits() {
    for (((name, mut whole, rates), (_, mut part, _)), (_, mut rest, _)) in
        settings().into_iter().zip(settings()).zip(settings())
    {
        let set = |trainer: Trainer<_>| trainer.epochs(3).rates(rates.clone()).average(Some(0.9)).clip_norm(Some(1.0));
        let want = fit_with(&mut whole, set, &mut []).unwrap();
        // In the middle of an epoch, behind one, and twice.
        for stops in [vec![25], vec![19], vec![1, 40]] {
            let folder = tempfile::tempdir().unwrap();
            let checkpoints = || Checkpoints::open(folder.path()).unwrap();
            let mut done = 0;
            for at in stops {
                let stop = Stop::new();
                let mut observer = StopAfter(at - done, stop.clone());
                done = at;
                let set = |trainer| set(trainer).checkpoints(checkpoints(), None).stop(stop);
                match fit_with(&mut part, set, &mut [&mut observer]) {
                    Err(TrainError::Interrupted { signal: Signal::Terminate, step }) => assert_eq!(step, at),
                    other => panic!("{name}: {other:?}"),
                }
            }
            let got = fit_with(&mut rest, |trainer| set(trainer).checkpoints(checkpoints(), None), &mut []).unwrap();
            assert!(bits(&got) == bits(&want), "{name}, stopped after {done}");
            let again = fit_with(&mut rest, |trainer| set(trainer).checkpoints(checkpoints(), None), &mut []).unwrap();
            assert!(bits(&again) == bits(&want), "{name}: a run that is complete stays as it is");
            (_, part, _) = settings().into_iter().find(|(other, ..)| *other == name).unwrap();
            (_, rest, _) = settings().into_iter().find(|(other, ..)| *other == name).unwrap();
        }
    }
}

#[test]
fn the_checkpoint_of_another_model_or_optimizer_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let resume = |path: &Path, optimizer: &mut Minimizer| {
        let checkpoints = Checkpoints::open(path).unwrap();
        fit_with(optimizer, |trainer| trainer.epochs(1).checkpoints(checkpoints, None), &mut [])
    };
    resume(folder.path(), &mut Sgd::new(0.1).into()).unwrap();
    match resume(folder.path(), &mut adamw(0.1).into()) {
        Err(TrainError::Checkpoint(error @ CheckpointError::Other { .. })) => {
            assert!(error.to_string().contains("beta1: expected 1 numbers, found nothing"), "{error}");
        }
        other => panic!("{other:?}"),
    }
    let mut params = Params::new(0);
    params.root().param("weight", [64, 9], 0.0);
    let checkpoints = Checkpoints::open(folder.path()).unwrap();
    let found = checkpoints.newest().unwrap().unwrap();
    let error = state::restore(found, &mut params, &mut Sgd::new(0.1).into(), None).err().unwrap().to_string();
    assert!(error.contains("weight: expected [64, 9] of f32, found [64, 10]"), "{error}");
}
