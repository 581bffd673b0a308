//! What is done with one picture and a network that has learned: the gradient of a score by the pixels, and a step of
//! style transfer; SqueezeNet 1.1, a batch of one.

use super::{Work, Workload};
use explain::StyleTransfer;
use nn::Layer;
use nn::zoo::Architecture;
use optim::{Adam, Optimizer};
use tape::{Params, Shape, Tape, Tensor};

/// Those of this file.
pub(super) fn workloads() -> Vec<Workload> {
    vec![squeezenet_grad(), style_step()]
}

fn picture(height: usize, width: usize) -> Tensor {
    Tensor::from_fn(Shape::from([1, 3, height, width]), |i| (i * 37 % 101) as f32 / 101.0)
}

/// Operations of convolutions up to a layer, forward.
fn operations(last: usize, x: &Tensor) -> f64 {
    let mut params = Params::new(0);
    let model = Architecture::SqueezeNet1_1.build(params.root(), 1000);
    let mut tape = Tape::new();
    tape.set_profiling(true);
    tape.eval(&params, |t| model.forward_to(t.input(x), last).shape().len());
    tape.profile().ops.iter().filter(|op| op.name == "conv2d").map(|op| op.flops as f64).sum()
}

/// The slope of a score, pixel by pixel.
fn squeezenet_grad() -> Workload {
    Workload::step("squeezenet_grad step", || {
        let x = picture(224, 224);
        let mut params = Params::new(0);
        let model = Architecture::SqueezeNet1_1.build(params.root(), 1000);
        // As many operations again for the gradient by the inputs of the convolutions.
        let work = Work::Operations(2.0 * operations(model.len() - 1, &x));
        let run = move |tape: &mut Tape| {
            tape.run(&params, |t| {
                let x = t.leaf(&x);
                let [_slope] = model.forward(x).slice(1, 7..8).sum(..).grad([x]);
            });
        };
        (work, run)
    })
}

/// A step of style transfer of 192×256 pixels, with the weights of a preset.
fn style_step() -> Workload {
    Workload::step("style_step", || {
        let x = picture(192, 256);
        let mut params = Params::new(0);
        let model = Architecture::SqueezeNet1_1.build(params.root(), 1000);
        let style = vec![(1, 300_000.0), (4, 1000.0), (6, 15.0), (7, 3.0)];
        let transfer = StyleTransfer::new(3, 5e-2, style, 2e-2);
        let mut tape = Tape::new();
        let targets = transfer.targets(&mut tape, &params, &x, &x, |x, places, see| model.activations(x, places, see));
        params.set_frozen(true, |_| true);
        let pixels = params.root().at("explain").param("picture", x.shape(), 0.25);
        let mut adam = Adam::new(3e-2);
        let work = Work::Operations(2.0 * operations(7, &x));
        let run = move |tape: &mut Tape| {
            let (_, step) = tape.grad(&params, |t| {
                t.set_training(false);
                let [content, style, variation] =
                    transfer.losses(t.param(pixels), &targets, |x, places, see| model.activations(x, places, see));
                content + style + variation
            });
            adam.step(&mut params, step);
        };
        (work, run)
    })
}
