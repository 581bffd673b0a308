//! The decoder: layers in which a sequence attends to its past and to the outputs of an encoder; whole sequences at once,
//! or step by step.

use super::TransformerConfig;
use super::config::{FeedForward, Residual};
use crate::attention::{AttentionMask, MultiHeadAttention};
use crate::{Layer, LayerNorm};
use tape::{Escape, IndexVar, ParamPath, Real, Var};

/// Attention of a sequence to itself, attention to the outputs of an encoder, then two linear layers, each with a sum around
/// it and a norm.
///
/// Parameters, under PyTorch's names: those of `self_attn`, `multihead_attn`, `linear1`, `linear2`, `norm1`, `norm2` and
/// `norm3`.
#[derive(Clone, Copy, Debug)]
pub struct TransformerDecoderLayer {
    self_attn: MultiHeadAttention,
    multihead_attn: MultiHeadAttention,
    feed_forward: FeedForward,
    around: [Residual; 3],
}

/// Layers one after the other, and perhaps a norm at the end. Parameters: `layers.0`, `layers.1`, …, `norm`.
#[derive(Clone, Debug)]
pub struct TransformerDecoder {
    layers: Vec<TransformerDecoderLayer>,
    norm: Option<LayerNorm>,
}

/// What a decoder remembers between steps: for each layer the keys and values of the encoder's outputs, and those of its own
/// past.
#[derive(Clone)]
pub struct DecoderCache<'t, F: Real = f32> {
    layers: Vec<(Var<'t, F>, Option<Var<'t, F>>)>,
    steps: usize,
}

impl<'t, F: Real> Escape<'t, F> for DecoderCache<'t, F> {
    fn keep(self, keep: &mut dyn FnMut(Var<'t, F>) -> Var<'t, F>) -> Self {
        DecoderCache { layers: self.layers.keep(keep), steps: self.steps }
    }
}

impl<'t, F: Real> DecoderCache<'t, F> {
    /// How many steps were taken: the position of the next one.
    pub fn steps(&self) -> usize {
        self.steps
    }

    /// What a beam search goes on with: the pasts of `rows`, in this order, and the encoder's outputs of `batch`. There
    /// may be several rows to one of the batch; they stand side by side, as many for each. `None` keeps the whole batch.
    ///
    /// # Panics
    /// When an index is not below the number of rows, or the size of the batch.
    #[track_caller]
    pub fn select(&self, rows: IndexVar<'t, F>, batch: Option<IndexVar<'t, F>>) -> Self {
        let select = |&(memory, past): &(Var<'t, F>, Option<Var<'t, F>>)| {
            let memory = batch.map_or(memory, |batch| memory.index_select(0, batch));
            (memory, past.map(|past| past.index_select(0, rows)))
        };
        DecoderCache { layers: self.layers.iter().map(select).collect(), steps: self.steps }
    }
}

impl TransformerDecoderLayer {
    /// A layer with these settings.
    ///
    /// # Panics
    /// When there are parameters of the same names at this place already, or the heads do not divide the width.
    #[track_caller]
    pub fn new<F: Real>(mut params: ParamPath<'_, F>, config: TransformerConfig) -> TransformerDecoderLayer {
        let self_attn = config.attention(params.at("self_attn"));
        let multihead_attn = config.attention(params.at("multihead_attn"));
        let feed_forward = config.feed_forward_layers(&mut params);
        let around = ["norm1", "norm2", "norm3"].map(|name| {
            let norm = config.norm(params.at(name));
            Residual { norm, dropout: config.dropout, norm_first: config.norm_first }
        });
        TransformerDecoderLayer { self_attn, multihead_attn, feed_forward, around }
    }

    /// From `[batch, time, width]` to the same, with the encoder's outputs `[batch, source, width]`.
    ///
    /// # Panics
    /// When the shapes do not fit.
    #[track_caller]
    pub fn forward<'t, F: Real>(
        &self,
        x: Var<'t, F>,
        memory: Var<'t, F>,
        mask: &AttentionMask<'t, F>,
        memory_mask: &AttentionMask<'t, F>,
    ) -> Var<'t, F> {
        self.forward_with_weights(x, memory, mask, memory_mask).0
    }

    /// As [`forward`](TransformerDecoderLayer::forward), and the weights of the attention to the encoder's outputs,
    /// `[batch, heads, time, source]`.
    ///
    /// # Panics
    /// When the shapes do not fit.
    #[track_caller]
    pub fn forward_with_weights<'t, F: Real>(
        &self,
        x: Var<'t, F>,
        memory: Var<'t, F>,
        mask: &AttentionMask<'t, F>,
        memory_mask: &AttentionMask<'t, F>,
    ) -> (Var<'t, F>, Var<'t, F>) {
        x.graph().scope(|| {
            let (x, ()) = self.around[0].around(x, |x| (self.self_attn.attend_self(x, mask).value, ()));
            self.rest(x, self.multihead_attn.keys_values(memory), memory_mask)
        })
    }

    /// What follows the attention of the sequence to itself.
    #[track_caller]
    fn rest<'t, F: Real>(
        &self,
        x: Var<'t, F>,
        memory: Var<'t, F>,
        memory_mask: &AttentionMask<'t, F>,
    ) -> (Var<'t, F>, Var<'t, F>) {
        let (x, weights) = self.around[1].around(x, |x| {
            let attended = self.multihead_attn.attend_to(x, memory, memory_mask);
            (attended.value, attended.weights)
        });
        (self.around[2].around(x, |x| (self.feed_forward.forward(x), ())).0, weights)
    }
}

