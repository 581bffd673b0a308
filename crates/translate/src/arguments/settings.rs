//! The settings that the flags mean. Defaults belong to the data set and the model.

use super::{AttentionKind, DatasetKind, Flags, ModelKind, TokensKind};
use serde::Serialize;
use std::path::PathBuf;
use train::{Failure, Training, TrainingDefaults, TrainingOptions};

/// Flags that contradict each other.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum FlagsError {
    #[error("--data-dir is not for --dataset generated, which is inside the program: leave one of them out")]
    FolderOfGenerated,
    #[error("--{flag} is not for {this}: leave it out, or choose {instead}")]
    Unfit { flag: &'static str, this: String, instead: &'static str },
    #[error("{heads} heads do not divide a width of {width}; choose another --heads or --width")]
    Heads { heads: usize, width: usize },
    #[error("--vocabulary {0} has no room for tokens beside the four special ones; choose a larger one")]
    Vocabulary(usize),
}

impl From<FlagsError> for Failure {
    fn from(error: FlagsError) -> Self {
        Failure::Input(error.into())
    }
}

/// The settings of the project, complete: what `config.toml` holds besides those of every training.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Settings {
    pub(crate) model: ModelKind,
    pub(crate) dataset: DatasetKind,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) data_dir: Option<PathBuf>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) pairs: Option<usize>,
    pub(crate) tokens: TokensKind,
    /// Of words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) min_count: Option<usize>,
    /// Of parts of words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) vocabulary: Option<usize>,
    pub(crate) max_length: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) attention: Option<AttentionKind>,
    pub(crate) width: usize,
    pub(crate) hidden: usize,
    pub(crate) layers: usize,
    /// Of transformers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) heads: Option<usize>,
    pub(crate) dropout: f64,
    /// Of recurrent models.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) teacher_forcing: Option<f64>,
    pub(crate) label_smoothing: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) tied: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) norm_first: Option<bool>,
}

/// The sizes of a model, and how it is trained.
struct Defaults {
    width: usize,
    hidden: usize,
    layers: usize,
    heads: usize,
    dropout: f64,
    lr: f64,
    epochs: usize,
    batch_size: usize,
    optimizer: &'static str,
    reg: f64,
    decay_weights_only: Option<bool>,
}

fn defaults(dataset: DatasetKind, model: ModelKind) -> Defaults {
    let generated = dataset == DatasetKind::Generated;
    let recurrent = Defaults {
        width: if generated { 64 } else { 256 },
        hidden: if generated { 128 } else { 512 },
        layers: 1,
        heads: 1,
        dropout: if generated { 0.0 } else { 0.4 },
        lr: if generated { 0.005 } else { 0.002 },
        epochs: if generated { 6 } else { 10 },
        batch_size: if generated { 64 } else { 128 },
        optimizer: "adam",
        reg: 0.0,
        decay_weights_only: None,
    };
    match model {
        ModelKind::TransformerEncoder => Defaults {
            width: 128,
            hidden: if generated { 512 } else { 2048 },
            heads: 2,
            dropout: if generated { 0.0 } else { 0.1 },
            lr: if generated { 0.002 } else { 0.004 },
            epochs: if generated { 6 } else { 12 },
            // Words that are rare would be learned by heart.
            optimizer: if generated { "adam" } else { "adamw" },
            reg: if generated { 0.0 } else { 0.4 },
            decay_weights_only: (!generated).then_some(true),
            ..recurrent
        },
        ModelKind::Transformer => Defaults {
            width: if generated { 96 } else { 256 },
            hidden: if generated { 192 } else { 512 },
            layers: if generated { 2 } else { 3 },
            heads: if generated { 4 } else { 8 },
            dropout: if generated { 0.0 } else { 0.2 },
            lr: if generated { 0.003 } else { 0.001 },
            epochs: if generated { 6 } else { 12 },
            optimizer: if generated { "adam" } else { "adam:beta2=0.98,eps=1e-9" },
            ..recurrent
        },
        _ => recurrent,
    }
}

