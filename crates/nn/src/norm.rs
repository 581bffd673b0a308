//! Normalization layers.

use crate::Layer;
use tape::{Activation, BufferId, ParamId, ParamPath, Real, Var};

/// Batch normalization of `[batch, channels, …]`: in training by the statistics of the batch, whose running means are kept,
/// in evaluation by these; see [`Var::batch_norm`].
///
/// Parameters and buffers, under PyTorch's names, all `[channels]`: `weight` (starts at 1), `bias` (0), `running_mean`
/// (0), `running_var` (1). The running variance is that with divisor n − 1.
#[derive(Clone, Copy, Debug)]
pub struct BatchNorm2d {
    weight: ParamId,
    bias: ParamId,
    running_mean: BufferId,
    running_var: BufferId,
    activation: Activation,
    momentum: f64,
    eps: f64,
}

impl BatchNorm2d {
    /// A layer with momentum 0.1 and 10⁻⁵ added to the variance, without activation.
    ///
    /// # Panics
    /// When there are parameters of the same names at this place already.
    #[track_caller]
    pub fn new<F: Real>(mut params: ParamPath<'_, F>, channels: usize) -> BatchNorm2d {
        BatchNorm2d {
            weight: params.param("weight", [channels], 1.0),
            bias: params.param("bias", [channels], 0.0),
            running_mean: params.buffer("running_mean", [channels], 0.0),
            running_var: params.buffer("running_var", [channels], 1.0),
            activation: Activation::Identity,
            momentum: 0.1,
            eps: 1e-5,
        }
    }

    /// With an activation, fused into the layer.
    pub fn activation(self, activation: Activation) -> Self {
        BatchNorm2d { activation, ..self }
    }

    /// With another share of the batch in the running statistics.
    pub fn momentum(self, momentum: f64) -> Self {
        BatchNorm2d { momentum, ..self }
    }

    /// With another number added to the variance.
    pub fn eps(self, eps: f64) -> Self {
        BatchNorm2d { eps, ..self }
    }

    /// `activation(normalized x + more)`, in training in one pass: the end of a residual block.
    ///
    /// # Panics
    /// When the shapes differ, or do not fit the layer.
    #[track_caller]
    pub fn forward_add<'t, F: Real>(&self, x: Var<'t, F>, more: Var<'t, F>) -> Var<'t, F> {
        // In evaluation a sum would broadcast.
        let (left, right) = (x.shape(), more.shape());
        assert!(left == right, "forward_add: shapes of the two differ: left {left}, right {right}");
        self.normalized(x, Some(more))
    }

    #[track_caller]
    fn normalized<'t, F: Real>(&self, x: Var<'t, F>, more: Option<Var<'t, F>>) -> Var<'t, F> {
        let t = x.graph();
        let _layer = t.within(self.weight);
        let (weight, bias) = (t.param(self.weight), t.param(self.bias));
        if !t.is_training() {
            let (mean, variance) = (t.buffer(self.running_mean), t.buffer(self.running_var));
            let by_running = |activation| x.batch_norm_with(mean, variance, weight, bias, self.eps, activation);
            return match more {
                Some(more) => (by_running(Activation::Identity) + more).activate(self.activation),
                None => by_running(self.activation),
            };
        }
        let out = match more {
            Some(more) => x.batch_norm_add(more, weight, bias, self.eps, self.activation),
            None => x.batch_norm(weight, bias, self.eps, self.activation),
        };
        t.no_grad(|| {
            let channels = weight.shape().len().max(1);
            let n = (x.shape().len() / channels) as f64;
            let keep = 1.0 - self.momentum;
            // With one number a channel there is no variance with divisor n − 1; PyTorch refuses, we take 0.
            let unbiased = out.variance * (n / (n - 1.0).max(1.0));
            t.propose(self.running_mean, t.buffer(self.running_mean) * keep + out.mean * self.momentum);
            t.propose(self.running_var, t.buffer(self.running_var) * keep + unbiased * self.momentum);
        });
        out.value
    }
}

impl Layer for BatchNorm2d {
    fn forward<'t, F: Real>(&self, x: Var<'t, F>) -> Var<'t, F> {
        self.normalized(x, None)
    }
}

/// Layer normalization over the last axis; see [`Var::layer_norm`].
///
/// Parameters, under PyTorch's names, both `[width]`: `weight` (starts at 1), `bias` (0).
#[derive(Clone, Copy, Debug)]
pub struct LayerNorm {
    weight: ParamId,
    bias: ParamId,
    eps: f64,
}

impl LayerNorm {
    /// A layer with 10⁻⁵ added to the variance.
    ///
    /// # Panics
    /// When there are parameters of the same names at this place already.
    #[track_caller]
    pub fn new<F: Real>(mut params: ParamPath<'_, F>, width: usize) -> LayerNorm {
        let (weight, bias) = (params.param("weight", [width], 1.0), params.param("bias", [width], 0.0));
        LayerNorm { weight, bias, eps: 1e-5 }
    }

