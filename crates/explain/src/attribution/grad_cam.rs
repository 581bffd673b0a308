//! [`GradCam`] and [`GuidedGradCam`].

use super::GuidedBackprop;
use crate::NoGradient;
use crate::resample::{Filter, resample};
use crate::score::{sizes, sum};
use tape::{Params, Real, Tape, Tensor, Var};

/// GradCAM: `ReLU(Σ_k α_k A_k)`, where A is the activation `[n, k, height, width]` of a layer and `α_k` the mean over the
/// pixels of `∂s/∂A_k` (Selvaraju et al., *Grad-CAM: visual explanations from deep networks*, 2017).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GradCam {
    /// Whether what speaks against the class becomes 0.
    pub relu: bool,
}

impl Default for GradCam {
    fn default() -> Self {
        GradCam { relu: true }
    }
}

impl GradCam {
    /// A map over the pixels of the activation, `[n, height, width]`. The model gives the activation and the scores.
    ///
    /// # Errors
    /// [`NoGradient`].
    ///
    /// # Panics
    /// When there is not one score a picture, or the activation is not `[n, channels, height, width]`.
    #[track_caller]
    pub fn attribute<F: Real>(
        &self,
        tape: &mut Tape<F>,
        params: &Params<F>,
        pictures: &Tensor<F>,
        model: impl for<'t> Fn(Var<'t, F>) -> (Var<'t, F>, Var<'t, F>),
    ) -> Result<Tensor<F>, NoGradient> {
        let [n, ..] = sizes(pictures);
        let (scores, gradient, map) = tape.run(params, |t| {
            let (activation, scores) = model(t.leaf(pictures));
            let [gradient] = sum(scores, n).grad([activation]);
            let map = (gradient.mean_keepdim([2, 3]) * activation).sum(1);
            let map = if self.relu { map.relu() } else { map };
            (scores.to_tensor(), gradient.to_tensor(), map.to_tensor())
        });
        NoGradient::check(scores.as_slice(), gradient.as_slice())?;
        Ok(map)
    }
}

/// Guided GradCAM: [`GuidedBackprop`] times [`GradCam`], resized to the pictures (Selvaraju et al., 2017).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct GuidedGradCam {
    /// How the map is resized. Bicubic maps swing below 0, which is cut off.
    pub filter: Filter,
}

impl GuidedGradCam {
    /// The attribution to every number of a batch of pictures, in their shape. The model gives the activation and the
    /// scores.
    ///
    /// # Errors
    /// [`NoGradient`].
    ///
    /// # Panics
    /// As [`GradCam::attribute`].
    #[track_caller]
    pub fn attribute<F: Real>(
        &self,
        tape: &mut Tape<F>,
        params: &Params<F>,
        pictures: &Tensor<F>,
        model: impl for<'t> Fn(Var<'t, F>) -> (Var<'t, F>, Var<'t, F>),
    ) -> Result<Tensor<F>, NoGradient> {
        let [_, channels, height, width] = sizes(pictures);
        let map = GradCam::default().attribute(tape, params, pictures, &model)?;
        let map = resample(&map, [height, width], self.filter);
        let guided = GuidedBackprop.attribute(tape, params, pictures, |x| model(x).1)?;
        let area = height * width;
        let weight = |i: usize| map.as_slice()[i / (channels * area) * area + i % area];
        Ok(Tensor::from_fn(pictures.shape(), |i| {
            guided.as_slice()[i] * if weight(i) > F::ZERO { weight(i) } else { F::ZERO }
        }))
    }
}
