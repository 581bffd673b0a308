//! candle on the workloads of `cargo xtask bench`.

#[path = "../../common.rs"]
mod common;
mod images;
mod residual;
mod sentences;
mod single;
mod transformer;

use candle_core::backprop::GradStore;
use candle_core::{DType, Device, Result, Tensor, Var};
use candle_nn::{AdamW, Optimizer, ParamsAdamW, VarBuilder, VarMap};
use common::Step;
use std::cell::Cell;
use std::hint::black_box;

/// The processor.
const DEVICE: Device = Device::Cpu;

fn main() {
    common::main("0.11.1", &["RAYON_NUM_THREADS", "CANDLE_NUM_THREADS"], |name| {
        workload(name).expect("a workload without error")
    });
}

/// What to time, if candle has it.
fn workload(name: &str) -> Result<Option<Step>> {
    let step = match name {
        "softmax_mnist" => images::softmax(),
        "mlp_mnist" => images::perceptron(),
        "vanilla_cnn" => images::vanilla(),
        "vgg_cnn" => images::vgg(),
        "resnet32_cifar" => residual::network(),
        "lstm_s2s" => sentences::lstm(),
        "transformer_encoder" => sentences::encoder(),
        "transformer_full" => sentences::transformer(),
        "matmul_512" => single::matmul(),
        "exp_1024" => single::operation(Tensor::exp),
        "tanh_1024" => single::operation(Tensor::tanh),
        "sigmoid_1024" => single::operation(candle_nn::ops::sigmoid),
        "gelu_1024" => single::operation(Tensor::gelu_erf),
        "softmax_1024" => single::operation(|x| candle_nn::ops::softmax(x, 1)),
        "sum_rows_1024" => single::operation(|x| x.sum(1)),
        "transpose_1024" => single::operation(|x| x.t()?.contiguous()),
        "scalar_chain" => single::chain(),
        _ => return Ok(None),
    };
    step.map(Some)
}

/// The parameters of a model.
struct Parameters {
    variables: VarMap,
    layers: Cell<usize>,
}

impl Parameters {
    fn new() -> Self {
        Parameters { variables: VarMap::new(), layers: Cell::new(0) }
    }

    /// Where the next layer keeps its own, under a name that no other has.
    fn layer(&self) -> VarBuilder<'static> {
        let number = self.layers.replace(self.layers.get() + 1);
        VarBuilder::from_varmap(&self.variables, DType::F32, &DEVICE).pp(number)
    }
}

/// Changes parameters by their gradients.
type Update = Box<dyn FnMut(&GradStore) -> Result<()>>;

/// A step of training: gradients, and an update of the parameters.
fn training(parameters: &Parameters, mut update: Update, loss: impl Fn() -> Result<Tensor> + 'static) -> Step {
    let variables = parameters.variables.all_vars();
    repeated(move || {
        let loss = loss()?;
        let gradients = loss.backward()?;
        // Optimizers pass over those without a gradient.
        assert!(variables.iter().all(|variable| gradients.get(variable).is_some()), "a gradient of every parameter");
        update(&gradients)?;
        black_box(loss.to_scalar::<f32>()?);
        Ok(())
    })
}

/// A step that does not fail.
fn repeated(mut step: impl FnMut() -> Result<()> + 'static) -> Step {
    Box::new(move || step().expect("a step without error"))
}

/// Descent with momentum, which candle does not have.
fn momentum(parameters: &Parameters) -> Update {
    let variables = parameters.variables.all_vars();
    let mut velocities: Vec<(Var, Option<Tensor>)> = variables.into_iter().map(|variable| (variable, None)).collect();
    Box::new(move |gradients| {
        for (variable, velocity) in &mut velocities {
            // Gradients remember how they were computed, and the velocities would all of them.
            let gradient = gradients.get(variable).expect("a gradient").detach();
            let next = match velocity.take() {
                Some(velocity) => ((velocity * 0.9)? + gradient)?,
                None => gradient,
            };
            variable.set(&(variable.as_detached_tensor() - (&next * 0.01)?)?)?;
            *velocity = Some(next);
        }
        Ok(())
    })
}

/// Without decay of weights, AdamW is Adam.
fn adam(parameters: &Parameters) -> Result<Update> {
    let settings = ParamsAdamW { lr: 1e-3, weight_decay: 0.0, ..ParamsAdamW::default() };
    let mut optimizer = AdamW::new(parameters.variables.all_vars(), settings)?;
    Ok(Box::new(move |gradients| optimizer.step(gradients)))
}

/// Random numbers from 0 to 1.
fn random(shape: &[usize]) -> Result<Tensor> {
    Tensor::rand(0_f32, 1_f32, shape, &DEVICE)
}

/// Random whole numbers below `end`, in an order that is always the same.
fn indices(count: usize, end: usize) -> Result<Tensor> {
    let numbers: Vec<u32> = common::indices(count, end).map(|i| i as u32).collect();
    Tensor::new(numbers, &DEVICE)
}
