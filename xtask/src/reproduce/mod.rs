//! `cargo xtask reproduce`: every result that the documentation states, obtained again.

mod experiments;
mod obtain;

use crate::{Failure, workspace};
use experiments::{EXPERIMENTS, Experiment, Needs};
use obtain::Obtained;
use std::fs;
use std::path::{Path, PathBuf};

/// Runs every experiment of the documentation and shows what was expected beside what was obtained.
///
/// Writes the table to docs/reproduce.md and the figures to docs/figures. Experiments whose data are not given are left
/// out, and their rows stay as they are. Those on CIFAR and on Multi30k take hours; an interrupted call goes on with --resume.
#[derive(clap::Args)]
pub(crate) struct Reproduce {
    /// A folder with the four idx files of MNIST.
    #[arg(long, value_name = "DIR")]
    mnist: Option<PathBuf>,
    /// A folder with the six binary files of CIFAR-10.
    #[arg(long, value_name = "DIR")]
    cifar10: Option<PathBuf>,
    /// A folder with the six files of Multi30k.
    #[arg(long, value_name = "DIR")]
    multi30k: Option<PathBuf>,
    /// Only experiments whose name contains this.
    #[arg(long, value_name = "NAME")]
    only: Option<String>,
    /// The folder for the runs.
    #[arg(long, value_name = "DIR", default_value = "runs/reproduce")]
    runs: PathBuf,
    /// Go on with the runs that are in the folder; complete ones are not run again.
    #[arg(long)]
    resume: bool,
}

impl Reproduce {
    pub(crate) fn run(self) -> Result<(), Failure> {
        let root = workspace::root();
        let chosen: Vec<&Experiment> = EXPERIMENTS.iter().filter(|experiment| self.chooses(experiment)).collect();
        let runs = std::path::absolute(&self.runs)?;
        if let Some(old) = chosen.iter().map(|experiment| runs.join(experiment.name)).find(|run| run.exists())
            && !self.resume
        {
            let way_out = "go on with that by --resume, delete it, or choose another folder with --runs";
            return Err(format!("{} is there from an earlier call; {way_out}", old.display()).into());
        }
        obtain::build(&root)?;
        let page = root.join("docs/reproduce.md");
        let mut missed = Vec::new();
        for experiment in chosen {
            let obtained = obtain::obtain(experiment, self.data(experiment), &root, &runs.join(experiment.name))?;
            let verdict = experiment.verdict(obtained.result);
            println!(
                "{:<28} expected {:>15}   obtained {:>10}   {:>7.1} s   {verdict}",
                experiment.name,
                experiment.expectation(),
                experiment.in_words(obtained.result),
                obtained.seconds
            );
            if verdict == experiments::NOT_AS_EXPECTED {
                missed.push(experiment.name);
            }
            // After each, since the next may take an hour.
            let old = fs::read_to_string(&page).unwrap_or_default();
            fs::write(&page, text(&old, experiment, &obtained))?;
        }
        println!("table: {}", page.display());
        match missed[..] {
            [] => Ok(()),
            _ => Err(format!("not as expected: {}", missed.join(", ")).into()),
        }
    }

    fn chooses(&self, experiment: &Experiment) -> bool {
        let data_are_there = matches!(experiment.needs, Needs::Nothing) || self.data(experiment).is_some();
        data_are_there && self.only.as_ref().is_none_or(|only| experiment.name.contains(only.as_str()))
    }

    /// The folder of the data that an experiment needs.
    fn data(&self, experiment: &Experiment) -> Option<&Path> {
        match experiment.needs {
            Needs::Nothing => None,
            Needs::Mnist => self.mnist.as_deref(),
            Needs::Cifar10 => self.cifar10.as_deref(),
            Needs::Multi30k => self.multi30k.as_deref(),
        }
    }
}

/// The page with the result of one experiment made new; the others are taken from the old page.
fn text(old: &str, new: &Experiment, obtained: &Obtained) -> String {
    let mut text = experiments::HEAD.to_string();
    for experiment in EXPERIMENTS {
        let row = match experiment.name == new.name {
            true => Some(experiment.row(obtained)),
            false => old.lines().find(|line| line.starts_with(&experiment.row_begin())).map(String::from),
        };
        row.into_iter().for_each(|row| text += &(row + "\n"));
    }
    for experiment in EXPERIMENTS.iter().filter(|experiment| experiment.shows_table) {
        let heading = format!("\n`{}`, {}:\n\n```text\n", experiment.name, experiment.of_what());
        let table = match experiment.name == new.name {
            true => Some(obtained.table.trim_end()),
            false => old.split_once(&heading).and_then(|(_, rest)| Some(rest.split_once("\n```")?.0)),
        };
        table.into_iter().for_each(|table| text += &format!("{heading}{table}\n```\n"));
    }
    text + experiments::FOOT
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_result_replaces_the_old_one_and_leaves_the_others() {
        let experiment = |name: &str| EXPERIMENTS.iter().find(|experiment| experiment.name == name).unwrap();
        let obtained = |result: f64, table: &str| Obtained { result, seconds: 1.0, table: table.into() };
        let first = text("", experiment("mnist-perceptron"), &obtained(92.64, ""));
        let second = text(&first, experiment("cifar-imbalance"), &obtained(40.0, "class  mean\nall  1\n"));
        assert!(second.contains("| 92.64 % |") && second.contains("| 40.00 % |"), "{second}");
        assert!(second.contains("```text\nclass  mean\nall  1\n```\n"), "{second}");
        let translated = text("", experiment("multi30k-attention"), &obtained(34.9, ""));
        assert!(translated.contains("| 34.90 BLEU |"), "{translated}");
        let third = text(&second, experiment("mnist-perceptron"), &obtained(93.0, ""));
        assert_eq!(third, second.replace("| 92.64 % |", "| 93.00 % |"));
    }
    #[test]
    fn results_may_miss_what_is_expected_by_the_tolerance() {
        let experiment = |name: &str| EXPERIMENTS.iter().find(|experiment| experiment.name == name).unwrap();
        let missed = |name: &str, result: f64| experiment(name).verdict(result) == experiments::NOT_AS_EXPECTED;
        let [digits, photographs] = ["mnist-perceptron", "cifar-resnet32"];
        assert_eq!([92.2, 93.0].map(|result| missed(digits, result)), [false, false]);
        assert_eq!([92.0, 93.2].map(|result| missed(digits, result)), [true, true]);
        assert_eq!([80.0, 91.9].map(|result| missed(photographs, result)), [false, false]);
        assert_eq!([79.6, 93.2].map(|result| missed(photographs, result)), [true, true]);
        assert_eq!(experiment(digits).expectation(), "92.64 ± 0.5 %");
        assert_eq!(experiment(photographs).expectation(), "81.17 − 1.5 + 12 %");
    }
}
