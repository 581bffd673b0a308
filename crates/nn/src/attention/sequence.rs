//! [`SequenceAttention`]: one query a sequence, as the decoders of recurrent translators have it.

use crate::{Layer, Linear};
use tape::{Attention, MaskVar, ParamId, ParamPath, Real, Shape, Var};

/// The smallest norm that the cosine divides by, as in PyTorch's `cosine_similarity`.
const EPS: f64 = 1e-8;

/// Attention of a query `q`, `[batch, queries]`, to the steps of a sequence `k_t`, `[batch, time, keys]`:
/// weights `p = softmax_t s(q, k_t)`, context `Σ p_t v_t`.
///
/// ```
/// use retrograde_nn::attention::SequenceAttention;
/// # extern crate tape as retrograde_tape;
/// use retrograde_tape::{Params, Tape, Tensor};
///
/// Tape::<f32>::new().eval(&Params::new(0), |t| {
///     let attention = SequenceAttention::cosine();
///     let encoded = t.input(&Tensor::from_fn([2, 5, 4], |i| (i as f32).sin()));
///     let keys = attention.keys(encoded);
///     let attended = attention.forward(t.full([2, 4], 1.0), keys, encoded, None);
///     assert_eq!(attended.context.shape().dims(), [2, 4]);
///     assert_eq!(attended.weights.shape().dims(), [2, 5]);
/// });
/// ```
#[derive(Clone, Copy, Debug)]
pub enum SequenceAttention {
    /// `s = q·k / (‖q‖ ‖k‖)`, each norm at least 10⁻⁸, times the parameter if there is one: cosines alone are between −1
    /// and 1, so that their softmax is nearly even.
    Cosine {
        /// `temperature` `[1]`, which the cosine is multiplied with.
        temperature: Option<ParamId>,
    },
    /// `s = q·k` (Luong, Pham and Manning 2015).
    Dot,
    /// `s = v·tanh(W_q q + b + W_k k)` (Bahdanau, Cho and Bengio 2015).
    Additive {
        /// `query.weight`, `query.bias`.
        query: Linear,
        /// `key.weight`.
        key: Linear,
        /// `score.weight` `[1, width]`.
        score: Linear,
    },
}

/// What attention gives.
#[derive(Clone, Copy)]
pub struct Attended<'t, F: Real = f32> {
    /// `[batch, values]`.
    pub context: Var<'t, F>,
    /// `[batch, time]`. For cosine and dot a constant, to be looked at.
    pub weights: Var<'t, F>,
}

/// The rows over their norms.
#[track_caller]
fn normalized<F: Real>(x: Var<'_, F>) -> Var<'_, F> {
    // Clamped before the root, whose slope at 0 is infinite.
    let squares = (x * x).sum_keepdim(-1).clamp(EPS * EPS, f64::INFINITY);
    x / squares.sqrt()
}

impl SequenceAttention {
    /// By the cosine alone.
    pub fn cosine() -> SequenceAttention {
        SequenceAttention::Cosine { temperature: None }
    }

    /// By the cosine, times a parameter that starts at `start`.
    ///
    /// # Panics
    /// When there is a parameter of the same name at this place already.
    #[track_caller]
    pub fn cosine_with_temperature<F: Real>(mut params: ParamPath<'_, F>, start: f64) -> SequenceAttention {
        SequenceAttention::Cosine { temperature: Some(params.param("temperature", [1], start)) }
    }

    /// By a layer of its own, of `width` units.
    ///
    /// # Panics
    /// When there are parameters of the same names at this place already.
    #[track_caller]
    pub fn additive<F: Real>(
        mut params: ParamPath<'_, F>,
        queries: usize,
        keys: usize,
        width: usize,
    ) -> SequenceAttention {
        SequenceAttention::Additive {
            query: Linear::new(params.at("query"), queries, width),
            key: Linear::config(keys, width).bias(false).build(params.at("key")),
            score: Linear::config(width, 1).bias(false).build(params.at("score")),
        }
    }

    /// What [`forward`](SequenceAttention::forward) needs of the keys, which does not depend on the query: computed once a
    /// sequence.
    #[track_caller]
    pub fn keys<'t, F: Real>(&self, keys: Var<'t, F>) -> Var<'t, F> {
        match self {
            SequenceAttention::Cosine { .. } => normalized(keys),
            SequenceAttention::Dot => keys,
            SequenceAttention::Additive { key, .. } => key.forward(keys),
        }
    }

    /// Attends with a query `[batch, queries]` to what [`keys`](SequenceAttention::keys) made, `[batch, time, …]`, and
    /// sums the values `[batch, time, values]`. Where the mask of padding, `[batch, time]`, is 1, a step counts for
    /// nothing.
    ///
    /// # Panics
    /// When the shapes do not fit.
    #[track_caller]
    pub fn forward<'t, F: Real>(
        &self,
        query: Var<'t, F>,
        keys: Var<'t, F>,
        values: Var<'t, F>,
        padding: Option<MaskVar<'t, F>>,
    ) -> Attended<'t, F> {
        let ([batch, width], [_, time, _], [.., of_values]) = (query.dims(), keys.dims(), values.dims::<3>());
        let per_step = Shape::from([batch, time]);
        let query = match *self {
            SequenceAttention::Cosine { temperature: Some(id) } => normalized(query) * query.graph().param(id),
            SequenceAttention::Cosine { temperature: None } => normalized(query),
            SequenceAttention::Dot => query,
            SequenceAttention::Additive { query: of_query, score, .. } => {
                let [.., units] = keys.dims::<3>();
                let hidden = (keys + of_query.forward(query).reshape([batch, 1, units])).tanh();
                let mut scores = score.forward(hidden).reshape(per_step);
                if let Some(padding) = padding {
                    scores = scores.masked_fill(padding, f64::NEG_INFINITY);
                }
                let weights = scores.softmax(1);
                let context = weights.reshape([batch, 1, time]).gemm(values, false, false);
                return Attended { context: context.reshape([batch, of_values]), weights };
            }
        };
        let options = Attention { scale: Some(1.0), keys: padding.map(|mask| !mask), ..Attention::default() };
        let attended = query.reshape([batch, 1, width]).scaled_dot_product_attention(keys, values, &options);
        let context = attended.value.reshape([batch, of_values]);
        Attended { context, weights: attended.weights.reshape(per_step) }
    }
}
