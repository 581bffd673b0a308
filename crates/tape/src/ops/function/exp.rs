//! Exponential: `y = eˣ`, `dx = g · y`.

use crate::{Op, Reads, Real, Var, Vjp};

#[derive(Clone, Copy)]
struct Exp;

impl<F: Real> Op<F> for Exp {
    fn name(&self) -> &'static str {
        "exp"
    }

    fn vjp<'t>(&self, cx: &mut Vjp<'_, 't, F>) {
        cx.give(0, |c| c.g * c.y);
    }

    fn reads(&self) -> Reads {
        Reads::RESULT
    }
}

impl<'t, F: Real> Var<'t, F> {
    /// The exponential function, elementwise; the same shape.
    ///
    /// Formulas: [`ops::function::exp`](mod@crate::ops::function::exp).
    #[track_caller]
    pub fn exp(self) -> Self {
        self.map(Exp, F::exp)
    }
}

#[cfg(test)]
mod tests {
    use crate::gradcheck;

    #[test]
    fn exp() {
        gradcheck::unary(|x| x.exp(), -2.0..2.0);
    }
}
