//! Arguments in an order that clap understands.

use clap::{Command, CommandFactory};
use std::ffi::OsString;

/// The arguments of the process. The options of a command that takes flags in quotes, as `compare` does, come before
/// those flags: behind them, clap takes everything for more of them, because they look like options.
pub fn command_line<C: CommandFactory>() -> Vec<OsString> {
    options_first(C::command(), std::env::args_os().collect())
}

fn options_first(mut command: Command, arguments: Vec<OsString>) -> Vec<OsString> {
    command.build();
    let name = arguments.get(1).and_then(|name| name.to_str()).unwrap_or_default();
    let takes_flags = |command: &&Command| command.get_positionals().any(|flags| flags.is_allow_hyphen_values_set());
    let Some(command) = command.find_subcommand(name).filter(takes_flags) else { return arguments };
    // The option that an argument is, and whether its value is the next argument.
    let option = |argument: &OsString| -> Option<bool> {
        let argument = argument.to_str()?;
        let (name, value) = argument.split_once('=').map_or((argument, None), |(name, value)| (name, Some(value)));
        let is_it = |option: &&clap::Arg| match (name.strip_prefix("--"), name.strip_prefix('-')) {
            (Some(long), _) => option.get_long() == Some(long),
            (None, Some(short)) => option.get_short().is_some_and(|letter| short == letter.to_string()),
            (None, None) => false,
        };
        let option = command.get_arguments().find(is_it)?;
        Some(value.is_none() && option.get_action().takes_values())
    };
    let mut arguments = arguments.into_iter();
    let mut ordered: Vec<OsString> = arguments.by_ref().take(2).collect();
    let mut flags = Vec::new();
    while let Some(argument) = arguments.next() {
        match option(&argument) {
            Some(true) => ordered.extend([argument].into_iter().chain(arguments.next())),
            Some(false) => ordered.push(argument),
            None => flags.push(argument),
        }
    }
    ordered.extend(flags);
    ordered
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::CompareArguments;
    use clap::Parser;

    #[derive(Parser)]
    enum Program {
        Compare(CompareArguments),
        Other { word: String },
    }

    fn ordered(arguments: &[&str]) -> Vec<OsString> {
        options_first(Program::command(), arguments.iter().map(OsString::from).collect())
    }

    fn compare(arguments: &[&str]) -> CompareArguments {
        match Program::parse_from(ordered(arguments)) {
            Program::Compare(arguments) => arguments,
            Program::Other { word } => panic!("{word}"),
        }
    }

    #[test]
    fn options_may_follow_the_settings() {
        let line =
            ["p", "compare", "--lr 1", "--with", "--epochs 2", "--nesterov", "--data-dir=here", "--threads", "2"];
        let arguments = compare(&line);
        assert_eq!(arguments.settings, ["--lr 1", "--nesterov"]);
        assert_eq!((&*arguments.with, arguments.threads), ("--epochs 2", Some(2)));
        assert_eq!(arguments.data_dir.unwrap().to_str(), Some("here"));
        assert_eq!(ordered(&["p", "compare", "--lr 1", "-h"]), ["p", "compare", "-h", "--lr 1"]);
        assert_eq!(ordered(&["p", "compare", "--lr 1", "--out"]), ["p", "compare", "--out", "--lr 1"]);
    }

    #[test]
    fn other_commands_stay_as_they_are() {
        let other = ["p", "other", "word"];
        assert_eq!(ordered(&other), other);
        assert_eq!(ordered(&["p"]), ["p"]);
    }
}
