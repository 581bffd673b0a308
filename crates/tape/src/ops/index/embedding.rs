//! Rows of a table, by number: `y[p] = weight[indices[p]]`; `dweight` adds up the rows of `g` where their numbers say,
//! except the row of the padding, which gets none.

use crate::{IndexVar, Op, Reads, Real, Shape, Var, Vjp};

#[derive(Clone, Copy)]
struct Embedding {
    /// The row that no gradient reaches.
    padding: Option<u32>,
    /// Whether that row is read as zeros: the transpose of the rule, which leaves it out.
    blank: bool,
}

impl<F: Real> Op<F> for Embedding {
    fn name(&self) -> &'static str {
        if self.blank { "embedding_without_padding" } else { "embedding" }
    }

    fn vjp<'t>(&self, cx: &mut Vjp<'_, 't, F>) {
        cx.give(0, |c| c.g.embedding_backward(c.indices(1), c.shape(0), self.padding));
    }

    fn reads(&self) -> Reads {
        Reads::input(1)
    }

    fn flops(&self, _: &[Shape], _: Shape) -> u64 {
        0
    }
}

#[derive(Clone, Copy)]
struct EmbeddingBackward {
    padding: Option<u32>,
}

impl<F: Real> Op<F> for EmbeddingBackward {
    fn name(&self) -> &'static str {
        "embedding_backward"
    }

    fn vjp<'t>(&self, cx: &mut Vjp<'_, 't, F>) {
        let (padding, blank) = (self.padding, self.padding.is_some());
        cx.give(0, |c| c.g.lookup(c.indices(1), Embedding { padding, blank }));
    }

    fn reads(&self) -> Reads {
        Reads::input(1)
    }

    fn flops(&self, inputs: &[Shape], _: Shape) -> u64 {
        inputs[0].len() as u64
    }
}

impl<'t, F: Real> Var<'t, F> {
    /// The rows of a table that `indices`, of any shape, name: `self` is the table, `[count, features]`, and the result
    /// is `[…, features]`. The row `padding`, if any, is read as any other and gets no gradient. As PyTorch's function of
    /// this name.
    ///
    /// Formulas: [`ops::index::embedding`](mod@crate::ops::index::embedding).
    ///
    /// # Panics
    /// When the table has not two axes, or an index or the padding is not below its number of rows.
    #[track_caller]
    pub fn embedding(self, indices: IndexVar<'t, F>, padding: Option<u32>) -> Self {
        let (shape, index_shape) = (self.shape(), indices.shape());
        if shape.rank() != 2 {
            self.graph().fail(format_args!("embedding: table of two axes: left {shape}, right {index_shape}"));
        }
        if let Some(padding) = padding.filter(|&padding| padding as usize >= shape.dims()[0]) {
            self.graph().fail(format_args!("embedding: row of the padding: left {shape}, right {padding}"));
        }
        self.lookup(indices, Embedding { padding, blank: false })
    }

    #[track_caller]
    fn lookup(self, indices: IndexVar<'t, F>, op: Embedding) -> Self {
        let (shape, mut to) = (self.shape(), indices.shape());
        let [rows, features] = self.dims();
        to.push(features);
        let mut out = self.graph().output(to);
        let picks = indices.value();
        if let Err(error) = kernels::index_select(&self.value(), 1, rows, features, &picks, out.as_mut_slice()) {
            let right = indices.shape();
            self.graph().fail(format_args!("embedding: {error}: left {shape}, right {right}"));
        }
        if op.blank {
            let left_out = picks.iter().enumerate().filter(|&(_, &index)| op.padding == Some(index));
            left_out.for_each(|(p, _)| out.as_mut_slice()[p * features..][..features].fill(F::ZERO));
        }
        self.graph().record(op, &[self.into(), indices.into()], to, out)
    }

    #[track_caller]
    fn embedding_backward(self, indices: IndexVar<'t, F>, to: Shape, padding: Option<u32>) -> Self {
        let (rows, features) = (to.dims()[0], to.dims()[1]);
        let mut out = self.graph().output(to);
        kernels::fill(out.as_mut_slice(), F::ZERO);
        let done = kernels::index_add(&self.value(), 1, rows, features, &indices.value(), out.as_mut_slice());
        if let Err(error) = done {
            self.graph().fail(format_args!("embedding: {error}: left {to}, right {}", indices.shape()));
        }
        if let Some(padding) = padding {
            out.as_mut_slice()[padding as usize * features..][..features].fill(F::ZERO);
        }
        self.graph().record(EmbeddingBackward { padding }, &[self.into(), indices.into()], to, out)
    }
}

#[cfg(test)]
mod tests {
    use crate::gradcheck::{self, Order, check};
    use crate::{Indices, Params, Tape, Tensor, concat};

    #[test]
    fn embedding() {
        for shape in [&[5][..], &[], &[2, 3], &[0], &[2, 1, 4]] {
            let picks = Indices::from_fn(shape, |i| (i * 3 % 4) as u32);
            let table = gradcheck::sample([4, 3], -1.0..1.0, 1);
            check(|t, x| x[0].embedding(t.indices(&picks), None), &[table], Order::Second).unwrap();
        }
    }

    /// With padding the rule leaves a row out, on purpose; it is the derivative where that row is constant.
    #[test]
    fn embedding_with_padding() {
        let picks = Indices::from_vec([2, 3], vec![0, 1, 2, 1, 3, 0]);
        let padded = Tensor::from_vec([1, 3], vec![0.3, 0.7, -0.5]);
        let rows = [gradcheck::sample([1, 3], -1.0..1.0, 1), gradcheck::sample([2, 3], -1.0..1.0, 2)];
        let table_lookup = check(
            |t, x| concat(&[x[0], t.input(&padded), x[1]], 0).embedding(t.indices(&picks), Some(1)),
            &rows,
            Order::Second,
        );
        table_lookup.unwrap();
    }

    #[test]
    fn embedding_backward() {
        let picks = Indices::from_vec([2, 2], vec![0, 1, 2, 1]);
        for padding in [None, Some(1), Some(3)] {
            let g = gradcheck::sample([2, 2, 3], -1.0..1.0, 1);
            let backward =
                check(|t, g| g[0].embedding_backward(t.indices(&picks), [4, 3].into(), padding), &[g], Order::Second);
            backward.unwrap();
        }
    }

    #[test]
    fn padding_gets_no_gradient() {
        Tape::<f32>::new().run(&Params::new(0), |t| {
            let table = t.leaf(&Tensor::from_vec([3, 1], vec![10.0, 20.0, 30.0]));
            let y = table.embedding(t.indices(&Indices::from_vec([4], vec![2, 1, 1, 2])), Some(1));
            assert_eq!(&*y.value(), [30.0, 20.0, 20.0, 30.0]);
            let [d] = y.sum(..).grad([table]);
            assert_eq!(&*d.value(), [0.0, 0.0, 2.0]);
        });
    }

    #[test]
    #[should_panic(expected = "embedding: index 3 at position 1 is out of range for size 3: left [3, 2], right [2]")]
    fn out_of_range() {
        Tape::<f32>::new().eval(&Params::new(0), |t| {
            t.full([3, 2], 0.0).embedding(t.indices(&Indices::from_vec([2], vec![0, 3])), None);
        });
    }
}
