//! The largest or smallest number over axes: `y = max x`, `dx = g / n` at each of the `n` elements that are equal to `y`.

use crate::axis::IntoAxes;
use crate::{Axes, Op, Real, Shape, Var, Vjp};

#[derive(Clone, Copy)]
struct Extreme {
    axes: Axes,
    largest: bool,
}

impl<F: Real> Op<F> for Extreme {
    fn name(&self) -> &'static str {
        if self.largest { "amax" } else { "amin" }
    }

    fn vjp<'t>(&self, cx: &mut Vjp<'_, 't, F>) {
        cx.give(0, |c| c.g.reshape(c.shape(0).reduced(self.axes, true)) * shares(c.x(0), c.y, self.axes));
    }

    fn flops(&self, inputs: &[Shape], _: Shape) -> u64 {
        inputs[0].len() as u64
    }
}

/// The part of the gradient that each element receives. A constant: it does not change where the extreme has a
/// derivative.
fn shares<'t, F: Real>(x: Var<'t, F>, extreme: Var<'t, F>, axes: Axes) -> Var<'t, F> {
    let (graph, shape) = (x.graph(), x.shape());
    let reduced = shape.reduced(axes, true);
    let mut out = graph.output(shape);
    kernels::zip_broadcast(&x.value(), shape, &extreme.value(), reduced, out.as_mut_slice(), shape, |x, extreme| {
        if x == extreme || (x.is_nan() && extreme.is_nan()) { F::ONE } else { F::ZERO }
    });
    let equal = graph.constant(shape, out);
    let count = equal.sum_keepdim(axes).value();
    let mut out = graph.output(shape);
    kernels::zip_broadcast(&equal.value(), shape, &count, reduced, out.as_mut_slice(), shape, |equal, n| equal / n);
    graph.constant(shape, out)
}

impl<'t, F: Real> Var<'t, F> {
    /// The largest number over axes, which are removed: `x.amax(..)`, `x.amax([1, 2])`; NaN where there is one.
    ///
    /// Formulas: [`ops::reduce::amax`](mod@crate::ops::reduce::amax).
    ///
    /// Where several are equal, they share the gradient evenly; [`max`](Var::max) gives it to the first. A NaN takes the
    /// gradient, as in PyTorch's `max` of a whole tensor (its `amax` gives NaN to all).
    ///
    /// # Panics
    /// When an axis does not exist or is named twice, or there is no element.
    #[track_caller]
    pub fn amax(self, axes: impl IntoAxes) -> Self {
        self.extreme("amax", axes, true, false)
    }

    /// As [`amax`](Var::amax), and the axes stay, with size 1.
    #[track_caller]
    pub fn amax_keepdim(self, axes: impl IntoAxes) -> Self {
        self.extreme("amax", axes, true, true)
    }

    /// The smallest number over axes, which are removed; NaN where there is one.
    ///
    /// Formulas: [`ops::reduce::amax`](mod@crate::ops::reduce::amax).
    ///
    /// Where several are equal, they share the gradient evenly; [`min`](Var::min) gives it to the first.
    ///
    /// # Panics
    /// When an axis does not exist or is named twice, or there is no element.
    #[track_caller]
    pub fn amin(self, axes: impl IntoAxes) -> Self {
        self.extreme("amin", axes, false, false)
    }

    /// As [`amin`](Var::amin), and the axes stay, with size 1.
    #[track_caller]
    pub fn amin_keepdim(self, axes: impl IntoAxes) -> Self {
        self.extreme("amin", axes, false, true)
    }

    #[track_caller]
    fn extreme(self, name: &str, named: impl IntoAxes, largest: bool, keep: bool) -> Self {
        let (shape, axes) = (self.shape(), self.resolve_axes(name, named));
        if (0..shape.rank()).any(|axis| axes.contains(axis) && shape.dims()[axis] == 0) {
            self.graph().fail(format_args!("{name}: no elements along the axes: left {named:?}, right {shape}"));
        }
        let op = Extreme { axes, largest };
        self.graph().apply(op, [self], shape.reduced(axes, keep), |[x], y| match largest {
            true => kernels::max(x, shape, axes, y),
            false => kernels::min(x, shape, axes, y),
        })
    }
}

#[cfg(test)]
mod tests {
    use crate::{Params, Tape, Tensor, gradcheck};

    #[test]
    fn amax() {
        gradcheck::shapes(|x| x.amax(..), -2.0..2.0, &[&[], &[1], &[5], &[3, 2]]);
        gradcheck::shapes(|x| x.amax([0, -1]), -2.0..2.0, &[&[2, 3], &[2, 3, 4], &[2, 0, 3]]);
        gradcheck::shapes(|x| x.amax_keepdim(1), -2.0..2.0, &[&[2, 3], &[2, 3, 4]]);
    }

    #[test]
    fn amin() {
        gradcheck::shapes(|x| x.amin(..), -2.0..2.0, &[&[], &[5], &[3, 2]]);
        gradcheck::shapes(|x| x.amin([0, -1]), -2.0..2.0, &[&[2, 3, 4]]);
        gradcheck::shapes(|x| x.amin_keepdim(0), -2.0..2.0, &[&[2, 3]]);
    }

    #[test]
    fn equal_numbers_share_evenly() {
        Tape::<f32>::new().run(&Params::new(0), |t| {
            let x = t.leaf(&Tensor::from_vec([2, 2], vec![4.0, 4.0, 1.0, 4.0]));
            let third = 1.0 / 3.0;
            assert_eq!(&*x.amax(..).grad([x])[0].value(), [third, third, 0.0, third]);
            assert_eq!(&*x.amax(1).sum(..).grad([x])[0].value(), [0.5, 0.5, 0.0, 1.0]);
            assert_eq!(&*x.amin(1).sum(..).grad([x])[0].value(), [0.5, 0.5, 1.0, 0.0]);
        });
    }

    #[test]
    fn nan_propagates() {
        Tape::<f32>::new().run(&Params::new(0), |t| {
            let x = t.leaf(&Tensor::from_vec([3], vec![1.0, f32::NAN, 2.0]));
            assert!(x.amax(..).item().is_nan() && x.amin(..).item().is_nan());
            assert_eq!(&*x.amax(..).grad([x])[0].value(), [0.0, 1.0, 0.0]);
        });
    }

    #[test]
    #[should_panic(expected = "amax: no elements along the axes: left 0, right [0, 3]")]
    fn nothing_has_no_largest() {
        Tape::<f32>::new().eval(&Params::new(0), |t| {
            t.input(&Tensor::full([0, 3], 0.0)).amax(0);
        });
    }
}
