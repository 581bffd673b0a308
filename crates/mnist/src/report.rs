//! What came of a run: for `run.json`, and in words.

use crate::arguments::Settings;
use crate::session::Session;
use data::{LabeledImages, Loader};
use serde::Serialize;
use std::fmt;
use tape::{Params, Tape, Var};
use train::{Best, Classifier, EpochRecord, Metrics, Predictions};

/// The result of a run, with what is needed to judge and to repeat it.
#[derive(Debug, Serialize)]
pub(crate) struct Report {
    version: &'static str,
    data_set: &'static str,
    settings: Settings,
    machine: Machine,
    pub(crate) best_epoch: u64,
    pub(crate) validation: Metrics,
    /// On the test images, with the parameters of the best epoch.
    pub(crate) test: Metrics,
    /// How often test images of each class (rows) are taken for each class (columns).
    confusion: Vec<Vec<u64>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    dead_outputs: Option<Vec<usize>>,
    pub(crate) seconds: f64,
    #[serde(skip)]
    pub(crate) history: Vec<EpochRecord>,
    #[serde(skip)]
    mistakes: String,
}

#[derive(Debug, Serialize)]
struct Machine {
    system: &'static str,
    architecture: &'static str,
    instruction_set: String,
    threads: usize,
}

impl Report {
    pub(crate) fn new(
        session: &Session,
        threads: usize,
        best: &Best,
        test: Metrics,
        predictions: &Predictions,
        dead_outputs: Option<Vec<usize>>,
        seconds: f64,
    ) -> Report {
        Report {
            version: env!("CARGO_PKG_VERSION"),
            data_set: session.dataset_name(),
            settings: session.settings.clone(),
            machine: Machine {
                system: std::env::consts::OS,
                architecture: std::env::consts::ARCH,
                instruction_set: tape::Level::current().to_string(),
                threads,
            },
            best_epoch: best.record.epoch,
            validation: best.record.validation,
            test,
            confusion: predictions.confusion(),
            dead_outputs,
            seconds,
            history: best.history.clone(),
            mistakes: mistakes_in_words(&session.class_names(), predictions),
        }
    }
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
        if let Some(dead) = &self.dead_outputs {
            let outputs = self.dead_words(dead);
            writeln!(f, "dead outputs: {outputs}")?;
        }
        writeln!(
            f,
            "best in validation: epoch {}, {:.2} %, {:.1} s in all",
            self.best_epoch,
            100.0 * self.validation.accuracy,
            self.seconds
        )?;
        writeln!(f, "{}", self.mistakes)?;
        write!(f, "test accuracy: {:.2} %, loss {:.4}", 100.0 * self.test.accuracy, self.test.loss)
    }
}

impl Report {
    fn dead_words(&self, dead: &[usize]) -> String {
        if dead.is_empty() {
            return "none".to_string();
        }
        let classes: Vec<String> = dead.iter().map(usize::to_string).collect();
        format!(
            "{} of 10 ({}), at the end of training: the ReLU makes them 0 for every training image, so they get no \
             gradient any more; --no-relu or a lower --lr helps",
            dead.len(),
            classes.join(", ")
        )
    }
}

/// The outputs of the model that are 0 for every image: behind a ReLU, no gradient reaches them any more.
pub(crate) fn dead_outputs(
    tape: &mut Tape,
    params: &Params,
    images: &LabeledImages,
    classifier: &Classifier<impl for<'t> Fn(Var<'t>) -> Var<'t>>,
) -> Vec<usize> {
    let mut alive = vec![false; images.classes()];
    for batch in Loader::sequential(images, 256).epoch(0) {
        tape.eval(params, |t| {
            let largest = classifier.logits(t.input(&batch.images)).amax(0).value();
            alive.iter_mut().zip(largest.iter()).for_each(|(alive, &largest)| *alive |= largest > 0.0);
        });
    }
    (0..alive.len()).filter(|&output| !alive[output]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use tape::Tensor;

    #[test]
    fn an_output_is_dead_if_no_image_moves_it() {
        let images = data::digits().validation;
        let mut params = Params::new(0);
        // Output 3 reads pixels with negative weights only, the others with positive ones.
        let id = params.root().param("weight", [64, 10], 0.0);
        *params.get_mut(id) = Tensor::from_fn([64, 10], |i| if i % 10 == 3 { -1.0 } else { 1.0 });
        let weight = params.get(id).tensor().clone();
        let model = Classifier::new(|x: Var<'_>| x.flatten(1).matmul(x.graph().input(&weight)).relu());
        let dead = dead_outputs(&mut Tape::new(), &params, &images, &model);
        assert_eq!(dead, [3]);
    }
}
