//! [`Tokenizer`]: sentences as numbers, and back.

use super::vocabulary::is_special;
use super::{EOS, SPECIALS, UNK, Vocabulary, join_words, normalize, words};
use crate::{DataError, file};
use serde::{Deserialize, Serialize};
use std::io::Read;
use std::path::Path;

#[cfg(feature = "bpe")]
use super::bpe::Bpe;

/// Turns sentences into numbers of a vocabulary, and back.
///
/// Sentences are brought into Unicode's form C first, and into lower case if the tokenizer is made so.
///
/// ```
/// use retrograde_data::text::Tokenizer;
/// let tokenizer = Tokenizer::words(["Ein Hund, ein Ball.", "Ein Hund."], true, 2);
/// assert_eq!(tokenizer.vocabulary().tokens()[4..], ["ein", ".", "hund"]);
/// assert_eq!(tokenizer.encode("Ein Ball."), [4, 0, 5]);
/// assert_eq!(tokenizer.decode(&[4, 0, 5]), "ein <unk>.");
/// ```
#[derive(Clone, Debug)]
pub struct Tokenizer {
    lower_case: bool,
    vocabulary: Vocabulary,
    pieces: Pieces,
}

/// What the tokens are.
#[derive(Clone, Debug)]
enum Pieces {
    Words,
    #[cfg(feature = "bpe")]
    Bpe(Box<Bpe>),
}

impl Tokenizer {
    /// Tokens are [`words`] that occur at least `minimum_count` times in these sentences.
    pub fn words<S: AsRef<str>>(
        sentences: impl IntoIterator<Item = S>,
        lower_case: bool,
        minimum_count: usize,
    ) -> Self {
        let of = |sentence: S| {
            let sentence = normalize(sentence.as_ref(), lower_case);
            words(&sentence).map(str::to_string).collect::<Vec<_>>()
        };
        let vocabulary = Vocabulary::count(sentences.into_iter().flat_map(of), minimum_count);
        Tokenizer { lower_case, vocabulary, pieces: Pieces::Words }
    }

    /// Tokens are parts of words, at most `size` with [`SPECIALS`]: characters that occur in these sentences, and what comes
    /// of joining the most frequent pair of neighbors again and again (Sennrich, Haddow and Birch 2016, *Neural machine
    /// translation of rare words with subword units*). Pairs that occur only once are not joined. The sign `▁` stands
    /// for a space, so that [`decode`](Tokenizer::decode) restores sentences exactly, but for repeated spaces.
    ///
    /// # Panics
    /// When `size` has no room for a token beside the specials.
    #[cfg(feature = "bpe")]
    #[track_caller]
    pub fn bpe<S: AsRef<str> + Send>(
        sentences: impl IntoIterator<Item = S, IntoIter: Send>,
        lower_case: bool,
        size: usize,
    ) -> Self {
        let (vocabulary, bpe) = Bpe::train(sentences, lower_case, size);
        Tokenizer { lower_case, vocabulary, pieces: Pieces::Bpe(Box::new(bpe)) }
    }

    /// The tokens and their numbers.
    pub fn vocabulary(&self) -> &Vocabulary {
        &self.vocabulary
    }

    /// Whether sentences are brought into lower case.
    pub fn lower_case(&self) -> bool {
        self.lower_case
    }

    /// The tokens of a sentence. Unknown words are there as they are, unknown characters of a BPE as `<unk>`.
    pub fn tokens(&self, sentence: &str) -> Vec<String> {
        let sentence = normalize(sentence, self.lower_case);
        match &self.pieces {
            Pieces::Words => words(&sentence).map(str::to_string).collect(),
            #[cfg(feature = "bpe")]
            Pieces::Bpe(bpe) => bpe.tokens(&sentence),
        }
    }

    /// The numbers of the tokens of a sentence, without `<sos>` and `<eos>`.
    pub fn encode(&self, sentence: &str) -> Vec<u32> {
        // Text may spell a special token; it is none.
        let number = |token: &String| if is_special(token) { UNK } else { self.vocabulary.number(token) };
        self.tokens(sentence).iter().map(number).collect()
    }

    /// The sentence of these tokens, as people write it: what is before `<eos>`, without `<sos>` and `<pad>`.
    ///
    /// # Panics
    /// When a number has no token.
    #[track_caller]
    pub fn decode(&self, tokens: &[u32]) -> String {
        let sentence = tokens.iter().take_while(|&&token| token != EOS);
        let visible = sentence.filter(|&&token| token == UNK || token > EOS);
        let tokens: Vec<&str> = visible.map(|&token| self.vocabulary.token(token)).collect();
        match &self.pieces {
            Pieces::Words => join_words(tokens),
            #[cfg(feature = "bpe")]
            Pieces::Bpe(_) => Bpe::join(&tokens),
        }
    }

