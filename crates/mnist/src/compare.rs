//! `mnist compare`.

use crate::arguments::{Cli, CompareArguments, Options};
use crate::report::Report;
use crate::session::Session;
use crate::train::{headline, run_in};
use clap::Parser;
use train::{Failure, Run, RunFolder, Stop};

/// The experiment of the project: fewer epochs, a higher rate, a smaller batch, and all of them, beside the defaults.
const EXPERIMENT: [&str; 5] = ["", "--epochs 5", "--lr 1", "--batch-size 16", "--epochs 5 --lr 1 --batch-size 16"];

pub(crate) fn compare(arguments: &CompareArguments) -> Result<(), Failure> {
    let flags: Vec<String> = match &arguments.settings[..] {
        [] => EXPERIMENT.map(String::from).to_vec(),
        given => given.to_vec(),
    };
    let sessions = flags.iter().map(|flags| session(flags, arguments)).collect::<Result<Vec<_>, _>>()?;
    let threads = train::start_threads(arguments.threads)?;
    let folder = RunFolder::create(arguments.out.as_deref(), "mnist-compare")?;
    let stop = Stop::on_signals()?;
    let mut reports: Vec<(String, Report)> = Vec::new();
    for (number, (flags, session)) in flags.iter().zip(&sessions).enumerate() {
        let name = if flags.is_empty() { "defaults".to_string() } else { flags.clone() };
        println!("{}/{}: {name}\n{}", number + 1, sessions.len(), headline(session));
        let run = RunFolder::create(Some(&folder.file(&(number + 1).to_string())), "mnist")?;
        let report = threads.run(|| run_in(session, &run, stop.clone(), threads.count(), false))?;
        println!("{report}\n");
        reports.push((name, report));
    }
    let table = table(&reports);
    print!("{table}");
    folder.write("table.txt", table.as_bytes())?;
    let runs: Vec<Run<'_>> =
        reports.iter().map(|(name, report)| Run { name, history: &report.history, kept: report.best_epoch }).collect();
    train::save_comparison(&folder, &format!("settings on {}", sessions[0].dataset_name()), &runs)?;
    println!("folder: {}", folder.path().display());
    Ok(())
}

/// The session that flags in quotes mean.
fn session(flags: &str, arguments: &CompareArguments) -> Result<Session, Failure> {
    let words = ["mnist", "train"].into_iter().chain(flags.split_whitespace());
    let cli = Cli::try_parse_from(words).map_err(|error| Failure::Input(format!("in {flags:?}: {error}").into()))?;
    let options = match cli.command {
        Some(crate::arguments::Command::Train(train)) => train.options,
        _ => cli.train.options,
    };
    let shared = Options { data_dir: arguments.data_dir.clone(), ..Options::default() };
    Session::new(options.or(shared).settings()?)
}

fn table(reports: &[(String, Report)]) -> String {
    let width = reports.iter().map(|(name, _)| name.len()).max().unwrap_or(0).max(8);
    let mut table = format!("{:<width$}  best epoch  validation    test  test loss  seconds\n", "settings");
    for (name, report) in reports {
        table += &format!(
            "{name:<width$}  {:>10}  {:>8.2} %  {:>5.2}  {:>9.4}  {:>7.1}\n",
            report.best_epoch,
            100.0 * report.validation.accuracy,
            100.0 * report.test.accuracy,
            report.test.loss,
            report.seconds,
        );
    }
    table
}
