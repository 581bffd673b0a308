//! Error function: `y = 2/√π ∫₀ˣ e^(−t²) dt`, `dx = g · 2/√π e^(−x²)`.

use crate::{Op, Reads, Real, Var, Vjp};

#[derive(Clone, Copy)]
struct Erf;

impl<F: Real> Op<F> for Erf {
    fn name(&self) -> &'static str {
        "erf"
    }

    fn vjp<'t>(&self, cx: &mut Vjp<'_, 't, F>) {
        cx.give(0, |c| c.g * (-(c.x(0) * c.x(0))).exp() * std::f64::consts::FRAC_2_SQRT_PI);
    }

    fn reads(&self) -> Reads {
        Reads::INPUTS
    }
}

impl<'t, F: Real> Var<'t, F> {
    /// The error function, elementwise; the same shape.
    ///
    /// Formulas: [`ops::function::erf`](mod@crate::ops::function::erf).
    #[track_caller]
    pub fn erf(self) -> Self {
        self.map(Erf, F::erf)
    }
}

#[cfg(test)]
mod tests {
    use crate::gradcheck;

    #[test]
    fn erf() {
        gradcheck::unary(|x| x.erf(), -3.0..3.0);
    }
}
