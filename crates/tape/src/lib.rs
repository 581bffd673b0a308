//! A reusable reverse-mode automatic-differentiation tape.
//!
//! A step is recorded inside a closure; handles are `Copy`; only plain numbers leave the closure:
//!
//! ```
//! use retrograde_tape::{Params, Tape, Tensor};
//!
//! let mut params = Params::<f32>::new(0);
//! let w = params.root().param("w", [3, 1], 0.1);
//! let x = Tensor::from_vec([2, 3], vec![1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
//!
//! let mut tape = Tape::new();
//! let (loss, step) = tape.grad(&params, |t| {
//!     let y = t.input(&x).matmul(t.param(w));
//!     (y * y).mean(..)
//! });
//! assert!((loss - 1.305).abs() < 1e-5);
//! params.commit(step, |_, w, g| w.iter_mut().zip(g).for_each(|(w, g)| *w -= 0.01 * g));
//! ```
//!
//! Every rule of differentiation is written with the operations that it differentiates, so gradients of gradients are
//! free: see [`Var::grad_recorded`]. Without parameters, [`grad`], [`value_and_grad`], [`jacobian`] and
//! [`hessian_vector`] differentiate plain closures.
//!
//! Operators broadcast as NumPy's do. Misuse panics at the caller's line with both shapes.

/// Updates in place, spread over the threads: what optimizers are made of.
pub mod update {
    pub use kernels::{accumulate, fill, update, update2, update3, update4};
}

#[cfg(test)]
mod mutate;

mod axis;
mod elementwise;
mod fail;
mod functional;
pub mod gradcheck;
mod gradient;
mod graph;
mod node;
mod op;
pub mod ops;
mod params;
mod pool;
mod profile;
mod real;
mod release;
mod scope;
mod step;
mod sweep;
mod tape;
mod tensor;
mod var;

pub use axis::{IntoAxes, IntoAxis};
pub use functional::{grad, hessian_vector, jacobian, value_and_grad};
pub use graph::{Graph, Output, ReplayPoint};
pub use kernels::{Axes, Cell, Float, Level, MAX_RANK, Random, RandomKey, Shape, Threads, ThreadsError, peak_flops};
pub use op::{Op, Reads, Vjp};
pub use ops::{
    Activation, Attention, AttentionOutput, BatchNormOutput, ConvOptions, CrossEntropy, FocalLoss, IntoPair, Operand,
    PoolOptions, Recurrence, RecurrentOutput, Reduction, concat, stack,
};
pub use params::{BufferId, Init, Param, ParamId, ParamPath, Params};
pub use pool::Value;
pub use profile::{OpProfile, Profile, TracedOp};
pub use real::Real;
pub use scope::{Escape, Scope, Within};
pub use step::Step;
pub use sweep::Rewrite;
pub use tape::Tape;
pub use tensor::{Indices, Mask, Tensor};
pub use var::{AnyVar, IndexVar, Input, MaskVar, Var};
