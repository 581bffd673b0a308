//! Softmax along an axis: `y = eˣ / Σ eˣ`, `dx = y · (g − Σ g y)`.

use crate::axis::IntoAxis;
use crate::{Op, Reads, Real, Shape, Var, Vjp};

#[derive(Clone, Copy)]
struct Softmax {
    axis: u8,
}

impl<F: Real> Op<F> for Softmax {
    fn name(&self) -> &'static str {
        "softmax"
    }

    fn vjp<'t>(&self, cx: &mut Vjp<'_, 't, F>) {
        cx.give(0, |c| c.g.softmax_backward(c.y, self.axis as usize));
    }

    fn reads(&self) -> Reads {
        Reads::RESULT
    }

    fn flops(&self, _: &[Shape], output: Shape) -> u64 {
        4 * output.len() as u64
    }
}

/// `z = y · (g − Σ g y)` in one pass, symmetric in what it does to `g`: `dg = y · (h − Σ h y)`,
/// `dy = h · (g − Σ g y) − g · Σ h y`.
#[derive(Clone, Copy)]
struct SoftmaxBackward {
    axis: u8,
}

impl<F: Real> Op<F> for SoftmaxBackward {
    fn name(&self) -> &'static str {
        "softmax_backward"
    }

    fn vjp<'t>(&self, cx: &mut Vjp<'_, 't, F>) {
        let axis = self.axis as usize;
        cx.give(0, |c| c.g.softmax_backward(c.x(1), axis));
        cx.give(1, |c| {
            let (h, g, y) = (c.g, c.x(0), c.x(1));
            h * (g - (g * y).sum_keepdim(axis)) - g * (h * y).sum_keepdim(axis)
        });
    }

    fn flops(&self, _: &[Shape], output: Shape) -> u64 {
        4 * output.len() as u64
    }
}

impl<'t, F: Real> Var<'t, F> {
    /// Positive numbers that sum to 1 along an axis, `eˣ / Σ eˣ`, without overflow; the same shape.
    ///
    /// Formulas: [`ops::normalize::softmax`](mod@crate::ops::normalize::softmax).
    ///
    /// −∞ becomes 0; where all numbers along the axis are −∞, the result is NaN, as in PyTorch.
    ///
    /// # Panics
    /// When the axis does not exist.
    #[track_caller]
    pub fn softmax(self, axis: impl IntoAxis) -> Self {
        let (shape, axis) = (self.shape(), self.resolve_axis("softmax", axis));
        let (outer, n, inner) = shape.around(axis);
        let op = Softmax { axis: axis as u8 };
        self.graph().apply(op, [self], shape, |[x], y| kernels::softmax(x, outer, n, inner, y))
    }

    #[track_caller]
    fn softmax_backward(self, y: Self, axis: usize) -> Self {
        let shape = self.shape();
        let (outer, n, inner) = shape.around(axis);
        let op = SoftmaxBackward { axis: axis as u8 };
        self.graph().apply(op, [self, y], shape, |[g, y], dx| kernels::softmax_backward(g, y, outer, n, inner, dx))
    }
}

#[cfg(test)]
mod tests {
    use crate::{Params, Tape, Tensor, gradcheck};

    #[test]
    fn softmax() {
        gradcheck::shapes(|x| x.softmax(-1), -2.0..2.0, &[&[1], &[5], &[3, 4], &[2, 3, 2], &[0, 3], &[2, 0]]);
        gradcheck::shapes(|x| x.softmax(0), -2.0..2.0, &[&[3, 4], &[2, 3, 2]]);
        gradcheck::shapes(|x| x.softmax(1), -2.0..2.0, &[&[2, 3, 4]]);
    }

    #[test]
    fn softmax_backward() {
        gradcheck::pair(|g, y| g.softmax_backward(y, 1), -1.0..1.0, &[3, 4], &[3, 4]);
        gradcheck::pair(|g, y| g.softmax_backward(y, 0), -1.0..1.0, &[3, 4], &[3, 4]);
    }

    #[test]
    fn large_and_infinite_numbers() {
        let infinity = f32::INFINITY;
        Tape::<f32>::new().run(&Params::new(0), |t| {
            let x = t.leaf(&Tensor::from_vec([2, 3], vec![1e4, 1e4, -1e4, -infinity, 0.0, 0.0]));
            assert_eq!(&*x.softmax(1).value(), [0.5, 0.5, 0.0, 0.0, 0.5, 0.5]);
            let [dx] = x.softmax(1).slice(1, 1..2).sum(..).grad([x]);
            assert_eq!(&*dx.value(), [-0.25, 0.25, 0.0, 0.0, 0.25, -0.25]);
            assert!(t.full([2], -f64::INFINITY).softmax(0).value().iter().all(|y| y.is_nan()));
        });
    }
}
