//! An element of an axis for each index: `y[i, j] = x[i, indices[i, j]]` along axis 1, and the transpose, which adds
//! elements up where their indices say. `gather` and `scatter_sum` are each other's derivative.

use crate::axis::IntoAxis;
use crate::{IndexVar, Op, Reads, Real, Shape, Var, Vjp};

#[derive(Clone, Copy)]
struct Gather {
    axis: u8,
}

impl<F: Real> Op<F> for Gather {
    fn name(&self) -> &'static str {
        "gather"
    }

    fn vjp<'t>(&self, cx: &mut Vjp<'_, 't, F>) {
        cx.give(0, |c| c.g.scatter_sum(self.axis as usize, c.indices(1), c.shape(0)));
    }

    fn reads(&self) -> Reads {
        Reads::input(1)
    }

    fn flops(&self, _: &[Shape], _: Shape) -> u64 {
        0
    }
}

/// Along axis 1: `y[i, indices[i, j]] = Σ x[i, j]`, 0 where no index points.
#[derive(Clone, Copy)]
struct ScatterSum {
    axis: u8,
}

impl<F: Real> Op<F> for ScatterSum {
    fn name(&self) -> &'static str {
        "scatter_sum"
    }

    fn vjp<'t>(&self, cx: &mut Vjp<'_, 't, F>) {
        cx.give(0, |c| c.g.gather(self.axis as usize, c.indices(1)));
    }

    fn reads(&self) -> Reads {
        Reads::input(1)
    }

    fn flops(&self, inputs: &[Shape], _: Shape) -> u64 {
        inputs[0].len() as u64
    }
}

impl<'t, F: Real> Var<'t, F> {
    /// One element of an axis for each index, of the shape of `indices`: along axis 1, `y[i, j] = x[i, indices[i, j]]`.
    /// `indices` has as many axes as the value, and at most its size along the others than `axis`. As PyTorch's function
    /// of this name.
    ///
    /// Formulas: [`ops::index::gather`](mod@crate::ops::index::gather).
    ///
    /// # Panics
    /// When the axis does not exist, the shapes do not fit so, or an index is not below the size of the axis.
    #[track_caller]
    pub fn gather(self, axis: impl IntoAxis, indices: IndexVar<'t, F>) -> Self {
        let (shape, to) = (self.shape(), indices.shape());
        let axis = self.gather_axis("gather", axis, indices);
        let mut out = self.graph().output(to);
        let done = kernels::gather(&self.value(), shape, axis, &indices.value(), to, out.as_mut_slice());
        if let Err(error) = done {
            self.graph().fail(format_args!("gather: {error}: left {axis}, right {shape}"));
        }
        self.graph().record(Gather { axis: axis as u8 }, &[self.into(), indices.into()], to, out)
    }

    /// The value, with each element of `source` added where its index says: along axis 1,
    /// `y[i, indices[i, j]] += source[i, j]`. `source` has the shape of `indices`, which fits as in
    /// [`gather`](Var::gather). As PyTorch's function of this name.
    ///
    /// Formulas: [`ops::index::gather`](mod@crate::ops::index::gather).
    ///
    /// # Panics
    /// When the axis does not exist, the shapes do not fit so, or an index is not below the size of the axis.
    #[track_caller]
    pub fn scatter_add(self, axis: impl IntoAxis, indices: IndexVar<'t, F>, source: Self) -> Self {
        let axis = self.gather_axis("scatter_add", axis, indices);
        let (found, expected) = (source.shape(), indices.shape());
        if found != expected {
            self.graph().fail(format_args!("scatter_add: source and indices: left {found}, right {expected}"));
        }
        self + source.scatter_sum(axis, indices, self.shape())
    }

