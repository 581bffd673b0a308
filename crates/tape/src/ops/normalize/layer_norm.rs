//! Layer normalization: `y = (x − μ) · r` over the last axes, with mean μ and `r = 1 / √(σ² + ε)`, then `y · w + b`.
//! `dx = r · (g − mean g − y · mean(g · y))`, in one pass over `g` and `y`. With w and b, one pass from x to the result.
//!
//! `r` is a node of its own, with the derivative `dx = −g · r³ · (x − μ) / n`. The rule of `y` is its whole derivative by
//! `x`, including the way through `r`, so `y` gives nothing to `r`; but what the rule computes reads both, and that is how
//! the second order finds its way (Ba, Kiros and Hinton 2016, *Layer Normalization*).

use crate::{Input, Op, Reads, Real, Shape, Var, Vjp};
use kernels::Normalized;

/// `r` of each row.
#[derive(Clone, Copy)]
struct LayerNormRstd;

impl<F: Real> Op<F> for LayerNormRstd {
    fn name(&self) -> &'static str {
        "layer_norm_rstd"
    }

    fn vjp<'t>(&self, cx: &mut Vjp<'_, 't, F>) {
        cx.give(0, |c| {
            let [_, n] = c.x(0).dims();
            (c.x(0) - c.x(0).mean_keepdim(1)) * (c.g * c.y * c.y * c.y * (-1.0 / n as f64))
        });
    }

    fn flops(&self, inputs: &[Shape], _: Shape) -> u64 {
        3 * inputs[0].len() as u64
    }
}

/// `y` from `x`; `r` is an input for the sake of the rule.
#[derive(Clone, Copy)]
struct LayerNorm;

impl<F: Real> Op<F> for LayerNorm {
    fn name(&self) -> &'static str {
        "layer_norm"
    }

    fn vjp<'t>(&self, cx: &mut Vjp<'_, 't, F>) {
        cx.give(0, |c| c.g.layer_norm_backward(c.y, c.x(1)));
    }

    fn reads(&self) -> Reads {
        Reads::input(1) | Reads::RESULT
    }

    fn flops(&self, _: &[Shape], output: Shape) -> u64 {
        2 * output.len() as u64
    }
}

/// `z = r · (g − mean g − y · mean(g · y))`. For the cotangent h of z: by g, the same function of h, which is
/// symmetric; `dy = −r · (h · mean(g · y) + g · mean(h · y))`; `dr = Σ h · z / r`.
#[derive(Clone, Copy)]
struct LayerNormBackward;

impl<F: Real> Op<F> for LayerNormBackward {
    fn name(&self) -> &'static str {
        "layer_norm_backward"
    }

    fn vjp<'t>(&self, cx: &mut Vjp<'_, 't, F>) {
        let (h, g, y, r) = (cx.g, cx.x(0), cx.x(1), cx.x(2));
        cx.give(0, |_| h.layer_norm_backward(y, r));
        cx.give(1, |_| -(h * (g * y).mean_keepdim(1) + g * (h * y).mean_keepdim(1)) * r);
        cx.give(2, |_| (h * (g - g.mean_keepdim(1) - y * (g * y).mean_keepdim(1))).sum_keepdim(1));
    }

    fn flops(&self, _: &[Shape], output: Shape) -> u64 {
        8 * output.len() as u64
    }
}

/// `y · w + b`, in one pass: with `h = g · w`, `dx = r · (h − mean h − y · mean(h · y))`, `dw = Σ g · y` and `db = Σ g` over
/// the rows. Inputs x, μ, r, w, b; to μ and r it gives nothing, being the whole derivative by x. `y` is not kept: a sweep
/// of first order computes it from x, μ and r on the way, one that is differentiated again anew by the family above.
#[derive(Clone, Copy)]
struct LayerNormAffine {
    eps: f64,
}

impl<F: Real> Op<F> for LayerNormAffine {
    fn name(&self) -> &'static str {
        "layer_norm_affine"
    }

    fn vjp<'t>(&self, cx: &mut Vjp<'_, 't, F>) {
        let w = cx.x(3);
        if cx.is_recorded() {
            let (y, r) = cx.x(0).normalize_rows(self.eps);
            cx.give(0, |c| (c.g * w).layer_norm_backward(y, r));
            cx.give(3, |c| (c.g * y).sum(0));
            cx.give(4, |c| c.g.sum(0));
        } else {
            let [of_x, of_w, of_b] = cx.g.layer_norm_affine_backward([cx.x(0), cx.x(1), cx.x(2)], w);
            cx.give(0, |_| of_x);
            cx.give(3, |_| of_w);
            cx.give(4, |_| of_b);
        }
    }

    fn reads(&self) -> Reads {
        Reads::INPUTS
    }

    fn recomputes(&self) -> bool {
        true
    }

    fn recompute<'t>(&self, inputs: &[Var<'t, F>]) -> Var<'t, F> {
        inputs[0].layer_norm_affine(inputs[3], inputs[4], self.eps)
    }

    fn flops(&self, _: &[Shape], output: Shape) -> u64 {
        7 * output.len() as u64
    }
}

