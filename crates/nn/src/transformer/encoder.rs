//! The encoder: layers in which a sequence attends to itself.

use super::TransformerConfig;
use super::config::{FeedForward, Residual};
use crate::attention::{AttentionMask, MultiHeadAttention};
use crate::{Layer, LayerNorm};
use tape::{ParamPath, Real, Var};

/// Attention of a sequence to itself, then two linear layers, each with a sum around it and a norm.
///
/// Parameters, under PyTorch's names: those of `self_attn`, `linear1`, `linear2`, `norm1` and `norm2`.
#[derive(Clone, Copy, Debug)]
pub struct TransformerEncoderLayer {
    self_attn: MultiHeadAttention,
    feed_forward: FeedForward,
    around: [Residual; 2],
}

/// Layers one after the other, and perhaps a norm at the end. Parameters: `layers.0`, `layers.1`, …, `norm`.
#[derive(Clone, Debug)]
pub struct TransformerEncoder {
    layers: Vec<TransformerEncoderLayer>,
    norm: Option<LayerNorm>,
}

impl TransformerEncoderLayer {
    /// A layer with these settings.
    ///
    /// # Panics
    /// When there are parameters of the same names at this place already, or the heads do not divide the width.
    #[track_caller]
    pub fn new<F: Real>(mut params: ParamPath<'_, F>, config: TransformerConfig) -> TransformerEncoderLayer {
        let self_attn = config.attention(params.at("self_attn"));
        let feed_forward = config.feed_forward_layers(&mut params);
        let around = ["norm1", "norm2"].map(|name| {
            let norm = config.norm(params.at(name));
            Residual { norm, dropout: config.dropout, norm_first: config.norm_first }
        });
        TransformerEncoderLayer { self_attn, feed_forward, around }
    }

    /// From `[batch, time, width]` to the same.
    ///
    /// # Panics
    /// When the shapes do not fit.
    #[track_caller]
    pub fn forward<'t, F: Real>(&self, x: Var<'t, F>, mask: &AttentionMask<'t, F>) -> Var<'t, F> {
        self.forward_with_weights(x, mask).0
    }

    /// As [`forward`](TransformerEncoderLayer::forward), and the weights of the attention, `[batch, heads, time, time]`.
    ///
    /// # Panics
    /// When the shapes do not fit.
    #[track_caller]
    pub fn forward_with_weights<'t, F: Real>(
        &self,
        x: Var<'t, F>,
        mask: &AttentionMask<'t, F>,
    ) -> (Var<'t, F>, Var<'t, F>) {
        x.graph().scope(|| {
            let (x, weights) = self.around[0].around(x, |x| {
                let attended = self.self_attn.attend_self(x, mask);
                (attended.value, attended.weights)
            });
            (self.around[1].around(x, |x| (self.feed_forward.forward(x), ())).0, weights)
        })
    }
}

impl TransformerEncoder {
    /// So many layers with these settings, with or without a norm at the end.
    ///
    /// # Panics
    /// As [`TransformerEncoderLayer::new`].
    #[track_caller]
    pub fn new<F: Real>(
        mut params: ParamPath<'_, F>,
        config: TransformerConfig,
        layers: usize,
        norm: bool,
    ) -> TransformerEncoder {
        let mut list = params.at("layers");
        let layers = (0..layers).map(|i| TransformerEncoderLayer::new(list.at(i), config)).collect();
        TransformerEncoder { layers, norm: norm.then(|| config.norm(params.at("norm"))) }
    }

    /// The layers.
    pub fn layers(&self) -> &[TransformerEncoderLayer] {
        &self.layers
    }

    /// From `[batch, time, width]` to the same.
    ///
    /// # Panics
    /// When the shapes do not fit.
    #[track_caller]
    pub fn forward<'t, F: Real>(&self, x: Var<'t, F>, mask: &AttentionMask<'t, F>) -> Var<'t, F> {
        let scope = x.graph().open_scope();
        let y = self.layers.iter().fold(x, |x, layer| scope.keep(layer.forward(x, mask)));
        self.norm.map_or(y, |norm| norm.forward(y))
    }
}
