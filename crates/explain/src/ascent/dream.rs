//! [`DeepDream`]: more of what a layer sees already.

use super::visualization::rolled;
use crate::NoGradient;
use crate::resample::{Filter, resample};
use crate::score::sizes;
use rand::RngExt;
use tape::{Params, Random, Real, Tape, Tensor, Var};

/// Gradient ascent on the mean square of a layer's activation, from small copies of a picture to its full size
/// (Mordvintsev et al., *Inceptionism: going deeper into neural networks*, 2015).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct DeepDream {
    /// How far a step goes: the mean of the gradient's absolute numbers is brought to 1.
    pub rate: f64,
    /// How many steps at each size.
    pub iterations: usize,
    /// How many sizes.
    pub octaves: usize,
    /// From a size to the next.
    pub scale: f64,
    /// The picture is shifted by up to so many pixels for each step, and back.
    pub jitter: usize,
    /// Of the jitter.
    pub seed: u64,
}

impl Default for DeepDream {
    fn default() -> Self {
        DeepDream { rate: 0.04, iterations: 10, octaves: 4, scale: 1.4, jitter: 16, seed: 0 }
    }
}

impl DeepDream {
    /// The dreamt picture, from one `[1, channels, height, width]`; `observe` sees it after every step, with the number of
    /// steps. The model gives an activation.
    ///
    /// # Errors
    /// [`NoGradient`].
    ///
    /// # Panics
    /// When there is more than one picture, or it is too small for so many octaves.
    #[track_caller]
    pub fn dream<F: Real>(
        &self,
        tape: &mut Tape<F>,
        params: &Params<F>,
        picture: &Tensor<F>,
        activation: impl for<'t> Fn(Var<'t, F>) -> Var<'t, F>,
        mut observe: impl FnMut(usize, &Tensor<F>),
    ) -> Result<Tensor<F>, NoGradient> {
        let [n, _, height, width] = sizes(picture);
        assert_eq!(n, 1, "deep dream: one picture at a time");
        let mut dreamt: Option<Tensor<F>> = None;
        let mut steps = 0;
        for octave in (0..self.octaves).rev() {
            let at = |size: usize| (size as f64 / self.scale.powi(octave as i32)).round().max(1.0) as usize;
            let size = [at(height), at(width)];
            let base = resample(picture, size, Filter::Bicubic);
            // What was dreamt so far, on the finer picture.
            let mut x = match dreamt.take() {
                None => base,
                Some(details) => {
                    let details = resample(&details, size, Filter::Bicubic);
                    Tensor::from_fn(base.shape(), |i| base.as_slice()[i] + details.as_slice()[i])
                }
            };
            for _ in 0..self.iterations {
                let mut random = Random::new(self.seed, steps as u64, 0);
                let [down, right] = [(); 2].map(|()| random.random_range(0..=self.jitter));
                let shifted = rolled(&x, down, right);
                let (score, gradient) = tape.run(params, |t| {
                    let leaf = t.leaf(&shifted);
                    let score = activation(leaf).powi(2).mean(..);
                    let [gradient] = score.grad([leaf]);
                    (score.item(), gradient.to_tensor())
                });
                NoGradient::check(&[score], gradient.as_slice())?;
                let mean = gradient.as_slice().iter().map(|x| x.to_f64().abs()).sum::<f64>() / x.shape().len() as f64;
                let step = F::from_f64(self.rate / mean);
                let stepped = Tensor::from_fn(x.shape(), |i| shifted.as_slice()[i] + step * gradient.as_slice()[i]);
                x = rolled(&stepped, size[0] - down % size[0], size[1] - right % size[1]);
                steps += 1;
                observe(steps, &x);
            }
            let base = resample(picture, size, Filter::Bicubic);
            dreamt = Some(Tensor::from_fn(x.shape(), |i| x.as_slice()[i] - base.as_slice()[i]));
        }
        let details = dreamt.unwrap_or_else(|| Tensor::full(picture.shape(), F::ZERO));
        Ok(Tensor::from_fn(picture.shape(), |i| picture.as_slice()[i] + details.as_slice()[i]))
    }
}
