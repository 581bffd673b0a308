//! [`Linear`]: the fully connected layer.

use crate::Layer;
use crate::init::Uniform;
use tape::{Activation, CrossEntropy, IndexVar, Init, ParamId, ParamPath, Real, Var, Within};

/// Fully connected layer: `y = activation(x·Wᵀ + b)`, from `[…, inputs]` to `[…, outputs]`.
///
/// Parameters, under PyTorch's names: `weight` `[outputs, inputs]`, `bias` `[outputs]`.
#[derive(Clone, Copy, Debug)]
pub struct Linear {
    weight: ParamId,
    bias: Option<ParamId>,
    activation: Activation,
}

/// How a [`Linear`] is made: with a bias, without activation, started as PyTorch does, unless it says otherwise.
#[derive(Clone, Copy, Debug)]
pub struct LinearConfig<I = Uniform> {
    inputs: usize,
    outputs: usize,
    bias: bool,
    activation: Activation,
    init: I,
    bias_bound: f64,
}

impl Linear {
    /// A layer with a bias; weight and bias start uniform in ±1/√inputs, as PyTorch's do.
    ///
    /// # Panics
    /// When there are parameters of the same names at this place already.
    #[track_caller]
    pub fn new<F: Real>(params: ParamPath<'_, F>, inputs: usize, outputs: usize) -> Linear {
        Linear::config(inputs, outputs).build(params)
    }

    /// A layer with settings of its own.
    pub fn config(inputs: usize, outputs: usize) -> LinearConfig {
        let bound = 1.0 / (inputs.max(1) as f64).sqrt();
        let init = Uniform { bound };
        LinearConfig { inputs, outputs, bias: true, activation: Activation::Identity, init, bias_bound: bound }
    }

    /// A layer on parameters that there are already: `weight` `[outputs, inputs]`, such as that of an
    /// [`Embedding`](crate::Embedding), which is then tied to the layer.
    pub fn tied(weight: ParamId, bias: Option<ParamId>) -> Linear {
        Linear { weight, bias, activation: Activation::Identity }
    }

    /// The weight.
    pub fn weight(&self) -> ParamId {
        self.weight
    }

    /// The bias, if there is one.
    pub fn bias(&self) -> Option<ParamId> {
        self.bias
    }

    /// The cross-entropy of `x·Wᵀ + b` and classes, without an array of all logits: for the last layer of a model with a
    /// large vocabulary ([`linear_cross_entropy`](Var::linear_cross_entropy)). `x` is `[batch, inputs]`, `targets`
    /// `[batch]`.
    ///
    /// # Panics
    /// As [`linear_cross_entropy`](Var::linear_cross_entropy), and when the layer has an activation.
    #[track_caller]
    pub fn cross_entropy<'t, F: Real>(
        &self,
        x: Var<'t, F>,
        targets: IndexVar<'t, F>,
        options: &CrossEntropy<'t, F>,
    ) -> Var<'t, F> {
        let (_layer, weight, bias) = self.logit_params(x);
        x.linear_cross_entropy(weight, bias, targets, options)
    }

    /// As [`cross_entropy`](Linear::cross_entropy), with the classes of the largest logits, `[batch]`.
    ///
    /// # Panics
    /// As [`cross_entropy`](Linear::cross_entropy).
    #[track_caller]
    pub fn cross_entropy_and_argmax<'t, F: Real>(
        &self,
        x: Var<'t, F>,
        targets: IndexVar<'t, F>,
        options: &CrossEntropy<'t, F>,
    ) -> (Var<'t, F>, IndexVar<'t, F>) {
        let (_layer, weight, bias) = self.logit_params(x);
        x.linear_cross_entropy_and_argmax(weight, bias, targets, options)
    }

    /// Weight and bias, for logits: within the layer as long as the first is held.
    #[track_caller]
    fn logit_params<'t, F: Real>(&self, x: Var<'t, F>) -> (Within<'t, F>, Var<'t, F>, Option<Var<'t, F>>) {
        let activation = self.activation;
        assert!(
            activation == Activation::Identity,
            "cross_entropy: of logits, not of what {activation:?} makes of them"
        );
        let graph = x.graph();
        let layer = graph.within(self.weight);
        (layer, graph.param(self.weight), self.bias.map(|bias| graph.param(bias)))
    }
}

impl<I: Init> LinearConfig<I> {
    /// With or without a bias.
    pub fn bias(self, bias: bool) -> Self {
        LinearConfig { bias, ..self }
    }

    /// An activation, fused into the layer.
    pub fn activation(self, activation: Activation) -> Self {
        LinearConfig { activation, ..self }
    }

    /// How the weight starts; the bias then starts at 0.
    pub fn init<J: Init>(self, init: J) -> LinearConfig<J> {
        let LinearConfig { inputs, outputs, bias, activation, .. } = self;
        LinearConfig { inputs, outputs, bias, activation, init, bias_bound: 0.0 }
    }

    /// Adds the parameters to the store.
    ///
    /// # Panics
    /// When there are parameters of the same names at this place already.
    #[track_caller]
    pub fn build<F: Real>(self, mut params: ParamPath<'_, F>) -> Linear {
        let weight = params.param("weight", [self.outputs, self.inputs], self.init);
        let mut bias = None;
        if self.bias {
            bias = Some(params.param("bias", [self.outputs], Uniform { bound: self.bias_bound }));
        }
        Linear { weight, bias, activation: self.activation }
    }
}

impl Layer for Linear {
    fn forward<'t, F: Real>(&self, x: Var<'t, F>) -> Var<'t, F> {
        let graph = x.graph();
        let _layer = graph.within(self.weight);
        let bias = self.bias.map(|bias| graph.param(bias));
        x.linear_activated(graph.param(self.weight), bias, self.activation)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tape::{Params, Tape, Tensor};

    #[test]
    fn losses_are_those_of_the_logits() {
        let mut params = Params::<f64>::new(0);
        let layer = Linear::new(params.root(), 4, 5);
        Tape::new().run(&params, |t| {
            let x = t.leaf(&Tensor::from_fn([3, 4], |i| (i as f64).cos()));
            let (targets, options) = (t.indices(&Tensor::from_vec([3], vec![4, 0, 2])), CrossEntropy::default());
            let logits = layer.forward(x);
            let (loss, predicted) = layer.cross_entropy_and_argmax(x, targets, &options);
            let want = logits.cross_entropy(targets).item();
            assert!(
                (loss.item() - want).abs() < 1e-12 && loss.item() == layer.cross_entropy(x, targets, &options).item()
            );
            assert_eq!(*predicted.value(), *logits.argmax(1).value());
        });
    }

    #[test]
    #[should_panic(expected = "cross_entropy: of logits, not of what Relu makes of them")]
    fn what_an_activation_gives_are_no_logits() {
        let mut params = Params::<f32>::new(0);
        let layer = Linear::config(2, 3).activation(Activation::Relu).build(params.root());
        Tape::new().eval(&params, |t| {
            layer.cross_entropy(t.full([1, 2], 1.0), t.indices(&Tensor::full([1], 0)), &CrossEntropy::default()).item()
        });
    }
}
