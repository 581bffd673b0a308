//! Known architectures, under torchvision's names of layers and parameters, so that its weights fit.
//!
//! Pictures are `[n, 3, height, width]`, red, green and blue from 0 to 1, less [`MEAN`], over [`STD`]; the result is
//! `[n, classes]`.

mod resnet;
mod squeezenet;
#[cfg(test)]
mod tests;
mod vgg;

use crate::Sequential;
use squeezenet::Version;
use tape::{ParamPath, Real};

/// The mean of red, green and blue that ImageNet's networks expect to be taken off.
pub const MEAN: [f32; 3] = [0.485, 0.456, 0.406];

/// The standard deviation of red, green and blue that ImageNet's networks expect to be divided by.
pub const STD: [f32; 3] = [0.229, 0.224, 0.225];

/// A known architecture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Architecture {
    /// SqueezeNet 1.0 (Iandola et al., *SqueezeNet*, 2016): 1.2 M parameters.
    SqueezeNet1_0,
    /// SqueezeNet 1.1: the same accuracy with 2.4 times fewer multiplications.
    SqueezeNet1_1,
    /// ResNet-18 (He et al., *Deep residual learning*, 2016): 11.7 M parameters.
    ResNet18,
    /// ResNet-34: 21.8 M parameters.
    ResNet34,
    /// VGG-16 (Simonyan and Zisserman, *Very deep convolutional networks*, 2015): 138 M parameters.
    Vgg16,
    /// VGG-19: 144 M parameters.
    Vgg19,
}

impl Architecture {
    /// All of them.
    pub const ALL: [Architecture; 6] = [
        Architecture::SqueezeNet1_0,
        Architecture::SqueezeNet1_1,
        Architecture::ResNet18,
        Architecture::ResNet34,
        Architecture::Vgg16,
        Architecture::Vgg19,
    ];

    /// The name that torchvision gives it.
    pub fn name(self) -> &'static str {
        match self {
            Architecture::SqueezeNet1_0 => "squeezenet1_0",
            Architecture::SqueezeNet1_1 => "squeezenet1_1",
            Architecture::ResNet18 => "resnet18",
            Architecture::ResNet34 => "resnet34",
            Architecture::Vgg16 => "vgg16",
            Architecture::Vgg19 => "vgg19",
        }
    }

    /// Adds the parameters to the store.
    ///
    /// # Panics
    /// When there are parameters of the same names at this place already.
    #[track_caller]
    pub fn build<F: Real>(self, params: ParamPath<'_, F>, classes: usize) -> Sequential {
        match self {
            Architecture::SqueezeNet1_0 => squeezenet::build(Version::V1_0, params, classes),
            Architecture::SqueezeNet1_1 => squeezenet::build(Version::V1_1, params, classes),
            Architecture::ResNet18 => resnet::build([2, 2, 2, 2], params, classes),
            Architecture::ResNet34 => resnet::build([3, 4, 6, 3], params, classes),
            Architecture::Vgg16 => vgg::build([2, 2, 3, 3, 3], params, classes),
            Architecture::Vgg19 => vgg::build([2, 2, 4, 4, 4], params, classes),
        }
    }
}
