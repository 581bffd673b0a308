//! [`Conv2d`] and [`ConvTranspose2d`]: convolution of images.

use crate::Layer;
use crate::init::Uniform;
use tape::{Activation, ConvOptions, Init, IntoPair, ParamId, ParamPath, Real, Var};

/// Convolution: `y = activation(x ∗ w + b)`, from `[batch, inputs, height, width]` to `[batch, outputs, height',
/// width']`; see [`Var::conv2d`].
///
/// Parameters, under PyTorch's names: `weight` `[outputs, inputs / groups, kernel height, kernel width]`, `bias`
/// `[outputs]`.
///
/// ```
/// use retrograde_nn::{Activation, Conv2d, Layer};
/// # extern crate tape as retrograde_tape;
/// use retrograde_tape::{Params, Tape, Tensor};
/// let mut params = Params::<f32>::new(0);
/// let conv = Conv2d::config(3, 16, 3).padding(1).activation(Activation::Relu).build(params.root().at("conv"));
/// let y = Tape::new().eval(&params, |t| conv.forward(t.input(&Tensor::full([2, 3, 8, 8], 0.5))).to_tensor());
/// assert_eq!(y.shape().dims(), [2, 16, 8, 8]);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Conv2d {
    weight: ParamId,
    bias: Option<ParamId>,
    options: ConvOptions,
    activation: Activation,
}

/// How a [`Conv2d`] is made: stride 1, without padding, with a bias, without activation, started as PyTorch does, unless
/// it says otherwise.
#[derive(Clone, Copy, Debug)]
pub struct Conv2dConfig<I = Uniform> {
    inputs: usize,
    outputs: usize,
    kernel: [usize; 2],
    options: ConvOptions,
    bias: bool,
    activation: Activation,
    init: Option<I>,
}

impl Conv2d {
    /// A layer with stride 1, without padding, with a bias; weight and bias start uniform in ±1/√fan-in, as PyTorch's do.
    ///
    /// # Panics
    /// When there are parameters of the same names at this place already.
    #[track_caller]
    pub fn new<F: Real>(params: ParamPath<'_, F>, inputs: usize, outputs: usize, kernel: impl IntoPair) -> Conv2d {
        Conv2d::config(inputs, outputs, kernel).build(params)
    }

    /// A layer with settings of its own.
    pub fn config(inputs: usize, outputs: usize, kernel: impl IntoPair) -> Conv2dConfig {
        let (kernel, options) = (kernel.pair(), ConvOptions::new());
        Conv2dConfig { inputs, outputs, kernel, options, bias: true, activation: Activation::Identity, init: None }
    }

    /// The weight.
    pub fn weight(&self) -> ParamId {
        self.weight
    }

    /// The bias, if there is one.
    pub fn bias(&self) -> Option<ParamId> {
        self.bias
    }
}

impl<I: Init> Conv2dConfig<I> {
    /// From a result to the next, in pixels of the image.
    pub fn stride(self, stride: impl IntoPair) -> Self {
        Conv2dConfig { options: self.options.stride(stride), ..self }
    }

    /// Zeros around the image, on each side.
    pub fn padding(self, padding: impl IntoPair) -> Self {
        Conv2dConfig { options: self.options.padding(padding), ..self }
    }

    /// From a number of the kernel to the next, in pixels of the image.
    pub fn dilation(self, dilation: impl IntoPair) -> Self {
        Conv2dConfig { options: self.options.dilation(dilation), ..self }
    }

    /// Parts of the channels that do not see each other.
    pub fn groups(self, groups: usize) -> Self {
        Conv2dConfig { options: self.options.groups(groups), ..self }
    }

    /// With or without a bias.
    pub fn bias(self, bias: bool) -> Self {
        Conv2dConfig { bias, ..self }
    }

    /// An activation, fused into the layer.
    pub fn activation(self, activation: Activation) -> Self {
        Conv2dConfig { activation, ..self }
    }

    /// How the weight starts; the bias then starts at 0.
    pub fn init<J: Init>(self, init: J) -> Conv2dConfig<J> {
        let Conv2dConfig { inputs, outputs, kernel, options, bias, activation, .. } = self;
        Conv2dConfig { inputs, outputs, kernel, options, bias, activation, init: Some(init) }
    }

    /// Adds the parameters to the store.
    ///
    /// # Panics
    /// When there are parameters of the same names at this place already, or the groups do not divide the channels.
    #[track_caller]
    pub fn build<F: Real>(self, params: ParamPath<'_, F>) -> Conv2d {
        let Conv2dConfig { inputs, outputs, options, activation, .. } = self;
        check_groups("Conv2d", options, inputs, outputs);
        let (weight, bias) =
            add(params, [outputs, inputs / options.groups], self.kernel, outputs, self.bias, self.init);
        Conv2d { weight, bias, options, activation }
    }
}

