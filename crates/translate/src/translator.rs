//! [`Translator`]: a model with its vocabularies, and what it learns from a batch.

use crate::arguments::{Flags, Settings};
use crate::corpus::Languages;
use crate::models::Model;
use data::text::{PAD, PairBatch};
use std::path::Path;
use tape::{CrossEntropy, Graph, Init, Params, Random, Real, Shape};
use train::{Failure, Options, Outcome, Reached, RunFolder, Task, Training};

/// Settings, vocabularies, parameters and model.
pub(crate) struct Translator {
    pub(crate) settings: Settings,
    pub(crate) training: Training,
    pub(crate) languages: Languages,
    pub(crate) params: Params,
    pub(crate) model: Model,
}

/// The buffer that has the fingerprints of the vocabularies, 16 bits a number, which `f32` holds exactly.
const FINGERPRINTS: &str = "vocabularies";

struct Fingerprints([u64; 2]);

impl Init for Fingerprints {
    fn fill<F: Real>(&self, _: Shape, _: &mut Random, out: &mut [F]) {
        for (i, out) in out.iter_mut().enumerate() {
            *out = F::from_f64(((self.0[i / 4] >> (16 * (i % 4))) & 0xffff) as f64);
        }
    }
}

/// The fingerprints that such a buffer holds.
fn fingerprints(numbers: &[f32]) -> [u64; 2] {
    let one = |parts: &[f32]| parts.iter().rev().fold(0, |sum, &part| sum << 16 | part as u64);
    [one(&numbers[..4]), one(&numbers[4..])]
}

impl Translator {
    /// A new model.
    pub(crate) fn new(settings: Settings, training: Training, languages: Languages) -> Translator {
        let mut params = Params::new(training.seed);
        let model = Model::new(&mut params, &settings, languages.sizes());
        // The weights tell which vocabularies they belong to.
        params.root().buffer(FINGERPRINTS, [8], Fingerprints(languages.fingerprints()));
        Translator { settings, training, languages, params, model }
    }

    /// The model of a run, with its best parameters.
    pub(crate) fn open(run: Option<&Path>) -> Result<(RunFolder, Translator), Failure> {
        let folder = match run {
            Some(path) => RunFolder::open(path)?,
            None => RunFolder::newest("translate")?,
        };
        let Options { project, training } = Options::<Flags>::read(&folder.file("config.toml"))?;
        let (settings, training) = project.settings(training)?;
        let languages = Languages::load(&folder)?;
        let reached = Reached::of_run(&folder)?;
        if let Some(numbers) = reached.numbers(FINGERPRINTS).filter(|numbers| numbers.len() == 8) {
            languages.expect(fingerprints(numbers), &folder)?;
        }
        let mut translator = Translator::new(settings, training, languages);
        (translator.params, _) = reached.best(&translator.params)?;
        Ok((folder, translator))
    }

    /// Model and data in words.
    pub(crate) fn title(&self) -> String {
        format!("{} on {}", self.settings.model, self.data_name())
    }

    /// What the data set is called.
    pub(crate) fn data_name(&self) -> &'static str {
        match self.settings.dataset {
            crate::arguments::DatasetKind::Generated => "generated sentences",
            crate::arguments::DatasetKind::Multi30k => "Multi30k",
        }
    }

    /// The tokens that perplexities are over.
    pub(crate) fn vocabulary_name(&self) -> String {
        let kind = match self.settings.tokens {
            crate::arguments::TokensKind::Words => "words",
            crate::arguments::TokensKind::Bpe => "parts of words",
        };
        format!("{} English {kind}", self.languages.sizes()[1])
    }
}

impl Task<PairBatch> for Translator {
    /// The mean cross-entropy of the words of a batch, with smoothed labels in training; padding does not count.
    fn outcome<'t>(&self, t: &'t Graph<'t>, batch: &PairBatch) -> Outcome<'t> {
        let right = batch.target_out.as_slice();
        let targets = t.compute_indices([right.len()].into(), |out| out.copy_from_slice(right));
        let label_smoothing = if t.is_training() { self.settings.label_smoothing } else { 0.0 };
        let options = CrossEntropy { ignore_index: Some(PAD), label_smoothing, ..Default::default() };
        let (loss, predicted) = self.model.outputs(t, batch).loss(targets, &options);
        let predicted = predicted.value();
        let words = || predicted.iter().zip(right).filter(|(_, right)| **right != PAD);
        let (correct, count) = (words().filter(|(a, b)| a == b).count(), words().count());
        Outcome { loss, correct, count }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fingerprints_survive_as_numbers_of_single_precision() {
        let all = [0x0123_4567_89ab_cdef, u64::MAX - 5];
        let mut params = Params::<f32>::new(0);
        params.root().buffer(FINGERPRINTS, [8], Fingerprints(all));
        assert_eq!(fingerprints(params.entries()[0].tensor().as_slice()), all);
    }
}