    /// With another number added to the variance.
    pub fn eps(self, eps: f64) -> Self {
        LayerNorm { eps, ..self }
    }
}

impl Layer for LayerNorm {
    fn forward<'t, F: Real>(&self, x: Var<'t, F>) -> Var<'t, F> {
        let t = x.graph();
        let _layer = t.within(self.weight);
        x.layer_norm(1, Some(t.param(self.weight)), Some(t.param(self.bias)), self.eps)
    }
}

/// Group normalization of `[batch, channels, …]`; see [`Var::group_norm`].
///
/// Parameters, under PyTorch's names, both `[channels]`: `weight` (starts at 1), `bias` (0).
#[derive(Clone, Copy, Debug)]
pub struct GroupNorm {
    weight: ParamId,
    bias: ParamId,
    groups: usize,
    eps: f64,
}

impl GroupNorm {
    /// A layer with 10⁻⁵ added to the variance.
    ///
    /// # Panics
    /// When there are parameters of the same names at this place already, or the groups do not divide the channels.
    #[track_caller]
    pub fn new<F: Real>(mut params: ParamPath<'_, F>, groups: usize, channels: usize) -> GroupNorm {
        let divides = groups > 0 && channels.is_multiple_of(groups);
        assert!(divides, "GroupNorm: {groups} groups do not divide {channels} channels");
        let (weight, bias) = (params.param("weight", [channels], 1.0), params.param("bias", [channels], 0.0));
        GroupNorm { weight, bias, groups, eps: 1e-5 }
    }
}

impl Layer for GroupNorm {
    fn forward<'t, F: Real>(&self, x: Var<'t, F>) -> Var<'t, F> {
        let t = x.graph();
        let _layer = t.within(self.weight);
        x.group_norm(self.groups, Some(t.param(self.weight)), Some(t.param(self.bias)), self.eps)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tape::{Params, Tape, Tensor};

    #[test]
    fn running_statistics_follow_the_batches_and_decide_in_evaluation() {
        let mut params = Params::<f64>::new(0);
        let norm = BatchNorm2d::new(params.root(), 2);
        let x = Tensor::from_vec([2, 2, 1, 1], vec![1.0, 10.0, 3.0, 30.0]);
        let mut tape = Tape::new();
        let (_, step) = tape.grad(&params, |t| norm.forward(t.input(&x)).powi(3).sum(..));
        params.commit(step, |_, _, _| {});
        let values = |name: &str| {
            let entry = params.entries().iter().find(|entry| entry.name() == name).unwrap();
            entry.tensor().as_slice().to_vec()
        };
        let near = |a: &[f64], b: [f64; 2]| a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-12);
        assert!(near(&values("running_mean"), [0.2, 2.0]));
        assert!(near(&values("running_var"), [0.9 + 0.1 * 2.0, 0.9 + 0.1 * 200.0]));
        let y = tape.eval(&params, |t| norm.forward(t.input(&x)).to_tensor());
        assert!((y.as_slice()[0] - 0.8 / (1.1f64 + 1e-5).sqrt()).abs() < 1e-12);
        let y = tape.eval(&params, |t| {
            t.set_training(true);
            norm.forward(t.input(&x)).to_tensor()
        });
        assert!((y.as_slice()[0] + 1.0 / (1.0f64 + 1e-5).sqrt()).abs() < 1e-12);
    }

    #[test]
    fn what_is_added_comes_before_the_activation() {
        let mut params = Params::<f32>::new(0);
        let plain = BatchNorm2d::new(params.root(), 3);
        let norm = plain.activation(Activation::Relu);
        for training in [true, false] {
            Tape::new().run(&params, |t| {
                t.set_training(training);
                let x = t.input(&Tensor::from_fn([4, 3, 2], |i| (i as f32 * 1.7).sin()));
                let (got, want) = (norm.forward_add(x, x * 0.5), (plain.forward(x) + x * 0.5).relu());
                assert!(got.value().iter().zip(&*want.value()).all(|(a, b)| (a - b).abs() < 1e-6), "{training}");
            });
        }
    }

    #[test]
    #[should_panic(expected = "forward_add: shapes of the two differ: left [2, 3], right [1, 3]")]
    fn what_is_added_is_not_broadcast_in_evaluation() {
        let mut params = Params::<f32>::new(0);
        let norm = BatchNorm2d::new(params.root(), 3);
        Tape::new().eval(&params, |t| norm.forward_add(t.full([2, 3], 1.0), t.full([1, 3], 1.0)).shape());
    }

    #[test]
    fn group_norm_has_parameters_for_channels() {
        let mut params = Params::<f32>::new(0);
        let norm = GroupNorm::new(params.root(), 2, 4);
        let shape = Tape::new().eval(&params, |t| norm.forward(t.input(&Tensor::full([2, 4, 3, 3], 1.0))).shape());
        assert_eq!((shape.dims(), params.count()), (&[2, 4, 3, 3][..], 8));
    }
}
