//! `mnist train`.

use crate::arguments::{ModelKind, Settings, TrainArguments};
use crate::model::Model;
use crate::report::{Report, dead_outputs};
use data::{LabeledImages, Splits};
use nn::Layer;
use optim::Sgd;
use std::time::Instant;
use tape::{Params, Tape};
use train::{Failure, MetricsFiles, Progress, RunFolder, Trainer, evaluate, save_curves};

pub(crate) fn train(arguments: &TrainArguments) -> Result<(), Failure> {
    let settings = arguments.settings()?;
    let (name, splits) = match &settings.data_dir {
        None => ("digits", data::digits()),
        Some(folder) => ("MNIST", data::mnist(folder)?),
    };
    let threads = arguments.common.start_threads().map_err(train::TrainError::from)?;
    let folder = RunFolder::create(arguments.common.out.as_deref(), "mnist")?;
    folder.write_config(&settings)?;
    let report = threads.run(|| run(&settings, name, &splits, &folder, threads.count()))?;
    folder.write_report(&report)?;
    println!("{report}");
    println!("run folder: {}", folder.path().display());
    match arguments.common.expect_accuracy {
        Some(expected) if report.test.accuracy < expected => {
            Err(Failure::BelowExpectation { accuracy: report.test.accuracy, expected })
        }
        _ => Ok(()),
    }
}

fn run(
    settings: &Settings,
    name: &'static str,
    splits: &Splits,
    folder: &RunFolder,
    threads: usize,
) -> Result<Report, Failure> {
    let mut params = Params::new(settings.seed);
    let train: &LabeledImages = &splits.train;
    let model = Model::new(&mut params, settings, train.shape().len(), train.classes());
    println!(
        "{} with {} parameters on {name}: {} images train, {} validate, {} test",
        match settings.model {
            ModelKind::Softmax => "softmax regression",
            ModelKind::Mlp => "two-layer perceptron",
        },
        params.count(),
        train.len(),
        splits.validation.len(),
        splits.test.len(),
    );
    let mut sgd = Sgd::new(settings.lr).weight_decay(settings.reg);
    let mut files = MetricsFiles::create(folder)?;
    let mut progress = Progress::new(settings.epochs as u64, train.len() as u64);
    let started = Instant::now();
    let best = Trainer::new(train, &splits.validation)
        .batch_size(settings.batch_size)
        .epochs(settings.epochs as u64)
        .fit(&mut params, &mut sgd, |x| model.forward(x), &mut [&mut files, &mut progress])?;
    let seconds = started.elapsed().as_secs_f64();
    save_curves(folder, &format!("{} on {name}", settings.model), &best)?;
    let mut tape = Tape::new();
    let test = evaluate(&mut tape, &best.params, &splits.test, |x| model.forward(x));
    let dead = match settings.model {
        ModelKind::Softmax if !settings.no_relu => Some(dead_outputs(&mut tape, &params, train, |x| model.forward(x))),
        _ => None,
    };
    Ok(Report::new(name, settings, threads, &best, test, dead, seconds))
}
