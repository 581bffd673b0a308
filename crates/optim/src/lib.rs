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
mod ema;
mod groups;
mod lbfgs;
mod plateau;
mod rmsprop;
mod schedule;
mod sgd;
mod slots;
mod state;

pub use adagrad::Adagrad;
pub use adam::{Adam, adamw};
pub use ema::Ema;
pub use groups::Groups;
pub use lbfgs::Lbfgs;
pub use plateau::{Better, ReduceOnPlateau};
pub use rmsprop::RmsProp;
pub use schedule::{OneCycle, Schedule};
pub use sgd::Sgd;
pub use state::{State, StateError};

use tape::{Params, Real, Step};

/// Moves parameters along the gradients of a step.
pub trait Optimizer<F: Real = f32> {
    /// Updates the numbers `w` of the parameter of this index in [`Params::entries`] along their gradient `g`.
    fn update(&mut self, index: usize, w: &mut [F], g: &[F]);

    /// Updates every parameter that has a gradient, takes over the buffers that layers proposed, and counts the step.
    ///
    /// # Panics
    /// When the step was taken with other parameters.
    #[track_caller]
    fn step(&mut self, params: &mut Params<F>, step: &Step<F>) {
        params.commit(step, |index, w, g| self.update(index, w, g));
    }

    /// The learning rate of the next step.
    fn learning_rate(&self) -> f64;

    /// Sets the learning rate of the next step, as a schedule does.
    fn set_learning_rate(&mut self, learning_rate: f64);

    /// Sets the momentum of the next step, β₁ for Adam, as [`OneCycle`] does; nothing where there is none.
    fn set_momentum(&mut self, momentum: f64) {
        let _ = momentum;
    }

    /// What the optimizer remembers, to go on later with the same bits.
    fn state(&self, params: &Params<F>) -> State<F>;

    /// Goes on where the optimizer that gave the state was; its settings must be the same.
    ///
    /// # Errors
    /// When the state is of another optimizer or of other parameters; this optimizer is then of no more use.
    fn restore(&mut self, params: &Params<F>, state: State<F>) -> Result<(), StateError>;
}

impl<F: Real, O: Optimizer<F> + ?Sized> Optimizer<F> for Box<O> {
    fn update(&mut self, index: usize, w: &mut [F], g: &[F]) {
        (**self).update(index, w, g);
    }

    fn step(&mut self, params: &mut Params<F>, step: &Step<F>) {
        (**self).step(params, step);
    }

    fn learning_rate(&self) -> f64 {
        (**self).learning_rate()
    }

    fn set_learning_rate(&mut self, learning_rate: f64) {
        (**self).set_learning_rate(learning_rate);
    }

    fn set_momentum(&mut self, momentum: f64) {
        (**self).set_momentum(momentum);
    }

    fn state(&self, params: &Params<F>) -> State<F> {
        (**self).state(params)
    }

    fn restore(&mut self, params: &Params<F>, state: State<F>) -> Result<(), StateError> {
        (**self).restore(params, state)
    }
}

macro_rules! boxed {
    ($($optimizer:ident)+) => {$(
        impl From<$optimizer> for Box<dyn Optimizer + Send> {
            /// For a choice at run time. The optimizer's loops are compiled here, with vector instructions, whatever the
            /// caller is compiled for.
            #[inline(never)]
            fn from(optimizer: $optimizer) -> Self {
                Box::new(optimizer)
            }
        }
    )+};
}

boxed!(Adagrad Adam RmsProp Sgd);
