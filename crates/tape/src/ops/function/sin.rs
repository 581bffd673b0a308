//! Sine of an angle in radians: `y = sin x`, `dx = g · cos x`.

use crate::{Op, Reads, Real, Var, Vjp};

#[derive(Clone, Copy)]
struct Sin;

impl<F: Real> Op<F> for Sin {
    fn name(&self) -> &'static str {
        "sin"
    }

    fn vjp<'t>(&self, cx: &mut Vjp<'_, 't, F>) {
        cx.give(0, |c| c.g * c.x(0).cos());
    }

    fn reads(&self) -> Reads {
        Reads::INPUTS
    }
}

impl<'t, F: Real> Var<'t, F> {
    /// The sine of angles in radians, elementwise; the same shape. In single precision it is exact to the last place or
    /// two up to 10⁶.
    ///
    /// Formulas: [`ops::function::sin`](mod@crate::ops::function::sin).
    #[track_caller]
    pub fn sin(self) -> Self {
        self.map(Sin, F::sin)
    }
}

#[cfg(test)]
mod tests {
    use crate::gradcheck;

    #[test]
    fn sin() {
        gradcheck::unary(|x| x.sin(), -4.0..4.0);
    }
}
