//! Pairs of sentences from a small grammar of German and English, written for this purpose: data that needs no file.

mod english;
mod german;
mod grammar;
mod lexicon;

use super::{Pair, PairSplits, Pairs};
use crate::streams::SENTENCES;
use grammar::{Choose, Sentence};
use std::collections::HashSet;
use tape::Random;

/// How many pairs train, validate and test.
const SIZES: [usize; 3] = [30_000, 1_000, 1_000];

/// Decides what [`generated_pairs`] are.
const SEED: u64 = 1;

/// The words that a sentence has at least and at most, in each language, punctuation not counted.
const LENGTHS: std::ops::RangeInclusive<usize> = 4..=14;

/// Generates 32,000 different German sentences with their translations into English: 30,000 to train, 1,000 to validate,
/// 1,000 to test; see [`generated_pairs_of`].
///
/// ```
/// let pairs = retrograde_data::text::generated_pairs_of(0, [100, 10, 10]);
/// assert_eq!(pairs.train.pairs.len(), 100);
/// ```
pub fn generated_pairs() -> PairSplits {
    generated_pairs_of(SEED, SIZES)
}

/// Generates so many different German sentences of 4 to 14 words with their translations into English, to train, to
/// validate, and to test.
///
/// Main clauses have their verb in second place, after subject, time or place; subordinate clauses (because, that, who) at
/// their end. Verbs are simple, separable or modal, in the present, the perfect or the infinitive; nouns and adjectives
/// have three genders, three cases and two numbers. German says time, manner, place, English manner, place, time; what is
/// new stands at the end in German alone. Each sentence has one translation.
///
/// All sentences with the same content words (nouns, adjectives, verbs, and words of time, manner and place) are in one
/// part: whatever is validated and tested is a combination that training has not seen. Words alone do not tell the
/// translation: each German word replaced by its likeliest English one gives a BLEU score below 40.
///
/// The pairs are the same on every machine, and the first of a larger part are those of a smaller one.
pub fn generated_pairs_of(seed: u64, sizes: [usize; 3]) -> PairSplits {
    let (mut parts, mut seen) = (sizes.map(|_| Pairs::default()), HashSet::new());
    let full = |parts: &[Pairs; 3]| parts.iter().zip(sizes).all(|(part, size)| part.pairs.len() >= size);
    let mut number = 0;
    while !full(&parts) {
        let sentence = Choose(&mut Random::new(seed, 0, SENTENCES + number)).sentence();
        number += 1;
        let part = part_of(&sentence);
        if parts[part].pairs.len() >= sizes[part] {
            continue;
        }
        let pair = pair(&sentence);
        if [&pair.source, &pair.target].iter().all(|text| LENGTHS.contains(&text.split(' ').count()))
            && seen.insert(pair.source.clone())
        {
            parts[part].pairs.push(pair);
        }
    }
    let [train, validation, test] = parts;
    PairSplits { train, validation, test }
}

/// The sentence in both languages.
fn pair(sentence: &Sentence) -> Pair {
    let end = if matches!(sentence, Sentence::Question(_)) { '?' } else { '.' };
    Pair { source: written(&german::words(sentence), end), target: written(&english::words(sentence), end) }
}

/// With a capital in front and a mark behind.
fn written(words: &str, end: char) -> String {
    let mut characters = words.chars();
    let first = characters.next().into_iter().flat_map(char::to_uppercase);
    first.chain(characters.clone()).chain([end]).collect()
}

/// The part that sentences with these content words belong to: one of 16 validates, one tests.
fn part_of(sentence: &Sentence) -> usize {
    let words = sentence.content().join(" ");
    // The hash of Fowler, Noll and Vo, 64 bits, variant 1a; its upper half is the better mixed one.
    let hash = words
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3));
    match (hash >> 32) % 16 {
        0 => 1,
        1 => 2,
        _ => 0,
    }
}

#[cfg(test)]
mod tests;
