//! Sum: `y = a + b`, `da = g`, `db = g`, each summed over the axes that were broadcast.

use crate::{Op, Reads, Real, Var, Vjp};

#[derive(Clone, Copy)]
struct Add;

impl<F: Real> Op<F> for Add {
    fn name(&self) -> &'static str {
        "add"
    }

    fn vjp<'t>(&self, cx: &mut Vjp<'_, 't, F>) {
        cx.give(0, |c| c.g.sum_to(c.shape(0)));
        cx.give(1, |c| c.g.sum_to(c.shape(1)));
    }

    fn reads(&self) -> Reads {
        Reads::NONE
    }
}

impl<'t, F: Real> std::ops::Add for Var<'t, F> {
    type Output = Var<'t, F>;

    #[track_caller]
    fn add(self, other: Self) -> Self {
        self.zip(other, Add, |a, b| a + b)
    }
}

#[cfg(test)]
mod tests {
    use crate::gradcheck;

    #[test]
    fn add() {
        gradcheck::binary(|a, b| a + b, -2.0..2.0, -2.0..2.0);
    }
}
