//! The result of an experiment: by its command, or from the folder of a run that is complete.

use super::experiments::Experiment;
use crate::{Failure, workspace};
use serde_json::Value;
use std::fs;
use std::path::Path;
use std::process::Command;

/// What an experiment gave.
pub(super) struct Obtained {
    /// On the test data, in the unit of the experiment; of the last run, where there are several.
    pub(super) result: f64,
    /// How long the steps of all epochs took.
    pub(super) seconds: f64,
    /// The table of a comparison.
    pub(super) table: String,
}

/// Builds the programs.
pub(super) fn build(root: &Path) -> Result<(), Failure> {
    let arguments = ["build", "--release", "-p", "mnist", "-p", "cifar", "-p", "translate"];
    match workspace::cargo().args(arguments).current_dir(root).status()?.success() {
        true => Ok(()),
        false => Err("the programs do not build; see above".into()),
    }
}

/// Runs an experiment in a folder of its own, goes on with it there, or reads what is complete there.
pub(super) fn obtain(
    experiment: &Experiment,
    data: Option<&Path>,
    root: &Path,
    out: &Path,
) -> Result<Obtained, Failure> {
    let words = shlex::split(experiment.arguments).ok_or("an unclosed quote")?;
    let verb = words.first().map_or("train", String::as_str);
    let results = out.join(if verb == "compare" { "table.txt" } else { "run.json" });
    if !results.exists() {
        let mut command = Command::new(root.join("target/release").join(experiment.program));
        match out.join("config.toml").exists() {
            true => command.arg(verb).arg("--resume").arg(out),
            false => {
                command.args(&words).arg("--out").arg(out);
                data.into_iter().fold(&mut command, |command, folder| command.arg("--data-dir").arg(folder))
            }
        };
        let output = command.output()?;
        if !output.status.success() {
            return Err(format!("{}: {}", experiment.name, String::from_utf8_lossy(&output.stderr)).into());
        }
    }
    let figures = root.join("docs/figures");
    fs::create_dir_all(&figures)?;
    for figure in experiment.figures {
        fs::copy(out.join(figure), figures.join(format!("{}-{figure}", experiment.name)))?;
    }
    match verb {
        "compare" => of_comparison(experiment, out),
        _ => of_reports(experiment, &[read(&out.join("run.json"))?]),
    }
}

fn of_comparison(experiment: &Experiment, folder: &Path) -> Result<Obtained, Failure> {
    let reports = read(&folder.join("reports.json"))?;
    let reports: Vec<Value> = reports.as_array().into_iter().flatten().map(|pair| pair[1].clone()).collect();
    Ok(Obtained { table: fs::read_to_string(folder.join("table.txt"))?, ..of_reports(experiment, &reports)? })
}

fn of_reports(experiment: &Experiment, reports: &[Value]) -> Result<Obtained, Failure> {
    let seconds = reports.iter().filter_map(|report| report["seconds"].as_f64()).sum();
    let last = reports.last().ok_or("a comparison of nothing")?;
    let result = match experiment.is_translation() {
        true => last["score"]["translations"][0]["bleu"].as_f64().ok_or("no BLEU")?,
        false => 100.0 * last["test"]["accuracy"].as_f64().ok_or("no test accuracy")?,
    };
    Ok(Obtained { result, seconds, table: String::new() })
}

fn read(path: &Path) -> Result<Value, Failure> {
    Ok(serde_json::from_slice(&fs::read(path)?)?)
}
