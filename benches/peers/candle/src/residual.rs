//! A residual network of 32 layers.

use crate::common::Step;
use crate::images::classifier;
use crate::{DEVICE, Parameters};
use candle_core::{DType, Result, Tensor};
use candle_nn::{BatchNorm, Conv2d, Conv2dConfig, Init, Module, conv2d_no_bias, linear};

/// A convolution of 3×3 pixels and the normalization of what it gives.
struct Normalized {
    convolution: Conv2d,
    norm: BatchNorm,
}

impl Normalized {
    fn new(parameters: &Parameters, inputs: usize, outputs: usize, stride: usize) -> Result<Self> {
        let settings = Conv2dConfig { padding: 1, stride, ..Conv2dConfig::default() };
        let convolution = conv2d_no_bias(inputs, outputs, 3, settings, parameters.layer())?;
        let layer = parameters.layer();
        let [weight, bias] = [("weight", 1.0), ("bias", 0.0)]
            .map(|(name, value)| layer.get_with_hints(outputs, name, Init::Const(value)));
        // The running statistics are no parameters.
        let means = Tensor::zeros(outputs, DType::F32, &DEVICE)?;
        let variances = Tensor::ones(outputs, DType::F32, &DEVICE)?;
        let norm = BatchNorm::new(outputs, means, variances, weight?, bias?, 1e-5)?;
        Ok(Normalized { convolution, norm })
    }

    fn forward(&self, x: &Tensor) -> Result<Tensor> {
        self.norm.forward_train(&self.convolution.forward(x)?)
    }
}

/// Two convolutions beside a shortcut without parameters, which skips pixels and pads channels.
struct Residual {
    first: Normalized,
    second: Normalized,
    padding: usize,
}

impl Residual {
    fn new(parameters: &Parameters, inputs: usize, outputs: usize) -> Result<Self> {
        let first = Normalized::new(parameters, inputs, outputs, outputs / inputs)?;
        let second = Normalized::new(parameters, outputs, outputs, 1)?;
        Ok(Residual { first, second, padding: (outputs - inputs) / 2 })
    }

    fn forward(&self, x: &Tensor) -> Result<Tensor> {
        let y = self.second.forward(&self.first.forward(x)?.relu()?)?;
        match self.padding {
            0 => (x + y)?.relu(),
            padding => (every_other(x)?.pad_with_zeros(1, padding, padding)? + y)?.relu(),
        }
    }
}

/// Every other row and column of pixels.
fn every_other(x: &Tensor) -> Result<Tensor> {
    let (batch, channels, height, width) = x.dims4()?;
    let (height, width) = (height / 2, width / 2);
    let pairs = x.reshape((batch, channels, height, 2, width, 2))?;
    pairs.narrow(3, 0, 1)?.narrow(5, 0, 1)?.reshape((batch, channels, height, width))
}

/// A convolution, fifteen blocks of two, and a layer on the means of what they give.
pub fn network() -> Result<Step> {
    let parameters = Parameters::new();
    let first = Normalized::new(&parameters, 3, 16, 1)?;
    let (mut blocks, mut channels) = (Vec::new(), 16);
    for outputs in [16, 32, 64] {
        for _ in 0..5 {
            blocks.push(Residual::new(&parameters, channels, outputs)?);
            channels = outputs;
        }
    }
    let output = linear(64, 10, parameters.layer())?;
    classifier(&parameters, &[128, 3, 32, 32], move |x| {
        let x = first.forward(x)?.relu()?;
        let x = blocks.iter().try_fold(x, |x, block| block.forward(&x))?;
        output.forward(&x.mean((2, 3))?)
    })
}