impl Flags {
    /// Fills in the defaults of data set and model.
    pub(crate) fn settings(self, training: TrainingOptions) -> Result<(Settings, Training), Failure> {
        let dataset = self.dataset.unwrap_or(match self.data_dir {
            Some(_) => DatasetKind::Multi30k,
            None => DatasetKind::Generated,
        });
        let generated = dataset == DatasetKind::Generated;
        if generated && self.data_dir.is_some() {
            return Err(FlagsError::FolderOfGenerated.into());
        }
        let model = self.model.unwrap_or(ModelKind::Transformer);
        let tokens = self.tokens.unwrap_or(TokensKind::Words);
        self.check(model, tokens)?;
        let usual = defaults(dataset, model);
        let whole = model == ModelKind::Transformer;
        let settings = Settings {
            model,
            dataset,
            // A run can go on from another folder.
            data_dir: self.data_dir.map(|folder| std::path::absolute(&folder).unwrap_or(folder)),
            pairs: self.pairs.or(generated.then_some(12_000)),
            tokens,
            min_count: (tokens == TokensKind::Words).then(|| self.min_count.unwrap_or(2)),
            vocabulary: (tokens == TokensKind::Bpe).then(|| self.vocabulary.unwrap_or(4000)),
            max_length: self.max_length.unwrap_or(64),
            attention: (model == ModelKind::LstmAttention).then(|| self.attention.unwrap_or(AttentionKind::Additive)),
            width: self.width.unwrap_or(usual.width),
            hidden: self.hidden.unwrap_or(usual.hidden),
            layers: self.layers.unwrap_or(usual.layers),
            heads: (!model.is_recurrent()).then(|| self.heads.unwrap_or(usual.heads)),
            dropout: self.dropout.unwrap_or(usual.dropout),
            teacher_forcing: model.is_recurrent().then(|| self.teacher_forcing.unwrap_or(1.0)),
            label_smoothing: self.label_smoothing.unwrap_or(0.0),
            tied: whole.then(|| self.tied.unwrap_or(false)),
            norm_first: whole.then(|| self.norm_first.unwrap_or(false)),
        };
        if let Some(heads) = settings.heads.filter(|heads| whole && !settings.width.is_multiple_of(*heads)) {
            return Err(FlagsError::Heads { heads, width: settings.width }.into());
        }
        let Defaults { lr, reg, epochs, batch_size, optimizer, .. } = usual;
        let training = TrainingOptions {
            decay_weights_only: training.decay_weights_only.or(usual.decay_weights_only),
            ..training
        };
        let defaults = TrainingDefaults {
            lr,
            reg,
            epochs,
            batch_size,
            optimizer: optimizer.parse().unwrap_or_default(),
            schedule: "one-cycle".parse().unwrap_or_default(),
            clip_norm: Some(1.0),
        };
        Ok((settings, Training::new(training, defaults)?))
    }

    /// Refuses flags that are for other models, and what the command line checks of flags, for values from a file.
    fn check(&self, model: ModelKind, tokens: TokensKind) -> Result<(), Failure> {
        let kind = format!("the model {model}");
        let whole = model == ModelKind::Transformer;
        let refused = [
            ("attention", self.attention.is_some() && model != ModelKind::LstmAttention, "--model lstm-attention"),
            ("teacher-forcing", self.teacher_forcing.is_some() && !model.is_recurrent(), "a recurrent model"),
            ("heads", self.heads.is_some() && model.is_recurrent(), "--model transformer"),
            ("tied", self.tied == Some(true) && !whole, "--model transformer"),
            ("norm-first", self.norm_first == Some(true) && !whole, "--model transformer"),
            (
                "layers",
                self.layers.is_some_and(|layers| layers > 1) && model == ModelKind::TransformerEncoder,
                "--model transformer",
            ),
        ];
        if let Some((flag, _, instead)) = refused.into_iter().find(|(_, refused, _)| *refused) {
            return Err(FlagsError::Unfit { flag, this: kind, instead }.into());
        }
        let unfit = |flag, this: &str, instead| Err(FlagsError::Unfit { flag, this: this.to_string(), instead }.into());
        if tokens == TokensKind::Bpe && self.min_count.is_some() {
            return unfit("min-count", "--tokens bpe", "--vocabulary");
        }
        if tokens == TokensKind::Words && self.vocabulary.is_some() {
            return unfit("vocabulary", "--tokens words", "--min-count");
        }
        if let Some(size) = self.vocabulary.filter(|&size| size <= data::text::SPECIALS.len()) {
            return Err(FlagsError::Vocabulary(size).into());
        }
        let shares = [
            ("dropout", self.dropout),
            ("teacher_forcing", self.teacher_forcing),
            ("label_smoothing", self.label_smoothing),
        ];
        for (key, value) in shares {
            train::check(key, value, "a number from 0 to 1", |x| (0.0..=1.0).contains(&x))?;
        }
        train::check_counts(&[
            ("pairs", self.pairs),
            ("min_count", self.min_count),
            ("max_length", self.max_length),
            ("width", self.width),
            ("hidden", self.hidden),
            ("layers", self.layers),
            ("heads", self.heads),
        ])?;
        Ok(())
    }
}
