//! Batch normalization: with mean μ and variance σ² of each channel over the batch and all pixels, `r = 1 / √(σ² + ε)` and
//! `x̂ = (x − μ) · r`, the value is `y = activation(x̂ · w + b)`. With the means over the same numbers,
//! `dx = r · w · (g − mean g − x̂ · mean(g · x̂))`, `dw = Σ g · x̂`, `db = Σ g` (Ioffe and Szegedy 2015, *Batch
//! normalization*). What `batch_norm_add` adds before the activation has the cotangent `g`.
//!
//! A sweep of first order computes these in two passes over g and x, from the statistics of the forward pass; where a ReLU
//! was open is computed anew from x as well, instead of reading y and writing its cotangent. A sweep that is differentiated
//! again computes μ and r anew, as functions of x: that is how the second order finds its way.

use super::scale_shift::channels;
use crate::{Activation, Input, Op, Output, Reads, Real, Shape, Var, Vjp};
use kernels::{ChannelDerivatives, ChannelShape, ReluGate};

/// Inputs: x `[batch, channels, pixels]`, μ, r, w and b `[channels]`, perhaps what is added, of the shape of x; to μ and r
/// it gives nothing, being the whole derivative by x.
#[derive(Clone, Copy)]
struct BatchNorm {
    sizes: ChannelShape,
    eps: f64,
    activation: Activation,
    /// Whether something is added before the activation.
    adds: bool,
}

impl<F: Real> Op<F> for BatchNorm {
    fn name(&self) -> &'static str {
        "batch_norm"
    }

    fn vjp<'t>(&self, cx: &mut Vjp<'_, 't, F>) {
        let (g, x, mean, rstd, weight) = (cx.g, cx.x(0), cx.x(1), cx.x(2), cx.x(3));
        if cx.is_recorded() {
            let centered = x - x.mean_keepdim([0, 2]);
            let r = ((centered * centered).mean_keepdim([0, 2]) + self.eps).powf(-0.5);
            let y = centered * r;
            cx.give(0, |_| (g - g.mean_keepdim([0, 2]) - y * (g * y).mean_keepdim([0, 2])) * (r * weight.unsqueeze(1)));
            cx.give(3, |_| (g * y).sum([0, 2]));
            cx.give(4, |_| g.sum([0, 2]));
        } else {
            // The factor and the summand of the forward pass, to the last bit.
            let gate =
                (cx.pending_activation() == Activation::Relu).then(|| scale_and_shift(mean, rstd, weight, cx.x(4)));
            let [sums, products] = g.channel_sums(x, mean, gate, self.sizes);
            cx.give(0, |_| g.batch_norm_backward(x, [mean, rstd, weight, sums, products], gate, self.sizes));
            cx.give(3, |_| products * rstd);
            cx.give(4, |_| sums);
        }
        if self.adds {
            cx.give(5, |_| g);
        }
    }

    fn activation(&self) -> Activation {
        self.activation
    }

    /// What is added takes the cotangent of what the activation was applied to, which is computed for it in any case.
    fn differentiates_activation(&self) -> bool {
        self.activation == Activation::Relu && !self.adds
    }

    fn reads(&self) -> Reads {
        (0..5).fold(Reads::NONE, |reads, i| reads | Reads::input(i))
    }

    /// One pass over x, which the rule reads in any case.
    fn recomputes(&self) -> bool {
        !self.adds
    }

    fn recompute<'t>(&self, inputs: &[Var<'t, F>]) -> Var<'t, F> {
        let &[x, mean, rstd, weight, bias] = inputs else { unreachable!("the inputs of a norm that adds nothing") };
        let out = x.normalized(scale_and_shift(mean, rstd, weight, bias), None, self.sizes, self.activation);
        x.graph().constant(x.shape(), out)
    }

    fn flops(&self, _: &[Shape], output: Shape) -> u64 {
        6 * output.len() as u64
    }
}

/// The factor and the summand of each channel that normalize it.
fn scale_and_shift<'t, F: Real>(
    mean: Var<'t, F>,
    rstd: Var<'t, F>,
    weight: Var<'t, F>,
    bias: Var<'t, F>,
) -> [Var<'t, F>; 2] {
    let scale = weight * rstd;
    [scale, bias - mean * scale]
}

