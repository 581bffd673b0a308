//! Byte-pair encoding with the package `tokenizers`: words are joined from characters by a list of merges.

use super::{SPECIALS, Vocabulary, normalize};
use tokenizers::models::bpe::{BPE, BpeTrainer, Vocab};
use tokenizers::{AddedToken, Model, Trainer};
use unicode_segmentation::UnicodeSegmentation;

/// What stands for a space, in front of what follows it.
const SPACE: char = '▁';

/// The list of merges, ready for use.
#[derive(Clone, Debug)]
pub(super) struct Bpe {
    model: BPE,
    merges: Vec<(String, String)>,
}

impl Bpe {
    /// Learns merges from sentences, until there are `size` tokens.
    #[track_caller]
    pub(super) fn train<S: AsRef<str> + Send>(
        sentences: impl IntoIterator<Item = S, IntoIter: Send>,
        lower_case: bool,
        size: usize,
    ) -> (Vocabulary, Bpe) {
        assert!(size > SPECIALS.len(), "bpe: a vocabulary has more than the {} special tokens", SPECIALS.len());
        let mut trainer = BpeTrainer::builder()
            .show_progress(false)
            .special_tokens(SPECIALS.iter().map(|&special| AddedToken::from(special, true)).collect())
            .limit_alphabet(size - SPECIALS.len())
            .min_frequency(2)
            .vocab_size(size)
            .build();
        let in_parts = |sentence: &str| Ok(parts(&normalize(sentence, lower_case)));
        trainer.feed(sentences.into_iter(), in_parts).expect("splitting does not fail");
        let mut model = BPE::default();
        trainer.train(&mut model).expect("training on counts does not fail");
        let mut tokens: Vec<(String, u32)> = model.get_vocab().into_iter().collect();
        tokens.sort_unstable_by_key(|(_, number)| *number);
        let tokens = tokens.into_iter().map(|(token, _)| token).skip(SPECIALS.len());
        let vocabulary = Vocabulary::of(tokens).expect("the keys of a map are distinct");
        let bpe = Bpe::new(&vocabulary, merges_of(&model)).expect("merges of a trained model have tokens");
        (vocabulary, bpe)
    }

    /// A tokenizer of these merges. `Err` has one that does not fit the vocabulary.
    pub(super) fn new(vocabulary: &Vocabulary, merges: Vec<(String, String)>) -> Result<Self, String> {
        let known = |token: &str| vocabulary.number(token) as usize >= SPECIALS.len();
        let wrong = merges.iter().find(|(a, b)| !(known(a) && known(b) && known(&format!("{a}{b}"))));
        if let Some((a, b)) = wrong {
            return Err(format!("{a} and {b}"));
        }
        let numbers: Vocab = vocabulary.tokens().iter().cloned().zip(0..).collect();
        let builder = BPE::builder().vocab_and_merges(numbers, merges.clone()).unk_token(SPECIALS[0].to_string());
        let model = builder.build().map_err(|error| error.to_string())?;
        Ok(Bpe { model, merges })
    }

    pub(super) fn merges(&self) -> &[(String, String)] {
        &self.merges
    }

    /// The tokens of a normalized sentence.
    pub(super) fn tokens(&self, sentence: &str) -> Vec<String> {
        let of = |part: String| self.model.tokenize(&part).expect("unknown characters have a token");
        parts(sentence).into_iter().flat_map(of).map(|token| token.value).collect()
    }

    /// The sentence of these tokens.
    pub(super) fn join(tokens: &[&str]) -> String {
        tokens.concat().replace(SPACE, " ").trim_start().to_string()
    }
}

/// The words and punctuation marks of a sentence, with a sign for the space before them.
fn parts(sentence: &str) -> Vec<String> {
    let (mut parts, mut space) = (Vec::new(), true);
    for piece in sentence.split_word_bounds() {
        if piece.trim().is_empty() {
            space = true;
        } else {
            let part = if space { format!("{SPACE}{piece}") } else { piece.to_string() };
            parts.push(part);
            space = false;
        }
    }
    parts
}

/// The merges of a model, in their order: its serialized form alone shows them.
fn merges_of(model: &BPE) -> Vec<(String, String)> {
    let mut value = serde_json::to_value(model).expect("a model is JSON");
    serde_json::from_value(value["merges"].take()).expect("merges are pairs of strings")
}

#[cfg(test)]
mod tests {
    use super::super::{Tokenizer, UNK};
    use super::*;
    use proptest::prelude::*;

    const SENTENCES: [&str; 4] =
        ["der Hund sieht den Hund.", "Hunde sehen Hündchen!", "die Hunde, der Hund", "\"so ein Hund\" (sagt er)"];

    #[test]
    fn frequent_words_become_one_token_and_rare_ones_many() {
        let tokenizer = Tokenizer::bpe(SENTENCES, true, 60);
        assert_eq!(tokenizer.vocabulary().tokens()[..4], SPECIALS);
        assert!(tokenizer.vocabulary().len() <= 60);
        assert_eq!(tokenizer.tokens("der Hund"), ["▁der", "▁hund"]);
        assert!(tokenizer.tokens("hündchen").len() > 3);
        assert_eq!(tokenizer.encode("x"), [tokenizer.vocabulary().number("▁"), UNK]);
    }

    #[test]
    fn training_is_deterministic_and_files_restore_everything() {
        let tokenizer = Tokenizer::bpe(SENTENCES, false, 50);
        assert_eq!(Tokenizer::bpe(SENTENCES, false, 50).to_json(), tokenizer.to_json());
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("bpe.json");
        std::fs::write(&path, tokenizer.to_json()).unwrap();
        let loaded = Tokenizer::load(&path).unwrap();
        assert_eq!(loaded.to_json(), tokenizer.to_json());
        for sentence in SENTENCES {
            assert_eq!(loaded.encode(sentence), tokenizer.encode(sentence));
            assert_eq!(loaded.decode(&tokenizer.encode(sentence)), sentence);
        }
    }

    #[test]
    fn merges_must_fit_the_vocabulary() {
        let vocabulary = Vocabulary::of(["a", "b", "ab"].map(str::to_string)).unwrap();
        let pair = |a: &str, b: &str| vec![(a.to_string(), b.to_string())];
        assert!(Bpe::new(&vocabulary, pair("a", "b")).is_ok());
        assert_eq!(Bpe::new(&vocabulary, pair("b", "a")).unwrap_err(), "b and a");
        assert_eq!(Bpe::new(&vocabulary, pair("ab", "<eos>")).unwrap_err(), "ab and <eos>");
    }

    #[test]
    #[should_panic(expected = "more than the 4 special tokens")]
    fn a_vocabulary_of_specials_alone_is_refused() {
        Tokenizer::bpe(SENTENCES, true, 4);
    }

    proptest! {
        #[test]
        fn sentences_of_known_characters_are_restored(sentence in "[a-d.,!] ?([a-d.,!' ]{0,20}[a-d.,!])?") {
            let tokenizer = Tokenizer::bpe(["abcd dcba .,!' abc", "abcd"], true, 30);
            let spaces = sentence.split_whitespace().collect::<Vec<_>>().join(" ");
            prop_assert_eq!(tokenizer.decode(&tokenizer.encode(&sentence)), spaces);
        }
    }
}
