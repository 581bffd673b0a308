//! `cargo xtask reproduce`: every result that the documentation states, obtained again.

mod experiments;

use crate::{Failure, workspace};
use experiments::{EXPERIMENTS, Experiment};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

/// Runs every experiment of the documentation and shows what was expected beside what was obtained.
///
/// Writes the table to docs/reproduce.md and the figures to docs/figures. Experiments on MNIST are left out without
/// --data-dir, and their rows stay as they are.
#[derive(clap::Args)]
pub(crate) struct Reproduce {
    /// A folder with the four idx files of MNIST.
    #[arg(long, value_name = "DIR")]
    data_dir: Option<PathBuf>,
    /// Only experiments whose name contains this.
    #[arg(long, value_name = "NAME")]
    only: Option<String>,
}

/// What an experiment gave.
struct Obtained {
    accuracy: f64,
    seconds: f64,
}

impl Reproduce {
    pub(crate) fn run(self) -> Result<(), Failure> {
        let root = workspace::root();
        let built =
            Command::new(env!("CARGO")).args(["build", "--release", "-p", "mnist"]).current_dir(&root).status()?;
        if !built.success() {
            return Err("mnist does not build; see above".into());
        }
        let runs = tempfile::tempdir()?;
        let page = root.join("docs/reproduce.md");
        let old = fs::read_to_string(&page).unwrap_or_default();
        let (mut rows, mut missed) = (Vec::new(), Vec::new());
        for experiment in EXPERIMENTS {
            let chosen = self.only.as_ref().is_none_or(|only| experiment.name.contains(only.as_str()));
            if !chosen || (experiment.needs_mnist && self.data_dir.is_none()) {
                // A row from before stays.
                rows.extend(old.lines().find(|line| line.starts_with(&experiment.row_begin())).map(String::from));
                continue;
            }
            let obtained = self.obtain(experiment, &root, &runs.path().join(experiment.name))?;
            let verdict = experiment.verdict(obtained.accuracy);
            println!(
                "{:<28} expected {:>6.2} ± {:.2} %   obtained {:>6.2} %   {:>6.1} s   {verdict}",
                experiment.name, experiment.expected, experiment.tolerance, obtained.accuracy, obtained.seconds
            );
            if verdict != "as expected" {
                missed.push(experiment.name);
            }
            rows.push(experiment.row(&obtained));
        }
        let text = format!("{}{}\n{}", experiments::HEAD, rows.join("\n"), experiments::FOOT);
        fs::write(&page, text)?;
        println!("table: {}", page.display());
        match missed[..] {
            [] => Ok(()),
            _ => Err(format!("not as expected: {}", missed.join(", ")).into()),
        }
    }

    fn obtain(&self, experiment: &Experiment, root: &Path, out: &Path) -> Result<Obtained, Failure> {
        let mut command = Command::new(root.join("target/release").join("mnist"));
        command.args(experiment.arguments.split_whitespace()).arg("--out").arg(out);
        if let Some(folder) = self.data_dir.as_ref().filter(|_| experiment.needs_mnist) {
            command.arg("--data-dir").arg(folder);
        }
        let started = Instant::now();
        let output = command.output()?;
        let seconds = started.elapsed().as_secs_f64();
        let text = String::from_utf8_lossy(&output.stdout);
        // The last one, where an experiment is several runs.
        let line = text.lines().rev().find_map(|line| line.strip_prefix("test accuracy: "));
        let accuracy = line.and_then(|line| line.split(' ').next()?.parse().ok());
        let Some(accuracy) = accuracy.filter(|_| output.status.success()) else {
            return Err(format!("{}: {}", experiment.name, String::from_utf8_lossy(&output.stderr)).into());
        };
        let figures = root.join("docs/figures");
        fs::create_dir_all(&figures)?;
        for figure in experiment.figures {
            fs::copy(out.join(figure), figures.join(format!("{}-{figure}", experiment.name)))?;
        }
        Ok(Obtained { accuracy, seconds })
    }
}
