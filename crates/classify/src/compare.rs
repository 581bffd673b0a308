//! `compare`.

use crate::run::{headline, run_in};
use crate::{CompareArguments, Options, Preset, Project, ProjectOptions, Report};
use clap::{Args, Parser};
use draw::ShareTable;
use train::{Failure, Run, RunFolder, Stop};

/// Flags in quotes, as a command line of their own.
#[derive(Parser)]
#[command(no_binary_name = true, disable_help_flag = true)]
struct Quoted<O: Args> {
    #[command(flatten)]
    options: Options<O>,
}

/// No preset has this name.
#[derive(Debug, thiserror::Error)]
#[error("no preset {name:?}; there are {}", known.join(", "))]
struct NoPreset {
    name: String,
    known: Vec<&'static str>,
}

/// A setting that is compared: its name and its flags.
type Setting = (String, String);

/// Trains with several settings, and shows the results side by side in one table and in figures.
///
/// # Errors
/// When settings, data, the folder or a training fail.
pub fn compare<P: Project>(arguments: &CompareArguments) -> Result<(), Failure> {
    let settings = settings(arguments, P::PRESETS)?;
    let projects = settings.iter().map(|(_, flags)| project::<P>(flags, arguments)).collect::<Result<Vec<_>, _>>()?;
    let threads = train::start_threads(arguments.threads)?;
    let folder = RunFolder::create(arguments.out.as_deref(), &format!("{}-compare", P::NAME))?;
    let stop = Stop::on_signals()?;
    let mut reports: Vec<(String, Report)> = Vec::new();
    for (number, ((name, _), project)) in settings.iter().zip(&projects).enumerate() {
        println!("{}/{}: {name}\n{}", number + 1, settings.len(), headline(project));
        let run = RunFolder::create(Some(&folder.file(&(number + 1).to_string())), P::NAME)?;
        let report = threads.run(|| run_in(project, &run, stop.clone(), threads.count(), false))?;
        println!("{report}\n");
        reports.push((name.clone(), report));
    }
    let table = format!("{}\n{}", table(&reports), class_table(&reports));
    print!("{table}");
    folder.write("table.txt", table.as_bytes())?;
    folder.write("reports.json", &serde_json::to_vec_pretty(&reports).unwrap_or_default())?;
    let runs: Vec<Run<'_>> =
        reports.iter().map(|(name, report)| Run { name, history: &report.history, kept: report.best_epoch }).collect();
    let title = format!("settings on {}", projects[0].data_name());
    train::save_comparison(&folder, &title, &runs)?;
    let rows = reports.iter().map(|(name, report)| (name.clone(), report.class_accuracies.clone())).collect();
    ShareTable::new(format!("{title}: test accuracy by class"), projects[0].class_names(), rows)
        .save(folder.file("classes.png"))
        .map_err(train::TrainError::from)?;
    println!("folder: {}", folder.path().display());
    Ok(())
}

fn settings(arguments: &CompareArguments, presets: &[Preset]) -> Result<Vec<Setting>, Failure> {
    let setting = |name: &str, flags: &str| {
        let name = [name, flags, "defaults"].into_iter().find(|name| !name.is_empty()).unwrap_or_default();
        (name.to_string(), flags.to_string())
    };
    if !arguments.settings.is_empty() {
        return Ok(arguments.settings.iter().map(|flags| setting("", flags)).collect());
    }
    let chosen = match &arguments.preset {
        None => presets.first(),
        Some(name) => presets.iter().find(|preset| preset.name == name),
    };
    match chosen {
        Some(preset) => Ok(preset.settings.iter().map(|(name, flags)| setting(name, flags)).collect()),
        None => {
            let (name, known) =
                (arguments.preset.clone().unwrap_or_default(), presets.iter().map(|p| p.name).collect());
            Err(Failure::Input(NoPreset { name, known }.into()))
        }
    }
}

/// The project that flags in quotes mean.
fn project<P: Project>(flags: &str, arguments: &CompareArguments) -> Result<P, Failure> {
    let parse = |flags: &str| {
        Quoted::<P::Options>::try_parse_from(flags.split_whitespace())
            .map_err(|error| Failure::Input(format!("in {flags:?}: {error}").into()))
    };
    let Options { project, training } = parse(flags)?.options.or(parse(&arguments.with)?.options);
    P::new(ProjectOptions::in_folder(project, arguments.data_dir.clone()), training)
}

fn table(reports: &[(String, Report)]) -> String {
    let width = width(reports);
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

fn width(reports: &[(String, Report)]) -> usize {
    reports.iter().map(|(name, _)| name.len()).max().unwrap_or(0).max(8)
}

/// Test accuracy by class, in percent, with the mean over the classes.
fn class_table(reports: &[(String, Report)]) -> String {
    let width = width(reports);
    let Some((_, first)) = reports.first() else { return String::new() };
    let mut table = format!("{:<width$}", "class");
    first.classes.iter().for_each(|name| table += &format!("  {:>6}", name.chars().take(6).collect::<String>()));
    table += "    mean\n";
    for (name, report) in reports {
        table += &format!("{name:<width$}");
        let accuracies = &report.class_accuracies;
        for accuracy in accuracies {
            table += &accuracy.map_or("       -".to_string(), |x| format!("  {:>6.2}", 100.0 * x));
        }
        let known: Vec<f64> = accuracies.iter().copied().flatten().collect();
        table += &format!("  {:>6.2}\n", 100.0 * known.iter().sum::<f64>() / known.len().max(1) as f64);
    }
    table
}
