//! Scaled dot-product attention of several heads: `P = softmax(s · Q·Kᵀ)` over the keys that a query sees, `Y = P·V`.
//! `dV = Pᵀ·G`; with `D = G·Vᵀ`, `dS = s · P∘(D − Σ D∘P)`, `dQ = dS·K` and `dK = dSᵀ·Q`. With dropout, `P` in `Y` and `D`
//! are each times the mask and its scale.
//!
//! Heads lie side by side in the rows of `Q`, `K` and `V`, which are read and written with strides, so none is copied. This
//! pass is of first order; a recorded sweep differentiates the same function made of matrix products and a softmax
//! (Vaswani et al. 2017, *Attention is all you need*).

use crate::{Input, MaskVar, Op, Reads, Real, Shape, Var, Vjp};
use kernels::{AttentionRows, AttentionShape, Excluded, Gradients, Kept};

/// The settings of an attention. The default is one head without masks, scale and dropout as PyTorch's.
///
/// ```
/// use retrograde_tape::{Attention, Params, Tape, Tensor};
/// Tape::<f32>::new().eval(&Params::new(0), |t| {
///     let x = t.input(&Tensor::full([2, 5, 12], 0.5));
///     let y = x.scaled_dot_product_attention(x, x, &Attention { heads: 3, causal: true, ..Attention::default() });
///     assert_eq!(y.value.shape().dims(), [2, 5, 12]);
///     assert_eq!(y.weights.shape().dims(), [2, 3, 5, 5]);
/// });
/// ```
#[derive(Clone, Copy)]
pub struct Attention<'t, F: Real = f32> {
    /// Heads, side by side in the last axis of queries, keys and values.
    pub heads: usize,
    /// What scores are multiplied with; without it, 1 / √(numbers of a key in one head).
    pub scale: Option<f64>,
    /// Which keys count, `[batch, keys]`: 1 attends. As elsewhere, a query that sees no key has result and gradient 0.
    pub keys: Option<MaskVar<'t, F>>,
    /// Which pairs count, `[queries, keys]`: 1 attends.
    pub pairs: Option<MaskVar<'t, F>>,
    /// Query i sees keys 0 to i.
    pub causal: bool,
    /// In training, the probability that a weight is left out.
    pub dropout: f64,
}

impl<F: Real> Default for Attention<'_, F> {
    fn default() -> Self {
        Attention { heads: 1, scale: None, keys: None, pairs: None, causal: false, dropout: 0.0 }
    }
}

/// What attention gives.
#[derive(Clone, Copy)]
pub struct AttentionOutput<'t, F: Real = f32> {
    /// `[batch, queries, heads · values]`.
    pub value: Var<'t, F>,
    /// The weights before dropout, `[batch, heads, queries, keys]`; a constant, to be looked at.
    pub weights: Var<'t, F>,
}

/// Inputs: one to three operands, then the weights, the mask of keys, the mask of pairs, the kept weights and the weights
/// after dropout, where there are any.
#[derive(Clone, Copy)]
struct ScaledDotProduct {
    shape: AttentionShape,
    scale: f64,
    operands: u8,
    keys: bool,
    pairs: bool,
    causal: bool,
    /// What kept weights are multiplied with.
    dropout: Option<f64>,
}

impl ScaledDotProduct {
    fn operands(&self) -> usize {
        self.operands.into()
    }

    /// The input that holds queries, keys or values.
    fn operand(&self, i: usize) -> usize {
        i.min(self.operands() - 1)
    }

    /// The numbers of the inputs behind the weights: masks of keys and of pairs, kept weights.
    fn masks(&self) -> [Option<usize>; 3] {
        let mut next = self.operands();
        [self.keys, self.pairs, self.dropout.is_some()].map(|there| {
            next += usize::from(there);
            there.then_some(next)
        })
    }

