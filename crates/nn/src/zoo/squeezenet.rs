//! SqueezeNet (Iandola et al., *SqueezeNet: AlexNet-level accuracy with 50x fewer parameters*, 2016).

use crate::init::{KaimingUniform, Normal};
use crate::{Activation, AdaptiveAvgPool2d, Conv2d, Dropout, Flatten, Layer, MaxPool2d, Relu, Sequential};
use tape::{ParamPath, PoolOptions, Real, Var, concat};

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Version {
    V1_0,
    V1_1,
}

/// A convolution of 1×1 to few channels, and two from there, 1×1 and 3×3, side by side; ReLU after each.
#[derive(Clone, Copy, Debug)]
struct Fire {
    squeeze: Conv2d,
    expand1x1: Conv2d,
    expand3x3: Conv2d,
}

impl Fire {
    fn new<F: Real>(mut params: ParamPath<'_, F>, inputs: usize, squeezed: usize, expanded: usize) -> Fire {
        let conv = |inputs: usize, outputs: usize, kernel: usize| {
            let config = Conv2d::config(inputs, outputs, kernel).padding(kernel / 2).init(KaimingUniform);
            config.activation(Activation::Relu)
        };
        Fire {
            squeeze: conv(inputs, squeezed, 1).build(params.at("squeeze")),
            expand1x1: conv(squeezed, expanded, 1).build(params.at("expand1x1")),
            expand3x3: conv(squeezed, expanded, 3).build(params.at("expand3x3")),
        }
    }
}

impl Layer for Fire {
    fn forward<'t, F: Real>(&self, x: Var<'t, F>) -> Var<'t, F> {
        let squeezed = self.squeeze.forward(x);
        concat(&[self.expand1x1.forward(squeezed), self.expand3x3.forward(squeezed)], 1)
    }
}

/// Squeezed channels of the eight fire modules; each expands to four times as many on both sides.
const SQUEEZED: [usize; 8] = [16, 16, 32, 32, 48, 48, 64, 64];

pub(super) fn build<F: Real>(version: Version, mut params: ParamPath<'_, F>, classes: usize) -> Sequential {
    // Before which fire modules there is pooling.
    let (channels, kernel, pools) = match version {
        Version::V1_0 => (96, 7, [0, 3, 7]),
        Version::V1_1 => (64, 3, [0, 2, 4]),
    };
    let mut features = params.at("features");
    let pool = MaxPool2d(PoolOptions::new(3).stride(2).ceil_mode(true));
    let stem = Conv2d::config(3, channels, kernel).stride(2).init(KaimingUniform).build(features.at(0));
    let mut model = Sequential::new().named("features.0", stem).named("features.1", Relu);
    let (mut place, mut inputs) = (2, channels);
    for (i, &squeezed) in SQUEEZED.iter().enumerate() {
        if pools.contains(&i) {
            model = model.named(format!("features.{place}"), pool);
            place += 1;
        }
        let expanded = 4 * squeezed;
        model = model.named(format!("features.{place}"), Fire::new(features.at(place), inputs, squeezed, expanded));
        (place, inputs) = (place + 1, 2 * expanded);
    }
    let last = Conv2d::config(inputs, classes, 1).init(Normal { std: 0.01 });
    model
        .named("classifier.0", Dropout(0.5))
        .named("classifier.1", last.build(params.at("classifier").at(1)))
        .named("classifier.2", Relu)
        .named("classifier.3", AdaptiveAvgPool2d([1, 1]))
        .named("flatten", Flatten)
}
