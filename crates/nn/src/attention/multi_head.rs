//! [`MultiHeadAttention`]: projections around scaled dot-product attention.

use crate::init::{Uniform, XavierUniform};
use crate::{Layer, Linear};
use tape::{Attention, AttentionOutput, MaskVar, ParamId, ParamPath, Real, Var};

/// Which keys queries do not see: 1 excludes. The default sees all. A query that sees none has result and gradient 0.
#[derive(Clone, Copy)]
pub struct AttentionMask<'t, F: Real = f32> {
    /// Keys that are padding, `[batch, keys]`.
    pub key_padding: Option<MaskVar<'t, F>>,
    /// Pairs, `[queries, keys]`, the same for all sequences.
    pub pairs: Option<MaskVar<'t, F>>,
    /// Query i sees keys 0 to i.
    pub causal: bool,
}

impl<F: Real> Default for AttentionMask<'_, F> {
    fn default() -> Self {
        AttentionMask { key_padding: None, pairs: None, causal: false }
    }
}

impl<'t, F: Real> AttentionMask<'t, F> {
    /// Only padding, if there is any.
    pub fn padding(key_padding: Option<MaskVar<'t, F>>) -> Self {
        AttentionMask { key_padding, ..AttentionMask::default() }
    }

    /// No later keys, and no padding, if there is any.
    pub fn causal(key_padding: Option<MaskVar<'t, F>>) -> Self {
        AttentionMask { key_padding, causal: true, ..AttentionMask::default() }
    }
}

/// Attention of several heads between linear layers (Vaswani et al. 2017, section 3.2.2), batch first.
///
/// Parameters, under PyTorch's names: `in_proj_weight` `[2 · heads · key_width + heads · value_width, width]`, or
/// `q_proj_weight`, `k_proj_weight` and `v_proj_weight` where keys or values have another width than queries;
/// `in_proj_bias`; `out_proj.weight` `[width, heads · value_width]`, `out_proj.bias`.
#[derive(Clone, Copy, Debug)]
pub struct MultiHeadAttention {
    weights: InWeights,
    in_bias: Option<ParamId>,
    out_proj: Linear,
    heads: usize,
    /// Numbers of all heads together, of queries and keys, and of values.
    widths: [usize; 2],
    dropout: f64,
}

#[derive(Clone, Copy, Debug)]
enum InWeights {
    Packed(ParamId),
    Apart([ParamId; 3]),
}

/// How a [`MultiHeadAttention`] is made: as PyTorch's with the same arguments.
#[derive(Clone, Copy, Debug)]
pub struct MultiHeadAttentionConfig {
    width: usize,
    heads: usize,
    head: [usize; 2],
    inputs: [usize; 2],
    bias: bool,
    dropout: f64,
    xavier: bool,
}

impl MultiHeadAttentionConfig {
    /// Numbers of a query or key in one head; width / heads unless set.
    pub fn key_width(self, key_width: usize) -> Self {
        MultiHeadAttentionConfig { head: [key_width, self.head[1]], ..self }
    }

    /// Numbers of a value in one head; width / heads unless set.
    pub fn value_width(self, value_width: usize) -> Self {
        MultiHeadAttentionConfig { head: [self.head[0], value_width], ..self }
    }

    /// Numbers of a key before the projection, PyTorch's `kdim`; the width unless set.
    pub fn key_inputs(self, inputs: usize) -> Self {
        MultiHeadAttentionConfig { inputs: [inputs, self.inputs[1]], ..self }
    }

    /// Numbers of a value before the projection, PyTorch's `vdim`; the width unless set.
    pub fn value_inputs(self, inputs: usize) -> Self {
        MultiHeadAttentionConfig { inputs: [self.inputs[0], inputs], ..self }
    }

    /// With or without biases.
    pub fn bias(self, bias: bool) -> Self {
        MultiHeadAttentionConfig { bias, ..self }
    }

