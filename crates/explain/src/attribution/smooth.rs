//! [`SmoothGrad`].

use crate::NoGradient;
use crate::score::{gradients, sizes};
use rand_distr::{Distribution, StandardNormal};
use tape::{Params, Random, Real, Rewrite, Tape, Tensor, Var};

/// SmoothGrad: the mean gradient over noisy copies of the picture
/// (Smilkov et al., *SmoothGrad: removing noise by adding noise*, 2017).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SmoothGrad {
    /// How many copies.
    pub samples: usize,
    /// The standard deviation of the noise, in the units of the pictures.
    pub noise: f64,
    /// Of the noise.
    pub seed: u64,
}

impl Default for SmoothGrad {
    fn default() -> Self {
        SmoothGrad { samples: 25, noise: 0.5, seed: 0 }
    }
}

impl SmoothGrad {
    /// The noisy copy of the pictures that goes into the mean at a place.
    pub fn noisy<F: Real>(&self, pictures: &Tensor<F>, sample: usize) -> Tensor<F> {
        let mut random = Random::new(self.seed, sample as u64, 0);
        let x = pictures.as_slice();
        Tensor::from_fn(pictures.shape(), |i| {
            let noise: f64 = StandardNormal.sample(&mut random);
            x[i] + F::from_f64(self.noise * noise)
        })
    }

    /// The attribution to every number of a batch of pictures, in their shape.
    ///
    /// # Errors
    /// [`NoGradient`].
    ///
    /// # Panics
    /// When there is not one score a picture, or there are no samples.
    #[track_caller]
    pub fn attribute<F: Real>(
        &self,
        tape: &mut Tape<F>,
        params: &Params<F>,
        pictures: &Tensor<F>,
        score: impl for<'t> Fn(Var<'t, F>) -> Var<'t, F>,
    ) -> Result<Tensor<F>, NoGradient> {
        assert!(self.samples > 0, "SmoothGrad: at least one sample");
        sizes(pictures);
        let mut mean = vec![F::ZERO; pictures.shape().len()];
        let mut scores = Vec::new();
        for sample in 0..self.samples {
            let copy = self.noisy(pictures, sample);
            let (new_scores, slopes) = gradients(tape, params, &copy, &score, |_, _| Rewrite::Keep);
            scores = new_scores.into_vec();
            mean.iter_mut().zip(slopes.as_slice()).for_each(|(sum, &slope)| *sum += slope);
        }
        NoGradient::check(&scores, &mean)?;
        let share = F::from_f64(1.0 / self.samples as f64);
        Ok(Tensor::from_fn(pictures.shape(), |i| mean[i] * share))
    }
}
