//! Single operations, forward and backward.

use crate::common::Step;
use crate::{DEVICE, random, repeated};
use candle_core::backprop::GradStore;
use candle_core::{Result, Tensor, Var};
use std::hint::black_box;

/// A product of two matrices, and the gradients by both.
pub fn matmul() -> Result<Step> {
    let [a, b, cotangent] = [(); 3].map(|()| random(&[512, 512]));
    let (a, b, cotangent) = (Var::from_tensor(&a?)?, Var::from_tensor(&b?)?, cotangent?);
    Ok(repeated(move || {
        let gradients = backward(&a.matmul(&b)?, &cotangent)?;
        for operand in [&a, &b] {
            black_box(gradients.get(operand).expect("a gradient"));
        }
        Ok(())
    }))
}

/// A function of a matrix, and the gradient by it.
pub fn operation(function: fn(&Tensor) -> Result<Tensor>) -> Result<Step> {
    let x = Var::from_tensor(&Tensor::rand(-2_f32, 2_f32, (1024, 1024), &DEVICE)?)?;
    let cotangent = random(function(&x)?.dims())?;
    Ok(repeated(move || {
        let gradients = backward(&function(&x)?, &cotangent)?;
        black_box(gradients.get(&x).expect("a gradient"));
        Ok(())
    }))
}

/// candle gives the cotangent 1 to all that it differentiates: another is multiplied in.
fn backward(result: &Tensor, cotangent: &Tensor) -> Result<GradStore> {
    (result * cotangent)?.sum_all()?.backward()
}

/// Ten thousand operations on one number.
pub fn chain() -> Result<Step> {
    let start = Var::new(&[0.5_f32], &DEVICE)?;
    Ok(repeated(move || {
        let mut end = start.as_tensor().clone();
        for _ in 0..5000 {
            end = ((end * 1.000_001)? + 1e-6)?;
        }
        let gradients = end.backward()?;
        black_box(gradients.get(&start).expect("a gradient").to_vec1::<f32>()?);
        Ok(())
    }))
}
