//! VGG (Simonyan and Zisserman, *Very deep convolutional networks for large-scale image recognition*, 2015).

use crate::init::{KaimingNormal, Normal};
use crate::{AdaptiveAvgPool2d, Conv2d, Dropout, Flatten, Linear, MaxPool2d, Relu, Sequential};
use tape::{ParamPath, PoolOptions, Real};

/// With so many convolutions in each of the five groups.
pub(super) fn build<F: Real>(convolutions: [usize; 5], mut params: ParamPath<'_, F>, classes: usize) -> Sequential {
    let (mut model, mut inputs, mut place) = (Sequential::new(), 3, 0);
    let mut features = params.at("features");
    for (group, &count) in convolutions.iter().enumerate() {
        let outputs = 512.min(64 << group);
        for _ in 0..count {
            let conv = Conv2d::config(inputs, outputs, 3).padding(1).init(KaimingNormal).build(features.at(place));
            model = model.named(format!("features.{place}"), conv).named(format!("features.{}", place + 1), Relu);
            (inputs, place) = (outputs, place + 2);
        }
        model = model.named(format!("features.{place}"), MaxPool2d(PoolOptions::new(2).stride(2)));
        place += 1;
    }
    let mut classifier = params.at("classifier");
    let mut linear = |place: usize, inputs: usize, outputs: usize| {
        Linear::config(inputs, outputs).init(Normal { std: 0.01 }).build(classifier.at(place))
    };
    let [first, second, last] = [linear(0, 49 * inputs, 4096), linear(3, 4096, 4096), linear(6, 4096, classes)];
    model
        .named("avgpool", AdaptiveAvgPool2d([7, 7]))
        .named("flatten", Flatten)
        .named("classifier.0", first)
        .named("classifier.1", Relu)
        .named("classifier.2", Dropout(0.5))
        .named("classifier.3", second)
        .named("classifier.4", Relu)
        .named("classifier.5", Dropout(0.5))
        .named("classifier.6", last)
}
