//! ResNet of basic blocks (He et al., *Deep residual learning for image recognition*, 2016).

use crate::init::KaimingNormal;
use crate::{
    AdaptiveAvgPool2d, BatchNorm2d, Conv2d, Flatten, Linear, MaxPool2d, Relu, ResidualBlock, Sequential, Shortcut,
};
use tape::{ParamPath, PoolOptions, Real};

/// With so many blocks in each of the four groups.
pub(super) fn build<F: Real>(blocks: [usize; 4], mut params: ParamPath<'_, F>, classes: usize) -> Sequential {
    let stem = Conv2d::config(3, 64, 7).stride(2).padding(3).bias(false).init(KaimingNormal);
    let mut model = Sequential::new()
        .named("conv1", stem.build(params.at("conv1")))
        .named("bn1", BatchNorm2d::new(params.at("bn1"), 64))
        .named("relu", Relu)
        .named("maxpool", MaxPool2d(PoolOptions::new(3).stride(2).padding(1)));
    let mut inputs = 64;
    for (group, &count) in blocks.iter().enumerate() {
        let outputs = 64 << group;
        for block in 0..count {
            let stride = if group > 0 && block == 0 { 2 } else { 1 };
            let name = format!("layer{}.{block}", group + 1);
            let layer = ResidualBlock::new(params.at(&name), inputs, outputs, stride, Shortcut::Project);
            model = model.named(name, layer);
            inputs = outputs;
        }
    }
    model
        .named("avgpool", AdaptiveAvgPool2d([1, 1]))
        .named("flatten", Flatten)
        .named("fc", Linear::new(params.at("fc"), inputs, classes))
}
