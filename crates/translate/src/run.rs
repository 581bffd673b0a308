//! `train`, and a run in its folder.

use crate::arguments::{Flags, Settings};
use crate::corpus::{self, Corpus, Languages, plain_data};
use crate::map::save_map;
use crate::models::Search;
use crate::report::Report;
use crate::score::{Score, translations};
use crate::translator::Translator;
use draw::{Curve, Figure};
use nn::weights;
use serde::Serialize;
use tape::Tape;
use train::{
    Best, Checkpoints, EpochRecord, Failure, MetricsFiles, Options, Progress, RunFolder, Stop, TrainArguments,
    TrainError, Trainer, Training,
};

/// What `config.toml` holds: the keys of both side by side.
#[derive(Serialize)]
struct Config<'s> {
    #[serde(flatten)]
    project: &'s Settings,
    #[serde(flatten)]
    training: &'s Training,
}

/// How many translations are shown.
const SHOWN: usize = 5;

/// Trains, tests and leaves a run folder, or goes on with a run.
pub(crate) fn train(arguments: &TrainArguments<Flags>) -> Result<(), Failure> {
    let run = &arguments.run;
    let options = match &arguments.resume {
        Some(folder) => Options::read(&RunFolder::open(folder)?.file("config.toml"))?,
        None => arguments.options.clone().or_config(run.config.as_deref())?,
    };
    let (translator, corpus) = prepare(options)?;
    let threads = train::start_threads(run.threads)?;
    let folder = match &arguments.resume {
        Some(folder) => RunFolder::open(folder)?,
        None => RunFolder::create(run.out.as_deref(), "translate")?,
    };
    let stop = Stop::on_signals()?;
    println!("{}", headline(&translator, &corpus));
    let how = How { searches: &[Search::Greedy], threads: threads.count(), profile: run.profile };
    let report = threads.run(|| run_in(&translator, &corpus, &folder, stop, how))?;
    println!("{report}");
    println!("run folder: {}", folder.path().display());
    train::expect_accuracy(report.test.accuracy, run.expect_accuracy)
}

/// A new model, and the sentences, that options mean.
pub(crate) fn prepare(options: Options<Flags>) -> Result<(Translator, Corpus), Failure> {
    let (settings, training) = options.project.settings(options.training)?;
    let splits = corpus::sentences(&settings)?;
    let languages = Languages::of(&splits.train.pairs, &settings);
    let translator = Translator::new(settings, training, languages);
    let common = translator.model.needs_common_length();
    let corpus = Corpus::new(splits, &translator.languages, &translator.settings, common)?;
    Ok((translator, corpus))
}

/// What is trained with what.
pub(crate) fn headline(translator: &Translator, corpus: &Corpus) -> String {
    let [train, validation, test] = [&corpus.train, &corpus.validation, &corpus.test].map(data::Dataset::len);
    let [source, target] = translator.languages.sizes();
    let count = translator.params.count();
    let mut text = format!(
        "{} with {count} parameters, {source} German and {target} English tokens: {train} pairs train, {validation} \
         validate, {test} test",
        translator.title()
    );
    let [empty, long] = corpus.left_out;
    if empty + long > 0 {
        text += &format!("; left out: {empty} with an empty sentence, {long} too long");
    }
    text
}

/// How a run is judged and watched.
#[derive(Clone, Copy)]
pub(crate) struct How<'s> {
    pub(crate) searches: &'s [Search],
    pub(crate) threads: usize,
    pub(crate) profile: bool,
}

/// Trains in a run folder, or goes on there, and writes all that a run leaves behind.
pub(crate) fn run_in(
    translator: &Translator,
    corpus: &Corpus,
    folder: &RunFolder,
    stop: Stop,
    how: How<'_>,
) -> Result<Report, Failure> {
    let training = &translator.training;
    translator.languages.expect_same(folder)?;
    if !folder.file("config.toml").exists() {
        translator.languages.save(folder)?;
        folder.write_config(&Config { project: &translator.settings, training })?;
    }
    let (mut params, mut minimizer) = (translator.params.clone(), training.minimizer(&translator.params)?);
    let train = corpus.training_data(training.batch_size, training.seed);
    let mut files = MetricsFiles::new(folder);
    let mut progress = Progress::new(training.epochs as u64, train.samples() as u64);
    let checkpoints = Checkpoints::open(&folder.file("checkpoints"))?;
    let rates = training.rates(train.batches() as u64)?;
    let best = Trainer::new(train, plain_data(&corpus.validation))
        .epochs(training.epochs as u64)
        .rates(rates)
        .clip_norm(training.clip_norm)
        .average(training.average)
        .patience(training.patience.map(|epochs| epochs as u64))
        .best_by_loss(true)
        .stop(stop)
        .checkpoints(checkpoints, training.save_every.map(|steps| steps as u64))
        .profile(how.profile)
        .fit(&mut params, &mut minimizer, translator, &mut [&mut files, &mut progress])
        .map_err(|error| Failure::of_run(error, "translate", folder.path()))?;
    drop(progress);
    if let Some(profile) = &best.profile {
        println!("\n{}", train::profile_table(profile));
    }
    train::save_curves(folder, &translator.title(), &best)?;
    save_perplexity(folder, &translator.title(), &best)?;
    folder.write("model.safetensors", &weights::to_bytes_about(&best.params, &translator.title()))?;
    let mut tape = Tape::new();
    let score = Score::of(&mut tape, translator, &best.params, corpus, how.searches);
    let shown = &corpus.test_pairs[..corpus.test_pairs.len().min(SHOWN)];
    let said = translations(&mut tape, translator, &best.params, shown, Search::Greedy);
    if let Some(pair) = shown.first() {
        save_map(&folder.file("attention.png"), &mut tape, translator, &best.params, &pair.source)?;
    }
    let samples = shown.iter().zip(said).map(|(pair, said)| [pair.source.clone(), said, pair.target.clone()]).collect();
    let report = Report::new(translator, how.threads, &best, score, samples);
    folder.write_report(&report)?;
    Ok(report)
}

/// Draws the perplexities over the epochs.
fn save_perplexity(folder: &RunFolder, name: &str, best: &Best) -> Result<(), TrainError> {
    let points = |of: fn(&EpochRecord) -> f64| -> Vec<(f64, f64)> {
        best.history.iter().map(|record| (record.epoch as f64, of(record).exp())).collect()
    };
    Figure::new(format!("{name}: perplexity"))
        .axis_labels("epoch", "perplexity, teacher-forced")
        .curve(Curve::new("training", points(|record| record.train.loss)))
        .curve(Curve::new("validation", points(|record| record.validation.loss)))
        .mark(
            format!("kept: epoch {}", best.record.epoch),
            (best.record.epoch as f64, best.record.validation.loss.exp()),
        )
        .log_y()
        .save(folder.file("perplexity.png"))?;
    Ok(())
}
