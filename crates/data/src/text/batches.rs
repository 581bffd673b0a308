//! [`PairDataset`]: pairs of sentences as padded batches of numbers.

use super::{EOS, PAD, Pair, SOS, Tokenizer};
use crate::{Dataset, Sampler};
use std::sync::Arc;
use tape::{Indices, Mask};

/// What is done about pairs of which a sentence has more tokens than this, `<sos>` and `<eos>` not counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LengthLimit {
    /// Nothing: sentences may have any length.
    None,
    /// The pair is left out.
    LeaveOut(usize),
    /// The sentence is cut to that length.
    Cut(usize),
}

/// Pairs of sentences as numbers of tokens. A clone shares them.
///
/// The order of batches, and with it everything random, is that of a [`Sampler`]: [`sampler`](PairDataset::sampler) makes
/// the one that puts sentences of similar lengths together.
#[derive(Clone, Debug)]
pub struct PairDataset {
    sides: Arc<[Side; 2]>,
    /// Where each pair was.
    numbers: Arc<[u32]>,
    long: usize,
    common_length: bool,
}

/// The sentences of one language, `<sos>` in front and `<eos>` behind, one after the other.
#[derive(Debug, Default)]
struct Side {
    tokens: Vec<u32>,
    ends: Vec<usize>,
}

impl Side {
    fn push(&mut self, tokens: &[u32]) {
        self.tokens.push(SOS);
        self.tokens.extend_from_slice(tokens);
        self.tokens.push(EOS);
        self.ends.push(self.tokens.len());
    }

    fn sentence(&self, index: usize) -> &[u32] {
        let start = if index == 0 { 0 } else { self.ends[index - 1] };
        &self.tokens[start..self.ends[index]]
    }

    /// The length of the longest of some sentences.
    fn longest(&self, indices: &[u32]) -> usize {
        indices.iter().map(|&index| self.sentence(index as usize).len()).max().unwrap_or(0)
    }
}

/// Some pairs, in numbers of tokens. Sentences are filled up with [`PAD`] behind their end.
#[derive(Clone, Debug, PartialEq)]
pub struct PairBatch {
    /// Where each pair was in what the data set was made from.
    pub numbers: Vec<u32>,
    /// `[batch, source]`: `<sos>`, the tokens of a sentence, `<eos>`.
    pub source: Indices,
    /// `[batch, source]`: 1 where a token is, 0 where it was filled up.
    pub source_mask: Mask,
    /// `[batch]`: how many tokens are in each row of `source`.
    pub source_lengths: Indices,
    /// `[batch, target]`: `<sos>`, and the tokens of the translation: what a decoder is given.
    pub target_in: Indices,
    /// `[batch, target]`: the tokens of the translation, and `<eos>`: what a decoder is to say.
    pub target_out: Indices,
    /// `[batch, target]`: 1 where a token is, 0 where it was filled up; the same for `target_in` and `target_out`.
    pub target_mask: Mask,
    /// `[batch]`: how many tokens are in each row of `target_in`, and of `target_out`.
    pub target_lengths: Indices,
}

impl PairDataset {
    /// The pairs, in their order, as numbers of two vocabularies.
    pub fn new(pairs: &[Pair], source: &Tokenizer, target: &Tokenizer, limit: LengthLimit) -> Self {
        let (mut sides, mut numbers, mut long) = (<[Side; 2]>::default(), Vec::new(), 0);
        for (number, pair) in (0..).zip(pairs) {
            let mut tokens = [source.encode(&pair.source), target.encode(&pair.target)];
            if let LengthLimit::LeaveOut(most) | LengthLimit::Cut(most) = limit
                && tokens.iter().any(|tokens| tokens.len() > most)
            {
                long += 1;
                if matches!(limit, LengthLimit::LeaveOut(_)) {
                    continue;
                }
                tokens.iter_mut().for_each(|tokens| tokens.truncate(most));
            }
            sides.iter_mut().zip(&tokens).for_each(|(side, tokens)| side.push(tokens));
            numbers.push(number);
        }
        PairDataset { sides: Arc::new(sides), numbers: numbers.into(), long, common_length: false }
    }

    /// Fills both sides of a batch up to one length, for models that translate position by position: `source`, `target_in`
    /// and `target_out` then have one shape.
    pub fn common_length(self) -> Self {
        PairDataset { common_length: true, ..self }
    }

    /// How many pairs the limit of the length concerned: they were left out, or cut.
    pub fn long(&self) -> usize {
        self.long
    }

