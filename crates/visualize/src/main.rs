//! What a network looks at, and how it can be fooled: attributions, class visualization, fooling images, style transfer.

mod arguments;
mod commands;
mod method;
mod network;
mod pictures;
mod work;

use arguments::{Cli, Command};
use clap::{CommandFactory, Parser};
use std::process::ExitCode;

fn main() -> ExitCode {
    let cli = Cli::parse();
    train::run(|| match cli.command.unwrap_or(Command::Gallery(cli.gallery)) {
        Command::Gallery(arguments) => commands::gallery(&arguments),
        Command::Classify(arguments) => commands::classify(&arguments),
        Command::Attribute(arguments) => commands::attribute(&arguments.method.list(), &arguments.common),
        Command::Saliency(arguments) => commands::attribute(&[method::Method::Saliency], &arguments),
        Command::Gradcam(arguments) => commands::attribute(&[method::Method::GradCam], &arguments),
        Command::Guided(arguments) => commands::attribute(&[method::Method::GuidedBackprop], &arguments),
        Command::Dream(arguments) => commands::dream(&arguments),
        Command::DeepDream(arguments) => commands::deep_dream(&arguments),
        Command::Fool(arguments) => commands::fool(&arguments),
        Command::Style(arguments) => commands::style(&arguments),
        Command::Invert(arguments) => commands::invert(&arguments),
        Command::Zoo(arguments) => commands::zoo(&arguments),
        Command::Completions { shell } => {
            clap_complete::generate(shell, &mut Cli::command(), "visualize", &mut std::io::stdout());
            Ok(())
        }
    })
}
