//! The larger or smaller of two: `y = max(a, b)`, `da = g` where `a > b`, `g / 2` where `a = b`, else 0, and likewise `db`,
//! each summed over the axes that were broadcast. NaN in either is NaN, and its gradient goes to both.

use crate::{Op, Reads, Real, Var, Vjp};

#[derive(Clone, Copy)]
struct Extreme {
    largest: bool,
}

impl<F: Real> Op<F> for Extreme {
    fn name(&self) -> &'static str {
        if self.largest { "maximum" } else { "minimum" }
    }

    fn vjp<'t>(&self, cx: &mut Vjp<'_, 't, F>) {
        cx.give(0, |c| (c.g * self.share(c.x(0), c.x(1))).sum_to(c.shape(0)));
        cx.give(1, |c| (c.g * self.share(c.x(1), c.x(0))).sum_to(c.shape(1)));
    }

    fn reads(&self) -> Reads {
        Reads::INPUTS
    }
}

impl Extreme {
    /// The part of the gradient that the first of two receives. A constant: it does not change where the extreme has a
    /// derivative.
    fn share<'t, F: Real>(self, of: Var<'t, F>, other: Var<'t, F>) -> Var<'t, F> {
        let (graph, a, b) = (of.graph(), of.shape(), other.shape());
        let shape = a.broadcast(b).expect("the shapes broadcast in the forward pass");
        let (half, largest) = (F::from_f64(0.5), self.largest);
        let mut out = graph.output(shape);
        kernels::zip_broadcast(&of.value(), a, &other.value(), b, out.as_mut_slice(), shape, move |of, other| {
            let loses = if largest { of < other } else { of > other };
            let share = if of == other { half } else { F::ONE };
            if loses { F::ZERO } else { share }
        });
        graph.constant(shape, out)
    }
}

impl<'t, F: Real> Var<'t, F> {
    /// The larger of each pair of numbers, broadcast; NaN if either is. Equal numbers share the gradient.
    ///
    /// Formulas: [`ops::arithmetic::extreme`](mod@crate::ops::arithmetic::extreme).
    ///
    /// # Panics
    /// When the shapes do not broadcast.
    #[track_caller]
    pub fn maximum(self, other: Self) -> Self {
        self.zip(other, Extreme { largest: true }, F::maximum)
    }

    /// The smaller of each pair of numbers, broadcast; NaN if either is. Equal numbers share the gradient.
    ///
    /// Formulas: [`ops::arithmetic::extreme`](mod@crate::ops::arithmetic::extreme).
    ///
    /// # Panics
    /// When the shapes do not broadcast.
    #[track_caller]
    pub fn minimum(self, other: Self) -> Self {
        self.zip(other, Extreme { largest: false }, F::minimum)
    }
}

#[cfg(test)]
mod tests {
    use crate::{Params, Tape, Tensor, gradcheck};

    #[test]
    fn maximum() {
        gradcheck::binary(|a, b| a.maximum(b), -2.0..2.0, -2.0..2.0);
    }

    #[test]
    fn minimum() {
        gradcheck::binary(|a, b| a.minimum(b), -2.0..2.0, -2.0..2.0);
    }

    #[test]
    fn ties_and_nan() {
        Tape::<f32>::new().run(&Params::new(0), |t| {
            let a = t.leaf(&Tensor::from_vec([4], vec![1.0, 2.0, f32::NAN, 1.0]));
            let b = t.leaf(&Tensor::from_vec([4], vec![1.0, 3.0, 1.0, f32::NAN]));
            for (y, want_a, want_b) in [
                (a.maximum(b), [0.5, 0.0, 1.0, 1.0], [0.5, 1.0, 1.0, 1.0]),
                (a.minimum(b), [0.5, 1.0, 1.0, 1.0], [0.5, 0.0, 1.0, 1.0]),
            ] {
                assert!(y.value()[2].is_nan() && y.value()[3].is_nan());
                let [da, db] = y.sum(..).grad([a, b]);
                assert_eq!((&*da.value(), &*db.value()), (&want_a[..], &want_b[..]));
            }
        });
    }
}