    #[track_caller]
    pub(crate) fn scatter_sum(self, axis: usize, indices: IndexVar<'t, F>, to: Shape) -> Self {
        let mut out = self.graph().output(to);
        kernels::fill(out.as_mut_slice(), F::ZERO);
        let done = kernels::scatter_add(&self.value(), self.shape(), axis, &indices.value(), out.as_mut_slice(), to);
        if let Err(error) = done {
            self.graph().fail(format_args!("scatter_add: {error}: left {axis}, right {to}"));
        }
        self.graph().record(ScatterSum { axis: axis as u8 }, &[self.into(), indices.into()], to, out)
    }

    #[track_caller]
    fn gather_axis(self, op: &str, axis: impl IntoAxis, indices: IndexVar<'t, F>) -> usize {
        let (shape, index_shape) = (self.shape(), indices.shape());
        let Some(axis) = axis.axis(shape.rank()) else {
            self.graph().fail(format_args!("{op}: axis: left {axis:?}, right {shape}"))
        };
        let fits = index_shape.rank() == shape.rank()
            && (0..shape.rank()).all(|a| a == axis || index_shape.dims()[a] <= shape.dims()[a]);
        if !fits {
            self.graph().fail(format_args!("{op}: indices along axis {axis}: left {shape}, right {index_shape}"));
        }
        axis
    }
}

#[cfg(test)]
mod tests {
    use crate::gradcheck::{self, Order, check};
    use crate::{Indices, Params, Tape, Tensor};

    /// Shapes of values and indices, and the axis.
    const CASES: [(&[usize], &[usize], usize); 7] = [
        (&[5], &[3], 0),
        (&[3, 4], &[3, 2], 1),
        (&[3, 4], &[2, 6], 1),
        (&[3, 4], &[5, 4], 0),
        (&[2, 3, 4], &[2, 5, 3], 1),
        (&[2, 3], &[0, 3], 1),
        (&[2, 3, 4], &[2, 3, 1], 2),
    ];

    fn indices(shape: &[usize], size: usize) -> Indices {
        Indices::from_fn(shape, |i| (i * 7 % size) as u32)
    }

    #[test]
    fn gather() {
        for (shape, index_shape, axis) in CASES {
            let picks = indices(index_shape, shape[axis]);
            let x = gradcheck::sample(shape, -1.0..1.0, 1);
            check(|t, x| x[0].gather(axis, t.indices(&picks)), &[x], Order::Second).unwrap();
        }
    }

    #[test]
    fn scatter_add() {
        for (shape, index_shape, axis) in CASES {
            let picks = indices(index_shape, shape[axis]);
            let inputs = [gradcheck::sample(shape, -1.0..1.0, 1), gradcheck::sample(index_shape, -1.0..1.0, 2)];
            check(|t, x| x[0].scatter_add(axis, t.indices(&picks), x[1]), &inputs, Order::Second).unwrap();
        }
    }

    #[test]
    fn places() {
        Tape::<f32>::new().eval(&Params::new(0), |t| {
            let x = t.input(&Tensor::from_fn([2, 3], |i| i as f32));
            let picks = t.indices(&Indices::from_vec([2, 2], vec![2, 2, 0, 1]));
            assert_eq!(&*x.gather(1, picks).value(), [2.0, 2.0, 3.0, 4.0]);
            let source = t.input(&Tensor::from_vec([2, 2], vec![10.0, 20.0, 30.0, 40.0]));
            assert_eq!(&*x.scatter_add(1, picks, source).value(), [0.0, 1.0, 32.0, 33.0, 44.0, 5.0]);
        });
    }

    #[test]
    #[should_panic(expected = "gather: indices along axis 1: left [2, 3], right [3, 1]")]
    fn indices_reach_beyond() {
        Tape::<f32>::new().eval(&Params::new(0), |t| {
            t.full([2, 3], 0.0).gather(1, t.indices(&Indices::full([3, 1], 0)));
        });
    }

    #[test]
    #[should_panic(expected = "gather: index 3 at position 0 is out of range for size 3")]
    fn out_of_range() {
        Tape::<f32>::new().eval(&Params::new(0), |t| {
            t.full([2, 3], 0.0).gather(1, t.indices(&Indices::full([2, 1], 3)));
        });
    }
}
