//! Quotient: `y = a / b`, `da = g / b`, `db = −g · y / b`, each summed over the axes that were broadcast.

use crate::{Op, Reads, Real, Var, Vjp};

#[derive(Clone, Copy)]
struct Div;

impl<F: Real> Op<F> for Div {
    fn name(&self) -> &'static str {
        "div"
    }

    fn vjp<'t>(&self, cx: &mut Vjp<'_, 't, F>) {
        cx.give(0, |c| (c.g / c.x(1)).sum_to(c.shape(0)));
        cx.give(1, |c| -(c.g * c.y / c.x(1)).sum_to(c.shape(1)));
    }

    fn reads(&self) -> Reads {
        Reads::input(1) | Reads::RESULT
    }
}

impl<'t, F: Real> std::ops::Div for Var<'t, F> {
    type Output = Var<'t, F>;

    #[track_caller]
    fn div(self, other: Self) -> Self {
        self.zip(other, Div, |a, b| a / b)
    }
}

impl<'t, F: Real> std::ops::Div<Var<'t, F>> for f64 {
    type Output = Var<'t, F>;

    #[track_caller]
    fn div(self, x: Var<'t, F>) -> Var<'t, F> {
        x.graph().scalar(self) / x
    }
}

#[cfg(test)]
mod tests {
    use crate::gradcheck;

    #[test]
    fn div() {
        gradcheck::binary(|a, b| a / b, -2.0..2.0, 0.5..2.0);
        gradcheck::unary(|x| 2.0 / x, 0.5..2.0);
    }
}
