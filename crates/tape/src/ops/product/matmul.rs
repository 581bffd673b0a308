//! Matrix product: `Y = A·B`, `dA = G·Bᵀ`, `dB = Aᵀ·G`; either side may be read transposed, so that the rules are matrix
//! products again, of the same family.

use crate::{Op, Reads, Real, Shape, Var, Vjp};
use kernels::{Epilogue, MatrixLayout};

#[derive(Clone, Copy)]
struct MatMul {
    transpose_a: bool,
    transpose_b: bool,
}

impl<F: Real> Op<F> for MatMul {
    fn name(&self) -> &'static str {
        "matmul"
    }

    fn vjp<'t>(&self, cx: &mut Vjp<'_, 't, F>) {
        let (ta, tb) = (self.transpose_a, self.transpose_b);
        cx.give(0, |c| {
            let da = if ta { c.x(1).gemm(c.g, tb, true) } else { c.g.gemm(c.x(1), false, !tb) };
            da.sum_to(c.shape(0))
        });
        cx.give(1, |c| {
            let db = if tb { c.g.gemm(c.x(0), true, ta) } else { c.x(0).gemm(c.g, !ta, false) };
            db.sum_to(c.shape(1))
        });
    }

    fn reads(&self) -> Reads {
        Reads::INPUTS
    }

    fn flops(&self, inputs: &[Shape], output: Shape) -> u64 {
        let a = inputs[0].dims();
        let inner = a[a.len() - if self.transpose_a { 2 } else { 1 }];
        2 * (output.len() * inner) as u64
    }
}

/// Rows and columns of the last two axes, as read.
fn matrix(shape: Shape, transposed: bool) -> (usize, usize) {
    let dims = shape.dims();
    let (rows, columns) = (dims[dims.len() - 2], dims[dims.len() - 1]);
    if transposed { (columns, rows) } else { (rows, columns) }
}

impl<'t, F: Real> Var<'t, F> {
    /// The matrix product, as PyTorch's `matmul`: `[m, k] · [k, n] → [m, n]`; axes in front of the last two are a batch
    /// and broadcast; a vector is a row on the left and a column on the right, and its axis is removed from the result.
    ///
    /// Formulas: [`ops::product::matmul`](mod@crate::ops::product::matmul).
    ///
    /// ```
    /// use retrograde_tape::{Params, Tape, Tensor};
    /// Tape::<f32>::new().eval(&Params::new(0), |t| {
    ///     let a = t.input(&Tensor::full([5, 1, 2, 3], 1.0));
    ///     let b = t.input(&Tensor::full([4, 3, 6], 1.0));
    ///     assert_eq!(a.matmul(b).shape().dims(), [5, 4, 2, 6]);
    /// });
    /// ```
    ///
    /// # Panics
    /// When the inner sizes differ, the batch axes do not broadcast, or an operand is a scalar.
    #[track_caller]
    pub fn matmul(self, other: Self) -> Self {
        let (a, b) = (self.shape(), other.shape());
        if a.rank() == 0 || b.rank() == 0 {
            self.graph().fail(format_args!("matmul: needs vectors or matrices: left {a}, right {b}"));
        }
        let inner = b.dims()[b.rank().saturating_sub(2)];
        if a.dims()[a.rank() - 1] != inner {
            self.graph().fail(format_args!("matmul: inner sizes differ: left {a}, right {b}"));
        }
        if a.rank() == 1 || b.rank() == 1 {
            return self.matmul_with_vector(other);
        }
        if b.rank() == 2 && a.rank() > 2 {
            // One tall product instead of a batch of small ones.
            let [_, columns] = other.dims();
            let mut to = a;
            to.dims_mut()[a.rank() - 1] = columns;
            return self.reshape([a.len() / inner.max(1), inner]).gemm(other, false, false).reshape(to);
        }
        self.gemm(other, false, false)
    }

    #[track_caller]
    fn matmul_with_vector(self, other: Self) -> Self {
        let (a, b) = (self.shape(), other.shape());
        let row = if a.rank() == 1 { self.reshape([1, a.len()]) } else { self };
        let column = if b.rank() == 1 { other.reshape([b.len(), 1]) } else { other };
        let product = row.matmul(column);
        let mut to = Shape::SCALAR;
        let dims = product.shape();
        for (axis, &size) in dims.dims().iter().enumerate() {
            let removed = (a.rank() == 1 && axis + 2 == dims.rank()) || (b.rank() == 1 && axis + 1 == dims.rank());
            if !removed {
                to.push(size);
            }
        }
        product.reshape(to)
    }

