//! [`PositionTranslator`]: one layer of a transformer's encoder and a linear layer, which translate all positions at once.

use super::Outputs;
use crate::arguments::Settings;
use crate::decode::{Decoder, Kept, Next, Source};
use data::text::{PAD, PairBatch};
use nn::attention::AttentionMask;
use nn::transformer::{TransformerConfig, TransformerEncoderLayer};
use nn::{Embedding, Layer, Linear, Positions};
use tape::{Escape, Graph, IndexVar, Params, Var};

/// Numbers of queries, keys and values in one head.
const HEAD: usize = 96;

/// Each position of the source, filled up to the length of the target, is turned into the word of the target at the same
/// position; the words do not know of each other.
pub(crate) struct PositionTranslator {
    embedding: Embedding,
    positions: Positions,
    layer: TransformerEncoderLayer,
    output: Linear,
    dropout: f64,
}

/// All that was said, at the start.
pub(crate) struct PositionState<'t> {
    /// `[rows, source, vocabulary]`.
    logits: Var<'t>,
    /// `[rows, source, source]`.
    weights: Var<'t>,
    steps: usize,
}

impl<'t> Escape<'t, f32> for PositionState<'t> {
    fn keep(self, keep: &mut dyn FnMut(Var<'t>) -> Var<'t>) -> Self {
        PositionState { logits: keep(self.logits), weights: keep(self.weights), steps: self.steps }
    }
}

impl PositionTranslator {
    pub(super) fn new(params: &mut Params, settings: &Settings, [source, target]: [usize; 2]) -> Self {
        let (width, heads) = (settings.width, settings.heads.unwrap_or(2));
        let mut root = params.root();
        let config = TransformerConfig::new(width, heads).head_width(HEAD);
        let config = config.feed_forward(settings.hidden).dropout(settings.dropout);
        PositionTranslator {
            embedding: Embedding::with_padding(root.at("embedding"), source, width, PAD),
            positions: Positions::learned(root.at("positions"), settings.max_length + 2, width),
            layer: TransformerEncoderLayer::new(root.at("layer"), config),
            output: Linear::new(root.at("output"), width, target),
            dropout: settings.dropout,
        }
    }

    fn forward<'t>(&self, source: &Source<'t>) -> (Var<'t>, Var<'t>) {
        let x = self.positions.add(self.embedding.forward(source.tokens), 0).dropout(self.dropout);
        let (y, weights) = self.layer.forward_with_weights(x, &AttentionMask::padding(Some(source.padding)));
        (y, weights)
    }

    pub(super) fn outputs<'t>(&self, t: &'t Graph<'t>, batch: &PairBatch) -> Outputs<'t> {
        Outputs::Hidden(self.forward(&Source::of(t, batch)).0, self.output)
    }
}

impl Decoder for PositionTranslator {
    type State<'t> = PositionState<'t>;

    fn start<'t>(&self, source: &Source<'t>) -> PositionState<'t> {
        let (hidden, weights) = self.forward(source);
        PositionState { logits: self.output.forward(hidden), weights: weights.mean(1), steps: 0 }
    }

    fn step<'t>(&self, state: PositionState<'t>, _: IndexVar<'t>) -> Next<'t, PositionState<'t>> {
        let at = |all: Var<'t>| {
            let [rows, columns, size] = all.dims();
            let place = state.steps.min(columns - 1);
            all.slice(1, place..place + 1).reshape([rows, size])
        };
        let (logits, weights) = (at(state.logits), Some(at(state.weights)));
        Next { logits, weights, state: PositionState { steps: state.steps + 1, ..state } }
    }

    fn select<'t>(&self, state: PositionState<'t>, kept: Kept<'t>) -> PositionState<'t> {
        let select = |all: Var<'t>| all.index_select(0, kept.rows);
        PositionState { logits: select(state.logits), weights: select(state.weights), steps: state.steps }
    }
}
