//! Power of two values: `y = aᵇ`, `da = g · b aᵇ⁻¹`, `db = g · y ln a`, each summed over the axes that were broadcast.
//! `0⁰` is 1, with both derivatives 0, as in PyTorch; so are `da` where `b = 0`, and `db` where `a = 0` and `b ≥ 0`.

use crate::{Op, Real, Var, Vjp};

#[derive(Clone, Copy)]
struct Pow;

impl<F: Real> Op<F> for Pow {
    fn name(&self) -> &'static str {
        "pow"
    }

    fn vjp<'t>(&self, cx: &mut Vjp<'_, 't, F>) {
        cx.give(0, |c| {
            let (a, b) = (c.x(0), c.x(1));
            let slope = b.eq(0.0).select(0.0, b * a.pow(b - 1.0));
            (c.g * slope).sum_to(c.shape(0))
        });
        cx.give(1, |c| {
            let (a, b) = (c.x(0), c.x(1));
            // Where the derivative is 0 the logarithm would be −∞, and 0 · ∞ is no number.
            let flat = a.eq(0.0) & b.ge(0.0);
            let slope = flat.select(0.0, c.y * flat.select(1.0, a).ln());
            (c.g * slope).sum_to(c.shape(1))
        });
    }
}

impl<'t, F: Real> Var<'t, F> {
    /// `aᵇ`, elementwise and broadcast; NaN for a negative `a` and a broken `b`. For an exponent that is a number see
    /// [`powi`](Var::powi) and [`powf`](Var::powf), which are faster.
    ///
    /// Formulas: [`ops::arithmetic::pow`](mod@crate::ops::arithmetic::pow).
    ///
    /// # Panics
    /// When the shapes do not broadcast.
    #[track_caller]
    pub fn pow(self, exponent: Self) -> Self {
        self.zip(exponent, Pow, F::powf)
    }
}

#[cfg(test)]
mod tests {
    use crate::{Params, Tape, Tensor, gradcheck};

    #[test]
    fn pow() {
        gradcheck::binary(|a, b| a.pow(b), 0.5..2.0, -2.0..2.0);
        gradcheck::unary(|x| x.pow(x), 0.5..2.0);
    }

    #[test]
    fn at_zero() {
        Tape::<f64>::new().run(&Params::new(0), |t| {
            let a = t.leaf(&Tensor::from_vec([3], vec![0.0, 0.0, 2.0]));
            let b = t.leaf(&Tensor::from_vec([3], vec![0.0, 2.0, 0.0]));
            let y = a.pow(b);
            assert_eq!(*y.value(), [1.0, 0.0, 1.0]);
            let [da, db] = y.sum(..).grad([a, b]);
            assert_eq!(*da.value(), [0.0, 0.0, 0.0]);
            assert_eq!(*db.value(), [0.0, 0.0, 2f64.ln()]);
        });
    }
}
