//! Optimizers: what moves the parameters along a [`Step`], by PyTorch's definitions.
//!
//! ```
//! use retrograde_optim::{Optimizer, Sgd};
//! # extern crate tape as retrograde_tape;
//! use retrograde_tape::{Params, Tape};
//!
//! let mut params = Params::<f32>::new(0);
//! let w = params.root().param("w", [2], 1.0);
//! let mut sgd = Sgd::new(0.1);
//! let mut tape = Tape::new();
//! for _ in 0..20 {
//!     let (_, step) = tape.grad(&params, |t| (t.param(w) * t.param(w)).sum(..));
//!     sgd.step(&mut params, step);
//! }
//! assert!(params.get(w).tensor().as_slice()[0] < 0.02);
//! ```

mod adagrad;
mod adam;
mod rmsprop;
mod sgd;
mod slots;

pub use adagrad::Adagrad;
pub use adam::{Adam, adamw};
pub use rmsprop::RmsProp;
pub use sgd::Sgd;

use tape::{Params, Real, Step};

/// Moves parameters along the gradients of a step.
pub trait Optimizer<F: Real = f32> {
    /// Updates every parameter that has a gradient, takes over the buffers that layers proposed, and counts the step.
    ///
    /// # Panics
    /// When the step was taken with other parameters.
    fn step(&mut self, params: &mut Params<F>, step: &Step<F>);

    /// The learning rate of the next step.
    fn learning_rate(&self) -> f64;

    /// Sets the learning rate of the next step, as a schedule does.
    fn set_learning_rate(&mut self, learning_rate: f64);
}
