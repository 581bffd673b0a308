//! Whole training steps of translators, on synthetic sentences: recurrent encoder and decoder, with and without attention,
//! and transformers.

use super::{Work, Workload};
use nn::attention::{AttentionMask, SequenceAttention};
use nn::transformer::{PaddingMasks, Transformer, TransformerConfig, TransformerEncoderLayer};
use nn::{Cell, Embedding, Linear, Positions, Recurrent, RecurrentState};
use optim::{Adam, Optimizer, Sgd};
use tape::{CrossEntropy, IndexVar, Indices, ParamPath, Params, Tape, Var, concat};

const BATCH: usize = 128;

/// Those of this file.
pub(super) fn workloads() -> Vec<Workload> {
    vec![
        recurrent("rnn_s2s step", Cell::Rnn, false),
        recurrent("lstm_s2s step", Cell::Lstm, false),
        recurrent("lstm_s2s_attn step", Cell::Lstm, true),
        encoder(),
        transformer(),
    ]
}

/// A model that gives the loss of a batch of sentences.
trait Model: Send + 'static {
    fn loss<'t>(&self, source: IndexVar<'t>, target: IndexVar<'t>, next: IndexVar<'t>) -> Var<'t>;
}

/// Words of sentences `[batch, time]`, without a pattern.
fn words(time: usize, count: usize, seed: usize) -> Indices {
    let scattered = |i: usize| ((i * 31 + seed) as u32).wrapping_mul(2_654_435_761) >> 8;
    Indices::from_fn([BATCH, time], |i| 3 + scattered(i) % (count as u32 - 3))
}

/// The following words, of which sentences lack up to five at the end: their word 0 does not count.
fn ragged(time: usize, count: usize) -> Indices {
    let words = words(time, count, 5);
    Indices::from_fn([BATCH * time], |i| if i % time + (i / time) % 6 >= time { 0 } else { words.as_slice()[i] })
}

/// A step of a model whose operations are six a weight and place where it is used.
fn step<M: Model, O: Optimizer + Send + 'static>(
    name: &str,
    weights_used: usize,
    make: impl FnOnce(&mut Params) -> M + Send + 'static,
    [source, target, next]: [Indices; 3],
    optimizer: O,
) -> Workload {
    Workload::step(name, move || {
        let mut params = Params::new(0);
        let (model, mut optimizer) = (make(&mut params), optimizer);
        let run = move |tape: &mut Tape| {
            let (_, step) =
                tape.grad(&params, |t| model.loss(t.indices(&source), t.indices(&target), t.indices(&next)));
            optimizer.step(&mut params, step);
        };
        (Work::Operations(6.0 * weights_used as f64), run)
    })
}

/// Encoder and decoder of one layer.
struct Translator {
    source: Embedding,
    target: Embedding,
    encoder: Recurrent,
    decoder: Recurrent,
    output: Linear,
    attention: Option<SequenceAttention>,
}

impl Translator {
    const TIME: usize = 20;
    const EMBEDDED: usize = 128;
    const HIDDEN: usize = 256;
    const WORDS: [usize; 2] = [8000, 6000];

    fn new(mut root: ParamPath<'_, f32>, cell: Cell, attention: bool) -> Translator {
        let [source, target] = Self::WORDS;
        Translator {
            source: Embedding::new(root.at("source"), source, Self::EMBEDDED),
            target: Embedding::new(root.at("target"), target, Self::EMBEDDED),
            encoder: Recurrent::config(cell, Self::EMBEDDED, Self::HIDDEN).build(root.at("encoder")),
            decoder: Recurrent::config(cell, Self::EMBEDDED, Self::HIDDEN).build(root.at("decoder")),
            output: Linear::new(root.at("output"), Self::HIDDEN, target),
            attention: attention.then(SequenceAttention::cosine),
        }
    }

    /// The decoder word by word, each time with the context in place of the hidden state.
    fn decode<'t>(
        &self,
        attention: SequenceAttention,
        encoded: Var<'t>,
        target: Var<'t>,
        mut state: RecurrentState<'t>,
    ) -> Var<'t> {
        let keys = attention.keys(encoded);
        let mut outputs = [encoded; Self::TIME];
        for (time, output) in outputs.iter_mut().enumerate() {
            let context = attention.forward(state.last_hidden(), keys, encoded, None).context;
            state.hidden = context.reshape([1, BATCH, Self::HIDDEN]);
            let word = target.slice(1, time..time + 1).reshape([BATCH, Self::EMBEDDED]);
            let (y, next) = self.decoder.step(word, state);
            (*output, state) = (y.reshape([BATCH, 1, Self::HIDDEN]), next);
        }
        concat(&outputs, 1)
    }
}

