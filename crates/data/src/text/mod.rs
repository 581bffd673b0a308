//! Text: sentence pairs, words and subwords, vocabularies, padded batches, and scores of translations.
//!
//! ```
//! use retrograde_data::text::{LengthLimit, Pair, PairDataset, Tokenizer};
//! use retrograde_data::Loader;
//!
//! let pairs = [Pair::new("Ein Hund schläft.", "A dog sleeps."), Pair::new("Zwei Hunde!", "Two dogs!")];
//! let german = Tokenizer::words(pairs.iter().map(|pair| &pair.source), true, 1);
//! let english = Tokenizer::words(pairs.iter().map(|pair| &pair.target), true, 1);
//! let data = PairDataset::new(&pairs, &german, &english, LengthLimit::None);
//! for batch in Loader::new(&data, 2, data.sampler(2, 0)).epoch(0) {
//!     assert_eq!(batch.source.shape().dims(), [2, 6]);
//!     assert_eq!(batch.target_out.shape(), batch.target_mask.shape());
//!     let first = &batch.target_out.as_slice()[..5];
//!     assert!(["a dog sleeps.", "two dogs!"].contains(&english.decode(first).as_str()));
//! }
//! ```

mod batches;
#[cfg(feature = "bpe")]
mod bpe;
mod generated;
mod pairs;
mod score;
mod tokenizer;
mod vocabulary;
mod words;

pub use batches::{LengthLimit, PairBatch, PairDataset};
pub use generated::{generated_pairs, generated_pairs_of};
pub use pairs::{Pair, PairSplits, Pairs, multi30k, read_pairs, read_tsv};
pub use score::{Bleu, BleuScore, Chrf, tokenize_13a};
pub use tokenizer::Tokenizer;
pub use vocabulary::{EOS, PAD, SOS, SPECIALS, UNK, Vocabulary};
pub use words::{join_words, normalize, words};
