//! Product: `y = a · b`, `da = g · b`, `db = g · a`, each summed over the axes that were broadcast.

use crate::{Op, Reads, Real, Var, Vjp};

#[derive(Clone, Copy)]
struct Mul;

impl<F: Real> Op<F> for Mul {
    fn name(&self) -> &'static str {
        "mul"
    }

    fn vjp<'t>(&self, cx: &mut Vjp<'_, 't, F>) {
        cx.give(0, |c| (c.g * c.x(1)).sum_to(c.shape(0)));
        cx.give(1, |c| (c.g * c.x(0)).sum_to(c.shape(1)));
    }

    fn reads(&self) -> Reads {
        Reads::INPUTS
    }
}

impl<'t, F: Real> std::ops::Mul for Var<'t, F> {
    type Output = Var<'t, F>;

    #[track_caller]
    fn mul(self, other: Self) -> Self {
        self.zip(other, Mul, |a, b| a * b)
    }
}

#[cfg(test)]
mod tests {
    use crate::gradcheck;

    #[test]
    fn mul() {
        gradcheck::binary(|a, b| a * b, -2.0..2.0, -2.0..2.0);
    }
}
