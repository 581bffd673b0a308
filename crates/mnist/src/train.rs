//! `mnist train`.

use crate::arguments::{ModelKind, Options, Settings, TrainArguments};
use crate::report::{Report, dead_outputs};
use crate::session::Session;
use data::Loader;
use nn::weights;
use std::path::Path;
use std::time::Instant;
use tape::Tape;
use train::{Checkpoints, Failure, MetricsFiles, Predictions, Progress, RunFolder, Stop, TrainError};

pub(crate) fn train(arguments: &TrainArguments) -> Result<(), Failure> {
    let run = &arguments.run;
    let session = match &arguments.resume {
        Some(folder) => Session::new(resumed_settings(folder)?)?,
        None => {
            let options = arguments.options.clone().or_config(run.config.as_deref()).map_err(TrainError::from)?;
            Session::new(options.settings()?)?
        }
    };
    let threads = train::start_threads(run.threads)?;
    let folder = match &arguments.resume {
        Some(folder) => RunFolder::open(folder)?,
        None => RunFolder::create(run.out.as_deref(), "mnist")?,
    };
    let stop = Stop::on_signals()?;
    println!("{}", headline(&session));
    let report = threads.run(|| run_in(&session, &folder, stop, threads.count(), run.profile))?;
    println!("{report}");
    println!("run folder: {}", folder.path().display());
    train::expect_accuracy(report.test.accuracy, run.expect_accuracy)
}

fn resumed_settings(folder: &Path) -> Result<Settings, Failure> {
    let folder = RunFolder::open(folder)?;
    let options: Options = train::read_config(&folder.file("config.toml")).map_err(TrainError::from)?;
    Ok(options.settings()?)
}

pub(crate) fn headline(session: &Session) -> String {
    let Session { splits, params, .. } = session;
    let (train, validation, test) = (splits.train.len(), splits.validation.len(), splits.test.len());
    format!(
        "{} with {} parameters: {train} images train, {validation} validate, {test} test",
        session.title(),
        params.count()
    )
}

/// Trains in a run folder, or goes on there, and writes all that a run leaves behind.
pub(crate) fn run_in(
    session: &Session,
    folder: &RunFolder,
    stop: Stop,
    threads: usize,
    profile: bool,
) -> Result<Report, Failure> {
    let Session { settings, splits, .. } = session;
    if !folder.file("config.toml").exists() {
        folder.write_config(settings)?;
    }
    let (mut params, mut minimizer, classifier) = (session.params.clone(), session.minimizer()?, session.classifier());
    let mut files = MetricsFiles::new(folder);
    let mut progress = Progress::new(settings.epochs as u64, splits.train.len() as u64);
    let checkpoints = Checkpoints::open(&folder.file("checkpoints"))?;
    let started = Instant::now();
    let best = session
        .trainer(stop)?
        .checkpoints(checkpoints, settings.save_every.map(|steps| steps as u64))
        .profile(profile)
        .fit(&mut params, &mut minimizer, &classifier, &mut [&mut files, &mut progress])
        .map_err(|error| Failure::of_run(error, "mnist", folder.path()))?;
    let seconds = started.elapsed().as_secs_f64();
    drop(progress);
    if let Some(profile) = &best.profile {
        println!("\n{}", train::profile_table(profile));
    }
    train::save_curves(folder, &session.title(), &best)?;
    folder.write("model.safetensors", &weights::to_bytes(&best.params))?;
    let mut tape = Tape::new();
    let mut loader = Loader::sequential(&splits.test, 256);
    let test = train::evaluate(&mut tape, &best.params, &mut loader, &classifier);
    let predictions = Predictions::of(&mut tape, &best.params, &splits.test, &classifier);
    train::save_mistakes(folder, &session.title(), &session.class_names(), &splits.test, &predictions)?;
    let dead = match settings.model {
        ModelKind::Softmax if settings.no_relu != Some(true) => {
            Some(dead_outputs(&mut tape, &params, &splits.train, &classifier))
        }
        _ => None,
    };
    let report = Report::new(session, threads, &best, test, &predictions, dead, seconds);
    folder.write_report(&report)?;
    Ok(report)
}
