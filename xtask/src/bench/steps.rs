//! Whole training steps: forward, backward, SGD with momentum, on synthetic batches; and a chain of scalar
//! operations, which shows what the tape itself costs.

use super::{Work, Workload};
use nn::stack::{Stack, Start};
use nn::{Activation, Layer, Linear, Sequential};
use optim::{Optimizer, Sgd};
use tape::{Indices, Params, Shape, Tape, Tensor};

const BATCH: usize = 64;
const PIXELS: usize = 784;
const HIDDEN: usize = 128;
const CLASSES: usize = 10;
/// Operations of the scalar chain.
const CHAIN: usize = 10_000;

/// Those of this file.
pub(super) fn workloads() -> Vec<Workload> {
    let softmax = (BATCH * 4 * PIXELS * CLASSES) as f64;
    vec![
        mlp("mlp_mnist step", BATCH, HIDDEN),
        step_of(
            "softmax_mnist step",
            move || softmax,
            [BATCH, PIXELS].into(),
            |params| {
                Linear::config(PIXELS, CLASSES).bias(false).activation(Activation::Relu).build(params.root().at("fc"))
            },
        ),
        vanilla(128),
        network("vgg_cnn step", 64, VGG),
        network("resnet32_cifar step", 128, &resnet32()),
        scalar_chain(),
    ]
}

/// The two-layer network of MNIST. Two operations a weight and image forward, two backward for the weights, two for the
/// inputs, but for the first layer's.
pub(super) fn mlp(name: &str, batch: usize, units: usize) -> Workload {
    let operations = (batch * (4 * PIXELS * units + 6 * units * CLASSES)) as f64;
    step_of(
        name,
        move || operations,
        [batch, PIXELS].into(),
        move |params| {
            let mut root = params.root();
            Sequential::new()
                .then(Linear::config(PIXELS, units).activation(Activation::Sigmoid).build(root.at("fc1")))
                .then(Linear::new(root.at("fc2"), units, CLASSES))
        },
    )
}

/// The small convolutional network of CIFAR-10.
pub(super) fn vanilla(batch: usize) -> Workload {
    network("vanilla_cnn step", batch, VANILLA)
}

const VANILLA: &str = "conv 32 kernel=7 relu; max-pool 2; flatten; linear 10";

const VGG: &str = "conv 32 kernel=3 padding=1 relu; conv 64 kernel=3 padding=1 relu; max-pool 2; \
                   conv 128 kernel=3 padding=1 relu; conv 256 kernel=3 padding=1 relu; max-pool 2; \
                   flatten; linear 512 relu; linear 10";

fn resnet32() -> String {
    let stage = |channels: usize, stride: usize| {
        format!("residual {channels} stride={stride}; ") + &format!("residual {channels}; ").repeat(4)
    };
    let stages = stage(16, 1) + &stage(32, 2) + &stage(64, 2);
    format!("conv 16 kernel=3 padding=1 bias=false; batch-norm relu; {stages}global-avg-pool; linear 10")
}

/// A network of images of 3×32×32.
fn network(name: &str, batch: usize, layers: &str) -> Workload {
    let stack: Stack = layers.parse().expect("a list of layers");
    let counted = stack.clone();
    let operations = move || batch as f64 * 3.0 * forward_operations(&counted);
    step_of(name, operations, [batch, 3, 32, 32].into(), move |params| {
        stack.build(params.root(), [3, 32, 32], Start::Usual).expect("layers that fit")
    })
}

/// Operations of the forward pass of one image: two a weight and place where it is used, as the tape counts them.
fn forward_operations(stack: &Stack) -> f64 {
    let mut params = Params::new(0);
    let model = stack.build(params.root(), [3, 32, 32], Start::Usual).expect("layers that fit");
    let mut tape = Tape::new();
    tape.set_profiling(true);
    tape.eval(&params, |t| model.forward(t.input(&Tensor::full([1, 3, 32, 32], 0.5))).shape().len());
    tape.profile().ops.iter().filter(|op| matches!(op.name, "conv2d" | "linear")).map(|op| op.flops as f64).sum()
}

/// A step with batches of this shape.
fn step_of<L: Layer + Send + 'static>(
    name: &str,
    operations: impl FnOnce() -> f64 + Send + 'static,
    shape: Shape,
    model: impl FnOnce(&mut Params) -> L + Send + 'static,
) -> Workload {
    Workload::step(name, move || {
        let work = Work::Operations(operations());
        let mut params = Params::new(0);
        let model = model(&mut params);
        let images = Tensor::from_fn(shape, |i| (i * 37 % 101) as f32 / 101.0);
        let labels = Indices::from_fn([shape.dims()[0]], |i| (i % CLASSES) as u32);
        let mut sgd = Sgd::new(0.01).momentum(0.9);
        let run = move |tape: &mut Tape| {
            let (_, step) = tape.grad(&params, |t| model.forward(t.input(&images)).cross_entropy(t.indices(&labels)));
            sgd.step(&mut params, step);
        };
        (work, run)
    })
}

/// A product and a sum in turn, forward and backward: the time divided by the number of operations is the cost of one.
fn scalar_chain() -> Workload {
    Workload::new(format!("scalar chain, {CHAIN} ops"), Work::Calls(CHAIN as f64), || {
        let mut params = Params::<f32>::new(0);
        let start = params.root().param("start", [1], 0.5);
        let mut tape = Tape::new();
        move || {
            tape.grad(&params, |t| (0..CHAIN / 2).fold(t.param(start), |x, _| x * 1.000_001 + 1e-6));
        }
    })
}
