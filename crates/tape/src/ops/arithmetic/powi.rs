//! Power with a whole number as exponent: `y = xⁿ`, `dx = g · n xⁿ⁻¹`; `dx = 0` for `n = 0`, also at 0.

use crate::{Op, Reads, Real, Var, Vjp};

#[derive(Clone, Copy)]
struct Powi {
    exponent: i32,
}

impl<F: Real> Op<F> for Powi {
    fn name(&self) -> &'static str {
        "powi"
    }

    fn vjp<'t>(&self, cx: &mut Vjp<'_, 't, F>) {
        let n = self.exponent;
        cx.give(0, |c| match n {
            0 => c.g * 0.0,
            1 => c.g,
            2 => c.g * c.x(0) * 2.0,
            _ => c.g * c.x(0).powi(n - 1) * f64::from(n),
        });
    }

    fn reads(&self) -> Reads {
        Reads::INPUTS
    }
}

impl<'t, F: Real> Var<'t, F> {
    /// `xⁿ` for a whole number `n`, which may be negative, elementwise; the same shape. `x⁰` is 1.
    ///
    /// Formulas: [`ops::arithmetic::powi`](mod@crate::ops::arithmetic::powi).
    #[track_caller]
    pub fn powi(self, exponent: i32) -> Self {
        self.map(Powi { exponent }, move |x| x.powi(exponent))
    }
}

#[cfg(test)]
mod tests {
    use crate::gradcheck;

    #[test]
    fn powi() {
        for exponent in 0..5 {
            gradcheck::unary(|x| x.powi(exponent), -2.0..2.0);
        }
        gradcheck::unary(|x| x.powi(-2), 0.5..2.0);
    }
}
