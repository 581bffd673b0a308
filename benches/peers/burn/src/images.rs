//! Images, 64 or 128 at a time.

use crate::{Step, cross_entropy, indices, momentum, random, training};
use burn::module::Module;
use burn::nn::conv::{Conv2d, Conv2dConfig};
use burn::nn::pool::{MaxPool2d, MaxPool2dConfig};
use burn::nn::{Linear, LinearConfig, PaddingConfig2d};
use burn::tensor::activation::{relu, sigmoid};
use burn::tensor::{Device, Tensor};

#[derive(Module, Debug)]
struct Softmax {
    layer: Linear,
}

#[derive(Module, Debug)]
struct Perceptron {
    hidden: Linear,
    output: Linear,
}

#[derive(Module, Debug)]
struct Vanilla {
    convolution: Conv2d,
    pool: MaxPool2d,
    output: Linear,
}

#[derive(Module, Debug)]
struct Vgg {
    convolutions: Vec<Conv2d>,
    pool: MaxPool2d,
    hidden: Linear,
    output: Linear,
}

pub fn softmax(device: &Device) -> Step {
    let model = Softmax { layer: LinearConfig::new(784, 10).with_bias(false).init(device) };
    classifier(model, [64, 784], device, |model, x| relu(model.layer.forward(x)))
}

pub fn perceptron(device: &Device) -> Step {
    let [hidden, output] = [[784, 128], [128, 10]].map(|[from, to]| LinearConfig::new(from, to).init(device));
    let model = Perceptron { hidden, output };
    classifier(model, [64, 784], device, |model, x| model.output.forward(sigmoid(model.hidden.forward(x))))
}

pub fn vanilla(device: &Device) -> Step {
    let model = Vanilla {
        convolution: Conv2dConfig::new([3, 32], [7, 7]).init(device),
        pool: half(),
        output: LinearConfig::new(32 * 13 * 13, 10).init(device),
    };
    classifier(model, [128, 3, 32, 32], device, |model, x| {
        model.output.forward(model.pool.forward(relu(model.convolution.forward(x))).flatten::<2>(1, 3))
    })
}

pub fn vgg(device: &Device) -> Step {
    let channels = [[3, 32], [32, 64], [64, 128], [128, 256]];
    let padding = PaddingConfig2d::Explicit(1, 1, 1, 1);
    let convolution = |channels| Conv2dConfig::new(channels, [3, 3]).with_padding(padding.clone()).init(device);
    let model = Vgg {
        convolutions: channels.map(convolution).to_vec(),
        pool: half(),
        hidden: LinearConfig::new(256 * 8 * 8, 512).init(device),
        output: LinearConfig::new(512, 10).init(device),
    };
    classifier(model, [64, 3, 32, 32], device, |model, mut x| {
        for pair in model.convolutions.chunks(2) {
            x = pair.iter().fold(x, |x, convolution| relu(convolution.forward(x)));
            x = model.pool.forward(x);
        }
        model.output.forward(relu(model.hidden.forward(x.flatten::<2>(1, 3))))
    })
}

fn half() -> MaxPool2d {
    MaxPool2dConfig::new([2, 2]).with_strides([2, 2]).init()
}

/// Training by cross-entropy over ten classes.
fn classifier<M: Module + 'static, const D: usize>(
    model: M,
    shape: [usize; D],
    device: &Device,
    logits: impl Fn(&M, Tensor<D>) -> Tensor<2> + 'static,
) -> Step {
    let (images, labels, loss) = (random(shape, device), indices(shape[0], 10, device), cross_entropy(device));
    training(model, momentum(), 0.01, move |model| loss.forward(logits(model, images.clone()), labels.clone()))
}
