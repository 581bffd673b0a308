//! [`Task`]: what is learned from a batch.

use data::Batch;
use tape::{Graph, Var};

/// What came of a batch.
pub struct Outcome<'t> {
    /// The mean loss over what is counted.
    pub loss: Var<'t>,
    /// How many predictions are right.
    pub correct: usize,
    /// How many predictions there are: samples, or words.
    pub count: usize,
}

/// What is learned from batches of kind `B`: a model with its loss.
pub trait Task<B> {
    /// Computes the loss of a batch, and counts right predictions. Layers behave as in training or in evaluation, as the
    /// graph says.
    fn outcome<'t>(&self, t: &'t Graph<'t>, batch: &B) -> Outcome<'t>;
}

/// Classification of images with cross-entropy, by a model that turns images `[n, channels, height, width]` into logits
/// `[n, classes]`.
///
/// ```
/// use retrograde_train::Classifier;
/// # extern crate tape as retrograde_tape;
/// use retrograde_tape::Params;
/// let mut params = Params::<f32>::new(0);
/// let weight = params.root().param("weight", [64, 10], 0.0);
/// let task = Classifier::new(|x| x.flatten(1).matmul(x.graph().param(weight)));
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Classifier<M>(M);

impl<M: for<'t> Fn(Var<'t>) -> Var<'t>> Classifier<M> {
    /// Classification by this model.
    pub fn new(model: M) -> Self {
        Classifier(model)
    }

    /// The logits of some images.
    pub fn logits<'t>(&self, images: Var<'t>) -> Var<'t> {
        (self.0)(images)
    }
}

impl<M: for<'t> Fn(Var<'t>) -> Var<'t>> Task<Batch> for Classifier<M> {
    fn outcome<'t>(&self, t: &'t Graph<'t>, batch: &Batch) -> Outcome<'t> {
        let (logits, labels) = (self.logits(t.input(&batch.images)), t.indices(&batch.labels));
        let predicted = logits.argmax(1).value();
        let correct = predicted.iter().zip(batch.labels.as_slice()).filter(|(a, b)| a == b).count();
        Outcome { loss: logits.cross_entropy(labels), correct, count: predicted.len() }
    }
}
