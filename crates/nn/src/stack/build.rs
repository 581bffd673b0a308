//! From lines to layers, with the shape from each to the next.

use super::line::Line;
use super::{Stack, StackError};
use crate::init::{KaimingNormal, Normal, Uniform, XavierUniform};
use crate::{
    AdaptiveAvgPool2d, AvgPool2d, BatchNorm2d, Conv2d, Dropout, Flatten, GroupNorm, Layer, Linear, MaxPool2d, Relu,
    ResidualBlock, Sequential, Shortcut, Sigmoid, Tanh,
};
use tape::{ConvOptions, Init, ParamPath, PoolOptions, Random, Real, Shape};

/// How the weights of convolutions and linear layers start. Biases start at 0, but as PyTorch's with `Usual`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Start {
    /// As PyTorch's: uniform in ±1/√fan-in.
    #[default]
    Usual,
    /// He, normal: for networks of ReLUs.
    He,
    /// Xavier, uniform: for sigmoid and tanh.
    Xavier,
    /// Normal with standard deviation 0.001.
    Small,
    /// At 0, for counting alone.
    Zero,
}

impl Init for Start {
    fn fill<F: Real>(&self, shape: Shape, random: &mut Random, out: &mut [F]) {
        match self {
            Start::Usual => {
                let fan_in: usize = shape.dims()[1..].iter().product();
                Uniform { bound: 1.0 / (fan_in.max(1) as f64).sqrt() }.fill(shape, random, out);
            }
            Start::He => KaimingNormal.fill(shape, random, out),
            Start::Xavier => XavierUniform.fill(shape, random, out),
            Start::Small => Normal { std: 0.001 }.fill(shape, random, out),
            Start::Zero => out.fill(F::ZERO),
        }
    }
}

/// What flows from a layer to the next, without the batch.
#[derive(Clone, Copy)]
enum Flow {
    Images([usize; 3]),
    Numbers(usize),
}

impl std::fmt::Display for Flow {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Flow::Images([channels, height, width]) => write!(f, "images of {channels} channels of {height}×{width}"),
            Flow::Numbers(count) => write!(f, "{count} numbers"),
        }
    }
}

/// The network, and how many numbers it gives.
#[track_caller]
pub(super) fn build<F: Real>(
    stack: &Stack,
    mut params: ParamPath<'_, F>,
    image: [usize; 3],
    start: Start,
) -> Result<(Sequential, usize), StackError> {
    let mut model = Sequential::new();
    let mut flow = Flow::Images(image);
    for (i, line) in stack.lines.iter().enumerate() {
        (model, flow) = add(model, line, params.at(i), flow, start)?;
    }
    match flow {
        Flow::Numbers(count) => Ok((model, count)),
        Flow::Images(_) => Err(stack.lines[stack.lines.len() - 1].gives_images(flow.to_string())),
    }
}

