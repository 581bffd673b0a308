//! [`Dropout`]: numbers that are left out in training.

use crate::Layer;
use tape::{Real, Var};

/// In training, each number is 0 with this probability, and the others grow to keep the mean; see [`Var::dropout`].
#[derive(Clone, Copy, Debug)]
pub struct Dropout(pub f64);

impl Layer for Dropout {
    fn forward<'t, F: Real>(&self, x: Var<'t, F>) -> Var<'t, F> {
        x.dropout(self.0)
    }
}
