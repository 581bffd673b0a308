//! [`free_running`]: how probable the right words are where a model goes on from its own.

use super::{Decoder, Source, best_word, indices};
use data::text::{PairBatch, SOS};
use tape::Graph;

/// The sum of `−ln p` of the right words of a batch, and how many there are, where the model is given its own most probable
/// word after each, not the right one.
pub(crate) fn free_running<'t, D: Decoder>(decoder: &D, t: &'t Graph<'t>, batch: &PairBatch) -> (f64, usize) {
    let source = Source::of(t, batch);
    let (shape, right, mask) = (batch.target_out.shape(), batch.target_out.as_slice(), batch.target_mask.as_slice());
    let (count, columns) = (shape.dims()[0], shape.dims()[1]);
    let (mut words, mut sum, mut counted) = (vec![SOS; count], 0.0, 0);
    let scope = t.open_scope();
    let mut state = scope.keep(decoder.start(&source));
    for column in 0..columns {
        let next = decoder.step(state, indices(t, &words));
        let log_probabilities = next.logits.log_softmax(1);
        let (size, values) = (log_probabilities.shape().dims()[1], log_probabilities.value());
        for (row, log_probabilities) in values.chunks(size).enumerate() {
            let place = row * columns + column;
            if mask[place] == 1 {
                sum -= f64::from(log_probabilities[right[place] as usize]);
                counted += 1;
            }
            words[row] = best_word(log_probabilities);
        }
        state = scope.keep(next.state);
    }
    (sum, counted)
}
