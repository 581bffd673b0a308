//! German: cases, endings, and the places of the verb.

use super::grammar::{Clause, Determiner, Front, NounPhrase, Sentence, Tense};
use super::lexicon::{Frame, Gender, Noun};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Case {
    Nominative,
    Accusative,
    Dative,
}
use Case::{Accusative, Dative, Nominative};

/// The sentence, without capital and full stop.
pub(super) fn words(sentence: &Sentence) -> String {
    match sentence {
        Sentence::Statement(clause, front) => main(clause, *front),
        Sentence::Question(clause) => {
            let (finite, tail) = verb(clause);
            join(
                [finite, nominative(&clause.subject)].into_iter().chain(midfield(clause, Front::Subject)).chain([tail]),
            )
        }
        Sentence::Because(clause, reason) => {
            let reason = subordinate(nominative(&reason.subject), reason);
            format!("{}, weil {reason}", main(clause, Front::Subject))
        }
        Sentence::That { speaker, verb: [forms, _], clause } => {
            let says = forms[usize::from(speaker.is_plural())];
            format!("{} {says}, dass {}", nominative(speaker), subordinate(nominative(&clause.subject), clause))
        }
        Sentence::Who(clause, described) => {
            let pronoun = definite(&described.subject, Nominative);
            let described = subordinate(pronoun.to_string(), described);
            with_relative(clause, &described)
        }
        Sentence::Whom(clause, described) => {
            let who = nominative(&described.subject);
            with_relative(clause, &subordinate(format!("den {who}"), described))
        }
    }
}

fn join(words: impl IntoIterator<Item = String>) -> String {
    words.into_iter().filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}

/// A main clause whose subject a relative clause describes.
fn with_relative(clause: &Clause, relative: &str) -> String {
    let (finite, tail) = verb(clause);
    let rest = join(std::iter::once(finite).chain(midfield(clause, Front::Subject)).chain([tail]));
    format!("{}, {relative}, {rest}", nominative(&clause.subject))
}

/// Something, the finite verb, everything else, the rest of the verb.
fn main(clause: &Clause, front: Front) -> String {
    let (finite, tail) = verb(clause);
    let subject = nominative(&clause.subject);
    match (front, clause.time, clause.place) {
        (Front::Time, Some(time), _) => {
            join([time.german.to_string(), finite, subject].into_iter().chain(midfield(clause, front)).chain([tail]))
        }
        (Front::Place, time, Some(place)) => {
            // Who is new comes behind the time.
            let time = time.map(|time| time.german.to_string()).unwrap_or_default();
            let [a, b] = if clause.subject.is_definite() { [subject, time] } else { [time, subject] };
            let timeless = Clause { time: None, ..clause.clone() };
            let rest = midfield(&timeless, front);
            join([place[0].to_string(), finite, a, b].into_iter().chain(rest).chain([tail]))
        }
        _ => join([subject, finite].into_iter().chain(midfield(clause, front)).chain([tail])),
    }
}

/// What introduces the clause, everything else, the whole verb with its finite part last.
fn subordinate(beginning: String, clause: &Clause) -> String {
    let (finite, tail) = verb(clause);
    let verb = match clause.tense {
        Tense::Present => format!("{tail}{finite}"),
        _ => format!("{tail} {finite}"),
    };
    join(std::iter::once(beginning).chain(midfield(clause, Front::Subject)).chain([verb]))
}

/// The finite verb, and what stands at the end of a main clause.
fn verb(clause: &Clause) -> (String, String) {
    let (verb, number) = (clause.verb, usize::from(clause.subject.is_plural()));
    let (finite, tail) = match clause.tense {
        Tense::Present => ([verb.third, verb.infinitive][number], verb.prefix.to_string()),
        Tense::Past if verb.with_sein => (["ist", "sind"][number], verb.participle.to_string()),
        Tense::Past => (["hat", "haben"][number], verb.participle.to_string()),
        Tense::Modal(modal) => (modal.german[number], format!("{}{}", verb.prefix, verb.infinitive)),
    };
    (finite.to_string(), tail)
}

