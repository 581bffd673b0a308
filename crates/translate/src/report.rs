//! [`Report`]: what came of a run, for `run.json` and in words.

use crate::score::Score;
use crate::translator::Translator;
use serde::{Deserialize, Serialize};
use std::fmt;
use train::{Best, EpochRecord, Machine, Metrics, MetricsFiles, RunFolder, merged};

/// The result of a run, with what is needed to judge and to repeat it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Report {
    version: String,
    data_set: String,
    settings: serde_json::Value,
    machine: Machine,
    /// Numbers in the parameters.
    pub(crate) parameters: usize,
    /// The epoch that was kept, from 1.
    pub(crate) best_epoch: u64,
    /// Of that epoch.
    pub(crate) validation: Metrics,
    /// On the test sentences, teacher-forced.
    pub(crate) test: Metrics,
    /// The rest of what the test says.
    pub(crate) score: Score,
    /// A source, its translation, and the reference.
    samples: Vec<[String; 3]>,
    /// How long the steps of all epochs took.
    pub(crate) seconds: f64,
    /// All epochs.
    #[serde(skip)]
    pub(crate) history: Vec<EpochRecord>,
}

impl Report {
    pub(crate) fn new(
        translator: &Translator,
        threads: usize,
        best: &Best,
        score: Score,
        samples: Vec<[String; 3]>,
    ) -> Report {
        Report {
            version: env!("CARGO_PKG_VERSION").to_string(),
            data_set: translator.data_name().to_string(),
            settings: merged(&translator.settings, &translator.training),
            machine: Machine::here(threads),
            parameters: translator.params.count(),
            best_epoch: best.record.epoch,
            validation: best.record.validation,
            test: score.forced,
            score,
            samples,
            seconds: best.history.iter().map(|record| record.seconds).sum(),
            history: best.history.clone(),
        }
    }

    /// That of a run which is complete.
    pub(crate) fn read(folder: &RunFolder) -> Option<Report> {
        let mut report: Report = serde_json::from_slice(&std::fs::read(folder.file("run.json")).ok()?).ok()?;
        report.history = MetricsFiles::read(folder)?;
        Some(report)
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let losses: Vec<f64> = self.history.iter().map(|record| record.train.loss).collect();
        writeln!(f, "\ntraining loss {}", train::sparkline(&losses))?;
        let (epoch, perplexity) = (self.best_epoch, self.validation.loss.exp());
        writeln!(f, "best in validation: epoch {epoch}, perplexity {perplexity:.3}, {:.1} s in all\n", self.seconds)?;
        for [source, said, reference] in &self.samples {
            writeln!(f, "  {source}\n  → {said}\n  = {reference}\n")?;
        }
        write!(f, "{}", self.score)
    }
}