impl<'t, F: Real> Var<'t, F> {
    /// Layer normalization over the last `axes` axes: mean 0 and variance 1 there (with divisor n, and `eps` added to the
    /// variance), then times `weight`, plus `bias`, which both have the shape of these axes. The same shape as the value.
    /// As PyTorch's function of this name.
    ///
    /// Formulas: [`ops::normalize::layer_norm`](mod@crate::ops::normalize::layer_norm).
    ///
    /// # Panics
    /// When there are fewer than `axes` axes, or weight or bias have another shape than the last ones.
    #[track_caller]
    pub fn layer_norm(self, axes: usize, weight: Option<Self>, bias: Option<Self>, eps: f64) -> Self {
        let shape = self.shape();
        if axes > shape.rank() {
            self.graph().fail(format_args!("layer_norm: number of axes: left {axes}, right {shape}"));
        }
        let (outer, normalized) = shape.dims().split_at(shape.rank() - axes);
        for (name, affine) in [("weight", weight), ("bias", bias)] {
            if let Some(affine) = affine
                && affine.shape() != Shape::new(normalized)
            {
                let right = affine.shape();
                self.graph().fail(format_args!("layer_norm: shape of {name}: left {shape}, right {right}"));
            }
        }
        let (rows, n) = (outer.iter().product::<usize>(), normalized.iter().product::<usize>());
        let x = self.reshape([rows, n]);
        let flat = |affine: Self| affine.reshape([n]);
        let y = match (weight.map(flat), bias.map(flat)) {
            (Some(weight), Some(bias)) => x.layer_norm_affine(weight, bias, eps),
            (Some(weight), None) => x.normalize_rows(eps).0 * weight,
            (None, Some(bias)) => x.normalize_rows(eps).0 + bias,
            (None, None) => x.normalize_rows(eps).0,
        };
        y.reshape(shape)
    }

    /// Every row normalized, and `r`.
    #[track_caller]
    fn normalize_rows(self, eps: f64) -> (Self, Self) {
        let [rows, n] = self.dims();
        let (graph, shape, per_row) = (self.graph(), self.shape(), Shape::from([rows, 1]));
        let (mut y, mut mean, mut rstd) = (graph.output(shape), graph.output(per_row), graph.output(per_row));
        let (out, mean_out, rstd_out) = (y.as_mut_slice(), mean.as_mut_slice(), rstd.as_mut_slice());
        kernels::layer_norm(&self.value(), rows, n, F::from_f64(eps), None, out, mean_out, rstd_out);
        // Not read again, but on the tape its buffer is used again.
        graph.constant(per_row, mean);
        let rstd = graph.record(LayerNormRstd, &[self.into()], per_row, rstd);
        (graph.record(LayerNorm, &[self.into(), rstd.into()], shape, y), rstd)
    }

    #[track_caller]
    fn layer_norm_backward(self, y: Self, rstd: Self) -> Self {
        let [rows, n] = self.dims();
        self.graph().apply(LayerNormBackward, [self, y, rstd], self.shape(), |[g, y, rstd], dx| {
            kernels::layer_norm_backward(g, y, rstd, rows, n, dx);
        })
    }

    #[track_caller]
    fn layer_norm_affine(self, weight: Self, bias: Self, eps: f64) -> Self {
        let [rows, n] = self.dims();
        let (graph, shape, per_row) = (self.graph(), self.shape(), Shape::from([rows, 1]));
        let (mut y, mut mean, mut rstd) = (graph.output(shape), graph.output(per_row), graph.output(per_row));
        let (out, mean_out, rstd_out) = (y.as_mut_slice(), mean.as_mut_slice(), rstd.as_mut_slice());
        let (w, b) = (weight.value(), bias.value());
        kernels::layer_norm(&self.value(), rows, n, F::from_f64(eps), Some((&w, &b)), out, mean_out, rstd_out);
        let inputs = [self, graph.constant(per_row, mean), graph.constant(per_row, rstd), weight, bias];
        graph.record(LayerNormAffine { eps }, &inputs.map(Input::from), shape, y)
    }

    /// The cotangents of the input, the weight and the bias. For a sweep of first order alone: constants.
    #[track_caller]
    fn layer_norm_affine_backward(self, [x, mean, rstd]: [Self; 3], weight: Self) -> [Self; 3] {
        let [rows, n] = self.dims();
        let (graph, shape, per_column) = (self.graph(), self.shape(), Shape::from([n]));
        let (mut of_x, mut of_w, mut of_b) = (graph.output(shape), graph.output(per_column), graph.output(per_column));
        let (x, mean, rstd) = (x.value(), mean.value(), rstd.value());
        let (normalized, w) = (Normalized { x: &x, mean: &mean, rstd: &rstd }, weight.value());
        let (out, w_out, b_out) = (of_x.as_mut_slice(), of_w.as_mut_slice(), of_b.as_mut_slice());
        kernels::layer_norm_affine_backward(&self.value(), normalized, &w, [rows, n], out, w_out, b_out);
        [graph.constant(shape, of_x), graph.constant(per_column, of_w), graph.constant(per_column, of_b)]
    }
}

