//! [`Sources`]: sentences that are to be translated.

use data::text::{EOS, PAD, PairBatch, SOS};
use tape::{Graph, IndexVar, Indices, Mask, MaskVar, Shape};

/// Sentences as numbers, `<sos>` in front, `<eos>` behind, filled up with `<pad>`.
#[derive(Clone, Debug)]
pub(crate) struct Sources {
    tokens: Indices,
    padding: Mask,
    lengths: Indices,
}

/// [`Sources`] on a tape.
#[derive(Clone, Copy)]
pub(crate) struct Source<'t> {
    /// `[batch, source]`.
    pub(crate) tokens: IndexVar<'t>,
    /// `[batch, source]`: 1 where a sentence was filled up.
    pub(crate) padding: MaskVar<'t>,
    /// `[batch]`.
    pub(crate) lengths: IndexVar<'t>,
}

impl Sources {
    /// Sentences without `<sos>` and `<eos>`, in at least so many columns.
    pub(crate) fn new(sentences: &[&[u32]], least: usize) -> Sources {
        let columns = sentences.iter().map(|words| words.len() + 2).max().unwrap_or(0).max(least);
        let mut tokens = vec![PAD; sentences.len() * columns];
        let mut padding = vec![1; tokens.len()];
        for (row, words) in sentences.iter().enumerate() {
            let start = row * columns;
            let sentence = [SOS].into_iter().chain(words.iter().copied()).chain([EOS]);
            tokens[start..].iter_mut().zip(sentence).for_each(|(out, token)| *out = token);
            padding[start..start + words.len() + 2].fill(0);
        }
        let lengths = sentences.iter().map(|words| words.len() as u32 + 2).collect();
        Sources {
            tokens: Indices::from_vec([sentences.len(), columns], tokens),
            padding: Mask::from_vec([sentences.len(), columns], padding),
            lengths: Indices::from_vec([sentences.len()], lengths),
        }
    }

    /// On a tape.
    pub(crate) fn on<'t>(&self, t: &'t Graph<'t>) -> Source<'t> {
        Source { tokens: t.indices(&self.tokens), padding: t.mask(&self.padding), lengths: t.indices(&self.lengths) }
    }
}

impl<'t> Source<'t> {
    /// The source of a batch.
    pub(crate) fn of(t: &'t Graph<'t>, batch: &PairBatch) -> Source<'t> {
        Source {
            tokens: t.indices(&batch.source),
            padding: !t.mask(&batch.source_mask),
            lengths: t.indices(&batch.source_lengths),
        }
    }

    /// Rows and columns.
    pub(crate) fn dims(&self) -> [usize; 2] {
        let shape = self.tokens.shape();
        [shape.dims()[0], shape.dims()[1]]
    }
}

/// Some rows of a mask `[rows, columns]`, in this order.
pub(crate) fn select_mask<'t>(mask: MaskVar<'t>, rows: IndexVar<'t>) -> MaskVar<'t> {
    let columns = mask.shape().dims()[1];
    let (all, rows) = (mask.value(), rows.value());
    mask.graph().compute_mask(Shape::from([rows.len(), columns]), |out| {
        for (out, &row) in out.chunks_mut(columns.max(1)).zip(rows.iter()) {
            out.copy_from_slice(&all[row as usize * columns..][..columns]);
        }
    })
}
