//! Natural logarithm: `y = ln x`, `dx = g / x`. −∞ at 0, NaN below.

use crate::{Op, Reads, Real, Var, Vjp};

#[derive(Clone, Copy)]
struct Ln;

impl<F: Real> Op<F> for Ln {
    fn name(&self) -> &'static str {
        "ln"
    }

    fn vjp<'t>(&self, cx: &mut Vjp<'_, 't, F>) {
        cx.give(0, |c| c.g / c.x(0));
    }

    fn reads(&self) -> Reads {
        Reads::INPUTS
    }
}

impl<'t, F: Real> Var<'t, F> {
    /// The natural logarithm, elementwise; the same shape. −∞ at 0, NaN below.
    ///
    /// Formulas: [`ops::function::ln`](mod@crate::ops::function::ln).
    #[doc(alias = "log")]
    #[track_caller]
    pub fn ln(self) -> Self {
        self.map(Ln, F::ln)
    }
}

#[cfg(test)]
mod tests {
    use crate::gradcheck;

    #[test]
    fn ln() {
        gradcheck::unary(|x| x.ln(), 0.5..3.0);
    }
}
