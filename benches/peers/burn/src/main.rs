//! burn on the workloads of `cargo xtask bench`: one step, timed again and again.
//!
//! Prints one JSON line: the median and the least of the steps' times, and the most memory that the process held; an
//! empty object where it has no such workload. Inputs and weights are synthetic, and dropout is 0.

mod images;
mod sentences;
mod single;

use burn::module::Module;
use burn::nn::loss::{CrossEntropyLoss, CrossEntropyLossConfig};
use burn::optim::momentum::MomentumConfig;
use burn::optim::{AdamConfig, GradientsParams, ModuleOptimizer, SgdConfig};
use burn::tensor::{Device, Distribution, Int, Tensor};
use clap::Parser;
use serde_json::json;
use std::fs;
use std::time::Instant;

/// burn on the workloads of `cargo xtask bench`.
#[derive(Parser)]
struct Arguments {
    /// The workload.
    #[arg(long, value_name = "NAME")]
    only: String,
    /// How many threads; the environment variables RAYON_NUM_THREADS and MATMUL_NUM_THREADS must say the same.
    #[arg(long, value_name = "N")]
    threads: usize,
    /// How long steps are timed.
    #[arg(long, value_name = "SECONDS", default_value = "2")]
    seconds: f64,
}

/// What is timed.
type Step = Box<dyn FnMut()>;

fn main() {
    let arguments = Arguments::parse();
    // A chain of ten thousand operations is dropped by recursion.
    let thread = std::thread::Builder::new().stack_size(1 << 30).spawn(move || run(&arguments));
    thread.expect("a thread").join().expect("a run without panic");
}

fn run(arguments: &Arguments) {
    for variable in ["RAYON_NUM_THREADS", "MATMUL_NUM_THREADS"] {
        let threads = std::env::var(variable).unwrap_or_default();
        assert_eq!(threads, arguments.threads.to_string(), "{variable}");
    }
    let device = Device::flex().autodiff();
    let step = match &*arguments.only {
        "softmax_mnist" => images::softmax(&device),
        "mlp_mnist" => images::perceptron(&device),
        "vanilla_cnn" => images::vanilla(&device),
        "vgg_cnn" => images::vgg(&device),
        "lstm_s2s" => sentences::lstm(&device),
        "transformer_encoder" => sentences::encoder(&device),
        "transformer_full" => sentences::transformer(&device),
        "matmul_512" => single::matmul(&device),
        "scalar_chain" => single::chain(&device),
        _ => return println!("{{}}"),
    };
    let seconds = timed(step, arguments.seconds);
    let result = json!({
        "name": arguments.only,
        "version": "0.22.1",
        "median_s": seconds[seconds.len() / 2],
        "min_s": seconds[0],
        "peak_memory_bytes": peak_memory(),
    });
    println!("{result}");
}

/// Seconds of steps, in order of size, after some that fill caches and pools.
fn timed(mut step: Step, duration: f64) -> Vec<f64> {
    let started = Instant::now();
    while started.elapsed().as_secs_f64() < duration / 4.0 {
        step();
    }
    let (mut seconds, started) = (Vec::new(), Instant::now());
    while seconds.len() < 3 || started.elapsed().as_secs_f64() < duration {
        let before = Instant::now();
        step();
        seconds.push(before.elapsed().as_secs_f64());
    }
    seconds.sort_by(f64::total_cmp);
    seconds
}

/// The most bytes that this process held at a time, as Linux counts.
fn peak_memory() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    Some(line.split_whitespace().next()?.parse::<u64>().ok()? * 1024)
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
    let numbers: Vec<i32> = (0..count).map(|i| (i.wrapping_mul(2_654_435_761) >> 7) % end).map(|i| i as i32).collect();
    Tensor::from_ints(numbers.as_slice(), device)
}
