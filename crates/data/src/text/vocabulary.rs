//! [`Vocabulary`]: the numbers of tokens.

use std::cmp::Reverse;
use std::collections::HashMap;

/// The number of the token that stands for all unknown ones, `<unk>`.
pub const UNK: u32 = 0;
/// The number of the token that fills up a batch, `<pad>`.
pub const PAD: u32 = 1;
/// The number of the token in front of a sentence, `<sos>`.
pub const SOS: u32 = 2;
/// The number of the token behind a sentence, `<eos>`.
pub const EOS: u32 = 3;

/// The tokens that every vocabulary begins with, by number.
pub const SPECIALS: [&str; 4] = ["<unk>", "<pad>", "<sos>", "<eos>"];

/// Tokens and their numbers: [`SPECIALS`] first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Vocabulary {
    tokens: Vec<String>,
    numbers: HashMap<String, u32>,
}

impl Vocabulary {
    /// The tokens that occur at least `minimum_count` times, the most frequent first, and equally frequent ones in the
    /// order of their characters. Occurrences of [`SPECIALS`] do not count.
    ///
    /// ```
    /// use retrograde_data::text::Vocabulary;
    /// let vocabulary = Vocabulary::count("b a c b a d".split(' '), 2);
    /// assert_eq!(vocabulary.tokens(), ["<unk>", "<pad>", "<sos>", "<eos>", "a", "b"]);
    /// assert_eq!((vocabulary.number("b"), vocabulary.number("c")), (5, 0));
    /// ```
    pub fn count<S: AsRef<str>>(tokens: impl IntoIterator<Item = S>, minimum_count: usize) -> Self {
        let mut counts: HashMap<String, usize> = HashMap::new();
        for token in tokens {
            match counts.get_mut(token.as_ref()) {
                Some(count) => *count += 1,
                None => _ = counts.insert(token.as_ref().to_string(), 1),
            }
        }
        let frequent = |(token, count): &(String, usize)| *count >= minimum_count && !is_special(token);
        let mut counts: Vec<(String, usize)> = counts.into_iter().filter(frequent).collect();
        counts.sort_unstable_by(|(a, many), (b, more)| (Reverse(many), a).cmp(&(Reverse(more), b)));
        Vocabulary::of(counts.into_iter().map(|(token, _)| token)).expect("counted tokens are distinct")
    }

    /// [`SPECIALS`], and these tokens in their order. `Err` has one that is there twice.
    pub(super) fn of(tokens: impl IntoIterator<Item = String>) -> Result<Self, String> {
        let tokens: Vec<String> = SPECIALS.iter().map(|special| special.to_string()).chain(tokens).collect();
        let mut numbers = HashMap::with_capacity(tokens.len());
        for (number, token) in (0..).zip(&tokens) {
            if numbers.insert(token.clone(), number).is_some() {
                return Err(token.clone());
            }
        }
        Ok(Vocabulary { tokens, numbers })
    }

    /// How many tokens there are, [`SPECIALS`] included.
    #[expect(clippy::len_without_is_empty, reason = "none is empty")]
    pub fn len(&self) -> usize {
        self.tokens.len()
    }

    /// The tokens by number.
    pub fn tokens(&self) -> &[String] {
        &self.tokens
    }

    /// The number of a token, [`UNK`] if it has none.
    pub fn number(&self, token: &str) -> u32 {
        self.numbers.get(token).copied().unwrap_or(UNK)
    }

    /// The token of a number.
    ///
    /// # Panics
    /// When there is none.
    #[track_caller]
    pub fn token(&self, number: u32) -> &str {
        let len = self.len();
        assert!((number as usize) < len, "vocabulary: token {number} of {len}");
        &self.tokens[number as usize]
    }
}

/// Whether a token is one of [`SPECIALS`].
pub(super) fn is_special(token: &str) -> bool {
    SPECIALS.contains(&token)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn words_that_look_like_specials_do_not_count() {
        let vocabulary = Vocabulary::count(["<eos>", "x", "<eos>"], 1);
        assert_eq!(vocabulary.tokens()[4..], ["x"]);
        assert_eq!((vocabulary.number("<eos>"), vocabulary.token(EOS)), (EOS, "<eos>"));
        assert_eq!(SPECIALS.map(|special| vocabulary.number(special)), [UNK, PAD, SOS, EOS]);
    }

    #[test]
    #[should_panic(expected = "token 4 of 4")]
    fn a_number_without_token_is_refused() {
        Vocabulary::count([""; 0], 1).token(4);
    }

    proptest! {
        #[test]
        fn the_order_is_that_of_counts_then_characters(words in prop::collection::vec("[a-e]{1,2}", 0..200), least in 1usize..4) {
            let vocabulary = Vocabulary::count(&words, least);
            let count = |token: &String| words.iter().filter(|word| *word == token).count();
            for pair in vocabulary.tokens()[4..].windows(2) {
                prop_assert!((Reverse(count(&pair[0])), &pair[0]) < (Reverse(count(&pair[1])), &pair[1]));
            }
            for word in &words {
                let number = vocabulary.number(word);
                prop_assert_eq!(number != UNK, count(word) >= least);
                prop_assert!(number == UNK || vocabulary.token(number) == word);
            }
        }
    }
}
