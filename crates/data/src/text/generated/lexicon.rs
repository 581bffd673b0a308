//! The words of the generated language.

/// What a noun stands for: verbs and adjectives choose by it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Class {
    Person,
    Animal,
    Thing,
    Food,
    Text,
}
use Class::{Animal, Food, Person, Text, Thing};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Gender {
    Masculine,
    Feminine,
    Neuter,
}
use Gender::{Feminine, Masculine, Neuter};

#[derive(Debug)]
pub(super) struct Noun {
    pub(super) german: &'static str,
    pub(super) plural: &'static str,
    pub(super) gender: Gender,
    /// Whether it ends in -n in all cases but the nominative.
    pub(super) weak: bool,
    pub(super) english: &'static str,
    pub(super) english_plural: &'static str,
    pub(super) class: Class,
}

const fn noun(gender: Gender, class: Class, german: [&'static str; 2], english: [&'static str; 2]) -> Noun {
    let ([german, plural], [english, english_plural]) = (german, english);
    Noun { german, plural, gender, weak: false, english, english_plural, class }
}

const fn weak(class: Class, german: [&'static str; 2], english: [&'static str; 2]) -> Noun {
    Noun { weak: true, ..noun(Masculine, class, german, english) }
}

pub(super) const NOUNS: &[Noun] = &[
    noun(Masculine, Person, ["Mann", "Männer"], ["man", "men"]),
    noun(Feminine, Person, ["Frau", "Frauen"], ["woman", "women"]),
    weak(Person, ["Junge", "Jungen"], ["boy", "boys"]),
    noun(Neuter, Person, ["Mädchen", "Mädchen"], ["girl", "girls"]),
    noun(Neuter, Person, ["Kind", "Kinder"], ["child", "children"]),
    noun(Masculine, Person, ["Lehrer", "Lehrer"], ["teacher", "teachers"]),
    noun(Feminine, Person, ["Ärztin", "Ärztinnen"], ["doctor", "doctors"]),
    noun(Masculine, Person, ["Koch", "Köche"], ["cook", "cooks"]),
    noun(Feminine, Person, ["Nachbarin", "Nachbarinnen"], ["neighbor", "neighbors"]),
    noun(Masculine, Person, ["Bruder", "Brüder"], ["brother", "brothers"]),
    noun(Feminine, Person, ["Schwester", "Schwestern"], ["sister", "sisters"]),
    noun(Masculine, Person, ["Gärtner", "Gärtner"], ["gardener", "gardeners"]),
    noun(Feminine, Person, ["Großmutter", "Großmütter"], ["grandmother", "grandmothers"]),
    weak(Person, ["Student", "Studenten"], ["student", "students"]),
    noun(Masculine, Animal, ["Hund", "Hunde"], ["dog", "dogs"]),
    noun(Feminine, Animal, ["Katze", "Katzen"], ["cat", "cats"]),
    noun(Neuter, Animal, ["Pferd", "Pferde"], ["horse", "horses"]),
    noun(Masculine, Animal, ["Vogel", "Vögel"], ["bird", "birds"]),
    noun(Feminine, Animal, ["Ente", "Enten"], ["duck", "ducks"]),
    noun(Masculine, Thing, ["Ball", "Bälle"], ["ball", "balls"]),
    noun(Masculine, Thing, ["Schlüssel", "Schlüssel"], ["key", "keys"]),
    noun(Masculine, Thing, ["Koffer", "Koffer"], ["suitcase", "suitcases"]),
    noun(Feminine, Thing, ["Tasche", "Taschen"], ["bag", "bags"]),
    noun(Feminine, Thing, ["Lampe", "Lampen"], ["lamp", "lamps"]),
    noun(Feminine, Thing, ["Uhr", "Uhren"], ["clock", "clocks"]),
    noun(Neuter, Thing, ["Bild", "Bilder"], ["picture", "pictures"]),
    noun(Neuter, Thing, ["Hemd", "Hemden"], ["shirt", "shirts"]),
    noun(Masculine, Food, ["Apfel", "Äpfel"], ["apple", "apples"]),
    noun(Masculine, Food, ["Kuchen", "Kuchen"], ["cake", "cakes"]),
    noun(Feminine, Food, ["Suppe", "Suppen"], ["soup", "soups"]),
    noun(Feminine, Food, ["Birne", "Birnen"], ["pear", "pears"]),
    noun(Neuter, Food, ["Ei", "Eier"], ["egg", "eggs"]),
    noun(Masculine, Text, ["Brief", "Briefe"], ["letter", "letters"]),
    noun(Feminine, Text, ["Zeitung", "Zeitungen"], ["newspaper", "newspapers"]),
    noun(Neuter, Text, ["Buch", "Bücher"], ["book", "books"]),
];

#[derive(Debug)]
pub(super) struct Adjective {
    /// Without ending.
    pub(super) german: &'static str,
    pub(super) english: &'static str,
    pub(super) classes: &'static [Class],
}

