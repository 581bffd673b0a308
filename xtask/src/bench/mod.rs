//! `cargo xtask bench`: how fast the kernels and the tape are, beside what this machine can do at most.
//!
//! A new measurement is a [`Workload`] in a list of [`all`].

mod convolutions;
mod growth;
mod images;
mod kernels;
mod measure;
mod operations;
mod peers;
mod pictures;
mod report;
mod roofline;
mod scaling;
mod sequences;
mod steps;

use crate::{Failure, workspace};
use ::kernels::Threads;
use ::tape::Tape;
use measure::{Ceiling, Measurement};
use peers::Comparison;
use report::Report;
use std::path::{Path, PathBuf};

/// Times kernels and training steps, and shows each as a share of this machine's peak.
///
/// The peak is measured first: multiply-adds in registers, and a triad over arrays that no cache holds. Machines are
/// noisy: the least time is what the code can do, the median what it did.
#[derive(clap::Args)]
pub(crate) struct Bench {
    /// Only workloads whose name contains this.
    #[arg(long, value_name = "NAME")]
    filter: Option<String>,
    /// How many threads; 0 means as many as the machine has processors.
    #[arg(long, value_name = "N", default_value = "0")]
    threads: usize,
    /// How long each workload runs.
    #[arg(long, value_name = "SECONDS", default_value = "0.5", value_parser = positive_seconds)]
    seconds: f64,
    /// One JSON object a line, for a program to read.
    #[arg(long)]
    json: bool,
    /// Write the table to a file as well, as Markdown.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["json", "peers"])]
    save: Option<PathBuf>,
    /// Training steps with one thread, with all, and with all while something else keeps a core busy; and of larger
    /// batches and wider layers.
    #[arg(long, conflicts_with_all = ["json", "peers"])]
    scaling: bool,
    /// Training steps beside the least that their operations and their bytes can take.
    #[arg(long, conflicts_with_all = ["json", "peers", "scaling"])]
    roofline: bool,
    /// Compare with the programs in benches/peers, in turn; writes docs/benchmarks.md where nothing is filtered out.
    #[arg(long, conflicts_with = "json")]
    peers: bool,
    /// The Python that has PyTorch and torchvision, for --peers.
    #[arg(long, value_name = "FILE", default_value = "python3")]
    python: PathBuf,
    /// Only the machine's peak, as two numbers.
    #[arg(long, hide = true)]
    ceiling: bool,
}

/// What a run of a workload does, and what its rate is counted in.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Work {
    /// Floating-point operations.
    Operations(f64),
    /// Bytes that are read and written.
    Bytes(f64),
    /// Calls, of which each has a cost but no limit to compare it with.
    Calls(f64),
}

/// A closure to time.
type Run = Box<dyn FnMut() + Send>;

/// A training step, on a tape that is lent to it.
type Step = Box<dyn FnMut(&mut Tape) + Send>;

/// Something to time: how to make its data, which exists only while its turn lasts, and to know what a run does.
struct Workload {
    name: String,
    make: Make,
}

enum Make {
    Run(Box<dyn FnOnce() -> (Work, Run) + Send>),
    Step(Box<dyn FnOnce() -> (Work, Step) + Send>),
}

impl Workload {
    /// `make` makes the data and returns the closure to time:
    /// `Workload::new("fill", work, || { let mut x = vec![0.0; 9]; move || x.fill(1.0) })`.
    fn new<R: FnMut() + Send + 'static>(
        name: impl Into<String>,
        work: Work,
        make: impl FnOnce() -> R + Send + 'static,
    ) -> Workload {
        let make = move || (work, Box::new(make()) as Run);
        Workload { name: name.into(), make: Make::Run(Box::new(make)) }
    }

    /// A training step: `make` makes model and data, counts the operations, and returns what is done on a tape.
    fn step<S: FnMut(&mut Tape) + Send + 'static>(
        name: impl Into<String>,
        make: impl FnOnce() -> (Work, S) + Send + 'static,
    ) -> Workload {
        let make = || {
            let (work, step) = make();
            (work, Box::new(step) as Step)
        };
        Workload { name: name.into(), make: Make::Step(Box::new(make)) }
    }
}

