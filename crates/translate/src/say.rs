//! `run`.

use crate::arguments::RunArguments;
use crate::corpus::BATCH;
use crate::map::save_map;
use crate::models::Search;
use crate::translator::Translator;
use data::text::UNK;
use std::io::{BufRead, BufReader, Read, Write};
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
    let mut say = |number: usize, sentences: &[String]| {
        if let (1, Some(path), Some(first)) = (number, &arguments.map, sentences.first())
            && !threads.run(|| save_map(path, &mut tape, &translator, &translator.params, first))?
        {
            return Err(Failure::Input(NoMap { title: translator.title() }.into()));
        }
        let said = threads.run(|| translated(&mut tape, &translator, sentences, number, search));
        // A reader that has read enough is no failure.
        _ = said.iter().try_for_each(|said| writeln!(std::io::stdout(), "{said}"));
        Ok(())
    };
    // What is drawn for a sentence does not depend on its neighbors.
    let together = if arguments.sample.is_some() { 1 } else { BATCH };
    let mut number = 1;
    if !arguments.sentences.is_empty() {
        for sentences in arguments.sentences.chunks(together) {
            say(number, sentences)?;
            number += sentences.len();
        }
        return Ok(());
    }
    let mut input = BufReader::with_capacity(1 << 16, std::io::stdin().lock());
    loop {
        let (lines, broken) = lines_at_hand(&mut input, together);
        say(number, &lines)?;
        number += lines.len();
        match broken {
            Some(source) => return Err(Failure::Input(NoLine { line: number, source }.into())),
            None if lines.is_empty() => return Ok(()),
            None => {}
        }
    }
}

/// The next line, and those after it that are there already, so that a person gets an answer to each and a file is
/// translated in batches. None at the end of the input; the error, if any, is that of the line after them.
fn lines_at_hand(input: &mut BufReader<impl Read>, most: usize) -> (Vec<String>, Option<std::io::Error>) {
    let mut lines = Vec::new();
    while lines.len() < most && (lines.is_empty() || input.buffer().contains(&b'\n')) {
        match input.lines().next() {
            Some(Ok(line)) => lines.push(line),
            Some(Err(error)) => return (lines, Some(error)),
            None => break,
        }
    }
    (lines, None)
}

/// The translations of sentences, numbered from `first`: an empty line for an empty one, or where no word is known.
fn translated(
    tape: &mut Tape,
    translator: &Translator,
    sentences: &[String],
    first: usize,
    search: Search,
) -> Vec<String> {
    let most = translator.settings.max_length;
    let (mut said, mut known, mut sources) = (vec![String::new(); sentences.len()], Vec::new(), Vec::new());
    for (i, sentence) in sentences.iter().enumerate() {
        let (number, mut tokens) = (first + i, translator.languages.source.encode(sentence));
        if tokens.len() > most {
            eprintln!("sentence {number} has {} tokens; only the first {most} are translated", tokens.len());
            tokens.truncate(most);
        }
        if tokens.iter().any(|&token| token != UNK) {
            known.push(i);
            sources.push(tokens);
        } else if !tokens.is_empty() {
            eprintln!("sentence {number} has no word that the model knows; it is left empty");
        }
    }
    let found = translator.model.translate(tape, &translator.params, &sources, (most, BATCH), search);
    for (i, translation) in known.into_iter().zip(found) {
        said[i] = translator.languages.target.decode(&translation.tokens);
    }
    said
}
