//! [`beam`]: several beginnings of each sentence, of which the best go on.

use super::{Decoder, Source, Translation, indices};
use data::text::{EOS, SOS};

/// How a beam search goes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Beam {
    /// How many beginnings go on.
    pub(crate) width: usize,
    /// α in the penalty `((5 + length) / 6)^α`, by which scores are divided (Wu et al. 2016, *Google's neural machine
    /// translation system*, section 7).
    pub(crate) length_penalty: f64,
}

/// The beginnings of one sentence.
#[derive(Clone, Debug, Default)]
struct Search {
    alive: Vec<Translation>,
    ended: Vec<Translation>,
    /// As long as may be, and not ended.
    cut: Vec<Translation>,
}

/// Keeps the best beginnings of each sentence until as many translations as the beam is wide have ended, or for as
/// many words as its limit; of those that have ended, the one with the best score over its penalty is returned.
pub(crate) fn beam<D: Decoder>(decoder: &D, source: &Source<'_>, limits: &[usize], beam: Beam) -> Vec<Translation> {
    let t = source.tokens.graph();
    let [count, columns] = source.dims();
    let mut searches = vec![Search { alive: vec![Translation::default()], ..Search::default() }; count];
    let mut words = vec![SOS; count];
    let scope = t.open_scope();
    let mut state = scope.keep(decoder.start(source));
    for length in 1..=limits.iter().copied().max().unwrap_or(0) {
        if words.is_empty() {
            break;
        }
        let next = decoder.step(state, indices(t, &words));
        let log_probabilities = next.logits.log_softmax(1);
        let (size, values) = (log_probabilities.shape().dims()[1], log_probabilities.value());
        let weights = next.weights.map(|weights| weights.value());
        let looked = |row: usize| weights.as_ref().map(|weights| weights[row * columns..][..columns].to_vec());
        let (mut rows, mut first) = (Vec::new(), 0);
        words.clear();
        for (search, &limit) in searches.iter_mut().zip(limits) {
            let alive = search.alive.len();
            let mut chosen =
                search.grow(&values[first * size..(first + alive) * size], size, beam.width, |b| looked(first + b));
            if length == limit {
                search.cut = std::mem::take(&mut search.alive);
                chosen.clear();
            }
            for (beginning, word) in chosen {
                rows.push((first + beginning) as u32);
                words.push(word);
            }
            first += alive;
        }
        state = if rows.is_empty() {
            scope.keep(next.state)
        } else {
            scope.keep(decoder.select(next.state, indices(t, &rows)))
        };
    }
    searches.into_iter().map(|search| search.best(beam.length_penalty)).collect()
}

impl Search {
    /// Lengthens the beginnings by a word each; returns which of them go on, with which word.
    fn grow(
        &mut self,
        log_probabilities: &[f32],
        size: usize,
        width: usize,
        looked: impl Fn(usize) -> Option<Vec<f32>>,
    ) -> Vec<(usize, u32)> {
        // Twice as many as go on, since half of them may end; the best first, of equals the first.
        let most = width.saturating_mul(2);
        let mut candidates: Vec<(f64, usize, u32)> = Vec::new();
        for (number, (beginning, row)) in self.alive.iter().zip(log_probabilities.chunks(size)).enumerate() {
            for (word, &probability) in row.iter().enumerate().skip(EOS as usize) {
                let score = beginning.score + f64::from(probability);
                if candidates.len() == most && candidates[most - 1].0 >= score {
                    continue;
                }
                let rank = candidates.partition_point(|candidate| candidate.0 >= score);
                candidates.insert(rank, (score, number, word as u32));
                candidates.truncate(most);
            }
        }
        let (mut chosen, mut alive) = (Vec::new(), Vec::new());
        for (rank, &(score, number, word)) in candidates.iter().enumerate() {
            let mut translation = Translation { score, ..self.alive[number].clone() };
            translation.weights.extend(looked(number));
            if word == EOS {
                if rank < width {
                    self.ended.push(translation);
                }
            } else if alive.len() < width {
                translation.tokens.push(word);
                alive.push(translation);
                chosen.push((number, word));
            }
        }
        if self.ended.len() >= width {
            (chosen, alive) = (Vec::new(), Vec::new());
        }
        self.alive = alive;
        chosen
    }

    fn best(self, length_penalty: f64) -> Translation {
        let normalized = |translation: &Translation, length: usize| {
            translation.score / ((5.0 + length as f64) / 6.0).powf(length_penalty)
        };
        let best = |list: Vec<Translation>, more: usize| {
            let score = |translation: &Translation| normalized(translation, translation.tokens.len() + more);
            // The first of equals.
            list.into_iter().rev().max_by(|a, b| score(a).total_cmp(&score(b)))
        };
        best(self.ended, 1).or_else(|| best(self.cut, 0)).unwrap_or_default()
    }
}