const fn adjective(german: &'static str, english: &'static str, classes: &'static [Class]) -> Adjective {
    Adjective { german, english, classes }
}

pub(super) const ADJECTIVES: &[Adjective] = &[
    adjective("alt", "old", &[Person, Animal, Thing, Text]),
    adjective("jung", "young", &[Person, Animal]),
    adjective("klein", "little", &[Person, Animal, Thing, Text]),
    adjective("müd", "tired", &[Person, Animal]),
    adjective("hungrig", "hungry", &[Person, Animal]),
    adjective("freundlich", "friendly", &[Person]),
    adjective("krank", "sick", &[Person, Animal]),
    adjective("klug", "clever", &[Person, Animal]),
    adjective("groß", "big", &[Animal, Thing, Food]),
    adjective("neu", "new", &[Thing, Text]),
    adjective("rot", "red", &[Thing]),
    adjective("blau", "blue", &[Thing]),
    adjective("schwer", "heavy", &[Thing]),
    adjective("schön", "beautiful", &[Thing]),
    adjective("lang", "long", &[Text]),
    adjective("frisch", "fresh", &[Food]),
    adjective("kalt", "cold", &[Food]),
    adjective("weiß", "white", &[Animal, Thing]),
];

/// What a verb needs besides its subject.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Frame {
    /// Nothing; the subject may be an animal.
    Nothing,
    Accusative(&'static [Class]),
    /// A person in the dative.
    Dative,
    /// Something in the accusative for a person in the dative.
    Both(&'static [Class]),
}
use Frame::{Accusative, Both, Dative, Nothing};

#[derive(Debug)]
pub(super) struct Verb {
    /// What stands apart in main clauses; may be empty.
    pub(super) prefix: &'static str,
    /// Without prefix; the plural of the present is the same.
    pub(super) infinitive: &'static str,
    /// The third person of the present, without prefix.
    pub(super) third: &'static str,
    pub(super) participle: &'static str,
    /// Whether the perfect is formed with `sein`.
    pub(super) with_sein: bool,
    /// The base form, the third person, the past.
    pub(super) english: [&'static str; 3],
    pub(super) frame: Frame,
    /// Whether one does it in some manner, and in some place.
    pub(super) manner: bool,
    pub(super) place: bool,
}

const fn verb(frame: Frame, german: [&'static str; 4], english: [&'static str; 3]) -> Verb {
    let [prefix, infinitive, third, participle] = german;
    Verb { prefix, infinitive, third, participle, with_sein: false, english, frame, manner: true, place: true }
}

/// A verb of a change, which happens in no particular manner and place.
const fn change(german: [&'static str; 4], english: [&'static str; 3]) -> Verb {
    Verb { with_sein: true, manner: false, place: false, ..verb(Nothing, german, english) }
}

/// Something that happens to people rather than in some manner.
const fn passive(verb: Verb) -> Verb {
    Verb { manner: false, ..verb }
}

const SOLID: &[Class] = &[Thing, Text];

pub(super) const VERBS: &[Verb] = &[
    passive(verb(Nothing, ["", "schlafen", "schläft", "geschlafen"], ["sleep", "sleeps", "slept"])),
    passive(verb(Nothing, ["", "warten", "wartet", "gewartet"], ["wait", "waits", "waited"])),
    verb(Nothing, ["", "spielen", "spielt", "gespielt"], ["play", "plays", "played"]),
    verb(Dative, ["", "helfen", "hilft", "geholfen"], ["help", "helps", "helped"]),
    passive(verb(Dative, ["", "danken", "dankt", "gedankt"], ["thank", "thanks", "thanked"])),
    change(["auf", "wachen", "wacht", "aufgewacht"], ["wake up", "wakes up", "woke up"]),
    change(["ein", "schlafen", "schläft", "eingeschlafen"], ["fall asleep", "falls asleep", "fell asleep"]),
    change(["zurück", "kommen", "kommt", "zurückgekommen"], ["come back", "comes back", "came back"]),
    verb(Accusative(&[Text]), ["", "lesen", "liest", "gelesen"], ["read", "reads", "read"]),
    verb(Accusative(&[Food]), ["", "essen", "isst", "gegessen"], ["eat", "eats", "ate"]),
    verb(Accusative(&[Animal]), ["", "füttern", "füttert", "gefüttert"], ["feed", "feeds", "fed"]),
    verb(Accusative(&[Animal]), ["", "streicheln", "streichelt", "gestreichelt"], ["stroke", "strokes", "stroked"]),
    verb(Accusative(&[Person, Animal, Thing]), ["", "malen", "malt", "gemalt"], ["paint", "paints", "painted"]),
    passive(verb(Accusative(&[Person, Animal, Thing]), ["", "sehen", "sieht", "gesehen"], ["see", "sees", "saw"])),
    passive(verb(Accusative(SOLID), ["", "finden", "findet", "gefunden"], ["find", "finds", "found"])),
    verb(
        Accusative(&[Person, Thing, Text]),
        ["", "suchen", "sucht", "gesucht"],
        ["look for", "looks for", "looked for"],
    ),
    verb(Accusative(&[Thing, Text, Food]), ["", "kaufen", "kauft", "gekauft"], ["buy", "buys", "bought"]),
    verb(Accusative(SOLID), ["", "verstecken", "versteckt", "versteckt"], ["hide", "hides", "hid"]),
    verb(Accusative(SOLID), ["ein", "packen", "packt", "eingepackt"], ["pack", "packs", "packed"]),
    verb(Accusative(SOLID), ["weg", "werfen", "wirft", "weggeworfen"], ["throw away", "throws away", "threw away"]),
    verb(Accusative(&[Person, Thing]), ["ab", "holen", "holt", "abgeholt"], ["pick up", "picks up", "picked up"]),
    verb(
        Accusative(&[Person, Animal, Thing]),
        ["an", "schauen", "schaut", "angeschaut"],
        ["look at", "looks at", "looked at"],
    ),
    passive(verb(Accusative(&[Person]), ["an", "rufen", "ruft", "angerufen"], ["call", "calls", "called"])),
    verb(Both(&[Thing, Text, Food]), ["", "geben", "gibt", "gegeben"], ["give", "gives", "gave"]),
    verb(Both(&[Animal, Thing, Text]), ["", "zeigen", "zeigt", "gezeigt"], ["show", "shows", "showed"]),
    verb(Both(&[Thing, Text, Food]), ["", "bringen", "bringt", "gebracht"], ["bring", "brings", "brought"]),
    verb(Both(SOLID), ["zurück", "geben", "gibt", "zurückgegeben"], ["give back", "gives back", "gave back"]),
];

#[derive(Debug)]
pub(super) struct Modal {
    /// The third person, and the plural.
    pub(super) german: [&'static str; 2],
    /// What goes with a form of `do` in negations and questions, if it is a verb phrase.
    pub(super) english: [&'static str; 2],
    pub(super) with_do: bool,
}

pub(super) const MODALS: &[Modal] = &[
    Modal { german: ["kann", "können"], english: ["can", "can"], with_do: false },
    Modal { german: ["muss", "müssen"], english: ["has to", "have to"], with_do: true },
    Modal { german: ["will", "wollen"], english: ["wants to", "want to"], with_do: true },
    Modal { german: ["soll", "sollen"], english: ["should", "should"], with_do: false },
    Modal { german: ["darf", "dürfen"], english: ["may", "may"], with_do: false },
];

#[derive(Debug)]
pub(super) struct Time {
    pub(super) german: &'static str,
    pub(super) english: &'static str,
    /// Whether it goes with present, perfect, and modal verbs.
    pub(super) tenses: [bool; 3],
    pub(super) with_negation: bool,
}

const fn time(german: &'static str, english: &'static str, tenses: [bool; 3], with_negation: bool) -> Time {
    Time { german, english, tenses, with_negation }
}

pub(super) const TIMES: &[Time] = &[
    time("heute", "today", [true; 3], true),
    time("gestern", "yesterday", [false, true, false], true),
    time("morgen", "tomorrow", [false, false, true], true),
    time("jeden Tag", "every day", [true; 3], false),
    time("am Abend", "in the evening", [true; 3], true),
    time("am Montag", "on Monday", [true; 3], true),
    time("oft", OFTEN, [true, true, false], false),
];

/// Stands in front of the verb.
pub(super) const OFTEN: &str = "often";

pub(super) const MANNERS: &[[&str; 2]] = &[
    ["schnell", "quickly"],
    ["langsam", "slowly"],
    ["vorsichtig", "carefully"],
    ["leise", "quietly"],
    ["heimlich", "secretly"],
    ["fröhlich", "cheerfully"],
];

pub(super) const PLACES: &[[&str; 2]] = &[
    ["im Garten", "in the garden"],
    ["in der Küche", "in the kitchen"],
    ["im Park", "in the park"],
    ["in der Schule", "at the school"],
    ["am Fluss", "by the river"],
    ["auf der Straße", "in the street"],
    ["im Zug", "on the train"],
    ["vor dem Haus", "in front of the house"],
    ["hinter der Kirche", "behind the church"],
    ["am Strand", "on the beach"],
];

/// Verbs of saying and thinking, in the third person and the plural.
pub(super) const MATRIX: &[[[&str; 2]; 2]] = &[
    [["sagt", "sagen"], ["says", "say"]],
    [["glaubt", "glauben"], ["believes", "believe"]],
    [["weiß", "wissen"], ["knows", "know"]],
    [["hofft", "hoffen"], ["hopes", "hope"]],
    [["hört", "hören"], ["hears", "hear"]],
];
