//! What long loops and results have in common: a bar, a folder.

use crate::arguments::NetworkArguments;
use draw::ContactSheet;
use indicatif::{ProgressBar, ProgressStyle};
use std::path::Path;
use tape::{Tape, Threads};
use train::{Failure, RunFolder, TrainError};

/// A tape, which measures its operations where that was asked for.
pub(crate) fn tape(arguments: &NetworkArguments) -> Tape {
    let mut tape = Tape::new();
    tape.set_profiling(arguments.profile);
    tape
}

/// Prints what the operations cost, where that was measured.
pub(crate) fn print_profile(threads: &Threads, tape: &Tape) {
    let profile = tape.profile();
    if !profile.ops.is_empty() {
        println!("\n{}", threads.run(|| train::profile_table(&profile)));
    }
}

/// A bar on a terminal; nothing elsewhere.
pub(crate) fn bar(steps: usize) -> ProgressBar {
    let style = ProgressStyle::with_template("{bar:32} {pos}/{len}  {msg}  {eta}").expect("the template is right");
    ProgressBar::new(steps as u64).with_style(style)
}

/// The folder for results, new.
pub(crate) fn folder(out: Option<&Path>) -> Result<RunFolder, Failure> {
    Ok(RunFolder::create(out, "visualize")?)
}

/// Writes a sheet into the folder and says so.
pub(crate) fn save(sheet: &ContactSheet, folder: &RunFolder, name: &str) -> Result<(), Failure> {
    let path = folder.file(name);
    sheet.save(&path).map_err(TrainError::from)?;
    println!("{}", path.display());
    Ok(())
}
