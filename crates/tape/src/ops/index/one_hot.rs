//! Indices as rows of a unit matrix: `y[…, c] = 1` where `c` is the index, else 0. A constant: nothing is differentiated
//! through an index.

use crate::{IndexVar, Real, Var};

impl<'t, F: Real> IndexVar<'t, F> {
    /// For each index a row of `classes` numbers: 1 at the index, 0 elsewhere; the shape is `[…, classes]`.
    ///
    /// Formulas: [`ops::index::one_hot`](mod@crate::ops::index::one_hot).
    ///
    /// # Panics
    /// When an index is not below `classes`.
    #[track_caller]
    pub fn one_hot(self, classes: usize) -> Var<'t, F> {
        let shape = self.shape();
        let mut to = shape;
        to.push(classes);
        let mut out = self.graph().output(to);
        kernels::fill(out.as_mut_slice(), F::ZERO);
        for (position, &index) in self.value().iter().enumerate() {
            if index as usize >= classes {
                self.graph().fail(format_args!(
                    "one_hot: index {index} at position {position} is out of range for size {classes}: \
                     left {shape}, right {to}"
                ));
            }
            out.as_mut_slice()[position * classes + index as usize] = F::ONE;
        }
        self.graph().constant(to, out)
    }
}

#[cfg(test)]
mod tests {
    use crate::{Indices, Params, Tape};

    #[test]
    fn one_hot() {
        Tape::<f32>::new().eval(&Params::new(0), |t| {
            let y = t.indices(&Indices::from_vec([2, 1], vec![2, 0])).one_hot(3);
            assert_eq!(y.shape().dims(), [2, 1, 3]);
            assert_eq!(&*y.value(), [0.0, 0.0, 1.0, 1.0, 0.0, 0.0]);
            assert!(!y.requires_grad());
            assert_eq!(t.indices(&Indices::from_vec([0], vec![])).one_hot(3).shape().dims(), [0, 3]);
        });
    }

    #[test]
    #[should_panic(expected = "one_hot: index 3 at position 1 is out of range for size 3")]
    fn out_of_range() {
        Tape::<f32>::new().eval(&Params::new(0), |t| {
            t.indices(&Indices::from_vec([2], vec![0, 3])).one_hot(3);
        });
    }
}
