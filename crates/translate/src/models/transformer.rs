//! [`FullTransformer`]: encoder and decoder.

use super::Outputs;
use crate::arguments::Settings;
use crate::decode::{Decoder, Kept, Next, Source, select_mask};
use data::text::{PAD, PairBatch};
use nn::attention::AttentionMask;
use nn::transformer::{DecoderCache, Transformer, TransformerConfig};
use nn::{Embedding, Layer, Linear, Positions};
use tape::{Escape, Graph, IndexVar, MaskVar, Params, Var};

/// Tables of words times √width plus sinusoidal positions, a transformer, a linear layer to the words, which may have the
/// table of the decoder as its weight (Vaswani et al. 2017, section 3.4).
pub(crate) struct FullTransformer {
    source: Embedding,
    target: Embedding,
    positions: Positions,
    transformer: Transformer,
    output: Linear,
    dropout: f64,
    scale: f64,
}

/// The keys and values of the sources, one a sentence, and of the pasts, one a row.
pub(crate) struct TransformerState<'t> {
    cache: DecoderCache<'t>,
    padding: MaskVar<'t>,
}

impl<'t> Escape<'t, f32> for TransformerState<'t> {
    fn keep(self, keep: &mut dyn FnMut(Var<'t>) -> Var<'t>) -> Self {
        TransformerState { cache: self.cache.keep(keep), padding: self.padding.keep(keep) }
    }
}

impl FullTransformer {
    pub(super) fn new(params: &mut Params, settings: &Settings, [source, target]: [usize; 2]) -> Self {
        let (width, heads) = (settings.width, settings.heads.unwrap_or(8));
        let scale = (width as f64).sqrt();
        let mut root = params.root();
        let config = TransformerConfig::new(width, heads).feed_forward(settings.hidden).dropout(settings.dropout);
        let config = config.norm_first(settings.norm_first == Some(true));
        let source = Embedding::with_padding(root.at("source"), source, width, PAD);
        let words = Embedding::with_padding(root.at("target"), target, width, PAD);
        let positions = Positions::sinusoidal(root.at("positions"), settings.max_length + 2, width);
        let transformer = Transformer::new(root.at("transformer"), config, settings.layers, settings.layers);
        let output = match settings.tied {
            Some(true) => Linear::tied(words.weight(), None),
            _ => Linear::new(root.at("output"), width, target),
        };
        // What comes out of the tables has deviation 1, as it would without the factor.
        for table in [source, words] {
            let numbers = params.get_mut(table.weight()).as_mut_slice();
            numbers.iter_mut().for_each(|number| *number /= scale as f32);
        }
        FullTransformer { source, target: words, positions, transformer, output, dropout: settings.dropout, scale }
    }

    /// Words as the layers read them, from position `first` on.
    fn embedded<'t>(&self, table: Embedding, words: IndexVar<'t>, first: usize) -> Var<'t> {
        words.graph().scope(|| self.positions.add(table.forward(words) * self.scale, first).dropout(self.dropout))
    }

    fn encoded<'t>(&self, source: &Source<'t>) -> Var<'t> {
        let x = self.embedded(self.source, source.tokens, 0);
        self.transformer.encoder.forward(x, &AttentionMask::padding(Some(source.padding)))
    }

    /// What the logits after each of the words `[rows, target]` are made of.
    fn decoded<'t>(&self, memory: Var<'t>, padding: MaskVar<'t>, words: IndexVar<'t>) -> Var<'t> {
        let x = self.embedded(self.target, words, 0);
        // Padding stands behind all words, so that the causal mask hides it from them.
        let (own, across) = (AttentionMask::causal(None), AttentionMask::padding(Some(padding)));
        self.transformer.decoder.forward(x, memory, &own, &across)
    }

    pub(super) fn outputs<'t>(&self, t: &'t Graph<'t>, batch: &PairBatch) -> Outputs<'t> {
        let source = Source::of(t, batch);
        let hidden = self.decoded(self.encoded(&source), source.padding, t.indices(&batch.target_in));
        Outputs::Hidden(hidden, self.output)
    }
}

