//! One training step: loss and gradients of a batch, whole or in pieces, and the move along them.

use super::diagnose::first_bad_op;
use crate::{Minimizer, Outcome, Task, TrainError};
use tape::{Params, Step, Tape};

/// What a step found.
pub(super) struct Tally {
    pub(super) loss: f64,
    pub(super) correct: usize,
    pub(super) count: usize,
}

/// A number that is none.
pub(super) struct Bad {
    what: String,
    value: f64,
    origin: String,
}

impl Bad {
    pub(super) fn loss_of_validation(value: f64) -> Bad {
        Bad { what: "the validation loss".to_string(), value, origin: String::new() }
    }

    pub(super) fn at(self, epoch: u64, batch: u64, learning_rate: f64) -> TrainError {
        let Bad { what, value, origin } = self;
        TrainError::NotFinite { what, value, origin, epoch, batch, learning_rate }
    }
}

/// Takes steps, with memory that it uses again.
pub(super) struct Stepper<'s, B, T> {
    tape: &'s mut Tape,
    task: &'s T,
    clip_norm: Option<f64>,
    pieces: Vec<B>,
    sum: Step,
}

impl<'s, B, T: Task<B>> Stepper<'s, B, T> {
    pub(super) fn new(tape: &'s mut Tape, task: &'s T, clip_norm: Option<f64>) -> Self {
        Stepper { tape, task, clip_norm, pieces: Vec::new(), sum: Step::new() }
    }

    /// One step on the batch that the pieces make up.
    pub(super) fn step(
        &mut self,
        pieces: impl Iterator<Item = B>,
        params: &mut Params,
        optimizer: &mut Minimizer,
    ) -> Result<Tally, Bad> {
        self.pieces.clear();
        self.pieces.extend(pieces);
        match optimizer {
            Minimizer::Gradient(optimizer) => {
                let (tally, step) = self.gradients(params)?;
                optimizer.step(params, step);
                Ok(tally)
            }
            Minimizer::Search(lbfgs) => {
                let (mut first, mut bad) = (None, None);
                lbfgs.step(params, |params| match self.gradients(params) {
                    Ok((tally, step)) => {
                        let loss = tally.loss as f32;
                        first.get_or_insert(tally);
                        (loss, std::mem::take(step))
                    }
                    // A search may try a length that is too long; only the start must be finite.
                    Err(found) => {
                        if first.is_none() {
                            bad.get_or_insert(found);
                        }
                        (f32::INFINITY, Step::new())
                    }
                });
                match (first, bad) {
                    (Some(tally), None) => Ok(tally),
                    (_, bad) => Err(bad.unwrap_or_else(|| Bad::loss_of_validation(f64::NAN))),
                }
            }
        }
    }

    /// The loss of the batch and its gradients, all of them finite.
    fn gradients(&mut self, params: &Params) -> Result<(Tally, &mut Step), Bad> {
        let Stepper { tape, task, clip_norm, pieces, sum } = self;
        let whole = pieces.len() == 1;
        let (mut loss_sum, mut correct, mut count) = (0.0, 0, 0);
        *sum = Step::new();
        for piece in pieces.iter() {
            let (loss, (right, of), step) = tape.grad_aux(params, |t| {
                let Outcome { loss, correct, count } = task.outcome(t, piece);
                (loss, (correct, count))
            });
            let loss = f64::from(loss);
            let bad = |what: String, value| Err(Bad { what, value, origin: first_bad_op(params, piece, *task) });
            if !loss.is_finite() {
                return bad("the loss".to_string(), loss);
            }
            if let Some(index) = step.first_not_finite() {
                return bad(format!("the gradient of {}", params.entries()[index].name()), f64::NAN);
            }
            loss_sum += loss * of as f64;
            correct += right;
            count += of;
            if !whole {
                step.scale(of as f64);
                sum.accumulate(step);
            }
        }
        let step = if whole {
            tape.last_step()
        } else {
            sum.scale(1.0 / count as f64);
            sum
        };
        if let Some(norm) = *clip_norm {
            step.clip_norm(norm);
        }
        let loss = loss_sum / count as f64;
        Ok((Tally { loss, correct, count }, step))
    }
}