/// What [`Var::batch_norm`] computes.
#[derive(Clone, Copy)]
pub struct BatchNormOutput<'t, F: Real> {
    /// The normalized values.
    pub value: Var<'t, F>,
    /// The mean of each channel, `[channels]`; a constant.
    pub mean: Var<'t, F>,
    /// The variance of each channel, `[channels]`, with divisor n; a constant.
    pub variance: Var<'t, F>,
}

impl<'t, F: Real> Var<'t, F> {
    /// Batch normalization as in training: `[batch, channels, …]` normalized over all but the channels, with `eps` added to
    /// the variance, then times `weight`, plus `bias`, which have the shape `[channels]`, then the activation.
    ///
    /// Formulas: [`ops::normalize::batch_norm`](mod@crate::ops::normalize::batch_norm).
    ///
    /// # Panics
    /// When there is no axis of channels, no number in a channel, or weight or bias have another shape.
    #[track_caller]
    pub fn batch_norm(self, weight: Self, bias: Self, eps: f64, activation: Activation) -> BatchNormOutput<'t, F> {
        self.batch_norm_of_batch(None, weight, bias, eps, activation)
    }

    /// As [`batch_norm`](Var::batch_norm), with `more`, of the shape of `self`, added before the activation: the end of a
    /// residual block, in one pass over the result.
    ///
    /// Formulas: [`ops::normalize::batch_norm`](mod@crate::ops::normalize::batch_norm).
    ///
    /// # Panics
    /// As [`batch_norm`](Var::batch_norm), and when the shapes differ.
    #[track_caller]
    pub fn batch_norm_add(
        self,
        more: Self,
        weight: Self,
        bias: Self,
        eps: f64,
        activation: Activation,
    ) -> BatchNormOutput<'t, F> {
        let (left, right) = (self.shape(), more.shape());
        if left != right {
            self.graph().fail(format_args!("batch_norm_add: shapes of the two differ: left {left}, right {right}"));
        }
        self.batch_norm_of_batch(Some(more), weight, bias, eps, activation)
    }

    #[track_caller]
    fn batch_norm_of_batch(
        self,
        more: Option<Self>,
        weight: Self,
        bias: Self,
        eps: f64,
        activation: Activation,
    ) -> BatchNormOutput<'t, F> {
        let (graph, shape) = (self.graph(), self.shape());
        let Some(sizes) = channels(shape).filter(|sizes| sizes.batch * sizes.pixels > 0) else {
            graph.fail(format_args!("batch_norm: a batch of channels: left {shape}, right one that is not empty"))
        };
        self.check_channels("batch_norm", sizes.channels, "weight", weight);
        self.check_channels("batch_norm", sizes.channels, "bias", bias);
        let (flat, vector) = (Shape::from([sizes.batch, sizes.channels, sizes.pixels]), Shape::from([sizes.channels]));
        let x = self.reshape(flat);
        let more = more.map(|more| more.reshape(flat));
        let as_one = graph.tape.profile_as_one("batch_norm");
        let (mut mean, mut variance) = (graph.output(vector), graph.output(vector));
        kernels::channel_statistics(&sizes, &x.value(), mean.as_mut_slice(), variance.as_mut_slice());
        let (mean, variance) = (graph.constant(vector, mean), graph.constant(vector, variance));
        let (rstd, of_channels) = graph.no_grad(|| {
            let rstd = (variance + eps).powf(-0.5);
            (rstd, scale_and_shift(mean, rstd, weight, bias))
        });
        let op = BatchNorm { sizes, eps, activation, adds: more.is_some() };
        let y = x.normalized(of_channels, more, sizes, activation);
        drop(as_one);
        let inputs = [x, mean, rstd, weight, bias, more.unwrap_or(x)].map(Input::from);
        let count = if more.is_some() { 6 } else { 5 };
        let value = graph.record(op, &inputs[..count], flat, y).reshape(shape);
        BatchNormOutput { value, mean, variance }
    }

    /// Batch normalization with statistics that are given, as in evaluation: `(x − mean) / √(variance + eps) · weight +
    /// bias`, then the activation. All vectors have the shape `[channels]`.
    ///
    /// Formulas: [`ops::normalize::batch_norm`](mod@crate::ops::normalize::batch_norm).
    ///
    /// # Panics
    /// When there is no axis of channels, or a vector has another shape.
    #[track_caller]
    pub fn batch_norm_with(
        self,
        mean: Self,
        variance: Self,
        weight: Self,
        bias: Self,
        eps: f64,
        activation: Activation,
    ) -> Self {
        let shape = self.shape();
        let Some(sizes) = channels(shape) else {
            self.graph().fail(format_args!("batch_norm: a batch of channels: left {shape}, right two axes or more"))
        };
        for (what, vector) in [("mean", mean), ("variance", variance), ("weight", weight), ("bias", bias)] {
            self.check_channels("batch_norm", sizes.channels, what, vector);
        }
        let scale = weight * (variance + eps).powf(-0.5);
        self.scale_shift(scale, bias - mean * scale, activation)
    }

    /// The numbers themselves, with the factor and the summand of each channel.
    #[track_caller]
    fn normalized(
        self,
        [scale, shift]: [Self; 2],
        more: Option<Self>,
        sizes: ChannelShape,
        activation: Activation,
    ) -> Output<F> {
        let mut y = self.graph().output(self.shape());
        let (more, scale, shift) = (more.map(Var::value), scale.value(), shift.value());
        kernels::scale_shift(&sizes, &self.value(), more.as_deref(), &scale, &shift, activation, y.as_mut_slice());
        y
    }

    /// For a sweep of first order alone: constants.
    #[track_caller]
    fn channel_sums(self, x: Self, mean: Self, gate: Option<[Self; 2]>, sizes: ChannelShape) -> [Self; 2] {
        let (graph, vector) = (self.graph(), mean.shape());
        let (mut sums, mut products) = (graph.output(vector), graph.output(vector));
        let (g, x, mean, gate) = (self.value(), x.value(), mean.value(), gate.map(|gate| gate.map(Var::value)));
        let gate = gate.as_ref().map(|[scale, shift]| ReluGate { scale, shift });
        kernels::channel_sums(&sizes, &g, &x, &mean, gate, sums.as_mut_slice(), products.as_mut_slice());
        [graph.constant(vector, sums), graph.constant(vector, products)]
    }

    /// For a sweep of first order alone: a constant.
    #[track_caller]
    fn batch_norm_backward(
        self,
        x: Self,
        per_channel: [Self; 5],
        gate: Option<[Self; 2]>,
        sizes: ChannelShape,
    ) -> Self {
        let mut out = self.graph().output(self.shape());
        let (g, x, gate) = (self.value(), x.value(), gate.map(|gate| gate.map(Var::value)));
        let [mean, rstd, weight, sums, products] = &per_channel.map(|vector| vector.value());
        let gate = gate.as_ref().map(|[scale, shift]| ReluGate { scale, shift });
        let of_channels = ChannelDerivatives { mean, rstd, weight, sums, products, gate };
        kernels::batch_norm_backward(&sizes, &g, &x, &of_channels, out.as_mut_slice());
        self.graph().constant(self.shape(), out)
    }
}