impl Make {
    /// The closure to time; that of a step has a tape of its own.
    fn run(self) -> (Work, Run) {
        match self {
            Make::Run(make) => make(),
            Make::Step(make) => {
                let ((work, mut step), mut tape) = (make(), Tape::new());
                (work, Box::new(move || step(&mut tape)))
            }
        }
    }
}

/// All workloads, in the order of the table.
fn all() -> Vec<Workload> {
    [
        steps::workloads(),
        pictures::workloads(),
        sequences::workloads(),
        operations::workloads(),
        convolutions::workloads(),
        images::workloads(),
        kernels::workloads(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

impl Bench {
    pub(crate) fn run(self) -> Result<(), Failure> {
        if cfg!(debug_assertions) {
            return in_release();
        }
        let threads = Threads::new(self.threads)?;
        if self.ceiling {
            let Ceiling { flops, bandwidth } = threads.run(|| Ceiling::measure_here(self.seconds));
            println!("{flops} {bandwidth}");
            return Ok(());
        }
        if self.peers {
            let Bench { python, filter, seconds, .. } = self;
            return Comparison { python, filter, threads: threads.count(), seconds }.run();
        }
        let wanted = |name: &str| self.filter.as_deref().is_none_or(|part| name.contains(part));
        let workloads: Vec<Workload> = all().into_iter().filter(|workload| wanted(&workload.name)).collect();
        if self.scaling {
            let page = scaling::run(workloads, threads.count(), self.seconds)?;
            return self.save.as_deref().map_or(Ok(()), |file| page.save(file));
        }
        let ceiling = Ceiling::measure(threads.count(), self.seconds)?;
        if self.roofline {
            let page = threads.run(|| roofline::run(workloads, &ceiling, self.seconds));
            return self.save.as_deref().map_or(Ok(()), |file| save_page(file, &page));
        }
        let mut report = Report::new(self.json, threads.count());
        threads.run(|| {
            report.ceiling(&ceiling);
            for Workload { name, make } in workloads {
                let (work, mut run) = make.run();
                let measurement = Measurement::of(&mut *run, self.seconds);
                report.line(&name, work, &measurement, &ceiling);
            }
        });
        report.end();
        self.save.as_deref().map_or(Ok(()), |file| save_page(file, &report.page()))
    }
}

fn save_page(file: &Path, page: &str) -> Result<(), Failure> {
    std::fs::write(file, page)
        .map_err(|error| format!("{} cannot be written: {error}; choose another --save", file.display()).into())
}

/// Calls this task again, optimized: `cargo xtask` is not, since building must be quick for the other tasks.
fn in_release() -> Result<(), Failure> {
    let mut cargo = workspace::cargo();
    cargo.args(["run", "--quiet", "--release", "--package", "xtask", "--"]).args(std::env::args_os().skip(1));
    match cargo.status()? {
        status if status.success() => Ok(()),
        status => Err(format!("the optimized run ended with {status}").into()),
    }
}

fn positive_seconds(text: &str) -> Result<f64, String> {
    let seconds: f64 = text.parse().map_err(|error| format!("{error}"))?;
    (seconds > 0.0 && seconds.is_finite()).then_some(seconds).ok_or_else(|| "expected a positive number".to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_workload_runs_under_a_name_of_its_own() {
        let mut names = std::collections::HashSet::new();
        for Workload { name, make } in all() {
            let (work, mut run) = make.run();
            assert!(work.amount() > 0.0, "{name} does nothing");
            // The large ones take long without optimization.
            if work.amount() < 1e7 {
                run();
            }
            assert!(names.insert(name.clone()), "{name} twice");
        }
    }

    #[test]
    fn seconds_are_positive() {
        assert_eq!(positive_seconds("0.5"), Ok(0.5));
        assert!(["0", "-1", "inf", "NaN", "x"].iter().all(|text| positive_seconds(text).is_err()));
    }
}
