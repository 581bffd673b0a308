//! [`Embedding`]: a row of a table for every index.

use crate::init::Normal;
use tape::{IndexVar, Init, ParamId, ParamPath, Random, Real, Shape, Var};

/// A table of rows that indices name, from `[…]` to `[…, width]`; see [`Var::embedding`].
///
/// Parameter, under PyTorch's name: `weight` `[count, width]`, which starts normal with deviation 1, the row of the padding
/// at 0.
#[derive(Clone, Copy, Debug)]
pub struct Embedding {
    weight: ParamId,
    padding: Option<u32>,
}

/// Normal with deviation 1 except a row of zeros.
struct Rows(Option<u32>);

impl Init for Rows {
    fn fill<F: Real>(&self, shape: Shape, random: &mut Random, out: &mut [F]) {
        Normal { std: 1.0 }.fill(shape, random, out);
        if let Some(row) = self.0 {
            let width = shape.dims()[1];
            out[row as usize * width..][..width].fill(F::ZERO);
        }
    }
}

impl Embedding {
    /// A table without padding.
    ///
    /// # Panics
    /// When there is a parameter of the same name at this place already.
    #[track_caller]
    pub fn new<F: Real>(mut params: ParamPath<'_, F>, count: usize, width: usize) -> Embedding {
        Embedding { weight: params.param("weight", [count, width], Rows(None)), padding: None }
    }

    /// A table whose row `padding` starts at 0 and gets no gradient.
    ///
    /// # Panics
    /// When there is a parameter of the same name at this place already, or no such row.
    #[doc(alias = "padding_idx")]
    #[track_caller]
    pub fn with_padding<F: Real>(mut params: ParamPath<'_, F>, count: usize, width: usize, padding: u32) -> Embedding {
        assert!((padding as usize) < count, "Embedding: row of the padding: left {padding}, right {count} rows");
        Embedding { weight: params.param("weight", [count, width], Rows(Some(padding))), padding: Some(padding) }
    }

    /// The table: for a [`Linear`](crate::Linear) that is tied to it.
    pub fn weight(&self) -> ParamId {
        self.weight
    }

    /// The rows that `indices` name.
    ///
    /// # Panics
    /// When an index is not below the number of rows.
    #[track_caller]
    pub fn forward<'t, F: Real>(&self, indices: IndexVar<'t, F>) -> Var<'t, F> {
        let t = indices.graph();
        let _layer = t.within(self.weight);
        t.param(self.weight).embedding(indices, self.padding)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Layer, Linear};
    use tape::{Indices, Params, Tape};

    #[test]
    fn padding_starts_at_zero_and_stays() {
        let mut params = Params::<f32>::new(0);
        let embedding = Embedding::with_padding(params.root(), 3, 2, 1);
        assert_eq!(params.get(embedding.weight()).tensor().as_slice()[2..4], [0.0; 2]);
        let picks = Indices::from_vec([2], vec![1, 2]);
        let mut tape = Tape::new();
        let (_, step) = tape.grad(&params, |t| embedding.forward(t.indices(&picks)).sum(..));
        let (_, gradient) = step.iter().next().unwrap();
        assert_eq!(gradient.as_slice(), [0.0, 0.0, 0.0, 0.0, 1.0, 1.0]);
    }

    #[test]
    fn a_tied_output_adds_its_gradient() {
        let mut params = Params::<f64>::new(0);
        let embedding = Embedding::new(params.root(), 3, 2);
        let output = Linear::tied(embedding.weight(), None);
        let picks = Indices::from_vec([1], vec![2]);
        let table = params.get(embedding.weight()).tensor().as_slice().to_vec();
        let mut tape = Tape::new();
        let (_, step) = tape.grad(&params, |t| output.forward(embedding.forward(t.indices(&picks))).sum(..));
        let (_, gradient) = step.iter().next().unwrap();
        let sums = [table[0] + table[2] + table[4], table[1] + table[3] + table[5]];
        let want = [table[4], table[5], table[4], table[5], table[4] + sums[0], table[5] + sums[1]];
        assert!(gradient.as_slice().iter().zip(want).all(|(a, b)| (a - b).abs() < 1e-15));
    }
}
