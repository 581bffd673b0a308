//! [`ResidualBlock`]: two convolutions and a way around them.

use crate::init::KaimingNormal;
use crate::{BatchNorm2d, Conv2d, Layer};
use tape::{Activation, ParamPath, PoolOptions, Real, Var};

/// The way around a [`ResidualBlock`] whose result has another size.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Shortcut {
    /// Every second pixel (by the stride), and zeros for the channels that are missing, as many before as after: no
    /// parameters. The choice of He et al. for CIFAR-10 (option A).
    #[default]
    Pad,
    /// A 1×1 convolution with batch normalization (option B).
    Project,
}

/// The basic block of a residual network: `y = relu(bn(conv(relu(bn(conv x)))) + way around)`, with 3×3 convolutions (He,
/// Zhang, Ren and Sun 2016, *Deep residual learning for image recognition*).
///
/// Parameters, under torchvision's names: `conv1`, `bn1`, `conv2`, `bn2`, and for a projection `downsample.0` and
/// `downsample.1`. Convolutions start He-normal.
#[derive(Clone, Copy, Debug)]
pub struct ResidualBlock {
    conv1: Conv2d,
    bn1: BatchNorm2d,
    conv2: Conv2d,
    bn2: BatchNorm2d,
    around: Around,
}

#[derive(Clone, Copy, Debug)]
enum Around {
    Identity,
    /// Stride, and channels to add.
    Pad(usize, usize),
    Project(Conv2d, BatchNorm2d),
}

impl ResidualBlock {
    /// A block from `inputs` to `outputs` channels, whose first convolution has this stride.
    ///
    /// # Panics
    /// When there are parameters of the same names at this place already, or zeros are to be added to more channels than
    /// the result has.
    #[track_caller]
    pub fn new<F: Real>(
        mut params: ParamPath<'_, F>,
        inputs: usize,
        outputs: usize,
        stride: usize,
        shortcut: Shortcut,
    ) -> ResidualBlock {
        let conv = |inputs: usize, kernel: usize, stride: usize| {
            let config = Conv2d::config(inputs, outputs, kernel).stride(stride).padding(kernel / 2);
            config.bias(false).init(KaimingNormal)
        };
        let around = match shortcut {
            _ if stride == 1 && inputs == outputs => Around::Identity,
            Shortcut::Pad => {
                assert!(
                    outputs >= inputs,
                    "ResidualBlock: a way around from {inputs} to {outputs} channels without a projection"
                );
                Around::Pad(stride, outputs - inputs)
            }
            Shortcut::Project => {
                let projection = conv(inputs, 1, stride).build(params.at("downsample.0"));
                Around::Project(projection, BatchNorm2d::new(params.at("downsample.1"), outputs))
            }
        };
        ResidualBlock {
            conv1: conv(inputs, 3, stride).build(params.at("conv1")),
            bn1: BatchNorm2d::new(params.at("bn1"), outputs).activation(Activation::Relu),
            conv2: conv(outputs, 3, 1).build(params.at("conv2")),
            bn2: BatchNorm2d::new(params.at("bn2"), outputs).activation(Activation::Relu),
            around,
        }
    }
}

impl Layer for ResidualBlock {
    fn forward<'t, F: Real>(&self, x: Var<'t, F>) -> Var<'t, F> {
        let y = self.conv2.forward(self.bn1.forward(self.conv1.forward(x)));
        let around = match &self.around {
            Around::Identity => x,
            Around::Pad(stride, channels) => {
                let every = x.avg_pool2d(PoolOptions::new(1).stride(*stride));
                every.pad(1, channels / 2, channels - channels / 2, 0.0)
            }
            Around::Project(conv, norm) => norm.forward(conv.forward(x)),
        };
        self.bn2.forward_add(y, around)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tape::{Params, Tape, Tensor};

    #[test]
    fn all_ways_around_lead_to_the_same_shape() {
        for shortcut in [Shortcut::Pad, Shortcut::Project] {
            let mut params = Params::<f32>::new(0);
            let block = ResidualBlock::new(params.root(), 4, 8, 2, shortcut);
            let shape = Tape::new().eval(&params, |t| block.forward(t.input(&Tensor::full([2, 4, 7, 8], 1.0))).shape());
            assert_eq!(shape.dims(), [2, 8, 4, 4]);
            let projection = if shortcut == Shortcut::Project { 4 * 8 + 2 * 8 } else { 0 };
            assert_eq!(params.count(), 4 * 8 * 9 + 8 * 8 * 9 + 4 * 8 + projection);
        }
    }

    #[test]
    fn what_goes_around_is_every_second_pixel_between_zeros() {
        let mut params = Params::<f32>::new(0);
        let block = ResidualBlock::new(params.root(), 1, 4, 2, Shortcut::Pad);
        // With a weight of 0 in the last normalization, only the way around is left.
        params.by_name_mut("bn2.weight").unwrap().as_mut_slice().fill(0.0);
        let x = Tensor::from_fn([1, 1, 4, 4], |i| i as f32);
        let y = Tape::new().eval(&params, |t| block.forward(t.input(&x)).to_tensor());
        let zeros = [0.0; 4];
        assert_eq!(y.as_slice(), [zeros, [0.0, 2.0, 8.0, 10.0], zeros, zeros].concat());
    }
}
