//! Images, 64 at a time.

use crate::common::{self, Step};
use dfdx::nn::builders::{Linear, ReLU, Sigmoid, UnbiasedLinear};
use dfdx::optim::{Momentum, Optimizer, Sgd, SgdConfig};
use dfdx::prelude::*;
use std::hint::black_box;

/// Images, and what is computed from them.
type Traced<const WIDTH: usize> = Tensor<Rank2<64, WIDTH>, f32, Cpu, OwnedTape<f32, Cpu>>;

/// A layer without bias.
pub fn softmax() -> Step {
    classifier::<(UnbiasedLinear<784, 10>, ReLU)>()
}

/// A hidden layer, with sigmoids.
pub fn perceptron() -> Step {
    classifier::<(Linear<784, 128>, Sigmoid, Linear<128, 10>)>()
}

/// Training by cross-entropy over ten classes.
fn classifier<M>() -> Step
where
    M: BuildOnDevice<Cpu, f32>,
    M::Built: ModuleMut<Traced<784>, Output = Traced<10>> + 'static,
{
    let device = Cpu::default();
    let mut model = device.build_module::<M, f32>();
    let images = device.sample_uniform::<Rank2<64, 784>>();
    let mut labels = [[0.0; 10]; 64];
    for (row, label) in labels.iter_mut().zip(common::indices(64, 10)) {
        row[label] = 1.0;
    }
    let labels: Tensor<Rank2<64, 10>, f32, _> = device.tensor(labels);
    let momentum = SgdConfig { lr: 0.01, momentum: Some(Momentum::Classic(0.9)), weight_decay: None };
    let mut optimizer = Sgd::new(&model, momentum);
    // Their memory serves every step.
    let mut gradients = Some(model.alloc_grads());
    Box::new(move || {
        let tape = gradients.take().expect("the gradients of the last step");
        let logits = model.forward_mut(images.clone().traced(tape));
        let loss = cross_entropy_with_logits_loss(logits, labels.clone());
        black_box(loss.array());
        let mut found = loss.backward();
        optimizer.update(&mut model, &found).expect("a gradient of every parameter");
        model.zero_grads(&mut found);
        gradients = Some(found);
    })
}
