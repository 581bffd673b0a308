//! What a sentence says, before it is said in any language.

use super::lexicon::{
    ADJECTIVES, Adjective, Class, Frame, Gender, MANNERS, MATRIX, MODALS, Modal, NOUNS, Noun, PLACES, TIMES, Time,
    VERBS, Verb,
};
use rand::RngExt;
use tape::Random;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Determiner {
    Definite,
    Indefinite,
    DefinitePlural,
    IndefinitePlural,
    Two,
    Three,
}

#[derive(Clone, Debug)]
pub(super) struct NounPhrase {
    pub(super) determiner: Determiner,
    pub(super) adjective: Option<&'static Adjective>,
    pub(super) noun: &'static Noun,
}

impl NounPhrase {
    pub(super) fn is_plural(&self) -> bool {
        !matches!(self.determiner, Determiner::Definite | Determiner::Indefinite)
    }

    pub(super) fn is_definite(&self) -> bool {
        matches!(self.determiner, Determiner::Definite | Determiner::DefinitePlural)
    }
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Tense {
    Present,
    /// The perfect of German, the past of English.
    Past,
    Modal(&'static Modal),
}

/// A clause. In German, `object` is in the case that the frame of the verb says, `recipient` in the dative.
#[derive(Clone, Debug)]
pub(super) struct Clause {
    pub(super) subject: NounPhrase,
    pub(super) verb: &'static Verb,
    pub(super) tense: Tense,
    pub(super) negated: bool,
    pub(super) object: Option<NounPhrase>,
    pub(super) recipient: Option<NounPhrase>,
    pub(super) time: Option<&'static Time>,
    pub(super) manner: Option<&'static [&'static str; 2]>,
    pub(super) place: Option<&'static [&'static str; 2]>,
}

/// What is in front of the verb of a German main clause.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Front {
    Subject,
    Time,
    Place,
}

#[derive(Clone, Debug)]
pub(super) enum Sentence {
    Statement(Clause, Front),
    Question(Clause),
    Because(Clause, Clause),
    That {
        speaker: NounPhrase,
        verb: &'static [[&'static str; 2]; 2],
        clause: Clause,
    },
    /// The subject of the first clause is that of the second, which describes it.
    Who(Clause, Clause),
    /// The subject of the first clause is the object of the second, which describes it: a masculine noun, since only its
    /// pronoun tells the accusative.
    Whom(Clause, Clause),
}

/// Random choices.
pub(super) struct Choose<'r>(pub(super) &'r mut Random);