#[cfg(test)]
mod tests {
    use crate::{Activation, Params, Rewrite, Tape, Tensor, gradcheck};

    const EPS: f64 = 1e-2;

    #[test]
    fn batch_norm() {
        for shape in [&[2, 3, 4][..], &[5, 3], &[2, 3, 3, 5], &[1, 3, 7]] {
            for activation in [Activation::Identity, Activation::Tanh] {
                gradcheck::triple(|x, w, b| x.batch_norm(w, b, EPS, activation).value, -2.0..2.0, shape, &[3], &[3]);
            }
        }
    }

    #[test]
    fn batch_norm_add() {
        for shape in [&[2, 3, 4][..], &[5, 3], &[2, 3, 2, 5]] {
            for activation in [Activation::Identity, Activation::Sigmoid] {
                let inputs = [shape, shape, &[3], &[3]];
                let inputs: Vec<_> =
                    inputs.iter().zip(1..).map(|(shape, draw)| gradcheck::sample(*shape, -2.0..2.0, draw)).collect();
                gradcheck::check(
                    |_, x| x[0].batch_norm_add(x[1], x[2], x[3], EPS, activation).value,
                    &inputs,
                    gradcheck::Order::Second,
                )
                .unwrap();
            }
        }
    }

    #[test]
    #[should_panic(expected = "batch_norm_add: shapes of the two differ: left [2, 3], right [2, 1]")]
    fn what_is_added_is_not_broadcast() {
        Tape::<f32>::new().eval(&Params::new(0), |t| {
            let (x, w) = (t.full([2, 3], 1.0), t.full([3], 1.0));
            x.batch_norm_add(t.full([2, 1], 1.0), w, w, 1e-5, Activation::Identity);
        });
    }

