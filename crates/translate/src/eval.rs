//! `eval`.

use crate::arguments::{EvalArguments, SearchArguments};
use crate::corpus::{self, Corpus};
use crate::decode::Beam;
use crate::models::Search;
use crate::score::Score;
use crate::translator::Translator;
use tape::Tape;
use train::Failure;

impl SearchArguments {
    /// The beam that is asked for.
    pub(crate) fn beam(&self) -> Option<Search> {
        self.beam.map(|width| Search::Beam(Beam { width, length_penalty: self.length_penalty }))
    }
}

/// Tests the model of a run.
pub(crate) fn eval(arguments: &EvalArguments) -> Result<(), Failure> {
    let (folder, mut translator) = Translator::open(arguments.run.as_deref())?;
    if let Some(data_dir) = &arguments.data_dir {
        translator.settings.data_dir = Some(data_dir.clone());
        translator.settings.dataset = crate::arguments::DatasetKind::Multi30k;
    }
    let splits = corpus::sentences(&translator.settings)?;
    let common = translator.model.needs_common_length();
    let corpus = Corpus::new(splits, &translator.languages, &translator.settings, common)?;
    let threads = train::start_threads(arguments.threads)?;
    let searches: Vec<Search> = [Search::Greedy].into_iter().chain(arguments.search.beam()).collect();
    let score = threads.run(|| Score::of(&mut Tape::new(), &translator, &translator.params, &corpus, &searches));
    let count = corpus.test_pairs.len();
    println!("{}, from {}: {count} test sentences", translator.title(), folder.path().display());
    println!("{score}");
    train::expect_accuracy(score.forced.accuracy, arguments.expect_accuracy)?;
    let Some(last) = score.translations.last() else { return Ok(()) };
    match arguments.expect_bleu {
        Some(expected) if last.bleu < expected => Err(Failure::BelowExpectation {
            result: format!("BLEU {:.2}, {},", last.bleu, last.search),
            expected: format!("{expected:.2}"),
        }),
        _ => Ok(()),
    }
}
