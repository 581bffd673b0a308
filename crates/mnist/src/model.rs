//! The two models.

use crate::arguments::{InitKind, ModelKind, Settings};
use nn::init::{KaimingNormal, Normal, XavierUniform};
use nn::{Activation, Layer, Linear, LinearConfig};
use tape::{ParamPath, Params, Real, Var};

/// A classifier of images, from `[n, 1, height, width]` to logits `[n, classes]`.
pub(crate) enum Model {
    /// One linear layer, with a ReLU or without.
    Softmax(Linear),
    /// Linear with sigmoid, dropout of this share in training, linear.
    Mlp(Linear, f64, Linear),
}

impl Model {
    /// A new model, whose parameters join the store.
    pub(crate) fn new(params: &mut Params, settings: &Settings, pixels: usize, classes: usize) -> Model {
        let mut root = params.root();
        match settings.model {
            ModelKind::Softmax => {
                let relu = if settings.no_relu == Some(true) { Activation::Identity } else { Activation::Relu };
                let layer = Linear::config(pixels, classes).bias(false).activation(relu);
                Model::Softmax(build(layer, settings.init, root.at("fc")))
            }
            ModelKind::Mlp => {
                let units = settings.hidden.expect("a perceptron has hidden units");
                let hidden = Linear::config(pixels, units).activation(Activation::Sigmoid);
                let hidden = build(hidden, settings.init, root.at("fc1"));
                let output = build(Linear::config(units, classes), settings.init, root.at("fc2"));
                Model::Mlp(hidden, settings.dropout.unwrap_or(0.0), output)
            }
        }
    }
}

fn build(layer: LinearConfig, init: InitKind, params: ParamPath<'_>) -> Linear {
    match init {
        InitKind::Small => layer.init(Normal { std: 0.001 }).build(params),
        InitKind::Xavier => layer.init(XavierUniform).build(params),
        InitKind::He => layer.init(KaimingNormal).build(params),
    }
}

impl Layer for Model {
    fn forward<'t, F: Real>(&self, x: Var<'t, F>) -> Var<'t, F> {
        let x = x.flatten(1);
        match self {
            Model::Softmax(layer) => layer.forward(x),
            Model::Mlp(first, 0.0, second) => second.forward(first.forward(x)),
            Model::Mlp(first, dropout, second) => second.forward(first.forward(x).dropout(*dropout)),
        }
    }
}
