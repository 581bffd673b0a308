//! What came of a run: for `run.json`, and in words.

use crate::arguments::Settings;
use data::{LabeledImages, Loader};
use serde::Serialize;
use std::fmt;
use tape::{Params, Tape, Var};
use train::{Best, Metrics};

/// The result of a run, with what is needed to judge and to repeat it.
#[derive(Debug, Serialize)]
pub(crate) struct Report {
    version: &'static str,
    data_set: &'static str,
    settings: Settings,
    machine: Machine,
    best_epoch: u64,
    validation: Metrics,
    /// On the test images, with the parameters of the best epoch.
    pub(crate) test: Metrics,
    #[serde(skip_serializing_if = "Option::is_none")]
    dead_outputs: Option<Vec<usize>>,
    seconds: f64,
    #[serde(skip)]
    losses: Vec<f64>,
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
        data_set: &'static str,
        settings: &Settings,
        threads: usize,
        best: &Best,
        test: Metrics,
        dead_outputs: Option<Vec<usize>>,
        seconds: f64,
    ) -> Report {
        Report {
            version: env!("CARGO_PKG_VERSION"),
            data_set,
            settings: settings.clone(),
            machine: Machine {
                system: std::env::consts::OS,
                architecture: std::env::consts::ARCH,
                instruction_set: tape::Level::current().to_string(),
                threads,
            },
            best_epoch: best.record.epoch,
            validation: best.record.validation,
            test,
            dead_outputs,
            seconds,
            losses: best.history.iter().map(|record| record.train.loss).collect(),
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "\ntraining loss {}", train::sparkline(&self.losses))?;
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
    model: impl for<'t> Fn(Var<'t>) -> Var<'t>,
) -> Vec<usize> {
    let mut alive = vec![false; images.classes()];
    for batch in Loader::sequential(images, 256).epoch(0) {
        tape.eval(params, |t| {
            let largest = model(t.input(&batch.images)).amax(0).value();
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
        let dead =
            dead_outputs(&mut Tape::new(), &params, &images, |x| x.flatten(1).matmul(x.graph().input(&weight)).relu());
        assert_eq!(dead, [3]);
    }
}
