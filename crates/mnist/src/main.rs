//! Softmax regression and a two-layer perceptron on handwritten digits.

mod arguments;
mod compare;
mod eval;
mod inspect;
mod model;
mod predict;
mod report;
mod session;
mod train;

use arguments::{Cli, Command};
use clap::{CommandFactory, Parser};
use std::process::ExitCode;

fn main() -> ExitCode {
    let cli = Cli::parse();
    ::train::run(|| match cli.command.unwrap_or(Command::Train(cli.train)) {
        Command::Train(arguments) => train::train(&arguments),
        Command::Eval(arguments) => eval::eval(&arguments),
        Command::Predict(arguments) => predict::predict(&arguments),
        Command::Compare(arguments) => compare::compare(&arguments),
        Command::Summary(arguments) => inspect::summary(&arguments),
        Command::FindLr(arguments) => inspect::find_lr(&arguments),
        Command::Completions { shell } => {
            clap_complete::generate(shell, &mut Cli::command(), "mnist", &mut std::io::stdout());
            Ok(())
        }
    })
}