    /// A number that tells tokenizers apart: two with the same one give the same numbers. Kept with the weights of a model,
    /// it tells whether a file belongs to them. See [`expect`](Tokenizer::expect).
    pub fn fingerprint(&self) -> u64 {
        self.contents().fingerprint()
    }

    /// The tokenizer as the contents of a file, JSON, that [`load`](Tokenizer::load) reads.
    pub fn to_json(&self) -> String {
        let mut contents = self.contents();
        contents.fingerprint = format!("{:016x}", contents.fingerprint());
        serde_json::to_string_pretty(&contents).expect("strings are JSON") + "\n"
    }

    /// Reads a file with the contents that [`to_json`](Tokenizer::to_json) makes.
    ///
    /// # Errors
    /// When it cannot be read, is something else, has been changed, or needs the feature `bpe` and that is off.
    pub fn load(path: &Path) -> Result<Self, DataError> {
        let wrong = |what, expected: &str, found: String| DataError::Format {
            path: path.to_path_buf(),
            what,
            expected: expected.to_string(),
            found,
        };
        let mut text = String::new();
        let failed = |source| DataError::Read { path: path.to_path_buf(), source };
        file::open(path)?.take(MOST_BYTES).read_to_string(&mut text).map_err(failed)?;
        let contents: Contents = serde_json::from_str(&text)
            .map_err(|error| wrong("contents", "the JSON of a tokenizer", format!("none: {error}")))?;
        if contents.format != FORMAT {
            return Err(wrong("format", FORMAT, contents.format));
        }
        let fingerprint = format!("{:016x}", contents.fingerprint());
        if fingerprint != contents.fingerprint {
            return Err(wrong("fingerprint of what is in it", &contents.fingerprint, fingerprint));
        }
        let vocabulary =
            Vocabulary::of(contents.tokens).map_err(|token| wrong("tokens", "each once", format!("{token} twice")))?;
        let pieces = match contents.pieces.as_str() {
            WORDS => Pieces::Words,
            #[cfg(feature = "bpe")]
            BPE => {
                let bpe = Bpe::new(&vocabulary, contents.merges);
                Pieces::Bpe(Box::new(
                    bpe.map_err(|error| wrong("merges", "pairs of tokens that join to tokens", error))?,
                ))
            }
            other => return Err(wrong("pieces", KNOWN, other.to_string())),
        };
        Ok(Tokenizer { lower_case: contents.lower_case, vocabulary, pieces })
    }

    /// Compares the fingerprint with the one that a model was trained with; `path` is the file of this tokenizer.
    ///
    /// # Errors
    /// When it is another.
    pub fn expect(&self, fingerprint: u64, path: &Path) -> Result<(), DataError> {
        let found = self.fingerprint();
        if found == fingerprint {
            return Ok(());
        }
        Err(DataError::OtherVocabulary {
            path: path.to_path_buf(),
            expected: fingerprint,
            found,
            len: self.vocabulary.len(),
        })
    }

    fn contents(&self) -> Contents {
        let (pieces, merges) = match &self.pieces {
            Pieces::Words => (WORDS, Vec::new()),
            #[cfg(feature = "bpe")]
            Pieces::Bpe(bpe) => (BPE, bpe.merges().to_vec()),
        };
        Contents {
            format: FORMAT.to_string(),
            fingerprint: String::new(),
            pieces: pieces.to_string(),
            lower_case: self.lower_case,
            tokens: self.vocabulary.tokens()[SPECIALS.len()..].to_vec(),
            merges,
        }
    }
}

/// The largest file that is read.
const MOST_BYTES: u64 = 1 << 28;

const FORMAT: &str = "retrograde tokenizer 1";
const WORDS: &str = "words";
#[cfg(feature = "bpe")]
const BPE: &str = "bpe";

/// What `pieces` may be in this build.
#[cfg(feature = "bpe")]
const KNOWN: &str = "words or bpe";
#[cfg(not(feature = "bpe"))]
const KNOWN: &str = "words (this program is built without the feature bpe)";

/// What is in a file.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Contents {
    format: String,
    fingerprint: String,
    pieces: String,
    lower_case: bool,
    /// Without [`SPECIALS`].
    tokens: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    merges: Vec<(String, String)>,
}

impl Contents {
    /// The hash of Fowler, Noll and Vo, 64 bits, variant 1a, of all that matters.
    fn fingerprint(&self) -> u64 {
        let case = if self.lower_case { "lower" } else { "mixed" };
        let strings = [self.pieces.as_str(), case].into_iter().chain(self.tokens.iter().map(String::as_str));
        let merges = self.merges.iter().flat_map(|(a, b)| [a.as_str(), b.as_str()]);
        // A byte that no UTF-8 has is behind each string, and one more between the two lists.
        let bytes = strings.flat_map(ended).chain([0xfe]).chain(merges.flat_map(ended));
        bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3))
    }
}

fn ended(string: &str) -> impl Iterator<Item = u8> {
    string.bytes().chain([0xff])
}

#[cfg(test)]
mod tests;
