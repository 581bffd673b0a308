//! `compare`, and what it has in common with `tune`: many runs in one folder.

use crate::arguments::Flags;
use crate::decode::Beam;
use crate::models::Search;
use crate::report::Report;
use crate::run::{How, headline, prepare, run_in};
use std::fmt::Arguments;
use tape::Threads;
use train::{CompareArguments, Comparison, Failure, Preset, Run, RunFolder, Stop};

/// What can be compared by name.
pub(crate) const PRESETS: &[Preset] = &[
    Preset {
        name: "models",
        settings: &[
            ("", "--model rnn"),
            ("", "--model lstm"),
            ("", "--model gru"),
            ("", "--model lstm-attention"),
            ("", "--model transformer-encoder"),
            ("", "--model transformer"),
        ],
    },
    Preset {
        name: "attention",
        settings: &[
            ("", "--model lstm"),
            ("", "--model lstm-attention --attention cosine"),
            ("", "--model lstm-attention --attention cosine-temperature"),
            ("", "--model lstm-attention --attention dot"),
            ("", "--model lstm-attention --attention additive"),
        ],
    },
    Preset {
        name: "teacher-forcing",
        settings: &[
            ("", "--model lstm --teacher-forcing 1"),
            ("", "--model lstm --teacher-forcing 0.5"),
            ("", "--model lstm --teacher-forcing 0"),
        ],
    },
];

/// The beam of the table.
const BEAM: Beam = Beam { width: 5, length_penalty: 0.6 };

/// Trains with several settings, and shows the results side by side; or goes on with that.
pub(crate) fn compare(arguments: &CompareArguments) -> Result<(), Failure> {
    let comparison = Comparison::of(arguments, PRESETS)?;
    check(&comparison)?;
    let threads = train::start_threads(arguments.threads)?;
    let folder = comparison.folder(arguments, "translate")?;
    let searches = [Search::Greedy, Search::Beam(BEAM)];
    let reports = run_all(&comparison, &folder, &threads, &searches, "compare")?;
    let table = table(&reports);
    print!("{table}");
    folder.write("table.txt", table.as_bytes())?;
    folder.write("reports.json", &serde_json::to_vec_pretty(&reports).unwrap_or_default())?;
    let runs: Vec<Run<'_>> =
        reports.iter().map(|(name, report)| Run { name, history: &report.history, kept: report.best_epoch }).collect();
    train::save_comparison(&folder, "translators", &runs)?;
    println!("folder: {}", folder.path().display());
    Ok(())
}

/// Brings mistakes in the settings to light before the first training.
pub(crate) fn check(comparison: &Comparison) -> Result<(), Failure> {
    for setting in &comparison.settings {
        let options = comparison.options::<Flags>(setting)?;
        options.project.settings(options.training)?;
    }
    Ok(())
}

/// Trains with all settings, each in a folder of its own; runs that are complete are only read.
pub(crate) fn run_all(
    comparison: &Comparison,
    folder: &RunFolder,
    threads: &Threads,
    searches: &[Search],
    command: &str,
) -> Result<Vec<(String, Report)>, Failure> {
    let stop = Stop::on_signals()?;
    let tell = |line: Arguments<'_>| println!("{line}");
    comparison.run_all(folder, ["translate", command], tell, Report::read, |setting, run| {
        let (translator, corpus) = prepare(comparison.options(setting)?)?;
        println!("{}", headline(&translator, &corpus));
        let how = How { searches, threads: threads.count(), profile: false };
        threads.run(|| run_in(&translator, &corpus, run, stop.clone(), how))
    })
}

/// A row for every run.
fn table(reports: &[(String, Report)]) -> String {
    let width = reports.iter().map(|(name, _)| name.chars().count()).max().unwrap_or(0).max(8);
    let mut table = format!(
        "{:<width$}  parameters  seconds  epoch  perplexity forced  free-running  BLEU greedy  beam {}\n",
        "settings", BEAM.width
    );
    for (name, report) in reports {
        let bleu = |way: usize| report.score.translations.get(way).map_or(f64::NAN, |score| score.bleu);
        table += &format!(
            "{name:<width$}  {:>10}  {:>7.1}  {:>5}  {:>17.3}  {:>12.3}  {:>11.2}  {:>6.2}\n",
            report.parameters,
            report.seconds,
            report.best_epoch,
            report.score.perplexity_forced,
            report.score.perplexity_free,
            bleu(0),
            bleu(1),
        );
    }
    if let Some((_, first)) = reports.first() {
        table += &format!("perplexity: of {}\n", first.score.vocabulary);
        first.score.translations.iter().take(1).for_each(|score| table += &format!("BLEU: {}\n", score.bleu_signature));
    }
    table
}
