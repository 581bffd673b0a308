//! [`ClassVisualization`]: a picture of what a network takes a class to be.

use super::blur::blur;
use super::norm;
use crate::NoGradient;
use crate::score::{plain_gradients, sizes};
use rand::RngExt;
use rand_distr::{Distribution, StandardNormal};
use tape::{Params, Random, Real, Tape, Tensor, Var};

/// From noise, gradient ascent on `s(x) − l2 · ‖x‖²` (Simonyan et al., *Deep inside convolutional networks*, 2014), with
/// jitter, clamping and blur against patterns finer than pictures have
/// (Yosinski et al., *Understanding neural networks through deep visualization*, 2015).
#[derive(Clone, Debug, PartialEq)]
pub struct ClassVisualization {
    /// How much large numbers cost.
    pub l2: f64,
    /// How far a step goes: the gradient is brought to length 1.
    pub rate: f64,
    /// How many steps.
    pub iterations: usize,
    /// The picture is shifted by up to so many pixels for each step, and back.
    pub jitter: usize,
    /// After how many steps the picture is blurred; 0 for never.
    pub blur_every: usize,
    /// The standard deviation of the blur, in pixels.
    pub blur: f64,
    /// The least and the largest number of each channel.
    pub range: Vec<[f64; 2]>,
    /// Of the noise at the start, and of the jitter.
    pub seed: u64,
}

impl ClassVisualization {
    /// The usual settings, for pictures whose channels have these ranges.
    pub fn new(range: Vec<[f64; 2]>) -> ClassVisualization {
        ClassVisualization {
            l2: 1e-3,
            rate: 25.0,
            iterations: 100,
            jitter: 16,
            blur_every: 10,
            blur: 0.5,
            range,
            seed: 0,
        }
    }

    /// A picture `[1, channels, height, width]` with a high score; `observe` sees it after every step, with the number of
    /// steps.
    ///
    /// # Errors
    /// [`NoGradient`].
    ///
    /// # Panics
    /// When the model does not give one score.
    #[track_caller]
    pub fn visualize<F: Real>(
        &self,
        tape: &mut Tape<F>,
        params: &Params<F>,
        [height, width]: [usize; 2],
        score: impl for<'t> Fn(Var<'t, F>) -> Var<'t, F>,
        mut observe: impl FnMut(usize, &Tensor<F>),
    ) -> Result<Tensor<F>, NoGradient> {
        let channels = self.range.len();
        let mut random = Random::new(self.seed, 0, 0);
        let mut noise = |_| F::from_f64(StandardNormal.sample(&mut random));
        let mut picture = Tensor::from_fn([1, channels, height, width], &mut noise);
        for iteration in 0..self.iterations {
            let mut random = Random::new(self.seed, 1 + iteration as u64, 0);
            let [down, right] = [(); 2].map(|()| random.random_range(0..=self.jitter));
            let shifted = rolled(&picture, down, right);
            let gradient = plain_gradients(tape, params, &shifted, &score)?;
            let slope = |i: usize| gradient.as_slice()[i].to_f64() - 2.0 * self.l2 * shifted.as_slice()[i].to_f64();
            let slopes = Tensor::from_fn(shifted.shape(), |i| F::from_f64(slope(i)));
            let step = self.rate / norm(slopes.as_slice());
            let area = height * width;
            let stepped = Tensor::from_fn(shifted.shape(), |i| {
                let [low, high] = self.range[i / area % channels];
                let number = shifted.as_slice()[i].to_f64() + step * slopes.as_slice()[i].to_f64();
                F::from_f64(number.clamp(low, high))
            });
            picture = rolled(&stepped, height - down % height, width - right % width);
            if self.blur_every > 0 && iteration % self.blur_every == 0 {
                picture = blur(&picture, self.blur);
            }
            observe(iteration + 1, &picture);
        }
        Ok(picture)
    }
}

/// Shifted down and to the right; what leaves on one side comes in on the other.
pub(super) fn rolled<F: Real>(x: &Tensor<F>, down: usize, right: usize) -> Tensor<F> {
    let [_, _, height, width] = sizes(x);
    let (down, right) = (height - down % height, width - right % width);
    Tensor::from_fn(x.shape(), |i| {
        let (plane, y, x_at) = (i / (height * width), i / width % height, i % width);
        x.as_slice()[plane * height * width + (y + down) % height * width + (x_at + right) % width]
    })
}
