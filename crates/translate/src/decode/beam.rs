//! [`beam`]: several beginnings of each sentence, of which the best go on.

use super::{Decoder, Kept, Source, Translation, indices};
use data::text::{EOS, SOS};
use std::ops::RangeInclusive;

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

/// Keeps the best beginnings of each sentence until as many translations as the beam is wide have ended, or none that
/// goes on can still be better than the best of those, or for as many words as its limit. Of those that have ended, the
/// one with the best score over its penalty is returned.
pub(crate) fn beam<D: Decoder>(decoder: &D, source: &Source<'_>, limits: &[usize], beam: Beam) -> Vec<Translation> {
    let t = source.tokens.graph();
    let [count, columns] = source.dims();
    let mut searches = vec![Search { alive: vec![Translation::default()], ..Search::default() }; count];
    // The sentences that go on, and how many rows each has.
    let (mut open, mut width): (Vec<usize>, usize) = ((0..count).collect(), 1);
    let mut words = vec![SOS; count];
    let scope = t.open_scope();
    let mut state = scope.keep(decoder.start(source));
    for length in 1.. {
        let next = decoder.step(state, indices(t, &words));
        let log_probabilities = next.logits.log_softmax(1);
        let (size, values) = (log_probabilities.shape().dims()[1], log_probabilities.value());
        let weights = next.weights.map(|weights| weights.value());
        let looked = |row: usize| weights.as_ref().map(|weights| weights[row * columns..][..columns].to_vec());
        let mut going: Vec<(usize, Vec<(usize, u32)>)> = Vec::new();
        for (place, &number) in open.iter().enumerate() {
            let (search, limit, first) = (&mut searches[number], limits[number], place * width);
            let chosen = search.grow(&values[first * size..], size, beam, |b| looked(first + b));
            if length >= limit {
                search.cut = std::mem::take(&mut search.alive);
            } else if !chosen.is_empty() && !search.is_decided(beam, length + 1..=limit) {
                going.push((place, chosen));
            }
        }
        // Each sentence has as many rows: where fewer beginnings go on, the last stands again, and is not read.
        let rows_each = going.iter().map(|(_, chosen)| chosen.len()).max().unwrap_or(0);
        let (mut rows, mut places) = (Vec::new(), Vec::new());
        words.clear();
        for (place, chosen) in &going {
            places.push(*place as u32);
            for i in 0..rows_each {
                let (beginning, word) = chosen[i.min(chosen.len() - 1)];
                rows.push((place * width + beginning) as u32);
                words.push(word);
            }
        }
        if places.is_empty() {
            break;
        }
        let sentences = (places.len() < open.len()).then(|| indices(t, &places));
        state = scope.keep(decoder.select(next.state, Kept { rows: indices(t, &rows), sentences }));
        open = places.into_iter().map(|place| open[place as usize]).collect();
        width = rows_each;
    }
    searches.into_iter().map(|search| search.best(beam)).collect()
}

impl Beam {
    /// What a translation of so many words, `<eos>` among them, is judged by.
    fn normalized(&self, score: f64, length: usize) -> f64 {
        score / ((5.0 + length as f64) / 6.0).powf(self.length_penalty)
    }
}

impl Search {
    /// Lengthens the beginnings by a word each; returns which of them go on, with which word.
    fn grow(
        &mut self,
        log_probabilities: &[f32],
        size: usize,
        Beam { width, .. }: Beam,
        looked: impl Fn(usize) -> Option<Vec<f32>>,
    ) -> Vec<(usize, u32)> {
        // Twice as many as go on, since half of them may end; the best first, of equals the first.
        let most = width.saturating_mul(2);
        let mut candidates: Vec<(f64, usize, u32)> = Vec::new();
        let is_beaten =
            |list: &[(f64, usize, u32)], score| list.len() == most && list.last().is_some_and(|last| last.0 >= score);
        for (number, (beginning, row)) in self.alive.iter().zip(log_probabilities.chunks(size)).enumerate() {
            for (part, words) in row[EOS as usize..].chunks(64).enumerate() {
                // Most parts of the vocabulary have no word that is probable enough, which one look at the largest tells.
                let largest = words.iter().fold(f32::NEG_INFINITY, |a, &b| if b > a { b } else { a });
                if is_beaten(&candidates, beginning.score + f64::from(largest)) {
                    continue;
                }
                for (word, &probability) in (EOS + 64 * part as u32..).zip(words) {
                    let score = beginning.score + f64::from(probability);
                    if !is_beaten(&candidates, score) {
                        let rank = candidates.partition_point(|candidate| candidate.0 >= score);
                        candidates.insert(rank, (score, number, word));
                        candidates.truncate(most);
                    }
                }
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

    /// Whether a translation has ended that none of those alive will be better than, of whichever of these lengths:
    /// scores only fall.
    fn is_decided(&self, beam: Beam, lengths: RangeInclusive<usize>) -> bool {
        let normalized = |translation: &Translation, length| beam.normalized(translation.score, length);
        let best = self.ended.iter().map(|ended| normalized(ended, ended.tokens.len() + 1)).max_by(f64::total_cmp);
        let hope = |alive| f64::max(normalized(alive, *lengths.start()), normalized(alive, *lengths.end()));
        best.is_some_and(|best| self.alive.iter().all(|alive| hope(alive) <= best))
    }

    fn best(self, beam: Beam) -> Translation {
        let best = |list: Vec<Translation>, more: usize| {
            let score = |translation: &Translation| beam.normalized(translation.score, translation.tokens.len() + more);
            // The first of equals.
            list.into_iter().rev().max_by(|a, b| score(a).total_cmp(&score(b)))
        };
        best(self.ended, 1).or_else(|| best(self.cut, 0)).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_search_ends_when_no_beginning_can_win() {
        let said = |score, length| Translation { score, tokens: vec![7; length], ..Translation::default() };
        let search = Search { alive: vec![said(-3.5, 3), said(-3.0, 3)], ended: vec![said(-2.0, 2)], cut: Vec::new() };
        let decided = |length_penalty, limit| search.is_decided(Beam { width: 2, length_penalty }, 4..=limit);
        assert!(decided(0.0, 100), "without a penalty, the score that has ended is the best");
        assert!(decided(0.6, 9), "-2 / (8/6)^0.6 is above -3 / (14/6)^0.6");
        assert!(!decided(0.6, 30), "-3 may end as -3 / (35/6)^0.6");
        assert!(decided(-1.0, 30), "longer ones are worse");
        assert!(
            !Search { ended: Vec::new(), ..search.clone() }.is_decided(Beam { width: 2, length_penalty: 0.0 }, 4..=9)
        );
    }
}
