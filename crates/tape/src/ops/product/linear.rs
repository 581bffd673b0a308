//! Fully connected layer, fused: `Y = activation(X·Wᵀ + b)`. With `G` the cotangent before the activation:
//! `dX = G·W`, `dW = Gᵀ·X`, `db = Σ G` over the rows.

use crate::{Activation, Op, Reads, Real, Shape, Var, Vjp};
use kernels::{Epilogue, MatrixLayout};

#[derive(Clone, Copy)]
struct Linear {
    activation: Activation,
}

impl<F: Real> Op<F> for Linear {
    fn name(&self) -> &'static str {
        "linear"
    }

    fn vjp<'t>(&self, cx: &mut Vjp<'_, 't, F>) {
        let [outputs, inputs] = cx.x(1).dims();
        let rows = cx.shape(0).len() / inputs.max(1);
        let g = cx.g.reshape([rows, outputs]);
        cx.give(0, |c| g.gemm(c.x(1), false, false).reshape(c.shape(0)));
        cx.give(1, |c| g.gemm(c.x(0).reshape([rows, inputs]), true, false));
        if cx.input_count() == 3 {
            cx.give(2, |_| g.sum(0));
        }
    }

    fn reads(&self) -> Reads {
        Reads::INPUTS
    }

    fn activation(&self) -> Activation {
        self.activation
    }

    fn flops(&self, inputs: &[Shape], output: Shape) -> u64 {
        (2 * output.len() * inputs[1].dims()[1] + output.len()) as u64
    }
}

impl<'t, F: Real> Var<'t, F> {
    /// `x·Wᵀ + b`, as PyTorch's `linear`: `self` is `[…, inputs]`, `weight` `[outputs, inputs]`, `bias` `[outputs]`; the
    /// result is `[…, outputs]`.
    ///
    /// Formulas: [`ops::product::linear`](mod@crate::ops::product::linear).
    ///
    /// # Panics
    /// When the sizes do not match.
    #[track_caller]
    pub fn linear(self, weight: Self, bias: Option<Self>) -> Self {
        self.linear_activated(weight, bias, Activation::Identity)
    }

    /// `activation(x·Wᵀ + b)` in one pass over the result; otherwise as [`linear`](Var::linear).
    ///
    /// Formulas: [`ops::product::linear`](mod@crate::ops::product::linear).
    ///
    /// # Panics
    /// When the sizes do not match.
    #[track_caller]
    pub fn linear_activated(self, weight: Self, bias: Option<Self>, activation: Activation) -> Self {
        let (x, w) = (self.shape(), weight.shape());
        let inputs = x.dims().last().copied();
        if w.rank() != 2 || inputs != Some(w.dims()[1]) {
            self.graph().fail(format_args!("linear: inputs and weight do not match: left {x}, right {w}"));
        }
        let [outputs, inputs] = weight.dims();
        if let Some(bias) = bias
            && bias.shape() != Shape::from([outputs])
        {
            let b = bias.shape();
            self.graph().fail(format_args!("linear: weight and bias do not match: left {w}, right {b}"));
        }
        let mut shape = x;
        shape.dims_mut()[x.rank() - 1] = outputs;
        let rows = shape.dims()[..x.rank() - 1].iter().product();
        let (row_major, op) = (MatrixLayout::row_major(inputs), Linear { activation });
        let compute = |x: &[F], w: &[F], bias: Option<&[F]>, y: &mut [F]| {
            let epilogue = Epilogue { bias, activation };
            kernels::gemm(rows, inputs, outputs, x, row_major, w, row_major.transposed(), y, outputs, false, epilogue);
        };
        match bias {
            Some(bias) => self.graph().apply(op, [self, weight, bias], shape, |[x, w, b], y| compute(x, w, Some(b), y)),
            None => self.graph().apply(op, [self, weight], shape, |[x, w], y| compute(x, w, None, y)),
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::gradcheck;

    #[test]
    fn linear() {
        let check = |x: &[usize]| gradcheck::triple(|x, w, b| x.linear(w, Some(b)), -1.0..1.0, x, &[5, 4], &[5]);
        check(&[3, 4]);
        check(&[4]);
        check(&[2, 3, 4]);
        check(&[0, 4]);
        gradcheck::pair(|x, w| x.linear(w, None), -1.0..1.0, &[1, 7], &[1, 7]);
        gradcheck::pair(|x, w| x.transpose(0, 1).linear(w.slice(1, 1..4), None), -1.0..1.0, &[3, 2], &[2, 5]);
    }
}
