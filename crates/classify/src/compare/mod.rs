//! `compare`.

mod tables;

use crate::run::{headline, run_in};
use crate::{CompareArguments, Options, Preset, Project, ProjectOptions, Report};
use clap::{Args, Parser};
use draw::ShareTable;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;
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

/// What is compared: `config.toml` of the comparison's folder.
#[derive(Deserialize, Serialize)]
struct Comparison {
    #[serde(default)]
    data_dir: Option<PathBuf>,
    /// Flags for all settings.
    with: String,
    settings: Vec<Setting>,
}

/// One of the settings.
#[derive(Deserialize, Serialize)]
struct Setting {
    name: String,
    flags: String,
}

/// Trains with several settings, and shows the results side by side in one table and in figures; or goes on with that.
///
/// # Errors
/// When settings, data, the folder or a training fail.
pub fn compare<P: Project>(arguments: &CompareArguments) -> Result<(), Failure> {
    let comparison = match &arguments.resume {
        Some(folder) => train::read_toml(&RunFolder::open(folder)?.file("config.toml"))?,
        None => Comparison::new(arguments, P::PRESETS)?,
    };
    // Mistakes come to light before the first training; the data are let go of again, since they may be large.
    let (mut title, mut classes) = (String::new(), Vec::new());
    for setting in &comparison.settings {
        let project = comparison.project::<P>(setting)?;
        (title, classes) = (format!("settings on {}", project.data_name()), project.class_names());
    }
    let threads = train::start_threads(arguments.threads)?;
    let folder = match &arguments.resume {
        Some(folder) => RunFolder::open(folder)?,
        None => RunFolder::create(arguments.out.as_deref(), &format!("{}-compare", P::NAME))?,
    };
    folder.write_config(&comparison)?;
    let stop = Stop::on_signals()?;
    let mut reports: Vec<(String, Report)> = Vec::new();
    for (number, setting) in comparison.settings.iter().enumerate() {
        let project = comparison.project::<P>(setting)?;
        println!("{}/{}: {}\n{}", number + 1, comparison.settings.len(), setting.name, headline(&project));
        let path = folder.file(&(number + 1).to_string());
        let run = match path.join("config.toml").is_file() {
            true => RunFolder::open(&path)?,
            false => RunFolder::create(Some(&path), P::NAME)?,
        };
        let report = threads.run(|| run_in(&project, &run, stop.clone(), threads.count(), false));
        let report = report.map_err(|failure| go_on_with_all::<P>(failure, &folder))?;
        println!("{report}\n");
        reports.push((setting.name.clone(), report));
    }
    let table = format!("{}\n{}", tables::runs(&reports), tables::classes(&reports));
    print!("{table}");
    folder.write("table.txt", table.as_bytes())?;
    folder.write("reports.json", &serde_json::to_vec_pretty(&reports).unwrap_or_default())?;
    let names = tables::names_of_runs(&reports);
    let runs: Vec<Run<'_>> = names
        .iter()
        .zip(&reports)
        .map(|(name, (_, report))| Run { name, history: &report.history, kept: report.best_epoch })
        .collect();
    train::save_comparison(&folder, &title, &runs)?;
    ShareTable::new(format!("{title}: test accuracy by class"), classes, tables::class_rows(&reports))
        .save(folder.file("classes.png"))
        .map_err(train::TrainError::from)?;
    println!("folder: {}", folder.path().display());
    Ok(())
}

/// Where a run was interrupted, the way on is with the whole comparison.
fn go_on_with_all<P: Project>(failure: Failure, folder: &RunFolder) -> Failure {
    match failure {
        Failure::Interrupted { signal, .. } => {
            let folder = folder.path().display();
            let message = format!("stopped, with a checkpoint; go on with: {} compare --resume {folder}", P::NAME);
            Failure::Interrupted { signal, message }
        }
        other => other,
    }
}

impl Comparison {
    fn new(arguments: &CompareArguments, presets: &[Preset]) -> Result<Comparison, Failure> {
        let setting = |name: &str, flags: &str| {
            let name = [name, flags, "defaults"].into_iter().find(|name| !name.is_empty()).unwrap_or_default();
            Setting { name: name.to_string(), flags: flags.to_string() }
        };
        let chosen = match &arguments.preset {
            None => presets.first(),
            Some(name) => presets.iter().find(|preset| preset.name == name),
        };
        let settings = match (&arguments.settings[..], chosen) {
            ([], Some(preset)) => preset.settings.iter().map(|(name, flags)| setting(name, flags)).collect(),
            ([], None) => {
                let name = arguments.preset.clone().unwrap_or_default();
                let known = presets.iter().map(|preset| preset.name).collect();
                return Err(Failure::Input(NoPreset { name, known }.into()));
            }
            (all, _) => all.iter().map(|flags| setting("", flags)).collect(),
        };
        Ok(Comparison { data_dir: arguments.data_dir.clone(), with: arguments.with.clone(), settings })
    }

    /// The project that the flags of a setting mean.
    fn project<P: Project>(&self, setting: &Setting) -> Result<P, Failure> {
        let parse = |flags: &str| {
            let words = shlex::split(flags)
                .ok_or_else(|| Failure::Input(format!("in {flags:?}: a quote that is not closed").into()))?;
            Quoted::<P::Options>::try_parse_from(words)
                .map_err(|error| Failure::Input(format!("in {flags:?}: {error}").into()))
        };
        let Options { project, training } = parse(&setting.flags)?.options.or(parse(&self.with)?.options);
        P::new(ProjectOptions::in_folder(project, self.data_dir.clone()), training)
    }
}
