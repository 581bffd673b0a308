//! The layers of transformers, with the norms behind.

use crate::Parameters;
use candle_core::{Result, Tensor};
use candle_nn::ops::{layer_norm_slow, softmax};
use candle_nn::{Init, Linear, Module, linear};

/// Attention of several heads.
pub struct Attention {
    query: Linear,
    key: Linear,
    value: Linear,
    output: Linear,
    heads: usize,
}

impl Attention {
    fn new(parameters: &Parameters, width: usize, heads: usize) -> Result<Self> {
        let projection = || linear(width, width, parameters.layer());
        Ok(Attention { query: projection()?, key: projection()?, value: projection()?, output: projection()?, heads })
    }

    /// What `x` finds in `memory`; the mask is added to the scores.
    fn forward(&self, x: &Tensor, memory: &Tensor, mask: Option<&Tensor>) -> Result<Tensor> {
        let (batch, time, width) = x.dims3()?;
        let head = width / self.heads;
        let heads = |x: Tensor| x.reshape((batch, (), self.heads, head))?.transpose(1, 2)?.contiguous();
        let query = (heads(self.query.forward(x)?)? * (head as f64).powf(-0.5))?;
        let (key, value) = (heads(self.key.forward(memory)?)?, heads(self.value.forward(memory)?)?);
        let mut scores = query.matmul(&key.t()?)?;
        if let Some(mask) = mask {
            scores = scores.broadcast_add(mask)?;
        }
        let found = softmax(&scores, 3)?.matmul(&value)?;
        self.output.forward(&found.transpose(1, 2)?.reshape((batch, time, width))?)
    }
}

/// Normalization over the last axis.
pub struct Norm {
    weight: Tensor,
    bias: Tensor,
}

impl Norm {
    /// With weights 1 and biases 0.
    pub fn new(parameters: &Parameters, width: usize) -> Result<Self> {
        let layer = parameters.layer();
        let weight = layer.get_with_hints(width, "weight", Init::Const(1.0))?;
        let bias = layer.get_with_hints(width, "bias", Init::Const(0.0))?;
        Ok(Norm { weight, bias })
    }

    /// The faster form has no gradient.
    pub fn forward(&self, x: &Tensor) -> Result<Tensor> {
        layer_norm_slow(x, &self.weight, &self.bias, 1e-5)
    }
}

/// A hidden layer for each word by itself.
pub struct Perceptron {
    hidden: Linear,
    output: Linear,
}

impl Perceptron {
    fn new(parameters: &Parameters, width: usize, hidden: usize) -> Result<Self> {
        let output = linear(hidden, width, parameters.layer())?;
        Ok(Perceptron { hidden: linear(width, hidden, parameters.layer())?, output })
    }

    fn forward(&self, x: &Tensor) -> Result<Tensor> {
        self.output.forward(&self.hidden.forward(x)?.relu()?)
    }
}

/// A layer of an encoder, or of a decoder, which attends to the encoder's sentence, too.
pub struct Layer {
    own: (Attention, Norm),
    others: Option<(Attention, Norm)>,
    perceptron: (Perceptron, Norm),
}

impl Layer {
    /// A layer of an encoder.
    pub fn encoder(parameters: &Parameters, width: usize, hidden: usize, heads: usize) -> Result<Self> {
        let attention = Attention::new(parameters, width, heads)?;
        let perceptron = Perceptron::new(parameters, width, hidden)?;
        let [first, second] = [(); 2].map(|()| Norm::new(parameters, width));
        Ok(Layer { own: (attention, first?), others: None, perceptron: (perceptron, second?) })
    }

    /// A layer of a decoder.
    pub fn decoder(parameters: &Parameters, width: usize, hidden: usize, heads: usize) -> Result<Self> {
        let others = Some((Attention::new(parameters, width, heads)?, Norm::new(parameters, width)?));
        Ok(Layer { others, ..Layer::encoder(parameters, width, hidden, heads)? })
    }

    /// The mask is that of the words' attention to each other; `memory` is what the encoder gave.
    pub fn forward(&self, x: &Tensor, mask: Option<&Tensor>, memory: Option<&Tensor>) -> Result<Tensor> {
        let (attention, norm) = &self.own;
        let mut x = norm.forward(&(x + attention.forward(x, x, mask)?)?)?;
        if let Some(((attention, norm), memory)) = self.others.as_ref().zip(memory) {
            x = norm.forward(&(&x + attention.forward(&x, memory, None)?)?)?;
        }
        let (perceptron, norm) = &self.perceptron;
        norm.forward(&(&x + perceptron.forward(&x)?)?)
    }
}
