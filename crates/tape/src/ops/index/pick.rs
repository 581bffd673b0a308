//! One element of every line along an axis, and its transpose: `y[i] = x[i, k[i]]`, `dx[i, k[i]] = g[i]` between zeros.
//! `pick` and `place` are each other's derivative.

use crate::{Axes, IndexVar, Op, Reads, Real, Shape, Var, Vjp};

#[derive(Clone, Copy)]
struct Pick {
    axis: u8,
}

impl<F: Real> Op<F> for Pick {
    fn name(&self) -> &'static str {
        "pick"
    }

    fn vjp<'t>(&self, cx: &mut Vjp<'_, 't, F>) {
        cx.give(0, |c| c.g.place(self.axis as usize, c.indices(1), c.shape(0)));
    }

    fn reads(&self) -> Reads {
        Reads::input(1)
    }

    fn flops(&self, _: &[Shape], _: Shape) -> u64 {
        0
    }
}

#[derive(Clone, Copy)]
struct Place {
    axis: u8,
}

impl<F: Real> Op<F> for Place {
    fn name(&self) -> &'static str {
        "place"
    }

    fn vjp<'t>(&self, cx: &mut Vjp<'_, 't, F>) {
        cx.give(0, |c| c.g.pick(self.axis as usize, c.indices(1)));
    }

    fn reads(&self) -> Reads {
        Reads::input(1)
    }

    fn flops(&self, _: &[Shape], _: Shape) -> u64 {
        0
    }
}

impl<'t, F: Real> Var<'t, F> {
    /// The element number `indices[…]` of every line along an axis, which is removed. `indices` has the shape of the
    /// result.
    #[track_caller]
    pub(crate) fn pick(self, axis: usize, indices: IndexVar<'t, F>) -> Self {
        let (from, to) = (self.shape(), indices.shape());
        let lines = from.reduced(Axes::one(axis), true);
        let mut out = self.graph().output(to);
        if let Err(e) = kernels::gather(&self.value(), from, axis, &indices.value(), lines, out.as_mut_slice()) {
            self.graph().fail(format_args!("pick: {e}: left {from}, right {to}"));
        }
        self.graph().record(Pick { axis: axis as u8 }, &[self.into(), indices.into()], to, out)
    }

    /// The transpose of `pick`: a value of shape `to`, 0 but for one element of every line along the axis.
    #[track_caller]
    pub(crate) fn place(self, axis: usize, indices: IndexVar<'t, F>, to: Shape) -> Self {
        let from = self.shape();
        let lines = to.reduced(Axes::one(axis), true);
        let mut out = self.graph().output(to);
        kernels::fill(out.as_mut_slice(), F::ZERO);
        if let Err(e) = kernels::scatter_add(&self.value(), lines, axis, &indices.value(), out.as_mut_slice(), to) {
            self.graph().fail(format_args!("place: {e}: left {from}, right {to}"));
        }
        self.graph().record(Place { axis: axis as u8 }, &[self.into(), indices.into()], to, out)
    }
}

#[cfg(test)]
mod tests {
    use crate::gradcheck::{self, Order};
    use crate::{Shape, Tensor};

    #[test]
    fn pick_and_place() {
        let indices = Tensor::from_vec([2, 3], vec![3u32, 0, 3, 1, 1, 2]);
        for (axis, shape) in [(0, [4, 2, 3]), (1, [2, 4, 3]), (2, [2, 3, 4])] {
            let x = gradcheck::sample(shape, -2.0..2.0, 1);
            gradcheck::check(|t, x| x[0].pick(axis, t.indices(&indices)), &[x], Order::Second).unwrap();
            let g = gradcheck::sample([2, 3], -2.0..2.0, 1);
            let to = Shape::from(shape);
            gradcheck::check(|t, g| g[0].place(axis, t.indices(&indices), to), &[g], Order::Second).unwrap();
        }
    }
}
