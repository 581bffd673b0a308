//! Softmax regression and a two-layer perceptron on handwritten digits.

mod arguments;
mod dead;
mod model;
mod project;

use arguments::{Cli, Command};
use clap::{CommandFactory, Parser};
use project::Mnist;
use std::process::ExitCode;

fn main() -> ExitCode {
    let cli = Cli::parse_from(train::command_line::<Cli>());
    train::run(|| match cli.command.unwrap_or(Command::Train(cli.train)) {
        Command::Train(arguments) => classify::train::<Mnist>(&arguments),
        Command::Eval(arguments) => classify::eval::<Mnist>(&arguments),
        Command::Predict(arguments) => classify::predict::<Mnist>(&arguments),
        Command::Compare(arguments) => classify::compare::<Mnist>(&arguments),
        Command::Summary(arguments) => classify::summary::<Mnist>(&arguments),
        Command::FindLr(arguments) => classify::find_lr::<Mnist>(&arguments),
        Command::Completions { shell } => {
            clap_complete::generate(shell, &mut Cli::command(), "mnist", &mut std::io::stdout());
            Ok(())
        }
    })
}