#[track_caller]
fn check_groups(layer: &str, options: ConvOptions, inputs: usize, outputs: usize) {
    let groups = options.groups;
    let divides = groups > 0 && inputs.is_multiple_of(groups) && outputs.is_multiple_of(groups);
    assert!(divides, "{layer}: {groups} groups do not divide {inputs} and {outputs} channels");
}

/// Adds a weight of `channels` times `kernel`, and a bias.
#[track_caller]
fn add<F: Real>(
    mut params: ParamPath<'_, F>,
    channels: [usize; 2],
    kernel: [usize; 2],
    outputs: usize,
    bias: bool,
    init: Option<impl Init>,
) -> (ParamId, Option<ParamId>) {
    let shape = [channels[0], channels[1], kernel[0], kernel[1]];
    let bound = 1.0 / ((channels[1] * kernel[0] * kernel[1]).max(1) as f64).sqrt();
    let bias_bound = if init.is_some() { 0.0 } else { bound };
    let weight = match init {
        Some(init) => params.param("weight", shape, init),
        None => params.param("weight", shape, Uniform { bound }),
    };
    (weight, bias.then(|| params.param("bias", [outputs], Uniform { bound: bias_bound })))
}

impl Layer for Conv2d {
    fn forward<'t, F: Real>(&self, x: Var<'t, F>) -> Var<'t, F> {
        let graph = x.graph();
        let _layer = graph.within(self.weight);
        let bias = self.bias.map(|bias| graph.param(bias));
        x.conv2d_activated(graph.param(self.weight), bias, self.options, self.activation)
    }
}

/// Transposed convolution, from `[batch, inputs, height, width]` to `[batch, outputs, height', width']`; see
/// [`Var::conv_transpose2d`].
///
/// Parameters, under PyTorch's names: `weight` `[inputs, outputs / groups, kernel height, kernel width]`, `bias`
/// `[outputs]`.
#[derive(Clone, Copy, Debug)]
pub struct ConvTranspose2d {
    weight: ParamId,
    bias: Option<ParamId>,
    options: ConvOptions,
    output_padding: [usize; 2],
}

impl ConvTranspose2d {
    /// A layer with a bias; weight and bias start uniform in ±1/√fan-in, as PyTorch's do.
    ///
    /// # Panics
    /// When there are parameters of the same names at this place already, or the groups do not divide the channels.
    #[track_caller]
    pub fn new<F: Real>(
        params: ParamPath<'_, F>,
        inputs: usize,
        outputs: usize,
        kernel: impl IntoPair,
        options: ConvOptions,
        output_padding: impl IntoPair,
    ) -> ConvTranspose2d {
        check_groups("ConvTranspose2d", options, inputs, outputs);
        let channels = [inputs, outputs / options.groups];
        let (weight, bias) = add(params, channels, kernel.pair(), outputs, true, None::<Uniform>);
        ConvTranspose2d { weight, bias, options, output_padding: output_padding.pair() }
    }
}

impl Layer for ConvTranspose2d {
    fn forward<'t, F: Real>(&self, x: Var<'t, F>) -> Var<'t, F> {
        let graph = x.graph();
        let _layer = graph.within(self.weight);
        let bias = self.bias.map(|bias| graph.param(bias));
        x.conv_transpose2d(graph.param(self.weight), bias, self.options, self.output_padding)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tape::{Params, Tape, Tensor};

    #[test]
    fn shapes_names_and_beginnings_are_those_of_pytorch() {
        let mut params = Params::<f32>::new(0);
        let mut root = params.root();
        let conv = Conv2d::config(6, 4, [3, 5]).groups(2).stride(2).padding([1, 2]).build(root.at("conv"));
        let up = ConvTranspose2d::new(root.at("up"), 4, 6, 2, ConvOptions::new().stride(2), 1);
        let shapes: Vec<_> = params.entries().iter().map(|p| (p.name().to_string(), p.tensor().shape())).collect();
        assert_eq!(
            shapes.iter().map(|(name, shape)| (name.as_str(), shape.dims())).collect::<Vec<_>>(),
            [("conv.weight", &[4, 3, 3, 5][..]), ("conv.bias", &[4]), ("up.weight", &[4, 6, 2, 2]), ("up.bias", &[6])]
        );
        let bound = 1.0 / 45f32.sqrt();
        let largest = params.get(conv.weight()).tensor().as_slice().iter().fold(0f32, |m, x| m.max(x.abs()));
        assert!(largest <= bound && largest > 0.95 * bound, "{largest}");
        let shape = Tape::new().eval(&params, |t| {
            let x = t.input(&Tensor::full([2, 6, 8, 9], 1.0));
            up.forward(conv.forward(x)).shape()
        });
        assert_eq!(shape.dims(), [2, 6, 9, 11]);
    }

    #[test]
    #[should_panic(expected = "Conv2d: 2 groups do not divide 3 and 4 channels")]
    fn groups_that_do_not_divide() {
        Conv2d::config(3, 4, 1).groups(2).build(Params::<f32>::new(0).root());
    }
}
