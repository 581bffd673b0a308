//! Difference: `y = a − b`, `da = g`, `db = −g`, each summed over the axes that were broadcast.

use crate::{Op, Reads, Real, Var, Vjp};

#[derive(Clone, Copy)]
struct Sub;

impl<F: Real> Op<F> for Sub {
    fn name(&self) -> &'static str {
        "sub"
    }

    fn vjp<'t>(&self, cx: &mut Vjp<'_, 't, F>) {
        cx.give(0, |c| c.g.sum_to(c.shape(0)));
        cx.give(1, |c| -c.g.sum_to(c.shape(1)));
    }

    fn reads(&self) -> Reads {
        Reads::NONE
    }
}

impl<'t, F: Real> std::ops::Sub for Var<'t, F> {
    type Output = Var<'t, F>;

    #[track_caller]
    fn sub(self, other: Self) -> Self {
        self.zip(other, Sub, |a, b| a - b)
    }
}

#[cfg(test)]
mod tests {
    use crate::gradcheck;

    #[test]
    fn sub() {
        gradcheck::binary(|a, b| a - b, -2.0..2.0, -2.0..2.0);
    }
}
