//! [`Report`]: what came of a run, for `run.json` and in words.

use crate::{Finding, Project};
use serde::{Deserialize, Serialize};
use std::fmt;
use train::{Best, EpochRecord, Machine, Metrics, MetricsFiles, Predictions, RunFolder};

/// The result of a run, with what is needed to judge and to repeat it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Report {
    version: String,
    data_set: String,
    settings: serde_json::Value,
    machine: Machine,
    /// The epoch that was kept, from 1.
    pub best_epoch: u64,
    /// Of that epoch.
    pub validation: Metrics,
    /// On the test images, with the parameters of the best epoch.
    pub test: Metrics,
    /// The names of the classes.
    pub classes: Vec<String>,
    /// The share of right predictions in each class of the test images; `None` for a class without any.
    pub class_accuracies: Vec<Option<f64>>,
    /// How often test images of each class (rows) are taken for each class (columns).
    confusion: Vec<Vec<u64>>,
    #[serde(flatten)]
    findings: serde_json::Map<String, serde_json::Value>,
    /// How long the steps of all epochs took.
    pub seconds: f64,
    /// All epochs.
    #[serde(skip)]
    pub history: Vec<EpochRecord>,
    #[serde(skip)]
    words: Vec<String>,
}

impl Report {
    pub(crate) fn new<P: Project>(
        project: &P,
        threads: usize,
        best: &Best,
        test: Metrics,
        predictions: &Predictions,
        findings: Vec<Finding>,
    ) -> Report {
        let classes = project.class_names();
        let mut words: Vec<String> = findings.iter().map(|finding| finding.words.clone()).collect();
        words.push(mistakes_in_words(&classes, predictions));
        Report {
            version: env!("CARGO_PKG_VERSION").to_string(),
            data_set: project.data_name(),
            settings: train::merged(project.settings(), project.training()),
            machine: Machine::here(threads),
            best_epoch: best.record.epoch,
            validation: best.record.validation,
            test,
            classes,
            class_accuracies: predictions.class_accuracies(),
            confusion: predictions.confusion(),
            findings: findings.into_iter().map(|finding| (finding.key.to_string(), finding.value)).collect(),
            seconds: best.history.iter().map(|record| record.seconds).sum(),
            history: best.history.clone(),
            words,
        }
    }

    /// That of a run which is complete.
    pub(crate) fn read(folder: &RunFolder) -> Option<Report> {
        let mut report: Report = serde_json::from_slice(&std::fs::read(folder.file("run.json")).ok()?).ok()?;
        report.history = MetricsFiles::read(folder)?;
        Some(report)
    }
}

/// The accuracy of each class, a line each.
pub(crate) fn accuracies_in_words(names: &[String], predictions: &Predictions) -> String {
    let mut text = "class        accuracy\n".to_string();
    for (name, accuracy) in names.iter().zip(predictions.class_accuracies()) {
        let accuracy = accuracy.map_or("none".to_string(), |x| format!("{:>6.2} %", 100.0 * x));
        text += &format!("{name:<12} {accuracy}\n");
    }
    text
}

/// The five most confused pairs of classes.
pub(crate) fn mistakes_in_words(names: &[String], predictions: &Predictions) -> String {
    let pairs: Vec<String> = predictions
        .confused_pairs()
        .into_iter()
        .take(5)
        .map(|(class, predicted, count)| format!("{} as {} ({count})", names[class], names[predicted]))
        .collect();
    let (wrong, all) = (predictions.mistakes().len(), predictions.list().len());
    match wrong {
        0 => format!("mistakes: none of {all}"),
        _ => format!("mistakes: {wrong} of {all}, most often {}", pairs.join(", ")),
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let losses: Vec<f64> = self.history.iter().map(|record| record.train.loss).collect();
        writeln!(f, "\ntraining loss {}", train::sparkline(&losses))?;
        let (epoch, accuracy) = (self.best_epoch, 100.0 * self.validation.accuracy);
        writeln!(f, "best in validation: epoch {epoch}, {accuracy:.2} %, {:.1} s in all", self.seconds)?;
        self.words.iter().try_for_each(|words| writeln!(f, "{words}"))?;
        write!(f, "test accuracy: {:.2} %, loss {:.4}", 100.0 * self.test.accuracy, self.test.loss)
    }
}
