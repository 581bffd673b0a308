//! The models: each gives the logits of all words of a batch for training, and is a [`Decoder`] for use.

mod positions;
mod recurrent;
mod transformer;

pub(crate) use positions::PositionTranslator;
pub(crate) use recurrent::Seq2Seq;
pub(crate) use transformer::FullTransformer;
#[cfg(test)]
pub(crate) use transformer::Uncached;

use crate::arguments::{ModelKind, Settings};
use crate::decode::{self, Beam, Decoder, Sources, Translation};
use data::text::PairBatch;
use nn::{Layer, Linear};
use tape::{CrossEntropy, Graph, IndexVar, Params, Tape, Var};

/// One of the models.
pub(crate) enum Model {
    Recurrent(Seq2Seq),
    Positions(PositionTranslator),
    Transformer(FullTransformer),
}

/// What a model makes of the words of a batch.
pub(crate) enum Outputs<'t> {
    /// What the last layer makes logits of, `[batch, target, width]`. In training, all of them need not exist at once.
    Hidden(Var<'t>, Linear),
    /// Logits `[batch, target, vocabulary]`, where words were chosen by them on the way.
    Logits(Var<'t>),
}

impl<'t> Outputs<'t> {
    /// The logits `[batch, target, vocabulary]`.
    pub(crate) fn logits(self) -> Var<'t> {
        match self {
            Outputs::Hidden(hidden, layer) => layer.forward(hidden),
            Outputs::Logits(logits) => logits,
        }
    }

    /// The loss by the right words `[batch · target]`, and the words that the model holds most probable.
    pub(crate) fn loss(self, right: IndexVar<'t>, options: &CrossEntropy<'t>) -> (Var<'t>, IndexVar<'t>) {
        let flat = |x: Var<'t>| {
            let [rows, columns, size] = x.dims();
            x.reshape([rows * columns, size])
        };
        match self {
            Outputs::Hidden(hidden, layer) => layer.cross_entropy_and_argmax(flat(hidden), right, options),
            Outputs::Logits(logits) => (flat(logits).cross_entropy_with(right, options), flat(logits).argmax(1)),
        }
    }
}

/// How sentences are searched for.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Search {
    Greedy,
    Beam(Beam),
    /// At this temperature; with a seed.
    Sample(f64, u64),
}

impl std::fmt::Display for Search {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Search::Greedy => write!(f, "greedy"),
            Search::Beam(beam) => write!(f, "beam {}, length penalty {}", beam.width, beam.length_penalty),
            Search::Sample(temperature, seed) => write!(f, "drawn at temperature {temperature}, seed {seed}"),
        }
    }
}

/// Calls something generic over [`Decoder`]s with the model.
macro_rules! with_decoder {
    ($model:expr, $decoder:ident => $call:expr) => {
        match $model {
            Model::Recurrent($decoder) => $call,
            Model::Positions($decoder) => $call,
            Model::Transformer($decoder) => $call,
        }
    };
}

impl Model {
    /// A new model for vocabularies of these sizes, whose parameters join the store.
    pub(crate) fn new(params: &mut Params, settings: &Settings, sizes: [usize; 2]) -> Model {
        match settings.model {
            ModelKind::Transformer => Model::Transformer(FullTransformer::new(params, settings, sizes)),
            ModelKind::TransformerEncoder => Model::Positions(PositionTranslator::new(params, settings, sizes)),
            _ => Model::Recurrent(Seq2Seq::new(params, settings, sizes)),
        }
    }

    /// What the model makes of a batch, each word given the right words before it; in the training of a recurrent model, as
    /// often as the settings say.
    pub(crate) fn outputs<'t>(&self, t: &'t Graph<'t>, batch: &PairBatch) -> Outputs<'t> {
        match self {
            Model::Recurrent(model) => model.outputs(t, batch),
            Model::Positions(model) => model.outputs(t, batch),
            Model::Transformer(model) => model.outputs(t, batch),
        }
    }

    /// Whether source and target of a batch need one length.
    pub(crate) fn needs_common_length(&self) -> bool {
        matches!(self, Model::Positions(_))
    }

    /// The sum of `−ln p` of the right words of a batch after the model's own words, and how many there are.
    pub(crate) fn free_running(&self, tape: &mut Tape, params: &Params, batch: &PairBatch) -> (f64, usize) {
        tape.eval(params, |t| with_decoder!(self, model => decode::free_running(model, t, batch)))
    }

    /// Translates sentences of at most `max_length` tokens, without `<sos>` and `<eos>`, into at most as many, `batch` at a
    /// time.
    pub(crate) fn translate(
        &self,
        tape: &mut Tape,
        params: &Params,
        sentences: &[Vec<u32>],
        (max_length, batch): (usize, usize),
        search: Search,
    ) -> Vec<Translation> {
        // Sentences of similar lengths share a batch.
        let mut order: Vec<usize> = (0..sentences.len()).collect();
        order.sort_by_key(|&number| sentences[number].len());
        let mut translations = vec![Translation::default(); sentences.len()];
        for numbers in order.chunks(batch.max(1)) {
            let sources: Vec<&[u32]> = numbers.iter().map(|&number| &sentences[number][..]).collect();
            // A limit of its own, so that a translation does not depend on the sentences beside it.
            let limits: Vec<usize> = sources.iter().map(|words| (2 * words.len() + 10).min(max_length + 1)).collect();
            let longest = limits.iter().copied().max().unwrap_or(0);
            let sources = Sources::new(&sources, if self.needs_common_length() { longest } else { 0 });
            let found = tape.eval(params, |t| {
                let source = sources.on(t);
                with_decoder!(self, model => said(model, &source, &limits, search, numbers))
            });
            numbers.iter().zip(found).for_each(|(&number, translation)| translations[number] = translation);
        }
        translations
    }
}

fn said<D: Decoder>(
    model: &D,
    source: &decode::Source<'_>,
    limits: &[usize],
    search: Search,
    numbers: &[usize],
) -> Vec<Translation> {
    match search {
        Search::Greedy => decode::greedy(model, source, limits),
        Search::Beam(beam) => decode::beam(model, source, limits, beam),
        Search::Sample(temperature, seed) => decode::sample(model, source, limits, temperature, seed, numbers),
    }
}
