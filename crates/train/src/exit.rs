//! How a program ends: its exit code, and what it says about an error.
//!
//! 0: done. 1: failed. 2: bad usage or input. 3: the result is below `--expect-accuracy`. 130 and 143: stopped by Ctrl-C or
//! by SIGTERM, with a checkpoint.

use crate::Signal;
use std::error::Error;
use std::process::ExitCode;

/// Why a program did not do what it was asked.
#[derive(Debug)]
pub enum Failure {
    /// Something broke on the way: exit code 1.
    Failed(Box<dyn Error + Send + Sync>),
    /// What it was given cannot work: exit code 2.
    Input(Box<dyn Error + Send + Sync>),
    /// The result is below what was expected: exit code 3.
    BelowExpectation {
        /// What was reached, as "test accuracy 50.00 %".
        result: String,
        /// What was expected of it.
        expected: String,
    },
    /// Stopped as asked, with a checkpoint: exit code 130 or 143.
    Interrupted {
        /// Who asked.
        signal: Signal,
        /// What was saved, and how to go on.
        message: String,
    },
}

impl Failure {
    fn code(&self) -> u8 {
        match self {
            Failure::Failed(_) => 1,
            Failure::Input(_) => 2,
            Failure::BelowExpectation { .. } => 3,
            Failure::Interrupted { signal, .. } => signal.exit_code(),
        }
    }

    fn message(&self) -> String {
        match self {
            Failure::Failed(error) | Failure::Input(error) => format!("error: {}", chain(&**error)),
            Failure::BelowExpectation { result, expected } => {
                format!("error: {result} is below the expected {expected}")
            }
            Failure::Interrupted { message, .. } => message.clone(),
        }
    }
}

impl Failure {
    /// Why a run in this folder ended. If it was asked to, the message has the command with which it goes on.
    pub fn of_run(error: crate::TrainError, program: &str, folder: &std::path::Path) -> Failure {
        match error {
            crate::TrainError::Interrupted { signal, step } => Failure::Interrupted {
                signal,
                message: format!(
                    "stopped after step {step}, with a checkpoint; go on with: {program} train --resume {}",
                    folder.display()
                ),
            },
            other => other.into(),
        }
    }
}

impl Failure {
    /// Of one of several runs: where it was interrupted, the way on is with all of them.
    pub fn of_several(self, program: &str, command: &str, folder: &crate::RunFolder) -> Failure {
        match self {
            Failure::Interrupted { signal, .. } => {
                let folder = folder.path().display();
                let message = format!("stopped, with a checkpoint; go on with: {program} {command} --resume {folder}");
                Failure::Interrupted { signal, message }
            }
            other => other,
        }
    }
}

impl From<crate::TrainError> for Failure {
    fn from(error: crate::TrainError) -> Self {
        use crate::TrainError::{Checkpoint, Config, Interrupted, NoRun, NotAFolder, NotARun, NotEmpty, Threads};
        match error {
            NotEmpty { .. }
            | NotAFolder { .. }
            | NotARun { .. }
            | NoRun { .. }
            | Threads(_)
            | Checkpoint(_)
            | Config(_) => Failure::Input(error.into()),
            Interrupted { signal, .. } => Failure::Interrupted { signal, message: error.to_string() },
            _ => Failure::Failed(error.into()),
        }
    }
}

impl From<data::DataError> for Failure {
    fn from(error: data::DataError) -> Self {
        Failure::Input(error.into())
    }
}

/// The error with its causes, one a line, each said once.
fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let message = error.to_string();
        if !text.contains(&message) {
            text.push_str(&format!("\n  caused by: {message}"));
        }
        cause = error.source();
    }
    text
}

/// The exit code of a program whose reader has gone, as shells count it: 128 and the number of SIGPIPE.
const BROKEN_PIPE: i32 = 141;

/// Ends the program without a word when whoever reads its output has read enough, as in `… | head`. To Rust's `println!`
/// that is a reason to panic.
fn end_quietly_with_the_reader() {
    let usual = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        let message = panic.payload().downcast_ref::<String>().map_or("", String::as_str);
        if message.starts_with("failed printing to std") && message.contains("Broken pipe") {
            std::process::exit(BROKEN_PIPE);
        }
        usual(panic);
    }));
}

/// What `main` is: runs the program, prints its failure to the error stream, and chooses the exit code.
pub fn run(program: impl FnOnce() -> Result<(), Failure>) -> ExitCode {
    end_quietly_with_the_reader();
    match program() {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("{}", failure.message());
            ExitCode::from(failure.code())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::TrainError;
    use std::io;

    #[test]
    fn causes_are_said_once() {
        #[derive(Debug, thiserror::Error)]
        #[error("outer")]
        struct Outer(#[source] TrainError);
        let source = io::Error::other("disk full");
        let error = Outer(TrainError::Write { path: "runs/1".into(), source });
        let text = chain(&error);
        assert!(text.starts_with("outer\n  caused by: cannot write runs/1: disk full;"), "{text}");
        assert_eq!(text.matches("disk full").count(), 1);
    }

    #[test]
    fn codes() {
        let input: Failure = TrainError::NotEmpty { path: "x".into() }.into();
        let failed: Failure = TrainError::Write { path: "x".into(), source: io::Error::other("y") }.into();
        let below = crate::expect_accuracy(0.5, Some(0.9)).unwrap_err();
        assert_eq!([input.code(), failed.code(), below.code()], [2, 1, 3]);
        assert_eq!(below.message(), "error: test accuracy 50.00 % is below the expected 90.00 %");
    }
}
