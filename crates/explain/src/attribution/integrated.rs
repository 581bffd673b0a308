//! [`IntegratedGradients`].

use super::quadrature::gauss_legendre;
use crate::NoGradient;
use crate::score::{gradients, sizes};
use tape::{Params, Real, Rewrite, Tape, Tensor, Var};

/// Integrated gradients: `(x − b) · ∫₀¹ ∂s/∂x at b + α(x − b) dα`, where the baseline b is black or another picture
/// (Sundararajan et al., *Axiomatic attribution for deep networks*, 2017). The integral is by Gauss and Legendre.
///
/// The attributions of a picture sum to `s(x) − s(b)`; [`completeness_error`](IntegratedGradients::completeness_error) says
/// how well that holds, and more steps make it hold better.
#[derive(Clone, Debug)]
pub struct IntegratedGradients<F: Real> {
    steps: usize,
    baseline: Option<Tensor<F>>,
}

/// How many pictures go through the model at a time.
pub(super) const AT_A_TIME: usize = 10;

impl<F: Real> Default for IntegratedGradients<F> {
    fn default() -> Self {
        IntegratedGradients { steps: 50, baseline: None }
    }
}

impl<F: Real> IntegratedGradients<F> {
    /// With 50 steps, from a picture of zeros.
    pub fn new() -> Self {
        IntegratedGradients::default()
    }

    /// With so many steps.
    ///
    /// # Panics
    /// When there are none.
    #[track_caller]
    pub fn steps(self, steps: usize) -> Self {
        assert!(steps > 0, "integrated gradients: at least one step");
        IntegratedGradients { steps, ..self }
    }

    /// From this picture `[1, channels, height, width]`, or one for each picture.
    pub fn baseline(self, baseline: Tensor<F>) -> Self {
        IntegratedGradients { baseline: Some(baseline), ..self }
    }

    /// The attribution to every number of a batch of pictures, in their shape.
    ///
    /// # Errors
    /// [`NoGradient`], where the gradient is 0 all the way.
    ///
    /// # Panics
    /// When there is not one score a picture, or the baseline has another shape.
    #[track_caller]
    pub fn attribute(
        &self,
        tape: &mut Tape<F>,
        params: &Params<F>,
        pictures: &Tensor<F>,
        score: impl for<'t> Fn(Var<'t, F>) -> Var<'t, F>,
    ) -> Result<Tensor<F>, NoGradient> {
        let [n, channels, height, width] = sizes(pictures);
        let difference = self.difference(pictures);
        let (x, size) = (pictures.as_slice(), channels * height * width);
        let mut integral = vec![F::ZERO; x.len()];
        let mut scores = Vec::new();
        for points in gauss_legendre(self.steps).chunks(AT_A_TIME.div_ceil(n.max(1))) {
            // x − (1 − α)(x − b), of which the last step is x itself.
            let at = |i: usize| x[i % x.len()] - F::from_f64(1.0 - points[i / x.len()].0) * difference[i % x.len()];
            let path = Tensor::from_fn([points.len() * n, channels, height, width], at);
            let (new_scores, slopes) = gradients(tape, params, &path, &score, |_, _| Rewrite::Keep);
            scores = new_scores.into_vec();
            for (&(_, weight), slopes) in points.iter().zip(slopes.as_slice().chunks_exact((n * size).max(1))) {
                integral.iter_mut().zip(slopes).for_each(|(sum, &slope)| *sum += F::from_f64(weight) * slope);
            }
        }
        NoGradient::check(&scores[scores.len() - n..], &integral)?;
        Ok(Tensor::from_fn(pictures.shape(), |i| difference[i] * integral[i]))
    }

    /// For each picture `|Σ attribution − (s(x) − s(b))| / |s(x) − s(b)|`.
    ///
    /// # Panics
    /// As [`attribute`](IntegratedGradients::attribute), and when the attribution has another shape than the pictures.
    #[track_caller]
    pub fn completeness_error(
        &self,
        tape: &mut Tape<F>,
        params: &Params<F>,
        pictures: &Tensor<F>,
        attribution: &Tensor<F>,
        score: impl for<'t> Fn(Var<'t, F>) -> Var<'t, F>,
    ) -> Vec<f64> {
        let difference = self.difference(pictures);
        assert_eq!(attribution.shape(), pictures.shape(), "completeness: attribution and pictures");
        let baseline = Tensor::from_fn(pictures.shape(), |i| pictures.as_slice()[i] - difference[i]);
        let mut scores = |x: &Tensor<F>| tape.eval(params, |t| score(t.input(x)).to_tensor());
        let (above, below) = (scores(pictures), scores(&baseline));
        let size = (pictures.shape().len() / above.shape().len().max(1)).max(1);
        let sums = attribution.as_slice().chunks_exact(size).map(|part| part.iter().map(|x| x.to_f64()).sum::<f64>());
        let wanted = above.as_slice().iter().zip(below.as_slice()).map(|(a, b)| a.to_f64() - b.to_f64());
        sums.zip(wanted).map(|(sum, wanted)| (sum - wanted).abs() / wanted.abs()).collect()
    }

    /// `x − b`.
    #[track_caller]
    fn difference(&self, pictures: &Tensor<F>) -> Vec<F> {
        let x = pictures.as_slice();
        let Some(baseline) = &self.baseline else { return x.to_vec() };
        let (ours, theirs) = (pictures.shape(), baseline.shape());
        let fits = ours == theirs || theirs.dims()[0] == 1 && theirs.dims()[1..] == ours.dims()[1..];
        assert!(fits, "integrated gradients: pictures {ours}, baseline {theirs}");
        let baseline = baseline.as_slice();
        x.iter().enumerate().map(|(i, &x)| x - baseline[i % baseline.len()]).collect()
    }
}
