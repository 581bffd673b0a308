//! Cosine of an angle in radians: `y = cos x`, `dx = −g · sin x`.

use crate::{Op, Reads, Real, Var, Vjp};

#[derive(Clone, Copy)]
struct Cos;

impl<F: Real> Op<F> for Cos {
    fn name(&self) -> &'static str {
        "cos"
    }

    fn vjp<'t>(&self, cx: &mut Vjp<'_, 't, F>) {
        cx.give(0, |c| -(c.g * c.x(0).sin()));
    }

    fn reads(&self) -> Reads {
        Reads::INPUTS
    }
}

impl<'t, F: Real> Var<'t, F> {
    /// The cosine of angles in radians, elementwise; the same shape. In single precision it is exact to the last place
    /// or two up to 10⁶.
    ///
    /// Formulas: [`ops::function::cos`](mod@crate::ops::function::cos).
    #[track_caller]
    pub fn cos(self) -> Self {
        self.map(Cos, F::cos)
    }
}

#[cfg(test)]
mod tests {
    use crate::gradcheck;

    #[test]
    fn cos() {
        gradcheck::unary(|x| x.cos(), -4.0..4.0);
    }
}
