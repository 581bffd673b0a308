//! Single operations, forward and backward.

use crate::common::Step;
use dfdx::prelude::*;
use std::hint::black_box;

/// A product of two matrices, and the gradients by both. dfdx differentiates numbers only: the cotangent is multiplied in.
pub fn matmul() -> Step {
    let device = Cpu::default();
    let [a, b, cotangent]: [Tensor<Rank2<512, 512>, f32, _>; 3] = [(); 3].map(|()| device.sample_uniform());
    Box::new(move || {
        let gradients = (a.leaky_trace().matmul(b.clone()) * cotangent.clone()).sum::<Rank0, _>().backward();
        for operand in [&a, &b] {
            black_box(gradients.get(operand));
        }
    })
}

/// Ten thousand operations on one number.
pub fn chain() -> Step {
    let device = Cpu::default();
    let start: Tensor<Rank0, f32, _> = device.tensor(0.5);
    Box::new(move || {
        let end = (0..5000).fold(start.leaky_trace(), |x, _| x * 1.000_001 + 1e-6);
        black_box(end.backward().get(&start).array());
    })
}
