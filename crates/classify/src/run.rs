//! `train`, and what other commands need of a run.

use crate::{Options, Project, Report, TrainArguments};
use nn::weights;
use serde::Serialize;
use std::path::{Path, PathBuf};
use tape::{Params, Tape};
use train::{Checkpoints, Failure, MetricsFiles, Predictions, Progress, Reached, RunFolder, Stop, Trainer, Training};

/// What `config.toml` holds: the keys of both side by side.
#[derive(Serialize)]
struct Config<'s, S> {
    #[serde(flatten)]
    project: &'s S,
    #[serde(flatten)]
    training: &'s Training,
}

/// How many images are judged at a time.
const BATCH: usize = 256;

/// Trains, tests and leaves a run folder, or goes on with a run.
///
/// # Errors
/// When settings, data, the folder or the training fail, or the result is below what was expected.
pub fn train<P: Project>(arguments: &TrainArguments<P::Options>) -> Result<(), Failure> {
    let run = &arguments.run;
    let options = match &arguments.resume {
        Some(folder) => Options::read(&RunFolder::open(folder)?.file("config.toml"))?,
        None => arguments.options.clone().or_config(run.config.as_deref())?,
    };
    let project = P::new(options.project, options.training)?;
    let threads = train::start_threads(run.threads)?;
    let folder = match &arguments.resume {
        Some(folder) => RunFolder::open(folder)?,
        None => RunFolder::create(run.out.as_deref(), P::NAME)?,
    };
    let stop = Stop::on_signals()?;
    println!("{}", headline(&project));
    let report = threads.run(|| run_in(&project, &folder, stop, threads.count(), run.profile))?;
    println!("{report}");
    println!("run folder: {}", folder.path().display());
    train::expect_accuracy(report.test.accuracy, run.expect_accuracy)
}

/// The project of a run, with its best parameters.
pub(crate) fn open_run<P: Project>(
    run: Option<&Path>,
    data_dir: Option<PathBuf>,
) -> Result<(RunFolder, P, Params), Failure> {
    let folder = match run {
        Some(path) => RunFolder::open(path)?,
        None => RunFolder::newest(P::NAME)?,
    };
    let Options { project, training } = Options::<P::Options>::read(&folder.file("config.toml"))?;
    let project = P::new(crate::ProjectOptions::in_folder(project, data_dir), training)?;
    let (best, _) = Reached::of_run(&folder)?.best(project.params())?;
    Ok((folder, project, best))
}

pub(crate) fn headline(project: &impl Project) -> String {
    let splits = project.splits();
    let (train, validation, test) = (splits.train.len(), splits.validation.len(), splits.test.len());
    let (title, count) = (project.title(), project.params().count());
    format!("{title} with {count} parameters: {train} images train, {validation} validate, {test} test")
}

/// What the best parameters say of all test images.
pub(crate) fn predictions<P: Project>(tape: &mut Tape, params: &Params, project: &P) -> Predictions {
    let test = &project.splits().test;
    let mut loader = project.plain_data(test, BATCH);
    Predictions::of(tape, params, &mut loader, test.classes(), |images| project.logits(images))
}

/// Trains in a run folder, or goes on there, and writes all that a run leaves behind.
pub(crate) fn run_in<P: Project>(
    project: &P,
    folder: &RunFolder,
    stop: Stop,
    threads: usize,
    profile: bool,
) -> Result<Report, Failure> {
    let (training, splits) = (project.training(), project.splits());
    if !folder.file("config.toml").exists() {
        folder.write_config(&Config { project: project.settings(), training })?;
    }
    let (mut params, mut minimizer) = (project.params().clone(), training.minimizer(project.params())?);
    let (train, validation) = (project.training_data(), project.plain_data(&splits.validation, BATCH));
    let mut files = MetricsFiles::new(folder);
    let mut progress = Progress::new(training.epochs as u64, train.samples() as u64);
    let checkpoints = Checkpoints::open(&folder.file("checkpoints"))?;
    let rates = training.rates(train.batches() as u64)?;
    let best = Trainer::new(train, validation)
        .epochs(training.epochs as u64)
        .rates(rates)
        .clip_norm(training.clip_norm)
        .average(training.average)
        .patience(training.patience.map(|epochs| epochs as u64))
        .stop(stop)
        .checkpoints(checkpoints, training.save_every.map(|steps| steps as u64))
        .profile(profile)
        .fit(&mut params, &mut minimizer, &project.task(), &mut [&mut files, &mut progress])
        .map_err(|error| Failure::of_run(error, P::NAME, folder.path()))?;
    drop(progress);
    if let Some(profile) = &best.profile {
        println!("\n{}", train::profile_table(profile));
    }
    train::save_curves(folder, &project.title(), &best)?;
    folder.write("model.safetensors", &weights::to_bytes_about(&best.params, &project.about()))?;
    let mut tape = Tape::new();
    let test = train::evaluate(&mut tape, &best.params, &mut project.plain_data(&splits.test, BATCH), &project.task());
    let predictions = predictions(&mut tape, &best.params, project);
    train::save_mistakes(folder, &project.title(), &project.class_names(), &splits.test, &predictions)?;
    let findings = project.findings(&mut tape, &params);
    let report = Report::new(project, threads, &best, test, &predictions, findings);
    folder.write_report(&report)?;
    Ok(report)
}
