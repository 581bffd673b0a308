//! The workspace's own tools: `cargo xtask --help`.

mod bench;
mod check;
mod data;
mod math;
mod mutate;
mod reproduce;
mod source;
mod tidy;
mod workspace;

use clap::{Parser, Subcommand};
use std::process::ExitCode;

/// Checks, measurements and mutation tests of the Retrograde workspace.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    Check(check::Check),
    Tidy(tidy::Tidy),
    Mutate(mutate::Mutate),
    Bench(bench::Bench),
    Math(math::Math),
    Reproduce(reproduce::Reproduce),
    Data(data::Data),
}

/// Why a task did not succeed: one sentence that says what to do.
type Failure = Box<dyn std::error::Error>;

fn main() -> ExitCode {
    let result = match Arguments::parse().task {
        Task::Check(check) => check.run(),
        Task::Tidy(tidy) => tidy.run(),
        Task::Mutate(mutate) => mutate.run(),
        Task::Bench(bench) => bench.run(),
        Task::Math(math) => math.run(),
        Task::Reproduce(reproduce) => reproduce.run(),
        Task::Data(data) => data.run(),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("error: {failure}");
            ExitCode::FAILURE
        }
    }
}
