//! English: subject, verb, object, manner, place, time; and `do`.

use super::grammar::{Clause, Determiner, NounPhrase, Sentence, Tense};
use super::lexicon::{Class, OFTEN};

/// The sentence, without capital and full stop.
pub(super) fn words(sentence: &Sentence) -> String {
    match sentence {
        Sentence::Statement(clause, _) => statement(clause),
        Sentence::Question(clause) => {
            let (auxiliary, base) = with_auxiliary(clause);
            join([auxiliary, phrase(&clause.subject, false), often(clause), base, complements(clause)])
        }
        Sentence::Because(clause, reason) => format!("{} because {}", statement(clause), statement(reason)),
        Sentence::That { speaker, verb: [_, forms], clause } => {
            let says = forms[usize::from(speaker.is_plural())];
            format!("{} {says} that {}", phrase(speaker, false), statement(clause))
        }
        Sentence::Who(clause, described) => {
            let who = if described.subject.noun.class == Class::Person { "who" } else { "that" };
            format!("{} {who} {} {}", phrase(&clause.subject, false), predicate(described), predicate(clause))
        }
        Sentence::Whom(clause, described) => {
            format!("{} that {} {}", phrase(&clause.subject, false), statement(described), predicate(clause))
        }
    }
}

fn join(words: impl IntoIterator<Item = String>) -> String {
    words.into_iter().filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}

fn statement(clause: &Clause) -> String {
    format!("{} {}", phrase(&clause.subject, false), predicate(clause))
}

/// The verb and what follows it.
fn predicate(clause: &Clause) -> String {
    let [base, third, past] = clause.verb.english.map(str::to_string);
    let number = usize::from(clause.subject.is_plural());
    let verb = if clause.negated {
        let (auxiliary, base) = with_auxiliary(clause);
        let not = if auxiliary == "can" { "cannot".to_string() } else { format!("{auxiliary} not") };
        join([not, often(clause), base])
    } else {
        match clause.tense {
            Tense::Present => join([often(clause), [third, base][number].clone()]),
            Tense::Past => join([often(clause), past]),
            Tense::Modal(modal) => join([modal.english[number].to_string(), often(clause), base]),
        }
    };
    join([verb, complements(clause)])
}

/// The auxiliary that negations and questions need, and the rest of the verb.
fn with_auxiliary(clause: &Clause) -> (String, String) {
    let base = clause.verb.english[0].to_string();
    let number = usize::from(clause.subject.is_plural());
    let does = ["does", "do"][number].to_string();
    match clause.tense {
        Tense::Present => (does, base),
        Tense::Past => ("did".to_string(), base),
        Tense::Modal(modal) if modal.with_do => (does, format!("{} {base}", modal.english[1])),
        Tense::Modal(modal) => (modal.english[number].to_string(), base),
    }
}

fn often(clause: &Clause) -> String {
    clause.time.filter(|time| time.english == OFTEN).map(|time| time.english.to_string()).unwrap_or_default()
}

fn complements(clause: &Clause) -> String {
    let time = clause.time.filter(|time| time.english != OFTEN);
    join([
        clause.object.as_ref().map(|object| phrase(object, clause.negated)).unwrap_or_default(),
        clause.recipient.as_ref().map(|recipient| format!("to {}", phrase(recipient, false))).unwrap_or_default(),
        clause.manner.map(|manner| manner[1]).unwrap_or_default().to_string(),
        clause.place.map(|place| place[1]).unwrap_or_default().to_string(),
        time.map(|time| time.english).unwrap_or_default().to_string(),
    ])
}

/// Article, adjective, noun; behind a negation, an indefinite plural needs `any`.
fn phrase(phrase: &NounPhrase, negated: bool) -> String {
    let noun = if phrase.is_plural() { phrase.noun.english_plural } else { phrase.noun.english };
    let adjective = phrase.adjective.map(|adjective| adjective.english).unwrap_or_default();
    let first = if adjective.is_empty() { noun } else { adjective };
    let article = match phrase.determiner {
        Determiner::Definite | Determiner::DefinitePlural => "the",
        Determiner::Indefinite if first.starts_with(['a', 'e', 'i', 'o', 'u']) => "an",
        Determiner::Indefinite => "a",
        Determiner::IndefinitePlural if negated => "any",
        Determiner::IndefinitePlural => "",
        Determiner::Two => "two",
        Determiner::Three => "three",
    };
    join([article, adjective, noun].map(str::to_string))
}