impl TransformerDecoder {
    /// So many layers with these settings, with or without a norm at the end.
    ///
    /// # Panics
    /// As [`TransformerDecoderLayer::new`].
    #[track_caller]
    pub fn new<F: Real>(
        mut params: ParamPath<'_, F>,
        config: TransformerConfig,
        layers: usize,
        norm: bool,
    ) -> TransformerDecoder {
        let mut list = params.at("layers");
        let layers = (0..layers).map(|i| TransformerDecoderLayer::new(list.at(i), config)).collect();
        TransformerDecoder { layers, norm: norm.then(|| config.norm(params.at("norm"))) }
    }

    /// The layers.
    pub fn layers(&self) -> &[TransformerDecoderLayer] {
        &self.layers
    }

    /// From `[batch, time, width]` to the same, with the encoder's outputs `[batch, source, width]`; usually under a
    /// [causal](AttentionMask::causal) mask.
    ///
    /// # Panics
    /// When the shapes do not fit.
    #[track_caller]
    pub fn forward<'t, F: Real>(
        &self,
        x: Var<'t, F>,
        memory: Var<'t, F>,
        mask: &AttentionMask<'t, F>,
        memory_mask: &AttentionMask<'t, F>,
    ) -> Var<'t, F> {
        self.forward_with_weights(x, memory, mask, memory_mask).0
    }

    /// As [`forward`](TransformerDecoder::forward), and the weights of the last layer's attention to the encoder's
    /// outputs, `[batch, heads, time, source]`.
    ///
    /// # Panics
    /// When the shapes do not fit.
    #[track_caller]
    pub fn forward_with_weights<'t, F: Real>(
        &self,
        x: Var<'t, F>,
        memory: Var<'t, F>,
        mask: &AttentionMask<'t, F>,
        memory_mask: &AttentionMask<'t, F>,
    ) -> (Var<'t, F>, Var<'t, F>) {
        let scope = x.graph().open_scope();
        let through = |(x, _), layer: &TransformerDecoderLayer| {
            scope.keep(layer.forward_with_weights(x, memory, mask, memory_mask))
        };
        let (y, weights) = self.layers.iter().fold((x, x), through);
        (self.norm.map_or(y, |norm| norm.forward(y)), weights)
    }

    /// The cache of sequences that have not begun, for the encoder's outputs `[batch, source, width]`.
    ///
    /// # Panics
    /// When the shape does not fit.
    #[track_caller]
    pub fn start<'t, F: Real>(&self, memory: Var<'t, F>) -> DecoderCache<'t, F> {
        let layers = self.layers.iter().map(|layer| (layer.multihead_attn.keys_values(memory), None)).collect();
        DecoderCache { layers, steps: 0 }
    }

    /// The next step of sequences: `x` `[rows, 1, width]`, with the position [`DecoderCache::steps`], and a cache, whose
    /// batch the rows are, or several rows side by side for each of the batch. Returns `[rows, 1, width]`, the weights of
    /// the last layer's attention to the encoder's outputs `[batch, heads, rows / batch, source]`, and the cache with this
    /// step. The same bits as [`forward`](TransformerDecoder::forward) under a causal mask.
    ///
    /// # Panics
    /// When the shapes do not fit, or the cache is of another decoder.
    #[track_caller]
    pub fn step<'t, F: Real>(
        &self,
        x: Var<'t, F>,
        mut cache: DecoderCache<'t, F>,
        memory_mask: &AttentionMask<'t, F>,
    ) -> (Var<'t, F>, Var<'t, F>, DecoderCache<'t, F>) {
        let (found, expected) = (cache.layers.len(), self.layers.len());
        assert!(found == expected, "TransformerDecoder: layers of the cache: left {found}, right {expected}");
        let [rows, _, width] = x.dims();
        let (mut y, mut weights) = (x, x);
        for (layer, (memory, past)) in self.layers.iter().zip(&mut cache.layers) {
            let [batch, ..] = memory.dims::<3>();
            let divides = batch == rows || batch > 0 && rows.is_multiple_of(batch);
            assert!(divides, "TransformerDecoder: rows {} of a batch of {batch}", x.shape());
            let all;
            (y, all) = layer.around[0].around(y, |x| layer.self_attn.attend_step(x, *past));
            *past = Some(all);
            // The rows of one source ask it together, as the queries of one sequence would.
            y = y.reshape([batch, rows / batch.max(1), width]);
            (y, weights) = layer.rest(y, *memory, memory_mask);
            y = y.reshape([rows, 1, width]);
        }
        cache.steps += 1;
        (self.norm.map_or(y, |norm| norm.forward(y)), weights, cache)
    }
}