    /// Dropout of the weights, in training.
    pub fn dropout(self, dropout: f64) -> Self {
        MultiHeadAttentionConfig { dropout, ..self }
    }

    /// The last projection uniform by Xavier too.
    pub(crate) fn xavier(self, xavier: bool) -> Self {
        MultiHeadAttentionConfig { xavier, ..self }
    }

    /// Adds the parameters to the store, started as PyTorch's.
    ///
    /// # Panics
    /// When there are parameters of the same names at this place already.
    #[track_caller]
    pub fn build<F: Real>(self, mut params: ParamPath<'_, F>) -> MultiHeadAttention {
        let MultiHeadAttentionConfig { width, heads, head, inputs, bias, dropout, xavier } = self;
        let widths = head.map(|head| heads * head);
        let [keys, values] = widths;
        let weights = if inputs == [width; 2] {
            InWeights::Packed(params.param("in_proj_weight", [2 * keys + values, width], XavierUniform))
        } else {
            InWeights::Apart([
                params.param("q_proj_weight", [keys, width], XavierUniform),
                params.param("k_proj_weight", [keys, inputs[0]], XavierUniform),
                params.param("v_proj_weight", [values, inputs[1]], XavierUniform),
            ])
        };
        let in_bias = bias.then(|| params.param("in_proj_bias", [2 * keys + values], 0.0));
        let (usual, out) =
            (Uniform { bound: 1.0 / (values.max(1) as f64).sqrt() }, Linear::config(values, width).bias(bias));
        let out_proj = match xavier {
            true => out.init(XavierUniform).build(params.at("out_proj")),
            false => out.init(usual).build(params.at("out_proj")),
        };
        MultiHeadAttention { weights, in_bias, out_proj, heads, widths, dropout }
    }
}

impl MultiHeadAttention {
    /// Attention with biases, without dropout, whose heads have `width / heads` numbers each.
    ///
    /// # Panics
    /// When there are parameters of the same names at this place already, or the heads do not divide the width.
    #[track_caller]
    pub fn new<F: Real>(params: ParamPath<'_, F>, width: usize, heads: usize) -> MultiHeadAttention {
        let divides = heads > 0 && width.is_multiple_of(heads);
        assert!(divides, "MultiHeadAttention: {heads} heads do not divide a width of {width}");
        MultiHeadAttention::config(width, heads).build(params)
    }

    /// Attention with settings of its own.
    pub fn config(width: usize, heads: usize) -> MultiHeadAttentionConfig {
        let head = width / heads.max(1);
        MultiHeadAttentionConfig {
            width,
            heads,
            head: [head; 2],
            inputs: [width; 2],
            bias: true,
            dropout: 0.0,
            xavier: false,
        }
    }

