//! Square root: `y = √x`, `dx = g / 2y`, which is infinite at 0. NaN below 0.

use crate::{Op, Reads, Real, Var, Vjp};

#[derive(Clone, Copy)]
struct Sqrt;

impl<F: Real> Op<F> for Sqrt {
    fn name(&self) -> &'static str {
        "sqrt"
    }

    fn vjp<'t>(&self, cx: &mut Vjp<'_, 't, F>) {
        cx.give(0, |c| c.g / (c.y * 2.0));
    }

    fn reads(&self) -> Reads {
        Reads::RESULT
    }
}

impl<'t, F: Real> Var<'t, F> {
    /// The square root, elementwise; the same shape. NaN below 0.
    ///
    /// Formulas: [`ops::function::sqrt`](mod@crate::ops::function::sqrt).
    #[track_caller]
    pub fn sqrt(self) -> Self {
        self.map(Sqrt, F::sqrt)
    }
}

#[cfg(test)]
mod tests {
    use crate::gradcheck;

    #[test]
    fn sqrt() {
        gradcheck::unary(|x| x.sqrt(), 0.5..3.0);
    }
}
