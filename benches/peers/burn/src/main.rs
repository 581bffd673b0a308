//! burn on the workloads of `cargo xtask bench`.

#[path = "../../common.rs"]
mod common;
mod images;
mod sentences;
mod single;

use burn::module::Module;
use burn::nn::loss::{CrossEntropyLoss, CrossEntropyLossConfig};
use burn::optim::momentum::MomentumConfig;
use burn::optim::{AdamConfig, GradientsParams, ModuleOptimizer, SgdConfig};
use burn::tensor::{Device, Distribution, Int, Tensor};
use common::Step;

fn main() {
    common::main("0.22.1", &["RAYON_NUM_THREADS", "MATMUL_NUM_THREADS"], workload);
}

/// What to time, if burn has it.
fn workload(name: &str) -> Option<Step> {
    let device = Device::flex().autodiff();
    Some(match name {
        "softmax_mnist" => images::softmax(&device),
        "mlp_mnist" => images::perceptron(&device),
        "vanilla_cnn" => images::vanilla(&device),
        "vgg_cnn" => images::vgg(&device),
        "lstm_s2s" => sentences::lstm(&device),
        "transformer_encoder" => sentences::encoder(&device),
        "transformer_full" => sentences::transformer(&device),
        "matmul_512" => single::matmul(&device),
        "scalar_chain" => single::chain(&device),
        _ => return None,
    })
}

/// A step of training: gradients, and an update of the parameters.
fn training<M: Module + 'static>(
    model: M,
    mut optimizer: ModuleOptimizer,
    rate: f64,
    loss: impl Fn(&M) -> Tensor<1> + 'static,
) -> Step {
    let mut model = Some(model);
    Box::new(move || {
        let before = model.take().expect("the model of the last step");
        let loss = loss(&before);
        let gradients = GradientsParams::from_grads(loss.backward(), &before);
        model = Some(optimizer.step(rate, before, gradients));
        // Waits until it is there.
        std::hint::black_box(loss.into_scalar::<f32>());
    })
}

fn momentum() -> ModuleOptimizer {
    let momentum = MomentumConfig { momentum: 0.9, dampening: 0.0, nesterov: false };
    SgdConfig::new().with_momentum(Some(momentum)).init()
}

fn adam() -> ModuleOptimizer {
    AdamConfig::new().init()
}

fn cross_entropy(device: &Device) -> CrossEntropyLoss {
    CrossEntropyLossConfig::new().init(device)
}

/// Random numbers from 0 to 1.
fn random<const D: usize>(shape: [usize; D], device: &Device) -> Tensor<D> {
    Tensor::random(shape, Distribution::Uniform(0.0, 1.0), device)
}

/// Random whole numbers below `end`, in an order that is always the same.
fn indices(count: usize, end: usize, device: &Device) -> Tensor<1, Int> {
    let numbers: Vec<i32> = common::indices(count, end).map(|i| i as i32).collect();
    Tensor::from_ints(numbers.as_slice(), device)
}
