//! [`Fooling`]: one class taken for another after changes that nobody sees.

use super::norm;
use crate::NoGradient;
use crate::score::{class_scores, plain_gradients, sizes};
use tape::{Params, Real, Tape, Tensor, Var};

/// A fooling image: `x += rate · g / ‖g‖₂` for the gradient g of the target's score, until the target has the highest
/// score (Szegedy et al., *Intriguing properties of neural networks*, 2014, by plain gradient ascent).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Fooling {
    /// How far a step goes, in the units of the picture.
    pub rate: f64,
    /// The most steps.
    pub iterations: usize,
}

impl Default for Fooling {
    fn default() -> Self {
        Fooling { rate: 1.0, iterations: 100 }
    }
}

/// What [`Fooling`] came to.
#[derive(Clone, Debug)]
pub struct Fooled<F: Real> {
    /// The changed picture.
    pub picture: Tensor<F>,
    /// How many steps were taken.
    pub iterations: usize,
    /// Whether the target has the highest score now.
    pub succeeded: bool,
}

impl Fooling {
    /// Changes a picture `[1, channels, height, width]` until the model takes it for the target; `observe` sees the number
    /// of steps before each, and the logits.
    ///
    /// # Errors
    /// [`NoGradient`], where the target's score is 0 whatever changes.
    ///
    /// # Panics
    /// When there is more than one picture, or the model does not give `[1, classes]` with the target among them.
    #[track_caller]
    pub fn fool<F: Real>(
        &self,
        tape: &mut Tape<F>,
        params: &Params<F>,
        picture: &Tensor<F>,
        target: usize,
        logits: impl for<'t> Fn(Var<'t, F>) -> Var<'t, F>,
        mut observe: impl FnMut(usize, &[F]),
    ) -> Result<Fooled<F>, NoGradient> {
        assert_eq!(sizes(picture)[0], 1, "fooling: one picture at a time");
        let mut picture = picture.clone();
        for iteration in 0..=self.iterations {
            let scores = tape.eval(params, |t| logits(t.input(&picture)).to_tensor());
            let scores = scores.as_slice();
            assert!(target < scores.len(), "fooling: class {target} of {}", scores.len());
            observe(iteration, scores);
            let succeeded = scores.iter().enumerate().all(|(class, &score)| class == target || score < scores[target]);
            if succeeded || iteration == self.iterations {
                return Ok(Fooled { picture, iterations: iteration, succeeded });
            }
            let gradient = plain_gradients(tape, params, &picture, &|x| class_scores(logits(x), target))?;
            let step = F::from_f64(self.rate / norm(gradient.as_slice()));
            let numbers = picture.as_mut_slice().iter_mut().zip(gradient.as_slice());
            numbers.for_each(|(x, &slope)| *x += step * slope);
        }
        unreachable!("the last iteration returns")
    }
}

/// How far two pictures are from each other.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Distance {
    /// The Euclidean norm of the difference.
    pub l2: f64,
    /// The largest difference of a number.
    pub l_infinity: f64,
    /// The peak signal-to-noise ratio in decibels: `10 · log₁₀(1 / mean squared difference)`, for numbers from 0 to 1.
    pub psnr: f64,
}

impl Distance {
    /// Between pictures of numbers from 0 to 1.
    ///
    /// # Panics
    /// When they have different shapes.
    #[track_caller]
    pub fn between<F: Real>(a: &Tensor<F>, b: &Tensor<F>) -> Distance {
        assert_eq!(a.shape(), b.shape(), "distance of pictures");
        let differences = a.as_slice().iter().zip(b.as_slice()).map(|(a, b)| (a.to_f64() - b.to_f64()).abs());
        let (square, largest) = differences.fold((0.0, 0.0f64), |(sum, max), d| (sum + d * d, max.max(d)));
        let psnr = -10.0 * (square / a.shape().len() as f64).log10();
        Distance { l2: square.sqrt(), l_infinity: largest, psnr }
    }
}
