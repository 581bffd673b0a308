//! [`NoGradient`].

/// A score that nothing can be said about: its gradient is 0 everywhere. A network that ends in a ReLU gives such scores,
/// exactly 0, to classes that it rules out.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error(
    "the score of picture {picture} is {score}, and its gradient is 0 everywhere: nothing in the picture changes it a \
     little; choose a class with a score above 0, or take the scores before the last activation"
)]
pub struct NoGradient {
    /// Which picture of the batch, from 0.
    pub picture: usize,
    /// Its score.
    pub score: f64,
}

impl NoGradient {
    /// An error for the first picture whose gradient is 0 everywhere.
    pub(crate) fn check<F: tape::Float>(scores: &[F], gradients: &[F]) -> Result<(), NoGradient> {
        let each = gradients.len() / scores.len().max(1);
        for (picture, (score, gradient)) in scores.iter().zip(gradients.chunks_exact(each.max(1))).enumerate() {
            if gradient.iter().all(|&x| x == F::ZERO) {
                return Err(NoGradient { picture, score: score.to_f64() });
            }
        }
        Ok(())
    }
}
