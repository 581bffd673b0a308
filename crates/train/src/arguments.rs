//! Command-line arguments that every program has, and checks of numbers on the command line.

use crate::{Failure, TrainError};
use std::path::PathBuf;
use tape::Threads;

/// Arguments of every program that trains, which are no settings of the run.
#[derive(clap::Args, Clone, Debug)]
pub struct RunArguments {
    /// Settings from a TOML file, as config.toml of another run; flags win
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,

    /// The folder of the run, new or empty [default: the next free number below runs]
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,

    /// Threads that compute [default: one a core]
    #[arg(long, value_name = "N", value_parser = at_least_one)]
    pub threads: Option<usize>,

    /// Fail with exit code 3 if the test accuracy, from 0 to 1, is lower
    #[arg(long, value_name = "ACCURACY", value_parser = proportion)]
    pub expect_accuracy: Option<f64>,

    /// Print what each kind of operation cost
    #[arg(long)]
    pub profile: bool,
}

/// So many threads that compute, or one a core.
///
/// # Errors
/// Where the system does not start them.
pub fn start_threads(count: Option<usize>) -> Result<Threads, TrainError> {
    let cores = || std::thread::available_parallelism().map_or(1, |cores| cores.get());
    Ok(Threads::new(count.unwrap_or_else(cores))?)
}

/// Compares a result with `--expect-accuracy`.
///
/// # Errors
/// [`Failure::BelowExpectation`].
pub fn expect_accuracy(accuracy: f64, expected: Option<f64>) -> Result<(), Failure> {
    match expected {
        Some(expected) if accuracy < expected => Err(Failure::BelowExpectation {
            result: format!("test accuracy {:.2} %", 100.0 * accuracy),
            expected: format!("{:.2} %", 100.0 * expected),
        }),
        _ => Ok(()),
    }
}

/// A whole number from 1, for clap.
///
/// # Errors
/// What is wrong with the text.
pub fn at_least_one(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(0) => Err("must be at least 1".to_string()),
        Ok(number) => Ok(number),
        Err(_) => Err("must be a whole number, at least 1".to_string()),
    }
}

fn number(text: &str, good: impl Fn(f64) -> bool, rule: &str) -> Result<f64, String> {
    text.parse().ok().filter(|&number: &f64| good(number)).ok_or_else(|| format!("must be {rule}"))
}

/// A finite number above 0, for clap.
///
/// # Errors
/// What is wrong with the text.
pub fn positive(text: &str) -> Result<f64, String> {
    number(text, |x| x > 0.0 && x.is_finite(), "a finite number above 0")
}

/// A finite number, 0 or more, for clap.
///
/// # Errors
/// What is wrong with the text.
pub fn non_negative(text: &str) -> Result<f64, String> {
    number(text, |x| x >= 0.0 && x.is_finite(), "a finite number, 0 or more")
}

/// A number from 0 to 1, for clap.
///
/// # Errors
/// What is wrong with the text.
pub fn proportion(text: &str) -> Result<f64, String> {
    number(text, |x| (0.0..=1.0).contains(&x), "a number from 0 to 1")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_that_cannot_work_are_refused() {
        assert_eq!((at_least_one("3"), positive("1e-4"), non_negative("0")), (Ok(3), Ok(1e-4), Ok(0.0)));
        assert_eq!(proportion("0.95"), Ok(0.95));
        for text in ["0", "-1", "1.5", "", "many"] {
            assert!(at_least_one(text).is_err(), "{text}");
        }
        for text in ["0", "-1", "NaN", "inf", "1e999", "fast"] {
            assert!(positive(text).is_err(), "{text}");
        }
        assert!(non_negative("-0.1").is_err() && non_negative("nan").is_err());
        assert!(proportion("1.01").is_err() && proportion("95%").is_err() && proportion("NaN").is_err());
    }
}