    /// The same by plain operations, for what is differentiated again.
    fn plain<'t, F: Real>(&self, operands: &[Var<'t, F>], cx: &Vjp<'_, 't, F>) -> Var<'t, F> {
        let AttentionShape { batch, heads, queries, keys, key_width, value_width, rows } = self.shape;
        let sizes = [(queries, key_width), (keys, key_width), (keys, value_width)];
        let [q, k, v] = std::array::from_fn(|i| {
            let (length, width) = sizes[i];
            let all = operands[self.operand(i)];
            let part = all.slice(2, rows[i].offset..rows[i].offset + heads * width);
            part.reshape([batch, length, heads, width]).transpose(1, 2)
        });
        let mut scores = q.gemm(k, false, true) * self.scale;
        let excluded = F::NEG_INFINITY.to_f64();
        let [of_keys, of_pairs, kept] = self.masks();
        if let Some(i) = of_keys {
            let mask = cx.mask(i).value();
            let mask = cx.graph().compute_mask([batch, 1, 1, keys].into(), |out| out.copy_from_slice(&mask));
            scores = scores.masked_fill(mask, excluded);
        }
        if let Some(i) = of_pairs {
            scores = scores.masked_fill(cx.mask(i), excluded);
        }
        if self.causal {
            let later = cx.graph().compute_mask([queries, keys].into(), |mask| {
                mask.iter_mut().enumerate().for_each(|(i, later)| *later = u8::from(i % keys > i / keys));
            });
            scores = scores.masked_fill(later, excluded);
        }
        // A query that sees nothing has weights 0, not NaN.
        let blind = scores.amax(3).reshape([batch, heads, queries, 1]).eq(excluded);
        let mut weights = scores.masked_fill(blind, 0.0).softmax(3).masked_fill(blind, 0.0);
        if let (Some(i), Some(scale)) = (kept, self.dropout) {
            weights = cx.mask(i).select(weights * scale, 0.0);
        }
        weights.gemm(v, false, false).transpose(1, 2).reshape([batch, queries, heads * value_width])
    }

    fn vjp_recorded<'t, F: Real>(&self, cx: &mut Vjp<'_, 't, F>) {
        let wanted: [bool; 3] = std::array::from_fn(|i| i < self.operands() && cx.wants(i));
        let copies: [Var<'t, F>; 3] = std::array::from_fn(|i| cx.x(self.operand(i)).affine(1.0, 0.0));
        let Some(some) = (0..3).find(|&i| wanted[i]) else { return };
        let targets = std::array::from_fn(|i| copies[if wanted[i] { i } else { some }]);
        let cotangents: [Var<'t, F>; 3] = self.plain(&copies[..self.operands()], cx).vjp_recorded(targets, cx.g);
        for (i, cotangent) in cotangents.into_iter().enumerate().filter(|(i, _)| wanted[*i]) {
            cx.give(i, |_| cotangent);
        }
    }

    fn vjp_first_order<'t, F: Real>(&self, cx: &mut Vjp<'_, 't, F>) {
        let (graph, count) = (cx.graph(), self.operands());
        let values: [_; 3] = std::array::from_fn(|i| cx.x(self.operand(i)).value());
        let (weights, g) = (cx.x(count).value(), cx.g.value());
        let [.., kept] = self.masks();
        let mask = kept.map(|i| cx.mask(i).value());
        let dropped = kept.map(|i| cx.x(i + 1).value());
        let kept = mask.as_deref().zip(self.dropout).map(|(mask, scale)| Kept { mask, scale: F::from_f64(scale) });
        let mut outs: [_; 3] = std::array::from_fn(|i| (i < count).then(|| graph.output(cx.shape(i))));
        {
            let operands = [&values[0][..], &values[1][..], &values[2][..]];
            let [first, second, third] = &mut outs;
            let slices = [first, second, third].map(|out| out.as_mut().map_or(&mut [][..], |out| out.as_mut_slice()));
            let [a, b, c] = slices;
            let d = match count {
                1 => Gradients::Packed(a),
                2 => Gradients::Paired(a, b),
                _ => Gradients::Apart([a, b, c]),
            };
            let (dropped, scale) = (dropped.as_deref().unwrap_or_default(), F::from_f64(self.scale));
            kernels::attention_backward(&self.shape, operands, scale, kept, &weights, dropped, &g, d);
        }
        for (i, out) in outs.into_iter().enumerate() {
            if let Some(out) = out {
                let cotangent = graph.constant(cx.shape(i), out);
                cx.give(i, |_| cotangent);
            }
        }
    }
}

