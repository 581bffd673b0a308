//! Axes in another order: `dx = g`, in the order that undoes it.

use crate::axis::IntoAxis;
use crate::{MAX_RANK, Op, Reads, Real, Shape, Var, Vjp};

#[derive(Clone, Copy)]
struct Permute {
    order: [u8; MAX_RANK],
}

impl<F: Real> Op<F> for Permute {
    fn name(&self) -> &'static str {
        "permute"
    }

    fn vjp<'t>(&self, cx: &mut Vjp<'_, 't, F>) {
        let mut inverse = [0; MAX_RANK];
        for (to, &from) in self.order.iter().enumerate().take(cx.g.shape().rank()) {
            inverse[from as usize] = to;
        }
        cx.give(0, |c| c.g.permute(&inverse[..c.g.shape().rank()]));
    }

    fn reads(&self) -> Reads {
        Reads::NONE
    }

    fn flops(&self, _: &[Shape], _: Shape) -> u64 {
        0
    }
}

impl<'t, F: Real> Var<'t, F> {
    /// The axes in another order: axis `i` of the result is axis `order[i]` of the value. Copies.
    ///
    /// Formulas: [`ops::shape::permute`](mod@crate::ops::shape::permute).
    ///
    /// # Panics
    /// When `order` does not name every axis once.
    #[track_caller]
    pub fn permute(self, order: &[impl IntoAxis]) -> Self {
        let shape = self.shape();
        let strides = shape.strides();
        let mut permute = Permute { order: [0; MAX_RANK] };
        let (mut to, mut source, mut seen) = (Shape::SCALAR, [0; MAX_RANK], crate::Axes::NONE);
        for (i, axis) in order.iter().enumerate() {
            match axis.axis(shape.rank()) {
                Some(axis) if !seen.contains(axis) => {
                    seen = seen.with(axis);
                    permute.order[i] = axis as u8;
                    source[i] = strides[axis] as isize;
                    to.push(shape.dims()[axis]);
                }
                _ => self.graph().fail(format_args!("permute: order of axes: left {order:?}, right {shape}")),
            }
        }
        if order.len() != shape.rank() {
            self.graph().fail(format_args!("permute: order of axes: left {order:?}, right {shape}"));
        }
        let target = to.strides().map(|s| s as isize);
        self.graph().apply(permute, [self], to, |[x], y| kernels::copy_strided(x, 0, source, y, 0, target, to))
    }

    /// Two axes exchanged. Copies.
    ///
    /// Formulas: [`ops::shape::permute`](mod@crate::ops::shape::permute).
    ///
    /// # Panics
    /// When an axis does not exist.
    #[track_caller]
    pub fn transpose(self, first: impl IntoAxis, second: impl IntoAxis) -> Self {
        let shape = self.shape();
        let (Some(a), Some(b)) = (first.axis(shape.rank()), second.axis(shape.rank())) else {
            self.graph().fail(format_args!("transpose: axes: left {first:?} and {second:?}, right {shape}"))
        };
        let mut order = [0, 1, 2, 3, 4, 5];
        order.swap(a, b);
        self.permute(&order[..shape.rank()])
    }
}

#[cfg(test)]
mod tests {
    use crate::gradcheck;

    #[test]
    fn permute() {
        gradcheck::shapes(|x| x.permute(&[2, 0, 1]), -2.0..2.0, &[&[2, 3, 4], &[1, 5, 1], &[2, 0, 3]]);
        gradcheck::shapes(|x| x.permute(&[-1, 0]), -2.0..2.0, &[&[7, 3]]);
    }

    #[test]
    fn transpose() {
        gradcheck::shapes(|x| x.transpose(0, -1), -2.0..2.0, &[&[2, 3], &[5], &[2, 3, 4, 2]]);
    }
}