    #[test]
    fn batch_norm_with_given_statistics() {
        gradcheck::triple(
            |x, w, b| x.batch_norm_with(b * 0.5, w * w + 1.0, w, b, EPS, Activation::Sigmoid),
            -2.0..2.0,
            &[2, 3, 2, 2],
            &[3],
            &[3],
        );
    }

    /// The fused derivative, and the one that can be differentiated again.
    #[test]
    fn both_sweeps_agree() {
        let x = gradcheck::sample([4, 3, 5, 2], -2.0..3.0, 1);
        let (w, b) = (gradcheck::sample([3], 0.5..2.0, 2), gradcheck::sample([3], -1.0..1.0, 3));
        Tape::<f64>::new().run(&Params::new(0), |t| {
            let (x, w, b) = (t.leaf(&x), t.leaf(&w), t.leaf(&b));
            let loss = x.batch_norm(w, b, EPS, Activation::Relu).value.powi(3).sum(..);
            for (a, b) in loss.grad([x, w, b]).into_iter().zip(loss.grad_recorded([x, w, b])) {
                assert!(a.value().iter().zip(&*b.value()).all(|(a, b)| (a - b).abs() < 1e-12));
            }
        });
    }

    /// With a rewrite the ReLU is an op of its own, whose cotangent reaches the rule; without, the rule applies it.
    #[test]
    fn a_rewrite_sees_the_relu_and_changes_nothing_by_looking() {
        let x = gradcheck::sample([4, 3, 5], -2.0..3.0, 1);
        let (w, b) = (gradcheck::sample([3], 0.5..2.0, 2), gradcheck::sample([3], -1.0..1.0, 3));
        Tape::<f64>::new().run(&Params::new(0), |t| {
            let (x, w, b) = (t.leaf(&x), t.leaf(&w), t.leaf(&b));
            let loss = x.batch_norm(w, b, EPS, Activation::Relu).value.powi(3).sum(..);
            let mut seen = Vec::new();
            let watched = loss.grad_with([x, w, b], |op, _, _| {
                seen.push(op);
                Rewrite::Keep
            });
            assert!(seen.contains(&"relu") && seen.contains(&"batch_norm"), "{seen:?}");
            for (a, b) in loss.grad([x, w, b]).into_iter().zip(watched) {
                assert!(a.value().iter().zip(&*b.value()).all(|(a, b)| (a - b).abs() < 1e-12));
            }
            let blocked =
                loss.grad_with([x], |op, _, g| if op == "relu" { Rewrite::Replace(g * 0.0) } else { Rewrite::Keep });
            assert!(blocked[0].value().iter().all(|&dx| dx == 0.0));
        });
    }

    #[test]
    fn statistics_are_those_of_the_batch() {
        Tape::<f64>::new().eval(&Params::new(0), |t| {
            let x = t.input(&Tensor::from_vec([2, 2], vec![1.0, 10.0, 3.0, 30.0]));
            let out = x.batch_norm(t.full([2], 2.0), t.full([2], 0.5), 0.0, Activation::Identity);
            assert_eq!((&*out.mean.value(), &*out.variance.value()), (&[2.0, 20.0][..], &[1.0, 100.0][..]));
            assert_eq!(&*out.value.value(), [-1.5, -1.5, 2.5, 2.5]);
        });
    }

    #[test]
    #[should_panic(expected = "batch_norm: weight of 3 channels: left [2, 3], right [2]")]
    fn weights_that_do_not_fit() {
        Tape::<f32>::new().eval(&Params::new(0), |t| {
            let (x, w) = (t.input(&Tensor::full([2, 3], 1.0)), t.input(&Tensor::full([2], 1.0)));
            x.batch_norm(w, w, 1e-5, Activation::Identity);
        });
    }
}
