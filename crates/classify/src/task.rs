//! [`ProjectTask`]: what a project learns from a batch.

use crate::Project;
use data::Batch;
use tape::{Graph, Var};
use train::{Outcome, Task};

/// What a project learns from a batch: in training by its own loss, in evaluation by cross-entropy.
#[derive(Clone, Copy, Debug)]
pub struct ProjectTask<'p, P>(pub &'p P);

impl<P: Project> Task<Batch> for ProjectTask<'_, P> {
    fn outcome<'t>(&self, t: &'t Graph<'t>, batch: &Batch) -> Outcome<'t> {
        let (loss, logits): (Var<'t>, Var<'t>) = if t.is_training() {
            self.0.training_loss(t, batch)
        } else {
            let logits = self.0.logits(t.input(&batch.images));
            (logits.cross_entropy(t.indices(&batch.labels)), logits)
        };
        let predicted = logits.argmax(1).value();
        let correct = predicted.iter().zip(batch.labels.as_slice()).filter(|(a, b)| a == b).count();
        Outcome { loss, correct, count: predicted.len() }
    }
}