/// Recipient, time, what is known, manner, place, what is new; but for what is in front.
fn midfield(clause: &Clause, front: Front) -> [String; 7] {
    let case = if clause.verb.frame == Frame::Dative { Dative } else { Accusative };
    let object = |definite: bool| {
        let object = clause.object.as_ref().filter(|object| object.is_definite() == definite);
        object.map(|object| phrase(object, case, clause.negated)).unwrap_or_default()
    };
    let denied_by_object = clause.object.as_ref().is_some_and(|object| !object.is_definite());
    let not = if clause.negated && !denied_by_object { "nicht" } else { "" };
    let time = clause.time.filter(|_| front != Front::Time).map(|time| time.german);
    let place = clause.place.filter(|_| front != Front::Place).map(|place| place[0]);
    [
        clause.recipient.as_ref().map(|recipient| phrase(recipient, Dative, false)).unwrap_or_default(),
        time.unwrap_or_default().to_string(),
        object(true),
        clause.manner.map(|manner| manner[0]).unwrap_or_default().to_string(),
        place.unwrap_or_default().to_string(),
        object(false),
        not.to_string(),
    ]
}

fn nominative(phrase: &NounPhrase) -> String {
    self::phrase(phrase, Nominative, false)
}

/// Article, adjective, noun; an indefinite article is a negative one where something is denied.
fn phrase(phrase: &NounPhrase, case: Case, negated: bool) -> String {
    use Determiner::{Definite, DefinitePlural, Indefinite, IndefinitePlural, Three, Two};
    let plural = phrase.is_plural();
    let article = match phrase.determiner {
        Definite | DefinitePlural => definite(phrase, case).to_string(),
        Indefinite => format!("{}{}", if negated { "kein" } else { "ein" }, ending_of_ein(phrase.noun.gender, case)),
        IndefinitePlural if negated => if case == Dative { "keinen" } else { "keine" }.to_string(),
        IndefinitePlural => String::new(),
        Two => "zwei".to_string(),
        Three => "drei".to_string(),
    };
    let weak_ending = if plural || case == Dative || case == Accusative && phrase.noun.gender == Gender::Masculine {
        "en"
    } else {
        "e"
    };
    let ending = match phrase.determiner {
        Definite | DefinitePlural => weak_ending,
        Indefinite => match (case, phrase.noun.gender) {
            (Nominative, Gender::Masculine) => "er",
            (Nominative | Accusative, Gender::Neuter) => "es",
            _ => weak_ending,
        },
        IndefinitePlural if negated => "en",
        IndefinitePlural | Two | Three => {
            if case == Dative {
                "en"
            } else {
                "e"
            }
        }
    };
    let adjective = phrase.adjective.map(|adjective| format!("{}{ending}", adjective.german)).unwrap_or_default();
    join([article, adjective, noun(phrase.noun, plural, case)])
}

fn definite(phrase: &NounPhrase, case: Case) -> &'static str {
    match (phrase.is_plural(), case, phrase.noun.gender) {
        (true, Dative, _) => "den",
        (true, _, _) => "die",
        (_, Nominative, Gender::Masculine) => "der",
        (_, Accusative, Gender::Masculine) => "den",
        (_, Dative, Gender::Feminine) => "der",
        (_, Dative, _) => "dem",
        (_, _, Gender::Feminine) => "die",
        (_, _, Gender::Neuter) => "das",
    }
}

fn ending_of_ein(gender: Gender, case: Case) -> &'static str {
    match (case, gender) {
        (Nominative, Gender::Masculine) | (Nominative | Accusative, Gender::Neuter) => "",
        (Nominative | Accusative, Gender::Feminine) => "e",
        (Accusative, Gender::Masculine) => "en",
        (Dative, Gender::Feminine) => "er",
        (Dative, _) => "em",
    }
}

fn noun(noun: &Noun, plural: bool, case: Case) -> String {
    match (plural, case) {
        (true, Dative) if !noun.plural.ends_with(['n', 's']) => format!("{}n", noun.plural),
        (true, _) => noun.plural.to_string(),
        // The other cases of a weak noun are its plural.
        (false, Accusative | Dative) if noun.weak => noun.plural.to_string(),
        (false, _) => noun.german.to_string(),
    }
}
