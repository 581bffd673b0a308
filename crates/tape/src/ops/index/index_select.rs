//! Slices of an axis, by number: `y[…, p, …] = x[…, indices[p], …]`, and the transpose, which adds slices up where their
//! numbers say. `index_select` and `index_sum` are each other's derivative.

use crate::axis::IntoAxis;
use crate::{IndexVar, Op, Reads, Real, Shape, Var, Vjp};

#[derive(Clone, Copy)]
struct IndexSelect {
    axis: u8,
}

impl<F: Real> Op<F> for IndexSelect {
    fn name(&self) -> &'static str {
        "index_select"
    }

    fn vjp<'t>(&self, cx: &mut Vjp<'_, 't, F>) {
        let axis = self.axis as usize;
        cx.give(0, |c| c.g.index_sum(axis, c.indices(1), c.shape(0).dims()[axis]));
    }

    fn reads(&self) -> Reads {
        Reads::input(1)
    }

    fn flops(&self, _: &[Shape], _: Shape) -> u64 {
        0
    }
}

/// `y[…, indices[p], …] = Σ x[…, p, …]`, 0 where no index points.
#[derive(Clone, Copy)]
struct IndexSum {
    axis: u8,
}

impl<F: Real> Op<F> for IndexSum {
    fn name(&self) -> &'static str {
        "index_sum"
    }

    fn vjp<'t>(&self, cx: &mut Vjp<'_, 't, F>) {
        cx.give(0, |c| c.g.index_select(self.axis as usize, c.indices(1)));
    }

    fn reads(&self) -> Reads {
        Reads::input(1)
    }

    fn flops(&self, inputs: &[Shape], _: Shape) -> u64 {
        inputs[0].len() as u64
    }
}

impl<'t, F: Real> Var<'t, F> {
    /// The slices of an axis that `indices`, of one axis, name; a slice may be named any number of times. As PyTorch's
    /// function of this name.
    ///
    /// Formulas: [`ops::index::index_select`](mod@crate::ops::index::index_select).
    ///
    /// # Panics
    /// When the axis does not exist, `indices` has not one axis, or an index is not below the size of the axis.
    #[track_caller]
    pub fn index_select(self, axis: impl IntoAxis, indices: IndexVar<'t, F>) -> Self {
        let shape = self.shape();
        let axis = self.index_axis("index_select", axis, indices);
        let (outer, n, inner) = shape.around(axis);
        let mut to = shape;
        to.dims_mut()[axis] = indices.shape().len();
        let mut out = self.graph().output(to);
        let done = kernels::index_select(&self.value(), outer, n, inner, &indices.value(), out.as_mut_slice());
        if let Err(error) = done {
            self.graph().fail(format_args!("index_select: {error}: left {axis}, right {shape}"));
        }
        self.graph().record(IndexSelect { axis: axis as u8 }, &[self.into(), indices.into()], to, out)
    }

    /// The value, with the slices of `source` added where `indices`, of one axis, say:
    /// `y[…, indices[p], …] += source[…, p, …]`. As PyTorch's function of this name.
    ///
    /// Formulas: [`ops::index::index_select`](mod@crate::ops::index::index_select).
    ///
    /// # Panics
    /// When the axis does not exist, `source` has not one slice per index and the value's other sizes, or an index is
    /// not below the size of the axis.
    #[track_caller]
    pub fn index_add(self, axis: impl IntoAxis, indices: IndexVar<'t, F>, source: Self) -> Self {
        let axis = self.index_axis("index_add", axis, indices);
        let mut expected = self.shape();
        let size = std::mem::replace(&mut expected.dims_mut()[axis], indices.shape().len());
        let found = source.shape();
        if found != expected {
            self.graph().fail(format_args!("index_add: shape of source: left {found}, right {expected}"));
        }
        self + source.index_sum(axis, indices, size)
    }

    /// The slices of an axis added up into `size` of them, at the places that `indices` name.
    #[track_caller]
    pub(crate) fn index_sum(self, axis: usize, indices: IndexVar<'t, F>, size: usize) -> Self {
        let mut to = self.shape();
        to.dims_mut()[axis] = size;
        let (outer, n, inner) = to.around(axis);
        let mut out = self.graph().output(to);
        kernels::fill(out.as_mut_slice(), F::ZERO);
        let done = kernels::index_add(&self.value(), outer, n, inner, &indices.value(), out.as_mut_slice());
        if let Err(error) = done {
            self.graph().fail(format_args!("index_add: {error}: left {axis}, right {to}"));
        }
        self.graph().record(IndexSum { axis: axis as u8 }, &[self.into(), indices.into()], to, out)
    }

    #[track_caller]
    fn index_axis(self, op: &str, axis: impl IntoAxis, indices: IndexVar<'t, F>) -> usize {
        let (shape, index_shape) = (self.shape(), indices.shape());
        if index_shape.rank() != 1 {
            self.graph().fail(format_args!("{op}: indices of one axis: left {shape}, right {index_shape}"));
        }
        match axis.axis(shape.rank()) {
            Some(axis) => axis,
            None => self.graph().fail(format_args!("{op}: axis: left {axis:?}, right {shape}")),
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::gradcheck::{self, Order, check};
    use crate::{Indices, Params, Tape, Tensor};

    #[test]
    fn index_select() {
        let picks = Indices::from_vec([4], vec![2, 0, 2, 1]);
        for (shape, axis) in [(&[3][..], 0), (&[3, 2], 0), (&[2, 3], 1), (&[2, 3, 4], 1), (&[0, 3], 1), (&[3, 0], 0)] {
            let x = gradcheck::sample(shape, -1.0..1.0, 1);
            check(|t, x| x[0].index_select(axis, t.indices(&picks)), &[x], Order::Second).unwrap();
        }
        let none = Indices::from_vec([0], vec![]);
        let x = gradcheck::sample([3, 2], -1.0..1.0, 1);
        check(|t, x| x[0].index_select(0, t.indices(&none)), &[x], Order::Second).unwrap();
    }

    #[test]
    fn index_add() {
        let picks = Indices::from_vec([4], vec![2, 0, 2, 1]);
        let [x, source] = [gradcheck::sample([2, 5], -1.0..1.0, 1), gradcheck::sample([2, 4], -1.0..1.0, 2)];
        check(|t, x| x[0].index_add(1, t.indices(&picks), x[1]), &[x, source], Order::Second).unwrap();
    }

    #[test]
    fn repeated_indices_add_up() {
        Tape::<f32>::new().eval(&Params::new(0), |t| {
            let picks = t.indices(&Indices::from_vec([3], vec![2, 0, 2]));
            let x = t.input(&Tensor::from_vec([3], vec![10.0, 20.0, 30.0]));
            assert_eq!(&*x.index_select(0, picks).value(), [30.0, 10.0, 30.0]);
            let source = t.input(&Tensor::from_vec([3], vec![1.0, 2.0, 4.0]));
            assert_eq!(&*x.index_add(0, picks, source).value(), [12.0, 20.0, 35.0]);
        });
    }

    #[test]
    #[should_panic(expected = "index_select: index 3 at position 1 is out of range for size 3: left 0, right [3, 2]")]
    fn out_of_range() {
        Tape::<f32>::new().eval(&Params::new(0), |t| {
            t.full([3, 2], 0.0).index_select(0, t.indices(&Indices::from_vec([2], vec![2, 3])));
        });
    }
}
