//! [`RangeTest`]: which learning rate a model bears.

use crate::{Minimizer, RunFolder, Task, TrainError};
use data::{Dataset, Loader};
use draw::{Curve, Figure};
use tape::{Params, Tape};

/// How much of the mean loss an older step keeps.
const SMOOTHING: f64 = 0.95;
/// A loss so many times the lowest ends the test.
const DIVERGED: f64 = 4.0;

/// The learning-rate range test (Smith 2017, section 3.3): the rate grows by a constant factor every step, from very low
/// to very high, while the loss is watched.
#[derive(Clone, Debug)]
pub struct RangeTest {
    /// Rates with the smoothed loss after the step.
    pub points: Vec<(f64, f64)>,
    /// A rate to begin with: where the loss, below that of the beginning, falls the fastest over the logarithm of the rate.
    pub suggestion: f64,
}

impl RangeTest {
    /// Takes `steps` steps from rate `lowest` to `highest`, and ends early when the loss is four times the lowest. The
    /// parameters are of no more use.
    ///
    /// # Errors
    /// [`TrainError::NoRate`] where the loss never falls below that of the beginning.
    ///
    /// # Panics
    /// When the model does not suit the data, or there is no batch.
    pub fn run<D: Dataset + Clone + 'static>(
        params: &mut Params,
        optimizer: &mut Minimizer,
        loader: &mut Loader<D>,
        task: &impl Task<D::Batch>,
        (lowest, highest, steps): (f64, f64, u64),
    ) -> Result<RangeTest, TrainError> {
        let mut tape = Tape::new();
        let mut points: Vec<(f64, f64)> = Vec::new();
        let (mut mean, mut least, mut epoch) = (0.0, f64::INFINITY, 0);
        let growth = (highest / lowest).powf(1.0 / steps.max(2).saturating_sub(1) as f64);
        'test: loop {
            for batch in loader.epoch(epoch) {
                let number = points.len() as u64;
                let rate = lowest * growth.powf(number as f64);
                let (loss, step) = tape.grad(params, |t| task.outcome(t, &batch).loss);
                mean = SMOOTHING * mean + (1.0 - SMOOTHING) * f64::from(loss);
                let smooth = mean / (1.0 - SMOOTHING.powf((number + 1) as f64));
                if number >= steps || !smooth.is_finite() || step.first_not_finite().is_some() {
                    break 'test;
                }
                least = f64::min(least, smooth);
                points.push((rate, smooth));
                if smooth > DIVERGED * least {
                    break 'test;
                }
                optimizer.set_learning_rate(rate);
                match optimizer {
                    Minimizer::Gradient(optimizer) => optimizer.step(params, step),
                    Minimizer::Search(lbfgs) => {
                        let evaluate = |params: &Params| {
                            let (loss, step) = tape.grad(params, |t| task.outcome(t, &batch).loss);
                            (loss, std::mem::take(step))
                        };
                        lbfgs.step(params, evaluate);
                    }
                }
            }
            epoch += 1;
        }
        let suggestion = steepest(&points).map(rounded).ok_or(TrainError::NoRate { lowest, highest })?;
        Ok(RangeTest { points, suggestion })
    }

    /// Draws `learning_rate.png`: the loss over the rate.
    ///
    /// # Errors
    /// [`TrainError::Draw`].
    pub fn save(&self, folder: &RunFolder, name: &str) -> Result<(), TrainError> {
        let points: Vec<(f64, f64)> = self.points.iter().map(|&(rate, loss)| (rate.log10(), loss)).collect();
        let at = self.points.iter().find(|(rate, _)| *rate >= self.suggestion).unwrap_or(&self.points[0]);
        Figure::new(format!("{name}: learning-rate range test"))
            .axis_labels("learning rate (logarithm to base 10)", "loss, smoothed")
            .curve(Curve::new("training loss", points))
            .mark(format!("suggestion: {}", self.suggestion), (at.0.log10(), at.1))
            .save(folder.file("learning_rate.png"))?;
        Ok(())
    }
}

/// The rate at which the loss falls the fastest, by differences over a tenth of the points; `None` where it does not fall
/// below 95 % of the first.
fn steepest(points: &[(f64, f64)]) -> Option<f64> {
    let reach = (points.len() / 10).max(1);
    let low = 0.95 * points.first()?.1;
    points
        .windows(reach + 1)
        .map(|window| (window[0], window[reach]))
        .filter(|(_, last)| last.1 < low)
        .map(|(first, last)| ((last.1 - first.1) / (last.0 / first.0).ln(), (first.0 * last.0).sqrt()))
        .filter(|(slope, _)| *slope < 0.0)
        .min_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, rate)| rate)
}

/// To two significant digits: more would promise too much.
fn rounded(rate: f64) -> f64 {
    format!("{rate:.1e}").parse().unwrap_or(rate)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Classifier;
    use optim::Sgd;

    #[test]
    fn the_suggestion_trains_and_a_hundred_times_it_does_not() {
        let splits = data::digits();
        let loss_with = |rate: Option<f64>| {
            let mut params = Params::new(3);
            let weight = params.root().param("weight", [64, 10], 0.0);
            let task = Classifier::new(move |x: tape::Var<'_>| x.flatten(1).matmul(x.graph().param(weight)));
            let mut loader = Loader::shuffled(&splits.train, 32, 3);
            let mut sgd: Minimizer = Sgd::new(1.0).into();
            let Some(rate) = rate else {
                let range = (1e-5, 100.0, 200);
                return RangeTest::run(&mut params, &mut sgd, &mut loader, &task, range).unwrap().suggestion;
            };
            sgd.set_learning_rate(rate);
            let mut trainer = crate::Trainer::new(loader, Loader::sequential(&splits.validation, 240));
            trainer.fit(&mut params, &mut sgd, &task, &mut []).map_or(f64::INFINITY, |best| best.record.train.loss)
        };
        let rate = loss_with(None);
        assert!(loss_with(Some(rate)) < 1.2, "rate {rate}");
        assert!(loss_with(Some(100.0 * rate)) > 2.0 * loss_with(Some(rate)), "rate {rate}");
    }

    #[test]
    fn a_loss_that_never_falls_suggests_nothing() {
        assert_eq!(steepest(&[(0.1, 1.0), (0.2, 1.0), (0.4, 2.0)]), None);
        let points: Vec<(f64, f64)> =
            (0..100).map(|i| (10f64.powf(i as f64 / 25.0), 2.0 - (i as f64 - 60.0).tanh())).collect();
        let rate = steepest(&points).unwrap();
        assert!((10f64.powf(2.0)..10f64.powf(2.8)).contains(&rate), "{rate}");
    }
}
