//! The Gram matrix of rows: `Y = X·Xᵀ`, `dX = (G + Gᵀ)·X`. Y is symmetric, so that little more than half of it is computed;
//! and its rule needs one product, where that of a [`matmul`](mod@crate::ops::product::matmul) with itself needs two.

use crate::{Op, Reads, Real, Shape, Var, Vjp};

#[derive(Clone, Copy)]
struct Gram;

impl<F: Real> Op<F> for Gram {
    fn name(&self) -> &'static str {
        "gram"
    }

    fn vjp<'t>(&self, cx: &mut Vjp<'_, 't, F>) {
        cx.give(0, |c| (c.g + c.g.transpose(0, 1)).matmul(c.x(0)));
    }

    fn reads(&self) -> Reads {
        Reads::INPUTS
    }

    fn flops(&self, inputs: &[Shape], output: Shape) -> u64 {
        (output.len() * inputs[0].dims()[1]) as u64
    }
}

impl<'t, F: Real> Var<'t, F> {
    /// `X·Xᵀ`, the inner products of all rows with each other: `[m, k] → [m, m]`, symmetric to the bit.
    ///
    /// Formulas: [`ops::product::gram`](mod@crate::ops::product::gram).
    ///
    /// ```
    /// use retrograde_tape::{Params, Tape, Tensor};
    /// Tape::<f32>::new().eval(&Params::new(0), |t| {
    ///     let rows = t.input(&Tensor::from_vec([2, 2], vec![1.0, 2.0, 3.0, 4.0]));
    ///     assert_eq!(*rows.gram().value(), [5.0, 11.0, 11.0, 25.0]);
    /// });
    /// ```
    ///
    /// # Panics
    /// When it is not a matrix.
    #[track_caller]
    pub fn gram(self) -> Self {
        let [m, k] = self.dims();
        self.graph().apply(Gram, [self], Shape::from([m, m]), |[x], y| kernels::gram(m, k, x, y))
    }
}

#[cfg(test)]
mod tests {
    use crate::{Params, Tape, Tensor, gradcheck};

    #[test]
    fn gram() {
        let shapes: [&[usize]; 6] = [&[3, 4], &[1, 1], &[5, 1], &[1, 5], &[0, 3], &[3, 0]];
        gradcheck::shapes(|x| x.gram(), -1.0..1.0, &shapes);
        gradcheck::shapes(|x| x.transpose(0, 1).slice(0, 1..4).gram(), -1.0..1.0, &[&[3, 4]]);
        gradcheck::shapes(|x| x.broadcast_to([3, 4]).gram(), -1.0..1.0, &[&[4]]);
    }

    #[test]
    fn cotangents_that_are_not_symmetric() {
        let weight = Tensor::from_fn([3, 3], |i| i as f64);
        gradcheck::shapes(|x| x.gram() * x.graph().input(&weight), -1.0..1.0, &[&[3, 4]]);
    }

    #[test]
    fn equals_the_product_with_itself() {
        let x = Tensor::from_fn([40, 70], |i| (i as f64 * 0.37).sin());
        let gradient = |f: fn(crate::Var<'_, f64>) -> crate::Var<'_, f64>| {
            Tape::new().run(&Params::new(0), |t| {
                let (x, weight) = (t.leaf(&x), t.input(&Tensor::from_fn([40, 40], |i| (i as f64 * 0.11).cos())));
                let y = f(x);
                let [dx] = y.vjp([x], weight);
                (y.to_tensor(), dx.to_tensor())
            })
        };
        let (ours, theirs) = (gradient(|x| x.gram()), gradient(|x| x.gemm(x, false, true)));
        for (a, b) in [(&ours.0, &theirs.0), (&ours.1, &theirs.1)] {
            assert!(a.as_slice().iter().zip(b.as_slice()).all(|(a, b)| (a - b).abs() < 1e-12));
        }
    }
}