impl<F: Real> Op<F> for ScaledDotProduct {
    fn name(&self) -> &'static str {
        "scaled_dot_product_attention"
    }

    fn vjp<'t>(&self, cx: &mut Vjp<'_, 't, F>) {
        if cx.is_recorded() { self.vjp_recorded(cx) } else { self.vjp_first_order(cx) }
    }

    fn reads(&self) -> Reads {
        Reads::INPUTS
    }

    fn flops(&self, _: &[Shape], _: Shape) -> u64 {
        (2 * self.shape.weights() * (self.shape.key_width + self.shape.value_width)) as u64
    }
}

impl<'t, F: Real> Var<'t, F> {
    /// Attention of queries `[batch, queries, width]` to keys `[batch, keys, width]` with values
    /// `[batch, keys, values]`, whose widths are those of all heads together.
    ///
    /// Formulas: [`ops::attention::scaled_dot_product`](mod@crate::ops::attention::scaled_dot_product).
    ///
    /// # Panics
    /// When the shapes or masks do not fit, or the heads do not divide the widths.
    #[track_caller]
    pub fn scaled_dot_product_attention(
        self,
        keys: Self,
        values: Self,
        options: &Attention<'t, F>,
    ) -> AttentionOutput<'t, F> {
        let value_width = values.shape().dims().last().copied().unwrap_or(0);
        attend(&[self, keys, values], value_width, options)
    }

    /// As [`scaled_dot_product_attention`](Var::scaled_dot_product_attention), with keys and values side by side in one
    /// value, `[batch, keys, width + values]`.
    ///
    /// # Panics
    /// As there.
    #[track_caller]
    pub fn attention_to_packed(self, keys_values: Self, options: &Attention<'t, F>) -> AttentionOutput<'t, F> {
        let (q, both) = (self.shape(), keys_values.shape());
        let width = |shape: Shape| shape.dims().last().copied().unwrap_or(0);
        attend(&[self, keys_values], width(both).saturating_sub(width(q)), options)
    }

    /// As [`scaled_dot_product_attention`](Var::scaled_dot_product_attention), with queries, keys and values of one width
    /// side by side in `self`, `[batch, length, 3 · width]`: what one product with PyTorch's `in_proj_weight` gives.
    ///
    /// # Panics
    /// As there.
    #[track_caller]
    pub fn self_attention_of_packed(self, options: &Attention<'t, F>) -> AttentionOutput<'t, F> {
        attend(&[self], self.shape().dims().last().copied().unwrap_or(0) / 3, options)
    }
}

/// The sizes of one to three operands, checked.
#[track_caller]
fn shape_of<'t, F: Real>(operands: &[Var<'t, F>], value_width: usize, options: &Attention<'t, F>) -> AttentionShape {
    let graph = operands[0].graph();
    let shapes: [Shape; 3] = std::array::from_fn(|i| operands[i.min(operands.len() - 1)].shape());
    let [q, k, v] = shapes;
    if shapes.iter().any(|shape| shape.rank() != 3) {
        graph.fail(format_args!("attention: needs [batch, length, width]: left {q}, right {k}"));
    }
    let ([batch, queries, wide], [_, keys, _]) = (operands[0].dims(), operands[operands.len().min(2) - 1].dims());
    let width = if operands.len() == 1 { wide / 3 } else { wide };
    let expected = match operands.len() {
        1 => [3 * width; 3],
        2 => [width, width + value_width, width + value_width],
        _ => [width, width, value_width],
    };
    let fits = |i: usize| shapes[i] == Shape::from([batch, if i == 0 { queries } else { keys }, expected[i]]);
    if let Some(i) = (0..3).find(|&i| !fits(i)) {
        let right = if i == 2 { v } else { k };
        graph.fail(format_args!("attention: queries, keys and values do not match: left {q}, right {right}"));
    }
    let heads = options.heads;
    if heads == 0 || !width.is_multiple_of(heads) || !value_width.is_multiple_of(heads) {
        graph.fail(format_args!("attention: {heads} heads do not divide the widths: left {q}, right {v}"));
    }
    let row = |offset: usize, stride: usize| AttentionRows { offset, stride };
    let rows = match operands.len() {
        1 => [row(0, wide), row(width, wide), row(2 * width, wide)],
        2 => [row(0, width), row(0, width + value_width), row(width, width + value_width)],
        _ => [row(0, width), row(0, width), row(0, value_width)],
    };
    let (key_width, value_width) = (width / heads, value_width / heads);
    for (name, mask, right) in [("keys", options.keys, [batch, keys]), ("pairs", options.pairs, [queries, keys])] {
        let right = Shape::from(right);
        if let Some(left) = mask.map(MaskVar::shape).filter(|&left| left != right) {
            graph.fail(format_args!("attention: mask of {name}: left {left}, right {right}"));
        }
    }
    AttentionShape { batch, heads, queries, keys, key_width, value_width, rows }
}

