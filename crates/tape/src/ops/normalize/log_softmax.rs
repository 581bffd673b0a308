//! Logarithm of softmax along an axis: `y = x − ln Σ eˣ`, `dx = g − e^y · Σ g`.

use crate::axis::IntoAxis;
use crate::{Op, Reads, Real, Shape, Var, Vjp};

#[derive(Clone, Copy)]
struct LogSoftmax {
    axis: u8,
}

impl<F: Real> Op<F> for LogSoftmax {
    fn name(&self) -> &'static str {
        "log_softmax"
    }

    fn vjp<'t>(&self, cx: &mut Vjp<'_, 't, F>) {
        cx.give(0, |c| c.g.log_softmax_backward(c.y, self.axis as usize));
    }

    fn reads(&self) -> Reads {
        Reads::RESULT
    }

    fn flops(&self, _: &[Shape], output: Shape) -> u64 {
        4 * output.len() as u64
    }
}

/// `z = g − e^y · Σ g` in one pass: `dg = h − Σ h e^y`, `dy = −h e^y · Σ g`.
#[derive(Clone, Copy)]
struct LogSoftmaxBackward {
    axis: u8,
}

impl<F: Real> Op<F> for LogSoftmaxBackward {
    fn name(&self) -> &'static str {
        "log_softmax_backward"
    }

    fn vjp<'t>(&self, cx: &mut Vjp<'_, 't, F>) {
        let axis = self.axis as usize;
        cx.give(0, |c| c.g - (c.g * c.x(1).exp()).sum_keepdim(axis));
        cx.give(1, |c| -(c.g * c.x(1).exp() * c.x(0).sum_keepdim(axis)));
    }

    fn flops(&self, _: &[Shape], output: Shape) -> u64 {
        4 * output.len() as u64
    }
}

impl<'t, F: Real> Var<'t, F> {
    /// The logarithm of [`softmax`](Var::softmax) along an axis, `x − ln Σ eˣ`, exact where softmax would round to 0 or
    /// 1; the same shape.
    ///
    /// Formulas: [`ops::normalize::log_softmax`](mod@crate::ops::normalize::log_softmax).
    ///
    /// # Panics
    /// When the axis does not exist.
    #[track_caller]
    pub fn log_softmax(self, axis: impl IntoAxis) -> Self {
        self.log_softmax_along(self.resolve_axis("log_softmax", axis))
    }

    #[track_caller]
    pub(crate) fn log_softmax_along(self, axis: usize) -> Self {
        let shape = self.shape();
        let (outer, n, inner) = shape.around(axis);
        let op = LogSoftmax { axis: axis as u8 };
        self.graph().apply(op, [self], shape, |[x], y| kernels::log_softmax(x, outer, n, inner, y))
    }

    #[track_caller]
    fn log_softmax_backward(self, y: Self, axis: usize) -> Self {
        let shape = self.shape();
        let (outer, n, inner) = shape.around(axis);
        let op = LogSoftmaxBackward { axis: axis as u8 };
        self.graph().apply(op, [self, y], shape, |[g, y], dx| kernels::log_softmax_backward(g, y, outer, n, inner, dx))
    }
}

#[cfg(test)]
mod tests {
    use crate::{Params, Tape, Tensor, gradcheck};

    #[test]
    fn log_softmax() {
        gradcheck::shapes(|x| x.log_softmax(-1), -2.0..2.0, &[&[1], &[5], &[3, 4], &[2, 3, 2], &[0, 3], &[2, 0]]);
        gradcheck::shapes(|x| x.log_softmax(0), -2.0..2.0, &[&[3, 4], &[2, 3, 2]]);
        gradcheck::shapes(|x| x.log_softmax(1), -2.0..2.0, &[&[2, 3, 4]]);
    }

    #[test]
    fn log_softmax_backward() {
        gradcheck::pair(|g, y| g.log_softmax_backward(y, 1), -1.0..1.0, &[3, 4], &[3, 4]);
        gradcheck::pair(|g, y| g.log_softmax_backward(y, 0), -1.0..1.0, &[3, 4], &[3, 4]);
    }

    #[test]
    fn exact_where_softmax_is_zero() {
        Tape::<f64>::new().run(&Params::new(0), |t| {
            let x = t.leaf(&Tensor::from_vec([2], vec![0.0, 1e4]));
            assert_eq!(&*x.log_softmax(0).value(), [-1e4, 0.0]);
            let [dx] = x.log_softmax(0).slice(0, 0..1).sum(..).grad([x]);
            assert_eq!(&*dx.value(), [1.0, -1.0]);
        });
    }
}
