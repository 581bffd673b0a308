//! [`Seq2Seq`]: a recurrent encoder, and a recurrent decoder that begins where it ends and may attend to what it read.

use super::Outputs;
use crate::arguments::{AttentionKind, ModelKind, Settings};
use crate::decode::{Decoder, Kept, Next, Source, select_mask};
use data::text::{PAD, PairBatch, SOS};
use nn::attention::SequenceAttention;
use nn::{Activation, Cell, Embedding, Layer, Linear, Recurrent, RecurrentState};
use rand::RngExt;
use tape::{Escape, Graph, IndexVar, MaskVar, ParamPath, Params, Var, concat, stack};

/// How much a cosine is multiplied with at the start, where that is learned.
const TEMPERATURE: f64 = 5.0;

/// Encoder: table of words, dropout, recurrent layers; its hidden state goes on as `tanh(fc2(relu(fc1 h)))`. Decoder: table
/// of words, dropout, perhaps attention by the hidden state, whose context is joined with the word by a linear layer;
/// recurrent layers; a linear layer to the words.
pub(crate) struct Seq2Seq {
    source: Embedding,
    encoder: Recurrent,
    bridge: [Linear; 2],
    target: Embedding,
    attention: Option<(SequenceAttention, Linear)>,
    decoder: Recurrent,
    output: Linear,
    dropout: f64,
    teacher_forcing: f64,
}

/// What the encoder read, for attention.
#[derive(Clone, Copy)]
struct Memory<'t> {
    keys: Var<'t>,
    values: Var<'t>,
    padding: MaskVar<'t>,
}

/// The state of the decoder's layers.
#[derive(Clone, Copy)]
pub(crate) struct Seq2SeqState<'t> {
    layers: RecurrentState<'t>,
    memory: Option<Memory<'t>>,
}

impl<'t> Escape<'t, f32> for Seq2SeqState<'t> {
    fn keep(self, keep: &mut dyn FnMut(Var<'t>) -> Var<'t>) -> Self {
        let layers = self.layers.keep(keep);
        let memory = self.memory.map(|Memory { keys, values, padding }| Memory {
            keys: keep(keys),
            values: keep(values),
            padding: padding.keep(keep),
        });
        Seq2SeqState { layers, memory }
    }
}

fn attention_of(kind: AttentionKind, mut params: ParamPath<'_, f32>, hidden: usize) -> SequenceAttention {
    match kind {
        AttentionKind::Cosine => SequenceAttention::cosine(),
        AttentionKind::CosineTemperature => SequenceAttention::cosine_with_temperature(params.at("score"), TEMPERATURE),
        AttentionKind::Dot => SequenceAttention::Dot,
        AttentionKind::Additive => SequenceAttention::additive(params, hidden, hidden, hidden),
    }
}

