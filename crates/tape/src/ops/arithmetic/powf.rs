//! Power with a number as exponent: `y = xᵖ`, `dx = g · p xᵖ⁻¹`; `dx = 0` for `p = 0`, also at 0.

use crate::{Op, Reads, Real, Var, Vjp};

#[derive(Clone, Copy)]
struct Powf {
    exponent: f64,
}

impl<F: Real> Op<F> for Powf {
    fn name(&self) -> &'static str {
        "powf"
    }

    fn vjp<'t>(&self, cx: &mut Vjp<'_, 't, F>) {
        let p = self.exponent;
        cx.give(0, |c| if p == 0.0 { c.g * 0.0 } else { c.g * c.x(0).powf(p - 1.0) * p });
    }

    fn reads(&self) -> Reads {
        Reads::INPUTS
    }
}

impl<'t, F: Real> Var<'t, F> {
    /// `xᵖ` for a number `p`, elementwise; the same shape. NaN for a negative `x` and a broken `p`; `x⁰` is 1.
    ///
    /// Formulas: [`ops::arithmetic::powf`](mod@crate::ops::arithmetic::powf).
    #[track_caller]
    pub fn powf(self, exponent: f64) -> Self {
        let p = F::from_f64(exponent);
        self.map(Powf { exponent }, move |x| x.powf(p))
    }
}

#[cfg(test)]
mod tests {
    use crate::gradcheck;

    #[test]
    fn powf() {
        for exponent in [2.5, -0.5, 1.0, 0.0] {
            gradcheck::unary(|x| x.powf(exponent), 0.5..2.0);
        }
        gradcheck::unary(|x| x.powf(3.0), -2.0..2.0);
    }
}
