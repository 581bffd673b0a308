//! Decoding: from a model that gives the next word to whole sentences, many at a time. Greedy, at random, or by beam
//! search.
//!
//! Models are [`Decoder`]s: they remember what they have said in a state, so that each word costs one step. `<unk>`, `<pad>`
//! and `<sos>` are never said.

mod beam;
mod free;
mod sources;
#[cfg(test)]
mod tests;
mod walk;

pub(crate) use beam::{Beam, beam};
pub(crate) use free::free_running;
pub(crate) use sources::{Source, Sources, select_mask};
pub(crate) use walk::{greedy, sample};

use data::text::EOS;
use tape::{Escape, Graph, IndexVar, Shape, Var};

/// What a decoder gives for the next word of each row.
pub(crate) struct Next<'t, S> {
    /// `[rows, vocabulary]`: logits of the next word.
    pub(crate) logits: Var<'t>,
    /// `[rows, source]`: where it looked, if it looks anywhere.
    pub(crate) weights: Option<Var<'t>>,
    /// The state with the word that was given.
    pub(crate) state: S,
}

/// A model that says a translation word by word.
pub(crate) trait Decoder {
    /// What it remembers of some sentences and of what it has said, one a row.
    type State<'t>: Escape<'t, f32>;

    /// Reads sentences.
    fn start<'t>(&self, source: &Source<'t>) -> Self::State<'t>;

    /// The next word, after `words`, `[rows]`.
    fn step<'t>(&self, state: Self::State<'t>, words: IndexVar<'t>) -> Next<'t, Self::State<'t>>;

    /// The state of some rows, in this order.
    fn select<'t>(&self, state: Self::State<'t>, kept: Kept<'t>) -> Self::State<'t>;
}

/// What a search goes on with.
#[derive(Clone, Copy)]
pub(crate) struct Kept<'t> {
    /// Beginnings, as numbers of their rows; those of a sentence stand side by side, as many for each.
    pub(crate) rows: IndexVar<'t>,
    /// The sentences that they are of; none where these are all there were.
    pub(crate) sentences: Option<IndexVar<'t>>,
}

/// A translation.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Translation {
    /// Its words, without `<eos>`.
    pub(crate) tokens: Vec<u32>,
    /// The logarithm of its probability, `<eos>` included.
    pub(crate) score: f64,
    /// Where the model looked when it said each word, and `<eos>`.
    pub(crate) weights: Vec<Vec<f32>>,
}

/// Numbers that a program computes, as indices on the tape.
fn indices<'t>(t: &'t Graph<'t>, numbers: &[u32]) -> IndexVar<'t> {
    t.compute_indices(Shape::from([numbers.len()]), |out| out.copy_from_slice(numbers))
}

/// The first of the most probable words that may be said.
fn best_word(log_probabilities: &[f32]) -> u32 {
    let mut best = EOS as usize;
    for (word, probability) in log_probabilities.iter().enumerate().skip(best + 1) {
        if *probability > log_probabilities[best] {
            best = word;
        }
    }
    best as u32
}