    fn options<'t, F: Real>(&self, mask: &AttentionMask<'t, F>) -> Attention<'t, F> {
        Attention {
            heads: self.heads,
            scale: None,
            keys: mask.key_padding.map(|mask| !mask),
            pairs: mask.pairs.map(|mask| !mask),
            causal: mask.causal,
            dropout: self.dropout,
        }
    }

    /// Rows `from..to` of the weight and the bias of the projections, which stand in the order q k v.
    #[track_caller]
    fn project<'t, F: Real>(&self, x: Var<'t, F>, weight: ParamId, rows: std::ops::Range<usize>) -> Var<'t, F> {
        let (t, [keys, values]) = (x.graph(), self.widths);
        let all = rows.len() == 2 * keys + values;
        let bias = self.in_bias.map(|id| if all { t.param(id) } else { t.param(id).slice(0, rows.clone()) });
        let weight = match self.weights {
            InWeights::Packed(_) if !all => t.param(weight).slice(0, rows),
            _ => t.param(weight),
        };
        x.linear(weight, bias)
    }

    /// Queries, projected.
    #[track_caller]
    fn queries<'t, F: Real>(&self, x: Var<'t, F>) -> Var<'t, F> {
        let (InWeights::Packed(id) | InWeights::Apart([id, ..])) = self.weights;
        self.project(x, id, 0..self.widths[0])
    }

    /// Keys and values of `x`, `[batch, keys, width]`, side by side as [`attend_to`](MultiHeadAttention::attend_to) takes
    /// them: computed once, they serve any number of queries.
    ///
    /// # Panics
    /// When the shape does not fit, or keys and values have inputs of their own.
    #[track_caller]
    pub fn keys_values<'t, F: Real>(&self, x: Var<'t, F>) -> Var<'t, F> {
        let [keys, values] = self.widths;
        let InWeights::Packed(id) = self.weights else {
            panic!("MultiHeadAttention: keys and values of different inputs cannot be computed together")
        };
        self.project(x, id, keys..2 * keys + values)
    }

    /// Attention of queries `[batch, queries, width]` to what [`keys_values`](MultiHeadAttention::keys_values) made.
    ///
    /// # Panics
    /// When the shapes do not fit.
    #[track_caller]
    pub fn attend_to<'t, F: Real>(
        &self,
        x: Var<'t, F>,
        keys_values: Var<'t, F>,
        mask: &AttentionMask<'t, F>,
    ) -> AttentionOutput<'t, F> {
        let _layer = self.within(x);
        self.finish(self.queries(x).attention_to_packed(keys_values, &self.options(mask)))
    }

    /// Attention of a sequence `[batch, length, width]` to itself.
    ///
    /// # Panics
    /// When the shapes do not fit.
    #[track_caller]
    pub fn attend_self<'t, F: Real>(&self, x: Var<'t, F>, mask: &AttentionMask<'t, F>) -> AttentionOutput<'t, F> {
        let _layer = self.within(x);
        match (self.weights, self.widths) {
            (InWeights::Packed(id), [keys, values]) if keys == values => {
                let all = self.project(x, id, 0..3 * keys);
                self.finish(all.self_attention_of_packed(&self.options(mask)))
            }
            _ => self.forward(x, x, x, mask),
        }
    }

    /// One step of a sequence that attends to itself and to its past: `x` `[batch, 1, width]`, and the keys and values of
    /// the steps before, if any. Returns those with this step's too.
    ///
    /// # Panics
    /// When the shapes do not fit.
    #[track_caller]
    pub fn attend_step<'t, F: Real>(&self, x: Var<'t, F>, past: Option<Var<'t, F>>) -> (Var<'t, F>, Var<'t, F>) {
        let _layer = self.within(x);
        let new = self.keys_values(x);
        let all = past.map_or(new, |past| tape::concat(&[past, new], 1));
        (self.attend_to(x, all, &AttentionMask::default()).value, all)
    }

    /// Attention of queries `[batch, queries, width]` to keys and values `[batch, keys, …]`.
    ///
    /// # Panics
    /// When the shapes do not fit.
    #[track_caller]
    pub fn forward<'t, F: Real>(
        &self,
        query: Var<'t, F>,
        key: Var<'t, F>,
        value: Var<'t, F>,
        mask: &AttentionMask<'t, F>,
    ) -> AttentionOutput<'t, F> {
        let _layer = self.within(query);
        let [keys, values] = self.widths;
        let (of_key, of_value) = match self.weights {
            InWeights::Packed(id) => (id, id),
            InWeights::Apart([_, key, value]) => (key, value),
        };
        let k = self.project(key, of_key, keys..2 * keys);
        let v = self.project(value, of_value, 2 * keys..2 * keys + values);
        self.finish(self.queries(query).scaled_dot_product_attention(k, v, &self.options(mask)))
    }

    fn finish<'t, F: Real>(&self, attended: AttentionOutput<'t, F>) -> AttentionOutput<'t, F> {
        AttentionOutput { value: self.out_proj.forward(attended.value), ..attended }
    }

    fn within<'t, F: Real>(&self, x: Var<'t, F>) -> tape::Within<'t, F> {
        let (InWeights::Packed(id) | InWeights::Apart([id, ..])) = self.weights;
        x.graph().within(id)
    }
}
