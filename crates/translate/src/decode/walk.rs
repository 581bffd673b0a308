//! One beginning a sentence: [`greedy`], and [`sample`].

use super::{Decoder, Kept, Source, Translation, best_word, indices};
use data::text::{EOS, SOS};
use rand::RngExt;
use tape::Random;

/// Says the most probable next word each time, for each sentence at most as many words as its limit.
pub(crate) fn greedy<D: Decoder>(decoder: &D, source: &Source<'_>, limits: &[usize]) -> Vec<Translation> {
    walk(decoder, source, limits, |_, log_probabilities| best_word(log_probabilities))
}

/// Draws each word from `softmax(logits / temperature)`. What is drawn for a sentence depends on the seed and its number
/// alone: `numbers` has those of the rows.
pub(crate) fn sample<D: Decoder>(
    decoder: &D,
    source: &Source<'_>,
    limits: &[usize],
    temperature: f64,
    seed: u64,
    numbers: &[usize],
) -> Vec<Translation> {
    let mut random: Vec<Random> = numbers.iter().map(|&number| Random::new(seed, 0, number as u64)).collect();
    walk(decoder, source, limits, |row, log_probabilities| {
        let largest = f64::from(log_probabilities[best_word(log_probabilities) as usize]);
        let weight = |&p: &f32| ((f64::from(p) - largest) / temperature).exp();
        let said = &log_probabilities[EOS as usize..];
        let mut left = random[row].random::<f64>() * said.iter().map(weight).sum::<f64>();
        for (word, p) in said.iter().enumerate() {
            left -= weight(p);
            if left < 0.0 {
                return EOS + word as u32;
            }
        }
        best_word(log_probabilities)
    })
}

/// Says words until `<eos>`, each chosen from the logarithms of the probabilities of a row.
fn walk<D: Decoder>(
    decoder: &D,
    source: &Source<'_>,
    limits: &[usize],
    mut choose: impl FnMut(usize, &[f32]) -> u32,
) -> Vec<Translation> {
    let t = source.tokens.graph();
    let [count, columns] = source.dims();
    let mut translations = vec![Translation::default(); count];
    let (mut alive, mut words): (Vec<usize>, Vec<u32>) = ((0..count).collect(), vec![SOS; count]);
    let scope = t.open_scope();
    let mut state = scope.keep(decoder.start(source));
    for _ in 0..limits.iter().copied().max().unwrap_or(0) {
        if alive.is_empty() {
            break;
        }
        let next = decoder.step(state, indices(t, &words));
        let log_probabilities = next.logits.log_softmax(1);
        let (size, values) = (log_probabilities.shape().dims()[1], log_probabilities.value());
        let weights = next.weights.map(|weights| weights.value());
        let mut rows: Vec<u32> = Vec::new();
        words.clear();
        for (row, log_probabilities) in values.chunks(size).enumerate() {
            let translation = &mut translations[alive[row]];
            let word = choose(alive[row], log_probabilities);
            translation.score += f64::from(log_probabilities[word as usize]);
            if let Some(weights) = &weights {
                translation.weights.push(weights[row * columns..][..columns].to_vec());
            }
            if word != EOS {
                translation.tokens.push(word);
            }
            if word != EOS && translation.tokens.len() < limits[alive[row]] {
                words.push(word);
                rows.push(row as u32);
            }
        }
        state = if rows.is_empty() || rows.len() == alive.len() {
            scope.keep(next.state)
        } else {
            let rows = indices(t, &rows);
            scope.keep(decoder.select(next.state, Kept { rows, sentences: Some(rows) }))
        };
        alive = rows.iter().map(|&row| alive[row as usize]).collect();
    }
    translations
}
