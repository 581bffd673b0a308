//! Sentences and vocabularies: [`Corpus`] and [`Languages`].

use crate::arguments::{DatasetKind, Settings, TokensKind};
use data::text::{LengthLimit, Pair, PairDataset, PairSplits, Pairs, Tokenizer, generated_pairs, multi30k};
use data::{DataError, Loader};
use std::path::PathBuf;
use train::{Failure, RunFolder, TrainError};

/// A data set could not be found, or has nothing to learn from.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CorpusError {
    #[error(
        "no multi30k in {}; download it with `cargo xtask data multi30k`, or give the folder of its six files with --data-dir",
        places.iter().map(|place| place.display().to_string()).collect::<Vec<_>>().join(" or ")
    )]
    Missing { places: Vec<PathBuf> },
    #[error(
        "no pair of sentences to {purpose}: of {lines} pairs, {empty} have an empty side and {long} are longer than \
         --max-length {max_length}; get the files again, or raise --max-length"
    )]
    Nothing { purpose: &'static str, lines: usize, empty: usize, long: usize, max_length: usize },
}

impl From<CorpusError> for Failure {
    fn from(error: CorpusError) -> Self {
        Failure::Input(error.into())
    }
}

/// The sentences that settings mean.
pub(crate) fn sentences(settings: &Settings) -> Result<PairSplits, Failure> {
    let mut splits = match settings.dataset {
        DatasetKind::Generated => generated_pairs(),
        DatasetKind::Multi30k => {
            let folder = match &settings.data_dir {
                Some(folder) => folder.clone(),
                None => data::cached("multi30k").map_err(|places| CorpusError::Missing { places })?,
            };
            multi30k(&folder)?
        }
    };
    for part in [&mut splits.train, &mut splits.validation, &mut splits.test] {
        part.pairs.truncate(settings.pairs.unwrap_or(usize::MAX));
    }
    Ok(splits)
}

/// The tokens of source and target.
#[derive(Clone, Debug)]
pub(crate) struct Languages {
    pub(crate) source: Tokenizer,
    pub(crate) target: Tokenizer,
}

/// Where a run keeps them.
const FILES: [&str; 2] = ["source.json", "target.json"];

impl Languages {
    /// The tokens of these pairs.
    pub(crate) fn of(pairs: &[Pair], settings: &Settings) -> Languages {
        let tokenizer = |sentences: Vec<&String>| match settings.tokens {
            TokensKind::Words => Tokenizer::words(sentences, true, settings.min_count.unwrap_or(2)),
            TokensKind::Bpe => Tokenizer::bpe(sentences, true, settings.vocabulary.unwrap_or(4000)),
        };
        Languages {
            source: tokenizer(pairs.iter().map(|pair| &pair.source).collect()),
            target: tokenizer(pairs.iter().map(|pair| &pair.target).collect()),
        }
    }

    fn both(&self) -> [&Tokenizer; 2] {
        [&self.source, &self.target]
    }

    /// How many tokens each language has.
    pub(crate) fn sizes(&self) -> [usize; 2] {
        self.both().map(|tokenizer| tokenizer.vocabulary().len())
    }

    /// What tells them apart from others.
    pub(crate) fn fingerprints(&self) -> [u64; 2] {
        self.both().map(Tokenizer::fingerprint)
    }

    /// Writes them into the folder of a run.
    pub(crate) fn save(&self, folder: &RunFolder) -> Result<(), TrainError> {
        FILES
            .iter()
            .zip(self.both())
            .try_for_each(|(name, tokenizer)| folder.write(name, tokenizer.to_json().as_bytes()))
    }

    /// Reads those of a run.
    pub(crate) fn load(folder: &RunFolder) -> Result<Languages, DataError> {
        let [source, target] = FILES.map(|name| Tokenizer::load(&folder.file(name)));
        Ok(Languages { source: source?, target: target? })
    }

    /// Compares those in the folder of a run with the fingerprints of a model.
    pub(crate) fn expect(&self, fingerprints: [u64; 2], folder: &RunFolder) -> Result<(), DataError> {
        let mut all = FILES.iter().zip(self.both()).zip(fingerprints);
        all.try_for_each(|((name, tokenizer), fingerprint)| tokenizer.expect(fingerprint, &folder.file(name)))
    }

    /// Compares those in the folder of a run, where there are some, with these.
    pub(crate) fn expect_same(&self, folder: &RunFolder) -> Result<(), DataError> {
        if !FILES.iter().all(|name| folder.file(name).is_file()) {
            return Ok(());
        }
        Languages::load(folder)?.expect(self.fingerprints(), folder)
    }
}

/// Sentences in numbers.
pub(crate) struct Corpus {
    pub(crate) train: PairDataset,
    pub(crate) validation: PairDataset,
    pub(crate) test: PairDataset,
    /// The pairs that are tested, as they are written.
    pub(crate) test_pairs: Vec<Pair>,
    /// How many pairs are left out of training: because a sentence is empty, and because one is too long.
    pub(crate) left_out: [usize; 2],
}

impl Corpus {
    /// Numbers the sentences; `common_length` for models that translate position by position.
    pub(crate) fn new(
        splits: PairSplits,
        languages: &Languages,
        settings: &Settings,
        common_length: bool,
    ) -> Result<Corpus, Failure> {
        let most = settings.max_length;
        let part = |pairs: &Pairs, purpose, limit| {
            let data = PairDataset::new(&pairs.pairs, &languages.source, &languages.target, limit);
            let (lines, long) = (pairs.pairs.len() + pairs.empty, data.long());
            if data::Dataset::is_empty(&data) {
                return Err(CorpusError::Nothing { purpose, lines, empty: pairs.empty, long, max_length: most });
            }
            Ok(if common_length { data.common_length() } else { data })
        };
        let train = part(&splits.train, "train", LengthLimit::LeaveOut(most))?;
        let left_out = [splits.train.empty, train.long()];
        Ok(Corpus {
            validation: part(&splits.validation, "validate", LengthLimit::Cut(most))?,
            test: part(&splits.test, "test", LengthLimit::Cut(most))?,
            train,
            test_pairs: splits.test.pairs,
            left_out,
        })
    }

    /// What is trained on, sentences of similar lengths together.
    pub(crate) fn training_data(&self, batch_size: usize, seed: u64) -> Loader<PairDataset> {
        Loader::new(&self.train, batch_size, self.train.sampler(batch_size, seed))
    }
}

/// What a model is judged by, sentences of similar lengths together.
pub(crate) fn plain_data(data: &PairDataset) -> Loader<PairDataset> {
    Loader::new(data, BATCH, data.sampler(BATCH, 0))
}

/// How many sentences are judged at a time.
pub(crate) const BATCH: usize = 128;