    /// The tokens of the source sentence of pair `index`, with `<sos>` and `<eos>`.
    ///
    /// # Panics
    /// When there is no such pair.
    pub fn source(&self, index: usize) -> &[u32] {
        self.sides[0].sentence(index)
    }

    /// The tokens of the translation of pair `index`, with `<sos>` and `<eos>`.
    ///
    /// # Panics
    /// When there is no such pair.
    pub fn target(&self, index: usize) -> &[u32] {
        self.sides[1].sentence(index)
    }

    /// How many tokens the translations have, with `<eos>` and without `<sos>`: over so many is a perplexity the mean.
    pub fn target_tokens(&self) -> usize {
        self.sides[1].tokens.len() - self.len()
    }

    /// An order for [`Loader`](crate::Loader)s of that batch size, in which pairs of similar lengths share a batch: see
    /// [`Sampler::Lengths`].
    ///
    /// # Panics
    /// When the batch size is 0.
    #[track_caller]
    pub fn sampler(&self, batch_size: usize, seed: u64) -> Sampler {
        let short = |tokens: &[u32]| tokens.len().min(0xffff) as u32;
        let lengths = (0..self.len()).map(|i| (short(self.source(i)) << 16) | short(self.target(i)));
        Sampler::by_length(lengths, batch_size, seed)
    }
}

impl Dataset for PairDataset {
    type Batch = PairBatch;

    fn len(&self) -> usize {
        self.numbers.len()
    }

    /// A batch without columns: how many it gets, its sentences decide.
    fn allocate(&self, count: usize) -> PairBatch {
        let (indices, mask) = (Indices::full([count, 0], 0), Mask::full([count, 0], 0));
        let lengths = Indices::full([count], 0);
        PairBatch {
            numbers: vec![0; count],
            source: indices.clone(),
            source_mask: mask.clone(),
            source_lengths: lengths.clone(),
            target_in: indices.clone(),
            target_out: indices,
            target_mask: mask,
            target_lengths: lengths,
        }
    }

    fn fill(&self, indices: &[u32], _epoch: u64, batch: &mut PairBatch) {
        let [source, target] = &*self.sides;
        // A target is seen without its last token, or without its first.
        let mut columns = [source.longest(indices), target.longest(indices).saturating_sub(1)];
        if self.common_length {
            columns = [columns[0].max(columns[1]); 2];
        }
        let shapes = columns.map(|columns| [indices.len(), columns]);
        batch.numbers.clear();
        batch.numbers.extend(indices.iter().map(|&index| self.numbers[index as usize]));
        let [source, target] =
            [source, target].map(|side| indices.iter().map(|&index| side.sentence(index as usize)).collect::<Vec<_>>());
        write(&mut batch.source, shapes[0], &source);
        let target_in: Vec<&[u32]> = target.iter().map(|tokens| &tokens[..tokens.len() - 1]).collect();
        let target_out: Vec<&[u32]> = target.iter().map(|tokens| &tokens[1..]).collect();
        write(&mut batch.target_in, shapes[1], &target_in);
        write(&mut batch.target_out, shapes[1], &target_out);
        write_lengths(&mut batch.source_mask, &mut batch.source_lengths, shapes[0], &source);
        write_lengths(&mut batch.target_mask, &mut batch.target_lengths, shapes[1], &target_out);
    }
}

/// Writes sentences into the rows of a batch, whose memory is kept where the shape stays.
fn write(out: &mut Indices, shape: [usize; 2], rows: &[&[u32]]) {
    if out.shape().dims() != shape {
        *out = Indices::full(shape, PAD);
    }
    for (out, row) in out.as_mut_slice().chunks_mut(shape[1].max(1)).zip(rows) {
        out[..row.len()].copy_from_slice(row);
        out[row.len()..].fill(PAD);
    }
}

/// Writes which columns of a batch sentences have, and how many.
fn write_lengths(mask: &mut Mask, lengths: &mut Indices, shape: [usize; 2], rows: &[&[u32]]) {
    if mask.shape().dims() != shape {
        *mask = Mask::full(shape, 0);
    }
    for (out, row) in mask.as_mut_slice().chunks_mut(shape[1].max(1)).zip(rows) {
        out[..row.len()].fill(1);
        out[row.len()..].fill(0);
    }
    if lengths.shape().dims() != [rows.len()] {
        *lengths = Indices::full([rows.len()], 0);
    }
    lengths.as_mut_slice().iter_mut().zip(rows).for_each(|(out, row)| *out = row.len() as u32);
}

#[cfg(test)]
mod tests;