#[track_caller]
fn add<F: Real>(
    model: Sequential,
    line: &Line,
    params: ParamPath<'_, F>,
    flow: Flow,
    start: Start,
) -> Result<(Sequential, Flow), StackError> {
    let images = || match flow {
        Flow::Images(size) => Ok(size),
        Flow::Numbers(_) => line.unfit(flow.to_string(), "it takes images; put it before the first \"flatten\"".into()),
    };
    fn keep(model: Sequential, layer: impl Layer + Send + Sync + 'static, flow: Flow) -> (Sequential, Flow) {
        (model.then(layer), flow)
    }
    Ok(match line.name() {
        "conv" => {
            let size @ [channels, height, width] = images()?;
            let outputs = line.number("a number of channels")?;
            let (kernel, stride) = (line.setting("kernel", 3, 1)?, line.setting("stride", 1, 1)?);
            let (padding, dilation) = (line.setting("padding", 0, 0)?, line.setting("dilation", 1, 1)?);
            let groups = line.setting("groups", 1, 1)?;
            if !channels.is_multiple_of(groups) || !usize::is_multiple_of(outputs, groups) {
                let what = format!("{groups} groups do not divide {channels} and {outputs} channels");
                return line.unfit(Flow::Images(size).to_string(), what);
            }
            let along = |size: usize| Some((size + 2 * padding).checked_sub(dilation * (kernel - 1) + 1)? / stride + 1);
            let (Some(down), Some(right)) = (along(height), along(width)) else {
                return line.unfit(flow.to_string(), "the kernel is larger than the padded image".into());
            };
            let options = ConvOptions::new().stride(stride).padding(padding).dilation(dilation).groups(groups);
            let config = Conv2d::config(channels, outputs, kernel).stride(options.stride).padding(options.padding);
            let config = config.dilation(options.dilation).groups(groups).bias(line.bias()?);
            let config = config.activation(line.activation());
            let layer = if start == Start::Usual { config.build(params) } else { config.init(start).build(params) };
            keep(model, layer, Flow::Images([outputs, down, right]))
        }
        "linear" => {
            let Flow::Numbers(inputs) = flow else {
                return line.unfit(flow.to_string(), "put \"flatten\" or \"global-avg-pool\" before it".into());
            };
            let outputs = line.number("a number of outputs")?;
            let config = Linear::config(inputs, outputs).bias(line.bias()?).activation(line.activation());
            let layer = if start == Start::Usual { config.build(params) } else { config.init(start).build(params) };
            keep(model, layer, Flow::Numbers(outputs))
        }
        "batch-norm" => {
            let channels = match flow {
                Flow::Images([channels, _, _]) | Flow::Numbers(channels) => channels,
            };
            keep(model, BatchNorm2d::new(params, channels).activation(line.activation()), flow)
        }
        "group-norm" => {
            let (groups, [channels, _, _]) = (line.number::<usize>("a number of groups")?, images()?);
            if !channels.is_multiple_of(groups) {
                return line.unfit(flow.to_string(), format!("{groups} groups do not divide the channels"));
            }
            keep(model, GroupNorm::new(params, groups, channels), flow)
        }
        "max-pool" | "avg-pool" => {
            let [channels, height, width] = images()?;
            let kernel = line.number("a number of pixels")?;
            let (stride, padding) = (line.setting("stride", kernel, 1)?, line.setting("padding", 0, 0)?);
            let options = PoolOptions::new(kernel).stride(stride).padding(padding).ceil_mode(line.has("ceil"));
            let (Some(down), Some(right)) = (options.results(0, height), options.results(1, width)) else {
                let what =
                    format!("no window of {kernel}×{kernel} lies inside, or its padding is more than half of it");
                return line.unfit(flow.to_string(), what);
            };
            let flow = Flow::Images([channels, down, right]);
            match line.name() {
                "max-pool" => keep(model, MaxPool2d(options), flow),
                _ => keep(model, AvgPool2d(options), flow),
            }
        }
        "global-avg-pool" => {
            let [channels, _, _] = images()?;
            keep(model.then(AdaptiveAvgPool2d([1, 1])), Flatten, Flow::Numbers(channels))
        }
        "residual" => {
            let [channels, height, width] = images()?;
            let (outputs, stride) = (line.number("a number of channels")?, line.setting("stride", 1, 1)?);
            let shortcut = if line.has("project") { Shortcut::Project } else { Shortcut::Pad };
            if shortcut == Shortcut::Pad && outputs < channels {
                return line.unfit(flow.to_string(), "with fewer channels it needs the flag \"project\"".into());
            }
            let size = [outputs, height.div_ceil(stride), width.div_ceil(stride)];
            keep(model, ResidualBlock::new(params, channels, outputs, stride, shortcut), Flow::Images(size))
        }
        "flatten" => {
            let size = images()?;
            keep(model, Flatten, Flow::Numbers(size.iter().product()))
        }
        "dropout" => {
            let probability = line.number("a probability")?;
            if probability > 1.0 {
                return line.unfit(flow.to_string(), "a probability is at most 1".into());
            }
            keep(model, Dropout(probability), flow)
        }
        "relu" => keep(model, Relu, flow),
        "sigmoid" => keep(model, Sigmoid, flow),
        _ => keep(model, Tanh, flow),
    })
}
