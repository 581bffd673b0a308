//! [`Step`]: what one training step found, ready to be committed by an optimizer.

use crate::{ParamId, Params, Real, Tensor};

/// The gradients of one step, and the buffers that layers proposed.
///
/// An unused or frozen parameter has no gradient, rather than a zero one, so that neither weight decay nor momentum
/// moves it.
#[derive(Clone, Debug)]
pub struct Step<F: Real = f32> {
    store: u32,
    gradients: Vec<Option<Tensor<F>>>,
    proposals: Vec<(usize, Tensor<F>)>,
}

impl<F: Real> Default for Step<F> {
    fn default() -> Self {
        Step { store: u32::MAX, gradients: Vec::new(), proposals: Vec::new() }
    }
}

impl<F: Real> Step<F> {
    /// A step without gradients, to [`accumulate`](Step::accumulate) others into.
    pub fn new() -> Self {
        Step::default()
    }

    /// The gradient of a parameter: a tensor of its shape, `None` where the loss does not depend on it.
    ///
    /// # Panics
    /// When the id is of other parameters than the step.
    #[track_caller]
    pub fn gradient(&self, params: &Params<F>, id: ParamId) -> Option<&Tensor<F>> {
        self.check(params);
        self.gradients.get(params.check(id))?.as_ref()
    }

    /// Every gradient there is, with the index of its parameter in [`Params::entries`].
    pub fn iter(&self) -> impl Iterator<Item = (usize, &Tensor<F>)> {
        self.gradients.iter().enumerate().filter_map(|(index, g)| Some((index, g.as_ref()?)))
    }

    /// The numbers of every gradient, to be changed in place: scaled, averaged over workers, made noisy.
    pub fn flat_mut(&mut self) -> impl Iterator<Item = &mut [F]> {
        self.gradients.iter_mut().flatten().map(Tensor::as_mut_slice)
    }

    /// The Euclidean norm of all gradients together, `√Σ g²`, summed in double precision.
    pub fn norm(&self) -> f64 {
        self.iter().map(|(_, g)| kernels::sum_of_squares(g.as_slice())).sum::<f64>().sqrt()
    }

    /// Scales all gradients by `min(1, max_norm / (norm + 1e-6))` and returns the norm from before, as PyTorch's
    /// `clip_grad_norm_` (Pascanu, Mikolov and Bengio 2013).
    pub fn clip_norm(&mut self, max_norm: f64) -> f64 {
        let norm = self.norm();
        let scale = max_norm / (norm + 1e-6);
        if scale < 1.0 {
            self.scale(scale);
        }
        norm
    }

    /// Limits every element of the gradients to ±`max_value`, as PyTorch's `clip_grad_value_`. NaN stays.
    ///
    /// # Panics
    /// When `max_value` is negative or NaN.
    #[track_caller]
    pub fn clip_value(&mut self, max_value: f64) {
        assert!(max_value >= 0.0, "clip_value: a limit is 0 or more, not {max_value}");
        let limit = F::from_f64(max_value);
        self.flat_mut().for_each(|g| {
            g.iter_mut().for_each(|g| {
                *g = if *g > limit {
                    limit
                } else if *g < -limit {
                    -limit
                } else {
                    *g
                }
            })
        });
    }

    /// Multiplies every gradient by a number.
    pub fn scale(&mut self, factor: f64) {
        let factor = F::from_f64(factor);
        self.flat_mut().for_each(|g| g.iter_mut().for_each(|g| *g *= factor));
    }

    /// Adds the gradients of another step of the same parameters, as of the next micro-batch; its proposals replace the
    /// ones from before.
    ///
    /// # Panics
    /// When the steps are of different parameters.
    #[track_caller]
    pub fn accumulate(&mut self, other: &Step<F>) {
        if self.store == u32::MAX {
            self.store = other.store;
        }
        assert!(self.store == other.store, "accumulate: the steps were taken with different parameters");
        if self.gradients.len() < other.gradients.len() {
            self.gradients.resize(other.gradients.len(), None);
        }
        for (index, gradient) in other.iter() {
            match &mut self.gradients[index] {
                Some(sum) => kernels::accumulate(sum.as_mut_slice(), gradient.as_slice()),
                // A copy, since the tape will use the buffer of its own step again.
                empty => *empty = Some(Tensor::from_slice(gradient.shape(), gradient.as_slice())),
            }
        }
        self.proposals.clear();
        self.proposals.extend(other.proposals.iter().map(|(i, p)| (*i, Tensor::from_slice(p.shape(), p.as_slice()))));
    }

    /// Whether every gradient is finite; otherwise the index of the first parameter whose gradient is not.
    pub fn first_not_finite(&self) -> Option<usize> {
        self.iter().find(|(_, g)| !kernels::all_finite(g.as_slice())).map(|(index, _)| index)
    }

    pub(crate) fn proposals(&self) -> &[(usize, Tensor<F>)] {
        &self.proposals
    }

    #[track_caller]
    pub(crate) fn check(&self, params: &Params<F>) {
        assert!(
            self.store == params.store() || self.store == u32::MAX,
            "step: the step was taken with other parameters (left {}, right {})",
            self.store,
            params.store()
        );
    }

    pub(crate) fn begin(&mut self, params: &Params<F>) {
        self.store = params.store();
        self.gradients.resize(params.entries().len(), None);
    }

    pub(crate) fn set(&mut self, index: usize, gradient: Tensor<F>) {
        self.gradients[index] = Some(gradient);
    }

    pub(crate) fn propose(&mut self, proposals: impl Iterator<Item = (usize, Tensor<F>)>) {
        self.proposals.extend(proposals);
    }

    /// Everything that the step holds, so that the tape can use the buffers again.
    pub(crate) fn drain(&mut self) -> impl Iterator<Item = Tensor<F>> {
        self.gradients.drain(..).flatten().chain(self.proposals.drain(..).map(|(_, tensor)| tensor))
    }
}
