//! [`Score`]: how good a translator is on sentences that it has not seen.

use crate::corpus::{BATCH, Corpus, plain_data};
use crate::models::Search;
use crate::translator::Translator;
use data::text::{Bleu, BleuScore, Chrf, Pair};
use serde::{Deserialize, Serialize};
use std::fmt;
use tape::{Params, Tape};
use train::Metrics;

/// Perplexities, and scores of whole translations.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Score {
    /// Loss and accuracy of the words, the right ones before each given.
    pub(crate) forced: Metrics,
    /// exp of that loss.
    pub(crate) perplexity_forced: f64,
    /// The same, the model's own words before each given.
    pub(crate) perplexity_free: f64,
    /// What the perplexities are over.
    pub(crate) vocabulary: String,
    /// One for each way to search.
    pub(crate) translations: Vec<TranslationScore>,
}

/// How good translations are that were found in some way.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct TranslationScore {
    pub(crate) search: String,
    pub(crate) bleu: f64,
    pub(crate) bleu_words: String,
    pub(crate) bleu_signature: String,
    pub(crate) chrf: f64,
    pub(crate) chrf_signature: String,
}

/// The translations of some pairs' sources.
pub(crate) fn translations(
    tape: &mut Tape,
    translator: &Translator,
    params: &Params,
    pairs: &[Pair],
    search: Search,
) -> Vec<String> {
    let most = translator.settings.max_length;
    let cut = |pair: &Pair| {
        let mut tokens = translator.languages.source.encode(&pair.source);
        tokens.truncate(most);
        tokens
    };
    let sources: Vec<Vec<u32>> = pairs.iter().map(cut).collect();
    let found = translator.model.translate(tape, params, &sources, (most, BATCH), search);
    found.iter().map(|translation| translator.languages.target.decode(&translation.tokens)).collect()
}

impl Score {
    /// Of parameters, on the test sentences.
    pub(crate) fn of(
        tape: &mut Tape,
        translator: &Translator,
        params: &Params,
        corpus: &Corpus,
        searches: &[Search],
    ) -> Score {
        let forced = train::evaluate(tape, params, &mut plain_data(&corpus.test), translator);
        let (mut sum, mut count) = (0.0, 0);
        for batch in plain_data(&corpus.test).epoch(0) {
            let (loss, words) = translator.model.free_running(tape, params, &batch);
            (sum, count) = (sum + loss, count + words);
        }
        let references: Vec<&String> = corpus.test_pairs.iter().map(|pair| &pair.target).collect();
        let (bleu, chrf) = (Bleu { lower_case: true }, Chrf { lower_case: true });
        let score = |&search: &Search| {
            let hypotheses = translations(tape, translator, params, &corpus.test_pairs, search);
            let found: BleuScore = bleu.corpus(&hypotheses, &references);
            TranslationScore {
                search: search.to_string(),
                bleu: found.score,
                bleu_words: found.to_string(),
                bleu_signature: bleu.signature(),
                chrf: chrf.corpus(&hypotheses, &references),
                chrf_signature: chrf.signature(),
            }
        };
        Score {
            forced,
            perplexity_forced: forced.loss.exp(),
            perplexity_free: (sum / count as f64).exp(),
            vocabulary: translator.vocabulary_name(),
            translations: searches.iter().map(score).collect(),
        }
    }

    /// BLEU, found in the first way.
    pub(crate) fn bleu(&self) -> f64 {
        self.translations.first().map_or(0.0, |score| score.bleu)
    }
}

impl fmt::Display for Score {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Score { forced, perplexity_forced, perplexity_free, vocabulary, .. } = self;
        writeln!(
            f,
            "perplexity of {vocabulary}: {perplexity_forced:.3} teacher-forced, {perplexity_free:.3} free-running"
        )?;
        for TranslationScore { search, bleu_words, bleu_signature, chrf, chrf_signature, .. } in &self.translations {
            writeln!(f, "{search}: {bleu_words}, {bleu_signature}")?;
            writeln!(f, "{search}: chrF2 = {chrf:.2}, {chrf_signature}")?;
        }
        write!(
            f,
            "test accuracy: {:.2} % of the words, teacher-forced, loss {:.4}",
            100.0 * forced.accuracy,
            forced.loss
        )
    }
}