    /// The matrix product of the last two axes, with either side read transposed: `A·B`, `Aᵀ·B`, `A·Bᵀ` or `Aᵀ·Bᵀ`. Both
    /// need two axes at least; those in front are a batch and broadcast.
    ///
    /// Formulas: [`ops::product::matmul`](mod@crate::ops::product::matmul).
    ///
    /// # Panics
    /// When the inner sizes differ or the batch axes do not broadcast.
    #[track_caller]
    pub fn gemm(self, other: Self, transpose_a: bool, transpose_b: bool) -> Self {
        let (a, b) = (self.shape(), other.shape());
        if a.rank() < 2 || b.rank() < 2 {
            self.graph().fail(format_args!("matmul: needs matrices: left {a}, right {b}"));
        }
        let ((m, k), (inner, n)) = (matrix(a, transpose_a), matrix(b, transpose_b));
        if k != inner {
            self.graph().fail(format_args!("matmul: inner sizes differ: left {a}, right {b}"));
        }
        let (batch_a, batch_b) = (Shape::new(&a.dims()[..a.rank() - 2]), Shape::new(&b.dims()[..b.rank() - 2]));
        let Some(batch) = batch_a.broadcast(batch_b) else {
            self.graph().fail(format_args!("matmul: batches do not broadcast: left {a}, right {b}"))
        };
        let layout = |shape: Shape, transposed: bool| {
            let layout = MatrixLayout::row_major(shape.dims()[shape.rank() - 1]);
            if transposed { layout.transposed() } else { layout }
        };
        let (layout_a, layout_b) = (layout(a, transpose_a), layout(b, transpose_b));
        let mut shape = batch;
        shape.push(m);
        shape.push(n);
        let op = MatMul { transpose_a, transpose_b };
        self.graph().apply(op, [self, other], shape, |[x, z], y| {
            if batch.len() == 1 {
                return kernels::gemm(m, k, n, x, layout_a, z, layout_b, y, n, false, Epilogue::default());
            }
            let (strides_a, strides_b) = (batch_a.broadcast_strides(batch), batch_b.broadcast_strides(batch));
            let offsets = |i: usize| {
                let (mut rest, mut at_a, mut at_b) = (i, 0, 0);
                for (axis, &size) in batch.dims().iter().enumerate().rev() {
                    at_a += rest % size * strides_a[axis];
                    at_b += rest % size * strides_b[axis];
                    rest /= size;
                }
                (at_a * m * k, at_b * k * n)
            };
            kernels::gemm_batched(batch.len(), m, k, n, x, layout_a, z, layout_b, offsets, y, Epilogue::default());
        })
    }
}

#[cfg(test)]
mod tests {
    use crate::gradcheck;

    #[test]
    fn matmul() {
        let check = |a: &[usize], b: &[usize]| gradcheck::pair(|a, b| a.matmul(b), -1.0..1.0, a, b);
        check(&[3, 4], &[4, 5]);
        check(&[1, 1], &[1, 1]);
        check(&[7, 1], &[1, 3]);
        check(&[3, 0], &[0, 2]);
        check(&[0, 3], &[3, 2]);
        check(&[4], &[4]);
        check(&[4], &[4, 3]);
        check(&[3, 4], &[4]);
        check(&[2, 3, 4], &[2, 4, 5]);
        check(&[2, 3, 4], &[4, 5]);
        check(&[3, 4], &[2, 4, 5]);
        check(&[2, 1, 3, 4], &[3, 4, 2]);
        check(&[2, 3, 4], &[4]);
        check(&[4], &[2, 4, 3]);
    }

    #[test]
    fn gemm() {
        for (ta, tb) in [(false, true), (true, false), (true, true)] {
            let a: &[usize] = if ta { &[4, 3] } else { &[3, 4] };
            let b: &[usize] = if tb { &[5, 4] } else { &[4, 5] };
            gradcheck::pair(move |a, b| a.gemm(b, ta, tb), -1.0..1.0, a, b);
        }
    }

    #[test]
    fn operands_that_were_transposed_sliced_or_repeated() {
        gradcheck::pair(|a, b| a.transpose(0, 1).matmul(b), -1.0..1.0, &[4, 3], &[4, 5]);
        gradcheck::pair(|a, b| a.slice(1, 1..3).matmul(b.slice(0, 0..2)), -1.0..1.0, &[3, 4], &[3, 5]);
        gradcheck::pair(|a, b| a.broadcast_to([3, 4]).matmul(b), -1.0..1.0, &[4], &[4, 2]);
    }
}