impl Seq2Seq {
    pub(super) fn new(params: &mut Params, settings: &Settings, [source, target]: [usize; 2]) -> Self {
        let Settings { width, hidden, dropout, .. } = *settings;
        let cell = match settings.model {
            ModelKind::Rnn => Cell::Rnn,
            ModelKind::Gru => Cell::Gru,
            _ => Cell::Lstm,
        };
        let mut root = params.root();
        let layers = |params: ParamPath<'_, f32>| {
            Recurrent::config(cell, width, hidden).layers(settings.layers).dropout(dropout).build(params)
        };
        let bridge = |params: ParamPath<'_, f32>, activation| {
            Linear::config(hidden, hidden).activation(activation).build(params)
        };
        let mut of_attention = |kind| {
            let mut params = root.at("attention");
            let join = Linear::new(params.at("join"), hidden + width, width);
            (attention_of(kind, params, hidden), join)
        };
        let attention = settings.attention.map(&mut of_attention);
        Seq2Seq {
            source: Embedding::with_padding(root.at("source"), source, width, PAD),
            encoder: layers(root.at("encoder")),
            bridge: [bridge(root.at("fc1"), Activation::Relu), bridge(root.at("fc2"), Activation::Tanh)],
            target: Embedding::with_padding(root.at("target"), target, width, PAD),
            attention,
            decoder: layers(root.at("decoder")),
            output: Linear::new(root.at("output"), hidden, target),
            dropout,
            teacher_forcing: settings.teacher_forcing.unwrap_or(1.0),
        }
    }

    fn words<'t>(&self, words: IndexVar<'t>) -> Var<'t> {
        self.target.forward(words).dropout(self.dropout)
    }

    /// The decoder's hidden state `[rows, hidden]` after a word `[rows, width]`, where it looked, and its state.
    fn advance<'t>(&self, state: Seq2SeqState<'t>, word: Var<'t>) -> (Var<'t>, Option<Var<'t>>, Seq2SeqState<'t>) {
        let (mut input, mut weights) = (word, None);
        if let (Some((attention, join)), Some(memory)) = (&self.attention, state.memory) {
            let Memory { keys, values, padding } = memory;
            let attended = attention.forward(state.layers.last_hidden(), keys, values, Some(padding));
            input = join.forward(concat(&[attended.context, word], 1));
            weights = Some(attended.weights);
        }
        let (hidden, layers) = self.decoder.step(input, state.layers);
        (hidden, weights, Seq2SeqState { layers, ..state })
    }

    pub(super) fn outputs<'t>(&self, t: &'t Graph<'t>, batch: &PairBatch) -> Outputs<'t> {
        let state = self.start(&Source::of(t, batch));
        let forced = !t.is_training() || self.teacher_forcing >= 1.0;
        if !forced {
            return Outputs::Logits(self.logits_partly_forced(t, batch, state));
        }
        let words = self.words(t.indices(&batch.target_in));
        if self.attention.is_none() {
            return Outputs::Hidden(self.decoder.forward(words, Some(state.layers), None).0, self.output);
        }
        let [rows, columns, width] = words.dims();
        let (mut state, mut steps) = (state, Vec::with_capacity(columns));
        for column in 0..columns {
            let word = words.slice(1, column..column + 1).reshape([rows, width]);
            let (hidden, _, next) = self.advance(state, word);
            steps.push(hidden);
            state = next;
        }
        Outputs::Hidden(stack(&steps, 1), self.output)
    }

    /// In each step, all sentences of the batch are given the right word, or all their own most probable one.
    fn logits_partly_forced<'t>(&self, t: &'t Graph<'t>, batch: &PairBatch, mut state: Seq2SeqState<'t>) -> Var<'t> {
        let (shape, right) = (batch.target_in.shape(), batch.target_in.as_slice());
        let (rows, columns) = (shape.dims()[0], shape.dims()[1]);
        let mut random = t.random();
        let mut own: Vec<u32> = vec![SOS; rows];
        let mut steps = Vec::with_capacity(columns);
        for column in 0..columns {
            let forced = random.random::<f64>() < self.teacher_forcing;
            let words = t.compute_indices([rows].into(), |out| {
                for (row, out) in out.iter_mut().enumerate() {
                    *out = if forced { right[row * columns + column] } else { own[row] };
                }
            });
            let (hidden, _, next) = self.advance(state, self.words(words));
            let logits = self.output.forward(hidden);
            own.copy_from_slice(&logits.argmax(1).value());
            steps.push(logits);
            state = next;
        }
        stack(&steps, 1)
    }
}

impl Decoder for Seq2Seq {
    type State<'t> = Seq2SeqState<'t>;

    fn start<'t>(&self, source: &Source<'t>) -> Seq2SeqState<'t> {
        let words = self.source.forward(source.tokens).dropout(self.dropout);
        let (outputs, state) = self.encoder.forward(words, None, Some(source.lengths));
        let [fc1, fc2] = &self.bridge;
        let hidden = fc2.forward(fc1.forward(state.hidden));
        let memory = self.attention.as_ref().map(|(attention, _)| Memory {
            keys: attention.keys(outputs),
            values: outputs,
            padding: source.padding,
        });
        Seq2SeqState { layers: RecurrentState { hidden, ..state }, memory }
    }

    fn step<'t>(&self, state: Seq2SeqState<'t>, words: IndexVar<'t>) -> Next<'t, Seq2SeqState<'t>> {
        let (hidden, weights, state) = self.advance(state, self.words(words));
        Next { logits: self.output.forward(hidden), weights, state }
    }

    fn select<'t>(&self, state: Seq2SeqState<'t>, kept: Kept<'t>) -> Seq2SeqState<'t> {
        let rows = kept.rows;
        let memory = state.memory.map(|Memory { keys, values, padding }| Memory {
            keys: keys.index_select(0, rows),
            values: values.index_select(0, rows),
            padding: select_mask(padding, rows),
        });
        Seq2SeqState { layers: state.layers.select(rows), memory }
    }
}
