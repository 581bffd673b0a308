//! What a layer gives, and how much each part of it counts.

use super::quadrature::gauss_legendre;
use crate::score::{sizes, sum};
use tape::{Params, Real, Tape, Tensor, Var};

/// The activation of a layer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LayerActivation;

impl LayerActivation {
    /// The activation that the model gives, in its shape.
    pub fn attribute<F: Real>(
        &self,
        tape: &mut Tape<F>,
        params: &Params<F>,
        pictures: &Tensor<F>,
        model: impl for<'t> Fn(Var<'t, F>) -> Var<'t, F>,
    ) -> Tensor<F> {
        tape.eval(params, |t| model(t.input(pictures)).to_tensor())
    }
}

/// Layer conductance: `∫ ∂s/∂A · dA` on the way from a black picture, the part of the score that flows through each number
/// of an activation A (Dhamdhere et al., *How important is a neuron?*, 2018). The path has one point more than there are
/// steps, at the abscissas of Gauss and Legendre; each step counts with the gradient at its beginning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LayerConductance {
    /// How many steps the path has.
    pub steps: usize,
}

impl Default for LayerConductance {
    fn default() -> Self {
        LayerConductance { steps: 50 }
    }
}

impl LayerConductance {
    /// The attribution to every number of the activation, in its shape. The model gives the activation and the scores.
    ///
    /// # Panics
    /// When there is not one score a picture, or there are no steps.
    #[track_caller]
    pub fn attribute<F: Real>(
        &self,
        tape: &mut Tape<F>,
        params: &Params<F>,
        pictures: &Tensor<F>,
        model: impl for<'t> Fn(Var<'t, F>) -> (Var<'t, F>, Var<'t, F>),
    ) -> Tensor<F> {
        let [n, ..] = sizes(pictures);
        assert!(self.steps > 0, "layer conductance: at least one step");
        let mut before: Option<(Tensor<F>, Tensor<F>)> = None;
        let mut total: Option<Tensor<F>> = None;
        for (share, _) in gauss_legendre(self.steps + 1) {
            let x = Tensor::from_fn(pictures.shape(), |i| F::from_f64(share) * pictures.as_slice()[i]);
            let (activation, gradient) = tape.run(params, |t| {
                let (activation, scores) = model(t.leaf(&x));
                let [gradient] = sum(scores, n).grad([activation]);
                (activation.to_tensor(), gradient.to_tensor())
            });
            if let Some((old, slope)) = &before {
                let total = total.get_or_insert_with(|| Tensor::full(old.shape(), F::ZERO));
                let steps = activation.as_slice().iter().zip(old.as_slice()).zip(slope.as_slice());
                let sums = total.as_mut_slice().iter_mut();
                sums.zip(steps).for_each(|(sum, ((&new, &old), &slope))| *sum += (new - old) * slope);
            }
            before = Some((activation, gradient));
        }
        total.expect("there is a step")
    }
}
