//! From recurrent networks to transformers: German sentences into English.

mod arguments;
mod compare;
mod corpus;
mod decode;
mod eval;
mod map;
mod models;
mod report;
mod run;
mod say;
mod score;
mod space;
mod summary;
mod translator;
mod tune;

use arguments::{Cli, Command};
use clap::{CommandFactory, Parser};
use std::process::ExitCode;

fn main() -> ExitCode {
    let cli = Cli::parse_from(train::command_line::<Cli>());
    train::run(|| match cli.command.unwrap_or(Command::Train(cli.train)) {
        Command::Train(arguments) => run::train(&arguments),
        Command::Eval(arguments) => eval::eval(&arguments),
        Command::Run(arguments) => say::run(&arguments),
        Command::Compare(arguments) => compare::compare(&arguments),
        Command::Tune(arguments) => tune::tune(&arguments),
        Command::Summary(arguments) => summary::summary(&arguments),
        Command::Completions { shell } => {
            clap_complete::generate(shell, &mut Cli::command(), "translate", &mut std::io::stdout());
            Ok(())
        }
    })
}
