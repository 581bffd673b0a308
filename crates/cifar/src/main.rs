//! Convolutional networks on small color pictures, with ways to cope with unbalanced classes.

mod arguments;
mod loss;
mod model;
mod overfit;
mod project;

use arguments::{Cli, Command};
use clap::{CommandFactory, Parser};
use project::Cifar;
use std::process::ExitCode;

fn main() -> ExitCode {
    let cli = Cli::parse_from(train::command_line::<Cli>());
    train::run(|| match cli.command.unwrap_or(Command::Train(cli.train)) {
        Command::Train(arguments) => classify::train::<Cifar>(&arguments),
        Command::Eval(arguments) => classify::eval::<Cifar>(&arguments),
        Command::Predict(arguments) => classify::predict::<Cifar>(&arguments),
        Command::Compare(arguments) => classify::compare::<Cifar>(&arguments),
        Command::Overfit(arguments) => classify::train::<Cifar>(&overfit::with_defaults(arguments)),
        Command::Summary(arguments) => classify::summary::<Cifar>(&arguments),
        Command::FindLr(arguments) => classify::find_lr::<Cifar>(&arguments),
        Command::Completions { shell } => {
            clap_complete::generate(shell, &mut Cli::command(), "cifar", &mut std::io::stdout());
            Ok(())
        }
    })
}
