//! [`Progress`]: what a run shows on the screen.

use crate::{BatchRecord, Beginning, EpochRecord, Observer, TrainError};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};
use std::io::{IsTerminal, Write};
use std::time::Duration;

/// Shows the run: a bar with loss, speed and time left on the error stream while that is a terminal, and on the output a
/// table with a row an epoch. `NO_COLOR` and `TERM=dumb` leave the bar out, so that no control characters are written.
#[derive(Debug)]
pub struct Progress {
    bar: ProgressBar,
    epochs: u64,
    samples: u64,
}

impl Progress {
    /// For a run of so many epochs of so many samples.
    pub fn new(epochs: u64, samples: u64) -> Progress {
        let plain = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty())
            || std::env::var_os("TERM").is_some_and(|terminal| terminal == "dumb");
        let hidden = plain || !std::io::stderr().is_terminal();
        let target = if hidden { ProgressDrawTarget::hidden() } else { ProgressDrawTarget::stderr() };
        let bar = ProgressBar::with_draw_target(Some(epochs * samples), target);
        let style = ProgressStyle::with_template("{prefix} {bar:30} {percent:>3} %  {msg}  {speed}  {eta} left");
        let speed = |state: &ProgressState, out: &mut dyn std::fmt::Write| {
            _ = write!(out, "{:.0} samples/s", state.per_sec());
        };
        bar.set_style(style.expect("the template is valid").with_key("speed", speed));
        if !hidden {
            bar.enable_steady_tick(Duration::from_millis(200));
        }
        Progress { bar, epochs, samples }
    }

    /// Prints a line above the bar.
    pub fn print(&self, line: &str) {
        // A reader that has gone away, as `head` does, is no reason to stop training.
        self.bar.suspend(|| _ = writeln!(std::io::stdout(), "{line}"));
    }
}

impl Progress {
    fn row(&self, record: &EpochRecord) {
        let EpochRecord { epoch, train, validation, samples_per_second, seconds, .. } = record;
        self.print(&format!(
            "{epoch:>5}   {:>10.4}  {:>6.2} %   {:>15.4}  {:>6.2} %   {samples_per_second:>9.0}   {seconds:>7.2}",
            train.loss,
            100.0 * train.accuracy,
            validation.loss,
            100.0 * validation.accuracy,
        ));
    }
}

impl Observer for Progress {
    fn begin(&mut self, beginning: &Beginning<'_>) -> Result<(), TrainError> {
        for error in beginning.rejected {
            self.print(&format!("not used: {error}"));
        }
        if let Some((step, path)) = &beginning.resumed {
            self.print(&format!("going on after step {step}, from {}", path.display()));
        }
        self.print("epoch   train loss  accuracy   validation loss  accuracy   samples/s   seconds");
        beginning.history.iter().for_each(|record| self.row(record));
        self.bar.set_position(beginning.history.len() as u64 * self.samples);
        self.bar.reset_eta();
        Ok(())
    }

    fn batch(&mut self, record: &BatchRecord) {
        if self.bar.is_hidden() {
            return;
        }
        self.bar.set_prefix(format!("epoch {}/{}", record.epoch, self.epochs));
        self.bar.set_message(format!("loss {:.4}", record.loss));
        self.bar.set_position((record.epoch - 1) * self.samples + record.samples);
    }

    fn epoch(&mut self, record: &EpochRecord) -> Result<(), TrainError> {
        self.row(record);
        if record.epoch == self.epochs {
            self.bar.finish_and_clear();
        }
        Ok(())
    }
}

impl Drop for Progress {
    /// A run that ends early leaves no bar behind.
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
