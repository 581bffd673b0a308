//! `compare`.

mod tables;

use crate::run::{headline, run_in};
use crate::{Project, Report};
use draw::ShareTable;
use std::fmt::Arguments;
use train::{CompareArguments, Comparison, Failure, Options, Run, Setting, Stop};

/// Trains with several settings, and shows the results side by side in one table and in figures; or goes on with that.
///
/// # Errors
/// When settings, data, the folder or a training fail.
pub fn compare<P: Project>(arguments: &CompareArguments) -> Result<(), Failure> {
    let comparison = Comparison::of(arguments, P::PRESETS)?;
    // Mistakes come to light before the first training; the data are let go of again, since they may be large.
    let (mut title, mut classes) = (String::new(), Vec::new());
    for setting in &comparison.settings {
        let project = project_of::<P>(&comparison, setting)?;
        (title, classes) = (format!("settings on {}", project.data_name()), project.class_names());
    }
    let threads = train::start_threads(arguments.threads)?;
    let folder = comparison.folder(arguments, P::NAME)?;
    let stop = Stop::on_signals()?;
    let tell = |line: Arguments<'_>| println!("{line}");
    let reports = comparison.run_all(&folder, [P::NAME, "compare"], tell, Report::read, |setting, run| {
        let project = project_of::<P>(&comparison, setting)?;
        println!("{}", headline(&project));
        threads.run(|| run_in(&project, run, stop.clone(), threads.count(), false))
    })?;
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

/// The project that the flags of a setting mean.
fn project_of<P: Project>(comparison: &Comparison, setting: &Setting) -> Result<P, Failure> {
    let Options { project, training } = comparison.options(setting)?;
    P::new(project, training)
}
