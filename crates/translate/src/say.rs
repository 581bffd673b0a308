//! `run`.

use crate::arguments::RunArguments;
use crate::map::save_map;
use crate::models::Search;
use crate::translator::Translator;
use data::text::UNK;
use std::io::{BufRead, Write};
use tape::Tape;
use train::Failure;

/// The standard input is no text.
#[derive(Debug, thiserror::Error)]
#[error("line {line} of the standard input cannot be read: {source}; give lines of UTF-8")]
struct NoLine {
    line: usize,
    source: std::io::Error,
}

/// The model of the run has no attention.
#[derive(Debug, thiserror::Error)]
#[error("--map: {title} looks at no single words; choose a run of lstm-attention or of a transformer")]
struct NoMap {
    title: String,
}

/// Translates sentences by the model of a run, each on a line.
pub(crate) fn run(arguments: &RunArguments) -> Result<(), Failure> {
    let (_, translator) = Translator::open(arguments.run.as_deref())?;
    let threads = train::start_threads(arguments.threads)?;
    let search = match arguments.sample {
        Some(temperature) => Search::Sample(temperature, arguments.seed),
        None => arguments.search.beam().unwrap_or(Search::Greedy),
    };
    let mut tape = Tape::new();
    let mut say = |number: usize, sentence: &str| {
        if let (1, Some(path)) = (number, &arguments.map)
            && !threads.run(|| save_map(path, &mut tape, &translator, &translator.params, sentence))?
        {
            return Err(Failure::Input(NoMap { title: translator.title() }.into()));
        }
        let said = threads.run(|| translated(&mut tape, &translator, sentence, number, search));
        // A reader that has read enough is no failure.
        _ = writeln!(std::io::stdout(), "{said}");
        Ok(())
    };
    if !arguments.sentences.is_empty() {
        return (1..).zip(&arguments.sentences).try_for_each(|(number, sentence)| say(number, sentence));
    }
    for (number, line) in (1..).zip(std::io::stdin().lock().lines()) {
        let line = line.map_err(|source| Failure::Input(NoLine { line: number, source }.into()))?;
        say(number, &line)?;
    }
    Ok(())
}

/// The translation of a sentence: an empty line for an empty one, or where no word is known.
fn translated(tape: &mut Tape, translator: &Translator, sentence: &str, number: usize, search: Search) -> String {
    let most = translator.settings.max_length;
    let mut tokens = translator.languages.source.encode(sentence);
    if tokens.is_empty() {
        return String::new();
    }
    if tokens.len() > most {
        eprintln!("sentence {number} has {} tokens; only the first {most} are translated", tokens.len());
        tokens.truncate(most);
    }
    if tokens.iter().all(|&token| token == UNK) {
        eprintln!("sentence {number} has no word that the model knows; it is left empty");
        return String::new();
    }
    let found = translator.model.translate(tape, &translator.params, &[tokens], (most, 1), search);
    found.first().map_or(String::new(), |translation| translator.languages.target.decode(&translation.tokens))
}
