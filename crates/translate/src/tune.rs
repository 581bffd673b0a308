//! `tune`: the best of many settings, drawn at random or from a grid.

use crate::arguments::TuneArguments;
use crate::compare::{check, run_all};
use crate::models::Search;
use crate::report::Report;
use crate::space::Space;
use draw::{Curve, Figure};
use train::{Comparison, Failure, RunFolder, Setting, TrainError};

/// Where nothing else is said: of models that train in seconds.
const SPACE: &str =
    "lr = { min = 1e-3, max = 2e-2, scale = \"logarithmic\" }\nhidden = [32, 64, 128]\nwidth = [32, 64]\n";
const WITH: &str = "--model gru --pairs 4000 --epochs 4";

/// Trains with settings from a space, and says which were best in validation; or goes on with that.
pub(crate) fn tune(arguments: &TuneArguments) -> Result<(), Failure> {
    let trials = match &arguments.resume {
        Some(folder) => train::read_toml(&RunFolder::open(folder)?.file("config.toml"))?,
        None => trials(arguments)?,
    };
    check(&trials)?;
    let threads = train::start_threads(arguments.threads)?;
    let folder = match &arguments.resume {
        Some(folder) => RunFolder::open(folder)?,
        None => RunFolder::create(arguments.out.as_deref(), "translate-tune")?,
    };
    folder.write_config(&trials)?;
    let reports = run_all(&trials, &folder, &threads, &[Search::Greedy], "tune")?;
    let table = table(&reports);
    print!("{table}");
    folder.write("table.txt", table.as_bytes())?;
    save_figure(&folder, &reports)?;
    println!("folder: {}", folder.path().display());
    Ok(())
}

fn trials(arguments: &TuneArguments) -> Result<Comparison, Failure> {
    let space = match &arguments.space {
        Some(path) => Space::read(path)?,
        None => Space::of(SPACE)?,
    };
    let flags = if arguments.grid { space.grid()? } else { space.draw(arguments.trials, arguments.seed) };
    let settings = flags.into_iter().map(|flags| Setting { name: flags.clone(), flags }).collect();
    let with = if arguments.space.is_none() { format!("{WITH} {}", arguments.with) } else { arguments.with.clone() };
    Ok(Comparison { data_dir: arguments.data_dir.clone(), with, settings })
}

/// The trials, the best in validation first.
fn ranked(reports: &[(String, Report)]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..reports.len()).collect();
    order.sort_by(|&a, &b| reports[a].1.validation.loss.total_cmp(&reports[b].1.validation.loss));
    order
}

fn table(reports: &[(String, Report)]) -> String {
    let mut table = "rank  trial  validation perplexity  test perplexity    BLEU  seconds  flags\n".to_string();
    for (rank, number) in ranked(reports).into_iter().enumerate() {
        let (flags, report) = &reports[number];
        table += &format!(
            "{:>4}  {:>5}  {:>21.3}  {:>15.3}  {:>6.2}  {:>7.1}  {flags}\n",
            rank + 1,
            number + 1,
            report.validation.loss.exp(),
            report.score.perplexity_forced,
            report.score.bleu(),
            report.seconds,
        );
    }
    if let Some((_, first)) = reports.first() {
        table += &format!("perplexity: teacher-forced, of {}\n", first.score.vocabulary);
    }
    table
}

/// Draws the trials in the order in which they were made, and the best so far.
fn save_figure(folder: &RunFolder, reports: &[(String, Report)]) -> Result<(), TrainError> {
    let trials: Vec<(f64, f64)> =
        reports.iter().enumerate().map(|(i, (_, report))| ((i + 1) as f64, report.validation.loss.exp())).collect();
    let so_far = trials.iter().scan(f64::INFINITY, |best, &(number, perplexity)| {
        *best = best.min(perplexity);
        Some((number, *best))
    });
    let so_far: Vec<(f64, f64)> = so_far.collect();
    let mut figure = Figure::new("tuning: validation perplexity of the trials")
        .axis_labels("trial", "perplexity, teacher-forced")
        .curve(Curve::new("trial", trials.clone()))
        .curve(Curve::new("best so far", so_far).dashed())
        .log_y();
    if let Some(&best) = ranked(reports).first() {
        figure = figure.mark(format!("trial {}: {}", best + 1, reports[best].0), trials[best]);
    }
    figure.save(folder.file("trials.png"))?;
    Ok(())
}
