//! Single operations, forward and backward.

use crate::{Step, random};
use burn::tensor::{Device, Tensor};

/// burn differentiates sums only: the cotangent is multiplied in.
pub fn matmul(device: &Device) -> Step {
    let [a, b] = [(); 2].map(|()| random([512, 512], device).require_grad());
    let cotangent = random([512, 512], device);
    Box::new(move || {
        let gradients = (a.clone().matmul(b.clone()) * cotangent.clone()).sum().backward();
        for operand in [&a, &b] {
            std::hint::black_box(operand.grad(&gradients).map(|gradient| gradient.into_data()));
        }
    })
}

/// Ten thousand operations on one number.
pub fn chain(device: &Device) -> Step {
    let start = Tensor::<1>::from_floats([0.5], device).require_grad();
    Box::new(move || {
        let end = (0..5000).fold(start.clone(), |x, _| x * 1.000_001 + 1e-6);
        let gradients = end.backward();
        std::hint::black_box(start.grad(&gradients).map(|gradient| gradient.into_data()));
    })
}
