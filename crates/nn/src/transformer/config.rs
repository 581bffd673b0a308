//! How the layers of a transformer are made.

use crate::attention::{MultiHeadAttention, MultiHeadAttentionConfig};
use crate::init::XavierUniform;
use crate::{Activation, Layer, LayerNorm, Linear};
use tape::{Escape, ParamPath, Real, Var};

/// The settings of the layers of a transformer, with PyTorch's defaults: 2048 units in between, dropout 0.1, ReLU, norms
/// behind the sums, heads of width / heads numbers.
#[derive(Clone, Copy, Debug)]
pub struct TransformerConfig {
    pub(super) width: usize,
    heads: usize,
    head: Option<usize>,
    feed_forward: usize,
    pub(super) dropout: f64,
    gelu: bool,
    pub(super) norm_first: bool,
    eps: f64,
    xavier: bool,
}

impl TransformerConfig {
    /// Layers of this width with so many heads.
    pub fn new(width: usize, heads: usize) -> TransformerConfig {
        TransformerConfig {
            width,
            heads,
            head: None,
            feed_forward: 2048,
            dropout: 0.1,
            gelu: false,
            norm_first: false,
            eps: 1e-5,
            xavier: false,
        }
    }

    /// Numbers of queries, keys and values in one head, where they are not width / heads.
    pub fn head_width(self, head: usize) -> Self {
        TransformerConfig { head: Some(head), ..self }
    }

    /// Units between the two linear layers.
    pub fn feed_forward(self, feed_forward: usize) -> Self {
        TransformerConfig { feed_forward, ..self }
    }

    /// Dropout, in training: of attention weights, of the units in between, and of what is added.
    pub fn dropout(self, dropout: f64) -> Self {
        TransformerConfig { dropout, ..self }
    }

    /// GELU instead of ReLU.
    pub fn gelu(self, gelu: bool) -> Self {
        TransformerConfig { gelu, ..self }
    }

    /// Norms before attention and linear layers instead of behind the sums.
    pub fn norm_first(self, norm_first: bool) -> Self {
        TransformerConfig { norm_first, ..self }
    }

    /// The number added to the variance of the norms.
    pub fn eps(self, eps: f64) -> Self {
        TransformerConfig { eps, ..self }
    }

    /// All matrices uniform by Xavier, as in a whole transformer.
    pub(super) fn xavier(self) -> Self {
        TransformerConfig { xavier: true, ..self }
    }

    pub(super) fn norm<F: Real>(&self, params: ParamPath<'_, F>) -> LayerNorm {
        LayerNorm::new(params, self.width).eps(self.eps)
    }

    #[track_caller]
    pub(super) fn attention<F: Real>(&self, params: ParamPath<'_, F>) -> MultiHeadAttention {
        let &TransformerConfig { width, heads, .. } = self;
        let divides = self.head.is_some() || heads > 0 && width.is_multiple_of(heads);
        assert!(divides, "transformer: {heads} heads do not divide a width of {width}");
        let mut config: MultiHeadAttentionConfig = MultiHeadAttention::config(width, heads).dropout(self.dropout);
        if let Some(head) = self.head {
            config = config.key_width(head).value_width(head);
        }
        config.xavier(self.xavier).build(params)
    }

    #[track_caller]
    pub(super) fn feed_forward_layers<F: Real>(&self, params: &mut ParamPath<'_, F>) -> FeedForward {
        let activation = if self.gelu { Activation::Identity } else { Activation::Relu };
        let linear = |params: ParamPath<'_, F>, inputs, outputs, activation| {
            let config = Linear::config(inputs, outputs).activation(activation);
            if self.xavier { config.init(XavierUniform).build(params) } else { config.build(params) }
        };
        FeedForward {
            first: linear(params.at("linear1"), self.width, self.feed_forward, activation),
            second: linear(params.at("linear2"), self.feed_forward, self.width, Activation::Identity),
            gelu: self.gelu,
            dropout: self.dropout,
        }
    }
}

/// `linear2(dropout(activation(linear1 x)))`.
#[derive(Clone, Copy, Debug)]
pub(super) struct FeedForward {
    first: Linear,
    second: Linear,
    gelu: bool,
    dropout: f64,
}

impl Layer for FeedForward {
    fn forward<'t, F: Real>(&self, x: Var<'t, F>) -> Var<'t, F> {
        let hidden = self.first.forward(x);
        let hidden = if self.gelu { hidden.gelu() } else { hidden };
        self.second.forward(hidden.dropout(self.dropout))
    }
}

/// What surrounds each part of a layer: the norm, the dropout, the sum.
#[derive(Clone, Copy, Debug)]
pub(super) struct Residual {
    pub(super) norm: LayerNorm,
    pub(super) dropout: f64,
    pub(super) norm_first: bool,
}

impl Residual {
    /// The part, surrounded, and what else it returns.
    pub(super) fn around<'t, F: Real, E: Escape<'t, F>>(
        &self,
        x: Var<'t, F>,
        part: impl FnOnce(Var<'t, F>) -> (Var<'t, F>, E),
    ) -> (Var<'t, F>, E) {
        x.graph().scope(|| {
            let (y, more) = part(if self.norm_first { self.norm.forward(x) } else { x });
            let y = x + y.dropout(self.dropout);
            (if self.norm_first { y } else { self.norm.forward(y) }, more)
        })
    }
}