#[track_caller]
fn attend<'t, F: Real>(
    operands: &[Var<'t, F>],
    value_width: usize,
    options: &Attention<'t, F>,
) -> AttentionOutput<'t, F> {
    let graph = operands[0].graph();
    let shape = shape_of(operands, value_width, options);
    let AttentionShape { batch, heads, queries, keys, key_width, .. } = shape;
    let p = options.dropout;
    if !(0.0..=1.0).contains(&p) {
        graph.fail(format_args!("attention: dropout between 0 and 1: left {p}, right {}", operands[0].shape()));
    }
    let scale = options.scale.unwrap_or(1.0 / (key_width.max(1) as f64).sqrt());
    let of_weights = Shape::from([batch, heads, queries, keys]);
    // In the kernel a 1 excludes.
    let [of_keys, of_pairs] = [options.keys, options.pairs].map(|mask| mask.map(|mask| !mask));
    let kept = (graph.is_training() && p > 0.0).then(|| {
        let key = graph.random_key();
        graph.compute_mask(of_weights, |mask| kernels::fill_bernoulli(mask, key, 1.0 - p))
    });
    // Where nothing is kept there is nothing to scale.
    let factor = if p < 1.0 { 1.0 / (1.0 - p) } else { 0.0 };
    let of_dropped = if kept.is_some() { of_weights } else { Shape::from([0]) };
    let of_out = Shape::from([batch, queries, value_width]);
    let (mut weights, mut dropped, mut out) =
        (graph.output(of_weights), graph.output(of_dropped), graph.output(of_out));
    {
        let values: [_; 3] = std::array::from_fn(|i| operands[i.min(operands.len() - 1)].value());
        let (keys, pairs, mask) = (of_keys.map(MaskVar::value), of_pairs.map(MaskVar::value), kept.map(MaskVar::value));
        let excluded = Excluded { keys: keys.as_deref(), pairs: pairs.as_deref(), causal: options.causal };
        let kept = mask.as_deref().map(|mask| Kept { mask, scale: F::from_f64(factor) });
        let operands = [&values[0][..], &values[1][..], &values[2][..]];
        let (weights, dropped, out) = (weights.as_mut_slice(), dropped.as_mut_slice(), out.as_mut_slice());
        kernels::attention(&shape, operands, F::from_f64(scale), excluded, kept, weights, dropped, out);
    }
    let (weights, dropped) = (graph.constant(of_weights, weights), graph.constant(of_dropped, dropped));
    let mut inputs = [Input::from(weights); 8];
    let more = [of_keys.map(Input::from), of_pairs.map(Input::from), kept.map(Input::from)];
    let after = kept.map(|_| Input::from(dropped));
    let all =
        operands.iter().map(|&x| x.into()).chain([weights.into()]).chain(more.into_iter().chain([after]).flatten());
    let count = inputs.iter_mut().zip(all).map(|(slot, input)| *slot = input).count();
    let op = ScaledDotProduct {
        shape,
        scale,
        operands: operands.len() as u8,
        keys: of_keys.is_some(),
        pairs: of_pairs.is_some(),
        causal: options.causal,
        dropout: kept.map(|_| factor),
    };
    AttentionOutput { value: graph.record(op, &inputs[..count], of_out, out), weights }
}

#[cfg(test)]
mod tests;
