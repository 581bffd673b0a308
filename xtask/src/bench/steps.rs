//! Whole training steps: forward, backward, SGD with momentum, on synthetic batches of 64 images; and a chain of scalar
//! operations, which shows what the tape itself costs.

use super::{Work, Workload};
use nn::{Activation, Layer, Linear, Sequential};
use optim::{Optimizer, Sgd};
use tape::{Indices, Params, Tape, Tensor};

const BATCH: usize = 64;
const PIXELS: usize = 784;
const HIDDEN: usize = 128;
const CLASSES: usize = 10;
/// Operations of the scalar chain.
const CHAIN: usize = 10_000;

/// Those of this file.
pub(super) fn workloads() -> Vec<Workload> {
    // Two operations a weight and image forward, two backward for the weights, two for the inputs, but for the first
    // layer's.
    let mlp = (BATCH * (4 * PIXELS * HIDDEN + 6 * HIDDEN * CLASSES)) as f64;
    let softmax = (BATCH * 4 * PIXELS * CLASSES) as f64;
    vec![
        step("mlp_mnist step", mlp, |params| {
            let mut root = params.root();
            Sequential::new()
                .then(Linear::config(PIXELS, HIDDEN).activation(Activation::Sigmoid).build(root.at("fc1")))
                .then(Linear::new(root.at("fc2"), HIDDEN, CLASSES))
        }),
        step("softmax_mnist step", softmax, |params| {
            Linear::config(PIXELS, CLASSES).bias(false).activation(Activation::Relu).build(params.root().at("fc"))
        }),
        scalar_chain(),
    ]
}

fn step<L: Layer + Send + 'static>(
    name: &str,
    operations: f64,
    model: impl FnOnce(&mut Params) -> L + Send + 'static,
) -> Workload {
    Workload::new(name, Work::Operations(operations), move || {
        let mut params = Params::new(0);
        let model = model(&mut params);
        let images = Tensor::from_fn([BATCH, PIXELS], |i| (i * 37 % 101) as f32 / 101.0);
        let labels = Indices::from_fn([BATCH], |i| (i % CLASSES) as u32);
        let (mut sgd, mut tape) = (Sgd::new(0.01).momentum(0.9), Tape::new());
        move || {
            let (_, step) = tape.grad(&params, |t| model.forward(t.input(&images)).cross_entropy(t.indices(&labels)));
            sgd.step(&mut params, step);
        }
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
