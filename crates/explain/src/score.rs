//! Scores, and their gradients by the picture.

use crate::NoGradient;
use tape::{Params, Real, Rewrite, Tape, Tensor, Var};

/// The scores `[n]` of one class, from the logits `[n, classes]` of a batch.
///
/// # Panics
/// When there are fewer classes.
#[track_caller]
pub fn class_scores<F: Real>(logits: Var<'_, F>, class: usize) -> Var<'_, F> {
    let [n, _classes] = logits.dims();
    logits.slice(1, class..class + 1).reshape([n])
}

/// The closure itself: in a variable of its own, for several techniques, a closure needs its type said, which this does.
pub fn scoring<F: Real, M: for<'t> Fn(Var<'t, F>) -> Var<'t, F>>(model: M) -> M {
    model
}

/// The sum of the scores of a batch, which has the gradient of every score, since pictures do not depend on each other.
#[track_caller]
pub(crate) fn sum<'t, F: Real>(scores: Var<'t, F>, pictures: usize) -> Var<'t, F> {
    let shape = scores.shape();
    assert_eq!(shape.len(), pictures, "one score a picture: {pictures} pictures, scores of shape {shape}");
    scores.sum(..)
}

/// Scores of a batch and their gradients by the pictures, by rules that `rewrite` may change.
#[track_caller]
pub(crate) fn gradients<F: Real>(
    tape: &mut Tape<F>,
    params: &Params<F>,
    pictures: &Tensor<F>,
    score: &impl for<'t> Fn(Var<'t, F>) -> Var<'t, F>,
    rewrite: impl for<'t> Fn(&'static str, Var<'t, F>) -> Rewrite<'t, F>,
) -> (Tensor<F>, Tensor<F>) {
    let n = pictures.shape().dims()[0];
    tape.run(params, |t| {
        let x = t.leaf(pictures);
        let scores = score(x);
        let [gradient] = sum(scores, n).grad_with([x], |op, _, cotangent| rewrite(op, cotangent));
        (scores.to_tensor(), gradient.to_tensor())
    })
}

/// [`gradients`] by the usual rules, none of which may be 0 everywhere.
#[track_caller]
pub(crate) fn plain_gradients<F: Real>(
    tape: &mut Tape<F>,
    params: &Params<F>,
    pictures: &Tensor<F>,
    score: &impl for<'t> Fn(Var<'t, F>) -> Var<'t, F>,
) -> Result<Tensor<F>, NoGradient> {
    let (scores, gradients) = gradients(tape, params, pictures, score, |_, _| Rewrite::Keep);
    NoGradient::check(scores.as_slice(), gradients.as_slice())?;
    Ok(gradients)
}

/// `[n, channels, height, width]` of a batch of pictures.
#[track_caller]
pub(crate) fn sizes<F: Real>(pictures: &Tensor<F>) -> [usize; 4] {
    let shape = pictures.shape();
    let dims: Result<[usize; 4], _> = shape.dims().try_into();
    dims.unwrap_or_else(|_| panic!("pictures are [n, channels, height, width], not {shape}"))
}
