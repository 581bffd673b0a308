//! The settings of the project as they are given, in flags and in configuration files; what is not given has a default.

use clap::Args;
use serde::Deserialize;
use std::path::PathBuf;
use train::{ProjectOptions, at_least_one, named_values, proportion};

named_values! {
    /// The models of the project.
    pub(crate) enum ModelKind {
        /// Encoder and decoder of plain recurrent cells
        Rnn = "rnn",
        /// Encoder and decoder of long short-term memory
        Lstm = "lstm",
        /// Encoder and decoder of gated recurrent units
        Gru = "gru",
        /// Long short-term memory whose decoder attends to the source
        LstmAttention = "lstm-attention",
        /// One layer of a transformer's encoder, which translates all positions at once
        TransformerEncoder = "transformer-encoder",
        /// A transformer with encoder and decoder
        Transformer = "transformer",
    }

    /// The sentences of the project.
    pub(crate) enum DatasetKind {
        /// 32,000 generated pairs of sentences, inside the program
        Generated = "generated",
        /// 31,014 descriptions of photographs
        Multi30k = "multi30k",
    }

    /// What tokens are.
    pub(crate) enum TokensKind {
        /// Words that occur often enough
        Words = "words",
        /// Parts of words, by byte-pair encoding
        Bpe = "bpe",
    }

    /// How the decoder of lstm-attention looks at the source.
    pub(crate) enum AttentionKind {
        /// By the cosine of state and source
        Cosine = "cosine",
        /// By the cosine times a factor that is learned
        CosineTemperature = "cosine-temperature",
        /// By the product of state and source
        Dot = "dot",
        /// By a layer of its own
        Additive = "additive",
    }
}

impl ModelKind {
    /// Whether sentences are read word by word.
    pub(crate) fn is_recurrent(self) -> bool {
        !matches!(self, ModelKind::TransformerEncoder | ModelKind::Transformer)
    }
}

impl std::fmt::Display for ModelKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            ModelKind::Rnn => "RNN",
            ModelKind::Lstm => "LSTM",
            ModelKind::Gru => "GRU",
            ModelKind::LstmAttention => "LSTM with attention",
            ModelKind::TransformerEncoder => "transformer encoder",
            ModelKind::Transformer => "transformer",
        })
    }
}

/// What can be set besides what every training has. The keys of a configuration file are the same, with `_` for `-`.
#[derive(Args, Clone, Debug, Default, PartialEq, Deserialize)]
pub(crate) struct Flags {
    /// The model [default: transformer]
    #[arg(long, value_enum)]
    pub(crate) model: Option<ModelKind>,

    /// The sentences [default: generated, or multi30k with --data-dir]
    #[arg(long, value_enum)]
    pub(crate) dataset: Option<DatasetKind>,

    /// A folder with Multi30k's six files, gzipped or not [default: where `cargo xtask data` puts them]
    #[arg(long, value_name = "DIR")]
    pub(crate) data_dir: Option<PathBuf>,

    /// Train on the first N pairs alone, and validate and test on at most as many [default: 12000 generated ones, or all
    /// of the files]
    #[arg(long, value_name = "N", value_parser = at_least_one)]
    pub(crate) pairs: Option<usize>,

    /// What tokens are [default: words]
    #[arg(long, value_enum)]
    pub(crate) tokens: Option<TokensKind>,

    /// How often a word must occur to have a token of its own, with --tokens words [default: 2]
    #[arg(long, value_name = "N", value_parser = at_least_one)]
    pub(crate) min_count: Option<usize>,

    /// How many tokens each language has, with --tokens bpe [default: 4000]
    #[arg(long, value_name = "N", value_parser = at_least_one)]
    pub(crate) vocabulary: Option<usize>,

    /// The most tokens of a sentence: longer ones are not trained on, and cut where they are translated [default: 64]
    #[arg(long, value_name = "TOKENS", value_parser = at_least_one)]
    pub(crate) max_length: Option<usize>,

    /// How lstm-attention looks at the source [default: additive]
    #[arg(long, value_enum)]
    pub(crate) attention: Option<AttentionKind>,

    /// Numbers that stand for a token [default: by data set and model]
    #[arg(long, value_name = "N", value_parser = at_least_one)]
    pub(crate) width: Option<usize>,

    /// Units of recurrent layers, or between the two linear layers of transformers [default: by data set and model]
    #[arg(long, value_name = "N", value_parser = at_least_one)]
    pub(crate) hidden: Option<usize>,

    /// Layers of encoder and of decoder; one for transformer-encoder [default: 1; transformer: by data set]
    #[arg(long, value_name = "N", value_parser = at_least_one)]
    pub(crate) layers: Option<usize>,

    /// Heads of transformers [default: 2 for transformer-encoder; transformer: by data set]
    #[arg(long, value_name = "N", value_parser = at_least_one)]
    pub(crate) heads: Option<usize>,

    /// Dropout, in training [default: by data set and model]
    #[arg(long, value_name = "SHARE", value_parser = proportion)]
    pub(crate) dropout: Option<f64>,

    /// How often a recurrent decoder is given the right word in training, instead of its own [default: 1]
    #[arg(long, value_name = "SHARE", value_parser = proportion)]
    pub(crate) teacher_forcing: Option<f64>,

    /// Take this share from the right word and give it to all words alike, in training [default: by model]
    #[arg(long, value_name = "SHARE", value_parser = proportion)]
    pub(crate) label_smoothing: Option<f64>,

    /// One table for the words that a transformer's decoder reads and those that it says
    #[arg(long, num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    pub(crate) tied: Option<bool>,

    /// Norms of a transformer before attention and linear layers, instead of behind the sums
    #[arg(long, num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    pub(crate) norm_first: Option<bool>,
}

impl ProjectOptions for Flags {
    fn or(self, other: Flags) -> Flags {
        Flags {
            model: self.model.or(other.model),
            dataset: self.dataset.or(other.dataset),
            data_dir: self.data_dir.or(other.data_dir),
            pairs: self.pairs.or(other.pairs),
            tokens: self.tokens.or(other.tokens),
            min_count: self.min_count.or(other.min_count),
            vocabulary: self.vocabulary.or(other.vocabulary),
            max_length: self.max_length.or(other.max_length),
            attention: self.attention.or(other.attention),
            width: self.width.or(other.width),
            hidden: self.hidden.or(other.hidden),
            layers: self.layers.or(other.layers),
            heads: self.heads.or(other.heads),
            dropout: self.dropout.or(other.dropout),
            teacher_forcing: self.teacher_forcing.or(other.teacher_forcing),
            label_smoothing: self.label_smoothing.or(other.label_smoothing),
            tied: self.tied.or(other.tied),
            norm_first: self.norm_first.or(other.norm_first),
        }
    }

    fn in_folder(self, data_dir: Option<PathBuf>) -> Flags {
        Flags { data_dir: data_dir.or(self.data_dir), ..self }
    }
}