impl Decoder for FullTransformer {
    type State<'t> = TransformerState<'t>;

    fn start<'t>(&self, source: &Source<'t>) -> TransformerState<'t> {
        TransformerState { cache: self.transformer.decoder.start(self.encoded(source)), padding: source.padding }
    }

    fn step<'t>(&self, state: TransformerState<'t>, words: IndexVar<'t>) -> Next<'t, TransformerState<'t>> {
        let TransformerState { cache, padding } = state;
        let rows = words.shape().len();
        let words = words.graph().compute_indices([rows, 1].into(), |out| out.copy_from_slice(&words.value()));
        let x = self.embedded(self.target, words, cache.steps());
        let (y, weights, cache) = self.transformer.decoder.step(x, cache, &AttentionMask::padding(Some(padding)));
        let logits = self.output.forward(y);
        let ([_, _, size], [_, _, _, columns]) = (logits.dims(), weights.dims::<4>());
        let weights = weights.mean(1).reshape([rows, columns]);
        Next {
            logits: logits.reshape([rows, size]),
            weights: Some(weights),
            state: TransformerState { cache, padding },
        }
    }

    fn select<'t>(&self, state: TransformerState<'t>, kept: Kept<'t>) -> TransformerState<'t> {
        let padding = kept.sentences.map_or(state.padding, |sentences| select_mask(state.padding, sentences));
        TransformerState { cache: state.cache.select(kept.rows, kept.sentences), padding }
    }
}

/// The transformer without its cache: every step reads all words again. What the cache is checked against.
#[cfg(test)]
pub(crate) struct Uncached<'m>(pub(crate) &'m FullTransformer);

#[cfg(test)]
pub(crate) struct UncachedState<'t> {
    memory: Var<'t>,
    padding: MaskVar<'t>,
    words: Option<IndexVar<'t>>,
}

#[cfg(test)]
impl<'t> Escape<'t, f32> for UncachedState<'t> {
    fn keep(self, keep: &mut dyn FnMut(Var<'t>) -> Var<'t>) -> Self {
        let words = self.words.map(|words| words.keep(keep));
        UncachedState { memory: keep(self.memory), padding: self.padding.keep(keep), words }
    }
}

#[cfg(test)]
impl Decoder for Uncached<'_> {
    type State<'t> = UncachedState<'t>;

    fn start<'t>(&self, source: &Source<'t>) -> UncachedState<'t> {
        UncachedState { memory: self.0.encoded(source), padding: source.padding, words: None }
    }

    fn step<'t>(&self, state: UncachedState<'t>, words: IndexVar<'t>) -> Next<'t, UncachedState<'t>> {
        let UncachedState { memory, padding, words: past } = state;
        let (rows, new) = (words.shape().len(), words.value());
        let old = past.map(|past| past.value());
        let steps = old.as_ref().map_or(0, |old| old.len() / rows);
        let words = words.graph().compute_indices([rows, steps + 1].into(), |out| {
            for (row, out) in out.chunks_mut(steps + 1).enumerate() {
                if let Some(old) = &old {
                    out[..steps].copy_from_slice(&old[row * steps..][..steps]);
                }
                out[steps] = new[row];
            }
        });
        let all = self.0.output.forward(self.0.decoded(memory, padding, words));
        let [_, _, size] = all.dims();
        let logits = all.slice(1, steps..steps + 1).reshape([rows, size]);
        Next { logits, weights: None, state: UncachedState { memory, padding, words: Some(words) } }
    }

    fn select<'t>(&self, state: UncachedState<'t>, kept: Kept<'t>) -> UncachedState<'t> {
        let rows = kept.rows;
        let words = state.words.map(|words| {
            let (all, columns, chosen) = (words.value(), words.shape().dims()[1], rows.value());
            words.graph().compute_indices([chosen.len(), columns].into(), |out| {
                for (out, &row) in out.chunks_mut(columns).zip(chosen.iter()) {
                    out.copy_from_slice(&all[row as usize * columns..][..columns]);
                }
            })
        });
        UncachedState { memory: state.memory.index_select(0, rows), padding: select_mask(state.padding, rows), words }
    }
}
