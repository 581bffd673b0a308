//! An axis cut into parts: each is a `slice`, which carries the derivative; the gradient check is here.

use crate::axis::IntoAxis;
use crate::{Real, Var};

impl<'t, F: Real> Var<'t, F> {
    /// The parts of an axis, one after the other, of the sizes given: `let [q, k, v] = x.split(-1, [64, 64, 32]);`
    ///
    /// Formulas: [`ops::shape::split`](mod@crate::ops::shape::split).
    ///
    /// # Panics
    /// When the axis does not exist or the sizes do not add up to its size.
    #[track_caller]
    pub fn split<const N: usize>(self, axis: impl IntoAxis, sizes: [usize; N]) -> [Self; N] {
        let shape = self.shape();
        let total = sizes.iter().sum();
        let Some(axis) = axis.axis(shape.rank()).filter(|&axis| shape.dims()[axis] == total) else {
            self.graph().fail(format_args!("split: sizes {sizes:?} of axis {axis:?}: left {total}, right {shape}"))
        };
        let mut start = 0;
        sizes.map(|size| {
            start += size;
            self.slice(axis, start - size..start)
        })
    }

    /// An axis in `N` equal parts: `let [value, gate] = x.chunk(-1);`
    ///
    /// Formulas: [`ops::shape::split`](mod@crate::ops::shape::split).
    ///
    /// # Panics
    /// When the axis does not exist or `N` does not divide its size. (PyTorch then makes the last part smaller.)
    #[track_caller]
    pub fn chunk<const N: usize>(self, axis: impl IntoAxis) -> [Self; N] {
        let shape = self.shape();
        let size = axis.axis(shape.rank()).map(|axis| shape.dims()[axis]).filter(|size| N > 0 && size % N == 0);
        match size {
            Some(size) => self.split(axis, [size / N; N]),
            None => self.graph().fail(format_args!("chunk: {N} equal parts of axis {axis:?}: left {N}, right {shape}")),
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::{Params, Tape, Tensor, gradcheck};

    #[test]
    fn split() {
        let parts: [&[usize]; 2] = [&[2, 6], &[3, 1, 6]];
        gradcheck::shapes(
            |x| {
                let [a, b, c] = x.split(-1, [2, 3, 1]);
                (a.slice(-1, 0..1) * c + b).sum(-1)
            },
            -2.0..2.0,
            &parts,
        );
        gradcheck::shapes(
            |x| {
                let [a, b] = x.chunk(-1);
                a * b
            },
            -2.0..2.0,
            &parts,
        );
    }

    #[test]
    fn parts_in_order() {
        Tape::<f32>::new().eval(&Params::new(0), |t| {
            let x = t.input(&Tensor::from_fn([2, 3], |i| i as f32));
            let [a, b] = x.split(1, [1, 2]);
            assert_eq!((&*a.value(), &*b.value()), (&[0.0, 3.0][..], &[1.0, 2.0, 4.0, 5.0][..]));
            let [a, b] = x.chunk(0);
            assert_eq!((&*a.value(), &*b.value()), (&[0.0, 1.0, 2.0][..], &[3.0, 4.0, 5.0][..]));
        });
    }

    #[test]
    #[should_panic(expected = "chunk: 2 equal parts of axis 1: left 2, right [2, 3]")]
    fn unequal_chunks() {
        Tape::<f32>::new().eval(&Params::new(0), |t| {
            let [_, _] = t.full([2, 3], 0.0).chunk(1);
        });
    }
}
