//! Softmax regression and a two-layer perceptron on handwritten digits.

mod arguments;
mod model;
mod report;
mod train;

use arguments::{Cli, Command};
use clap::Parser;
use std::process::ExitCode;

fn main() -> ExitCode {
    let cli = Cli::parse();
    let Command::Train(arguments) = cli.command.unwrap_or(Command::Train(cli.train));
    ::train::run(|| train::train(&arguments))
}
