//! What elementwise ops are made of: [`Var::map`] and [`Var::zip`], for our ops and for those of others.

use crate::node::Node;
use crate::{Op, Real, Var};

impl<'t, F: Real> Var<'t, F> {
    /// `y = f(x)` for each element; the same shape. `op` says how it is differentiated.
    #[inline]
    #[track_caller]
    pub fn map(self, op: impl Op<F> + Copy, f: impl Fn(F) -> F + Sync + Copy) -> Self {
        let shape = |nodes: &[Node<F>]| nodes[self.id() as usize].shape;
        self.graph().apply_shaped(op, [self], shape, |[x], y| kernels::map(x, y, f))
    }

    /// `y = f(a, b)` for each pair of elements, broadcast as NumPy does. `op` says how it is differentiated.
    ///
    /// # Panics
    /// When the shapes do not broadcast.
    #[inline]
    #[track_caller]
    pub fn zip(self, other: Self, op: impl Op<F> + Copy, f: impl Fn(F, F) -> F + Sync + Copy) -> Self {
        let (a, b) = (self.shape(), other.shape());
        if a == b {
            return self.graph().apply(op, [self, other], a, |[a, b], y| kernels::zip(a, b, y, f));
        }
        let Some(shape) = a.broadcast(b) else {
            let name = Op::<F>::name(&op);
            self.graph().fail(format_args!("{name}: shapes do not broadcast: left {a}, right {b}"))
        };
        self.graph().apply(op, [self, other], shape, |[x, z], y| kernels::zip_broadcast(x, a, z, b, y, shape, f))
    }
}
