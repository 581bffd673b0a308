//! How far a download is.

use super::DataFile;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::IsTerminal;

/// A bar on the error stream while that is a terminal. `NO_COLOR` and `TERM=dumb` leave it out, so that no control
/// characters are written.
pub(super) struct Progress(ProgressBar);

impl Progress {
    /// For the download of a file.
    pub(super) fn new(file: &DataFile) -> Progress {
        let plain = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty())
            || std::env::var_os("TERM").is_some_and(|terminal| terminal == "dumb");
        let hidden = plain || !std::io::stderr().is_terminal();
        let target = if hidden { ProgressDrawTarget::hidden() } else { ProgressDrawTarget::stderr() };
        let bar = ProgressBar::with_draw_target(Some(file.size), target).with_prefix(file.name);
        let template =
            "{prefix} {bar:30} {decimal_bytes} of {decimal_total_bytes}  {decimal_bytes_per_sec}  {eta} left";
        bar.set_style(ProgressStyle::with_template(template).expect("the template is valid"));
        Progress(bar)
    }

    /// So many bytes are here.
    pub(super) fn set(&self, bytes: u64) {
        self.0.set_position(bytes);
    }

    /// Takes the bar away.
    pub(super) fn finish(&self) {
        self.0.finish_and_clear();
    }
}
