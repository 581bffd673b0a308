//! Misuse: one way to say it.
//!
//! Shapes that do not fit are a mistake in the program, not something that it can handle, so they panic, at the line of
//! the caller (`#[track_caller]` through every public op), with the op, what is wrong, both shapes, and the layer.
//! A `Result` at every op would turn `a * b + c` into `((a * b)? + c)?` for mistakes that a test finds at once.

use crate::{Graph, Real};
use std::fmt::Arguments;

impl<F: Real> Graph<'_, F> {
    /// Panics with `message`, preceded by the layer that is being computed.
    #[track_caller]
    #[cold]
    #[inline(never)]
    pub fn fail(&self, message: Arguments<'_>) -> ! {
        match self.layer_path() {
            Some(path) => panic!("in {path}: {message}"),
            None => panic!("{message}"),
        }
    }
}
