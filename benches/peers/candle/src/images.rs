//! Images, 64 or 128 at a time.

use crate::common::Step;
use crate::{Parameters, indices, momentum, random, training};
use candle_core::{Result, Tensor};
use candle_nn::loss::cross_entropy;
use candle_nn::ops::sigmoid;
use candle_nn::{Conv2dConfig, Module, conv2d, linear, linear_no_bias};

/// A layer without bias.
pub fn softmax() -> Result<Step> {
    let parameters = Parameters::new();
    let layer = linear_no_bias(784, 10, parameters.layer())?;
    classifier(&parameters, &[64, 784], move |x| layer.forward(x)?.relu())
}

/// A hidden layer, with sigmoids.
pub fn perceptron() -> Result<Step> {
    let parameters = Parameters::new();
    let hidden = linear(784, 128, parameters.layer())?;
    let output = linear(128, 10, parameters.layer())?;
    classifier(&parameters, &[64, 784], move |x| output.forward(&sigmoid(&hidden.forward(x)?)?))
}

/// One convolution.
pub fn vanilla() -> Result<Step> {
    let parameters = Parameters::new();
    let convolution = conv2d(3, 32, 7, Conv2dConfig::default(), parameters.layer())?;
    let output = linear(32 * 13 * 13, 10, parameters.layer())?;
    classifier(&parameters, &[128, 3, 32, 32], move |x| {
        output.forward(&convolution.forward(x)?.relu()?.max_pool2d(2)?.flatten_from(1)?)
    })
}

/// Four convolutions in two pairs, and a hidden layer.
pub fn vgg() -> Result<Step> {
    let parameters = Parameters::new();
    let padded = Conv2dConfig { padding: 1, ..Conv2dConfig::default() };
    let channels = [[3, 32], [32, 64], [64, 128], [128, 256]];
    let convolution = |[from, to]: [usize; 2]| conv2d(from, to, 3, padded, parameters.layer());
    let convolutions = channels.into_iter().map(convolution).collect::<Result<Vec<_>>>()?;
    let hidden = linear(256 * 8 * 8, 512, parameters.layer())?;
    let output = linear(512, 10, parameters.layer())?;
    classifier(&parameters, &[64, 3, 32, 32], move |x| {
        let mut x = x.clone();
        for pair in convolutions.chunks(2) {
            for convolution in pair {
                x = convolution.forward(&x)?.relu()?;
            }
            x = x.max_pool2d(2)?;
        }
        output.forward(&hidden.forward(&x.flatten_from(1)?)?.relu()?)
    })
}

/// Training by cross-entropy over ten classes.
pub fn classifier(
    parameters: &Parameters,
    shape: &[usize],
    logits: impl Fn(&Tensor) -> Result<Tensor> + 'static,
) -> Result<Step> {
    let (images, labels) = (random(shape)?, indices(shape[0], 10)?);
    Ok(training(parameters, momentum(parameters), move || cross_entropy(&logits(&images)?, &labels)))
}