#[cfg(test)]
mod tests {
    use crate::gradcheck::{self, Order, check, sample};
    use crate::{Params, Tape, Tensor, Var};

    const EPS: f64 = 1e-2;

    #[test]
    fn layer_norm() {
        gradcheck::shapes(|x| x.layer_norm(1, None, None, EPS), -2.0..2.0, &[&[3, 5], &[6], &[2, 3, 4], &[0, 3]]);
        gradcheck::shapes(|x| x.layer_norm(2, None, None, EPS), -2.0..2.0, &[&[3, 5], &[2, 3, 4], &[2, 2, 1, 33]]);
        gradcheck::shapes(|x| x.layer_norm(1, None, None, EPS), -2.0..2.0, &[&[4, 1]]);
    }

    #[test]
    fn layer_norm_with_weight_and_bias() {
        gradcheck::triple(|x, w, b| x.layer_norm(1, Some(w), Some(b), EPS), -2.0..2.0, &[3, 5], &[5], &[5]);
        gradcheck::triple(|x, w, b| x.layer_norm(2, Some(w), Some(b), EPS), -2.0..2.0, &[2, 3, 4], &[3, 4], &[3, 4]);
        gradcheck::pair(|x, w| x.layer_norm(1, Some(w), None, EPS), -2.0..2.0, &[3, 5], &[5]);
        gradcheck::pair(|x, b| x.layer_norm(1, None, Some(b), EPS), -2.0..2.0, &[3, 5], &[5]);
    }

    #[test]
    fn parts_of_the_rule() {
        gradcheck::triple(|g, y, r| g.layer_norm_backward(y, r), -1.0..1.0, &[3, 5], &[3, 5], &[3, 1]);
    }

    /// Another way to the same function: 1 / √v by Newton's method for r⁻² = v, in operations that all have their own
    /// check.
    #[test]
    fn agrees_with_its_definition_to_second_order() {
        fn defined(x: Var<'_, f64>) -> Var<'_, f64> {
            let centered = x - x.mean_keepdim(1);
            let variance = (centered * centered).mean_keepdim(1) + EPS;
            let mut r = variance.detach() * 0.0 + 0.5;
            for _ in 0..12 {
                r = r * 1.5 - r * r * r * variance * 0.5;
            }
            centered * r
        }
        let (x, g) = (sample([4, 7], -1.0..1.0, 1), sample([4, 7], -1.0..1.0, 2));
        let orders = |f: for<'t> fn(Var<'t, f64>) -> Var<'t, f64>| {
            Tape::<f64>::new().run(&Params::new(0), |t| {
                let x = t.leaf(&x);
                let y = f(x);
                let [first] = (y * t.input(&g)).sum(..).grad_recorded([x]);
                let [second] = (first * first).sum(..).grad([x]);
                [y.to_tensor(), first.to_tensor(), second.to_tensor()]
            })
        };
        let fused = orders(|x| x.layer_norm(1, None, None, EPS));
        for (fused, defined) in fused.iter().zip(orders(defined)) {
            let close = |(a, b): (&f64, &f64)| (a - b).abs() < 1e-9 * (1.0 + b.abs());
            assert!(fused.as_slice().iter().zip(defined.as_slice()).all(close), "{fused:?} {defined:?}");
        }
    }

    #[test]
    fn values() {
        Tape::<f64>::new().eval(&Params::new(0), |t| {
            let x = t.input(&Tensor::from_vec([2, 2], vec![1.0, 5.0, 3.0, 3.0]));
            let (w, b) = (t.input(&Tensor::from_vec([2], vec![2.0, 3.0])), t.full([2], 0.5));
            assert_eq!(&*x.layer_norm(1, Some(w), Some(b), 0.0).slice(0, 0..1).value(), [-1.5, 3.5]);
            // A constant row has variance 0: ε alone keeps it finite.
            assert_eq!(&*x.layer_norm(1, Some(w), Some(b), 1e-5).slice(0, 1..2).value(), [0.5, 0.5]);
        });
    }

    #[test]
    #[should_panic(expected = "layer_norm: shape of bias: left [2, 3], right [2]")]
    fn bias_of_another_shape() {
        Tape::<f32>::new().eval(&Params::new(0), |t| {
            t.full([2, 3], 0.0).layer_norm(1, None, Some(t.full([2], 0.0)), 1e-5);
        });
    }

    #[test]
    fn one_axis_of_one() {
        check(|_, x| x[0].layer_norm(0, None, None, EPS), &[sample([3], -1.0..1.0, 1)], Order::Second).unwrap();
    }
}