impl Model for Translator {
    fn loss<'t>(&self, source: IndexVar<'t>, target: IndexVar<'t>, next: IndexVar<'t>) -> Var<'t> {
        let (encoded, state) = self.encoder.forward(self.source.forward(source), None, None);
        let words = self.target.forward(target);
        let decoded = match self.attention {
            Some(attention) => self.decode(attention, encoded, words, state),
            None => self.decoder.forward(words, Some(state), None).0,
        };
        let options = CrossEntropy { ignore_index: Some(0), ..CrossEntropy::default() };
        self.output.cross_entropy(decoded.reshape([BATCH * Self::TIME, Self::HIDDEN]), next, &options)
    }
}

fn recurrent(name: &str, cell: Cell, attention: bool) -> Workload {
    let [source, target] = Translator::WORDS;
    let time = Translator::TIME;
    let layer = cell.gates() * Translator::HIDDEN * (Translator::EMBEDDED + Translator::HIDDEN);
    let weights = BATCH * time * (2 * layer + Translator::HIDDEN * target);
    let sentences = [words(time, source, 1), words(time, target, 2), ragged(time, target)];
    step(name, weights, move |params| Translator::new(params.root(), cell, attention), sentences, Adam::new(1e-3))
}

/// One encoder layer, and a word of the target for each of the source.
struct Tagger {
    words: Embedding,
    positions: Positions,
    layer: TransformerEncoderLayer,
    output: Linear,
}

impl Tagger {
    const TIME: usize = 43;
    const WIDTH: usize = 128;
    const WORDS: usize = 5000;
}

impl Model for Tagger {
    fn loss<'t>(&self, source: IndexVar<'t>, _: IndexVar<'t>, next: IndexVar<'t>) -> Var<'t> {
        let x = self.positions.add(self.words.forward(source), 0);
        let y = self.layer.forward(x, &AttentionMask::default());
        self.output.cross_entropy(y.reshape([BATCH * Self::TIME, Self::WIDTH]), next, &CrossEntropy::default())
    }
}

fn encoder() -> Workload {
    let (time, width, count) = (Tagger::TIME, Tagger::WIDTH, Tagger::WORDS);
    let weights = BATCH * time * (4 * width * width + 2 * width * 2048 + width * count);
    let make = move |params: &mut Params| {
        let mut root = params.root();
        Tagger {
            words: Embedding::new(root.at("words"), count, width),
            positions: Positions::learned(root.at("positions"), time, width),
            layer: TransformerEncoderLayer::new(root.at("layer"), TransformerConfig::new(width, 2).dropout(0.0)),
            output: Linear::new(root.at("output"), width, count),
        }
    };
    let next = Indices::from_vec([BATCH * time], words(time, count, 2).into_vec());
    let sentences = [words(time, count, 1), words(1, count, 3), next];
    step("transformer_encoder step", weights, make, sentences, Sgd::new(0.01).momentum(0.9))
}

/// Encoder and decoder of two layers.
struct Full {
    embeddings: [Embedding; 2],
    positions: [Positions; 2],
    transformer: Transformer,
    output: Linear,
}

impl Full {
    const TIME: usize = 20;
    const WIDTH: usize = 256;
    const UNITS: usize = 1024;
    const WORDS: [usize; 2] = [8000, 6000];

    fn embedded<'t>(&self, side: usize, words: IndexVar<'t>) -> Var<'t> {
        words.graph().scope(|| {
            let x = self.embeddings[side].forward(words) * (Self::WIDTH as f64).sqrt();
            self.positions[side].add(x, 0)
        })
    }
}

impl Model for Full {
    fn loss<'t>(&self, source: IndexVar<'t>, target: IndexVar<'t>, next: IndexVar<'t>) -> Var<'t> {
        let (source, target) = (self.embedded(0, source), self.embedded(1, target));
        let y = self.transformer.forward(source, target, &PaddingMasks::default());
        let options = CrossEntropy { label_smoothing: 0.1, ..CrossEntropy::default() };
        self.output.cross_entropy(y.reshape([BATCH * Self::TIME, Self::WIDTH]), next, &options)
    }
}

fn transformer() -> Workload {
    let (time, width, [source, target]) = (Full::TIME, Full::WIDTH, Full::WORDS);
    // Two layers of each: three attentions of four matrices, and two pairs of linear layers.
    let layers = 2 * (3 * 4 * width * width + 2 * 2 * width * Full::UNITS);
    let make = move |params: &mut Params| {
        let mut root = params.root();
        let config = TransformerConfig::new(width, 8).feed_forward(Full::UNITS).dropout(0.0);
        Full {
            embeddings: [
                Embedding::new(root.at("source"), source, width),
                Embedding::new(root.at("target"), target, width),
            ],
            positions: ["source_positions", "target_positions"]
                .map(|name| Positions::learned(root.at(name), time, width)),
            transformer: Transformer::new(root.at("transformer"), config, 2, 2),
            output: Linear::new(root.at("output"), width, target),
        }
    };
    let next = Indices::from_vec([BATCH * time], words(time, target, 3).into_vec());
    let sentences = [words(time, source, 1), words(time, target, 2), next];
    step("transformer_full step", BATCH * time * (layers + width * target), make, sentences, Adam::new(1e-3))
}