impl Choose<'_> {
    fn below(&mut self, count: usize) -> usize {
        self.0.random_range(0..count as u32) as usize
    }

    /// True in so many of a hundred cases.
    fn percent(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    fn of<'t, T>(&mut self, list: &'t [T]) -> &'t T {
        &list[self.below(list.len())]
    }

    fn noun(&mut self, fits: impl Fn(&Noun) -> bool) -> &'static Noun {
        loop {
            let noun = self.of(NOUNS);
            if fits(noun) {
                return noun;
            }
        }
    }

    fn phrase(&mut self, noun: &'static Noun, determiners: &[Determiner], adjectives: usize) -> NounPhrase {
        let fitting: Vec<&Adjective> = ADJECTIVES.iter().filter(|a| a.classes.contains(&noun.class)).collect();
        let adjective = self.percent(adjectives).then(|| *self.of(&fitting));
        NounPhrase { determiner: *self.of(determiners), adjective, noun }
    }

    fn subject(&mut self, verb: &Verb) -> NounPhrase {
        use Determiner::{Definite, DefinitePlural, Indefinite, Three, Two};
        let animals = verb.frame == Frame::Nothing;
        let noun = self.noun(|noun| noun.class == Class::Person || animals && noun.class == Class::Animal);
        self.phrase(noun, &[Definite, Definite, Definite, Indefinite, DefinitePlural, DefinitePlural, Two, Three], 30)
    }

    /// A clause; in a short one are neither manner nor place, and rarely a time.
    fn clause(&mut self, short: bool) -> Clause {
        let verb = self.of(VERBS);
        let subject = self.subject(verb);
        self.predicate(subject, verb, short)
    }

    fn predicate(&mut self, subject: NounPhrase, verb: &'static Verb, short: bool) -> Clause {
        use Determiner::{Definite, DefinitePlural, Indefinite, IndefinitePlural, Two};
        let tense = match self.below(10) {
            0..=3 => Tense::Present,
            4..=6 => Tense::Past,
            _ => Tense::Modal(self.of(MODALS)),
        };
        let negated = self.percent(20);
        let mut object = None;
        let another = |noun: &Noun| noun.german != subject.noun.german;
        if let Frame::Accusative(classes) | Frame::Both(classes) = verb.frame {
            let noun = self.noun(|noun| classes.contains(&noun.class) && another(noun));
            let all = [Definite, Definite, Indefinite, Indefinite, DefinitePlural, IndefinitePlural, Two];
            // One does not deny a number.
            let determiners = if negated { &all[..6] } else { &all };
            object = Some(self.phrase(noun, determiners, 30));
        } else if verb.frame == Frame::Dative {
            let noun = self.noun(|noun| noun.class == Class::Person && another(noun));
            object = Some(self.phrase(noun, &[Definite, Definite, DefinitePlural], 30));
        }
        let recipient = matches!(verb.frame, Frame::Both(_)).then(|| {
            let noun = self.noun(|noun| noun.class == Class::Person && another(noun));
            self.phrase(noun, &[Definite, Definite, DefinitePlural], 20)
        });
        let column = match tense {
            Tense::Present => 0,
            Tense::Past => 1,
            Tense::Modal(_) => 2,
        };
        let times: Vec<&Time> = TIMES.iter().filter(|t| t.tenses[column] && (t.with_negation || !negated)).collect();
        let time = self.percent(if short { 15 } else { 55 }).then(|| *self.of(&times));
        // What is denied with these would be they alone.
        let detailed = !negated && !short;
        let manner = (detailed && verb.manner && self.percent(30)).then(|| self.of(MANNERS));
        let place = (detailed && verb.place && self.percent(45)).then(|| self.of(PLACES));
        Clause { subject, verb, tense, negated, object, recipient, time, manner, place }
    }

    pub(super) fn sentence(&mut self) -> Sentence {
        match self.below(100) {
            0..50 => {
                let clause = self.clause(false);
                let front = match self.below(10) {
                    0..=3 if clause.time.is_some() => Front::Time,
                    4..=5 if clause.place.is_some() => Front::Place,
                    _ => Front::Subject,
                };
                Sentence::Statement(clause, front)
            }
            50..60 => Sentence::Question(Clause { negated: false, ..self.clause(false) }),
            60..72 => Sentence::Because(self.clause(true), self.clause(true)),
            72..84 => {
                let noun = self.noun(|noun| noun.class == Class::Person);
                let speaker = self.phrase(noun, &[Determiner::Definite, Determiner::DefinitePlural], 20);
                Sentence::That { speaker, verb: self.of(MATRIX), clause: self.clause(true) }
            }
            84..93 => {
                let main = self.clause(true);
                let verb = self.of(VERBS);
                let animal = main.subject.noun.class == Class::Animal;
                if animal && verb.frame != Frame::Nothing {
                    return self.sentence();
                }
                let about = NounPhrase { adjective: None, ..main.subject.clone() };
                Sentence::Who(main, self.predicate(about, verb, true))
            }
            _ => loop {
                let (main, described) = (self.clause(true), self.clause(true));
                let head = &main.subject;
                let takes_it = matches!(described.verb.frame, Frame::Accusative(c) if c.contains(&head.noun.class));
                let tells = head.noun.gender == Gender::Masculine && !head.is_plural();
                if takes_it && tells && !described.negated && described.subject.noun.german != head.noun.german {
                    break Sentence::Whom(main, Clause { object: None, ..described });
                }
            },
        }
    }
}

impl Sentence {
    /// The content words: nouns, adjectives, verbs, and what tells time, manner and place; sorted, each once.
    pub(super) fn content(&self) -> Vec<String> {
        let mut words = Vec::new();
        match self {
            Sentence::Statement(clause, _) | Sentence::Question(clause) => clause.content(&mut words),
            Sentence::Because(a, b) | Sentence::Who(a, b) | Sentence::Whom(a, b) => {
                a.content(&mut words);
                b.content(&mut words);
            }
            Sentence::That { speaker, verb, clause } => {
                speaker.content(&mut words);
                words.push(verb[0][1].to_string());
                clause.content(&mut words);
            }
        }
        words.sort_unstable();
        words.dedup();
        words
    }
}

impl Clause {
    fn content(&self, words: &mut Vec<String>) {
        let Clause { subject, verb, object, recipient, time, manner, place, .. } = self;
        [Some(subject), object.as_ref(), recipient.as_ref()].into_iter().flatten().for_each(|np| np.content(words));
        words.push(format!("{}{}", verb.prefix, verb.infinitive));
        words.extend(time.map(|time| time.german.to_string()));
        words.extend([manner, place].into_iter().flatten().map(|[german, _]| german.to_string()));
    }
}

impl NounPhrase {
    fn content(&self, words: &mut Vec<String>) {
        words.push(self.noun.german.to_string());
        words.extend(self.adjective.map(|adjective| adjective.german.to_string()));
    }
}
