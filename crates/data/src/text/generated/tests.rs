//! The grammar, and what it demands of a translator.

use super::*;
use crate::text::{Bleu, join_words, normalize, words};
use std::collections::{BTreeSet, HashMap};

fn sentences(count: u64) -> impl Iterator<Item = Sentence> {
    (0..count).map(|number| Choose(&mut Random::new(5, 0, SENTENCES + number)).sentence())
}

#[test]
fn sentences_are_the_same_on_every_machine() {
    let pairs = generated_pairs_of(3, [400, 2, 2]);
    let text: String = pairs.train.pairs.iter().map(|pair| format!("{}\t{}\n", pair.source, pair.target)).collect();
    // Read by people, one by one, for grammar and sense.
    for line in [
        "Drei kranke Männer finden Taschen.\tThree sick men find bags.\n",
        "Gestern ist ein kleiner Koch aufgewacht.\tA little cook woke up yesterday.\n",
        "Zwei freundliche Schwestern werfen die Bücher weg.\tTwo friendly sisters throw away the books.\n",
        "Die Köche können der Ärztin nicht danken.\tThe cooks cannot thank the doctor.\n",
        "Drei Gärtner müssen keine große Tasche einpacken.\tThree gardeners do not have to pack a big bag.\n",
        "Wacht der junge Junge am Montag auf?\tDoes the young boy wake up on Monday?\n",
        "Die Frau hofft, dass die Großmutter das Bild nicht findet.\t\
         The woman hopes that the grandmother does not find the picture.\n",
        "Zwei Kinder haben der Ärztin geholfen, weil die freundlichen Ärztinnen das Ei essen.\t\
         Two children helped the doctor because the friendly doctors eat the egg.\n",
        "Die freundliche Nachbarin, die das neue Buch wegwerfen will, hat einen Apfel gekauft.\t\
         The friendly neighbor who wants to throw away the new book bought an apple.\n",
        "Der Koch, den das Mädchen gemalt hat, muss aufwachen.\tThe cook that the girl painted has to wake up.\n",
        "In der Schule hat die hungrige Schwester heute den müden Männern geholfen.\t\
         The hungry sister helped the tired men at the school today.\n",
        "Der junge Lehrer hat dem Bruder jeden Tag im Zug zwei Uhren gezeigt.\t\
         The young teacher showed two clocks to the brother on the train every day.\n",
    ] {
        assert!(text.contains(line), "{line}is missing in\n{text}");
    }
    let again = generated_pairs_of(3, [500, 2, 3]);
    assert_eq!((&again.train.pairs[..400], &again.test.pairs[..2]), (&pairs.train.pairs[..], &pairs.test.pairs[..]));
    assert_ne!(generated_pairs_of(4, [400, 2, 2]).train, pairs.train);
}

#[test]
fn a_sentence_has_one_translation() {
    let mut translations = HashMap::new();
    for sentence in sentences(60_000) {
        let Pair { source, target } = pair(&sentence);
        let known = translations.entry(source.clone()).or_insert_with(|| target.clone());
        assert_eq!(*known, target, "{source}");
        let text = format!("{source} {target}");
        assert!(!text.contains("  ") && !text.contains(" .") && !text.contains(" ,"), "{text}");
    }
}

#[test]
fn parts_share_no_combination_of_content_words() {
    let pairs = generated_pairs();
    let parts = [&pairs.train, &pairs.validation, &pairs.test];
    assert_eq!(parts.map(|part| part.pairs.len()), SIZES);
    let part_of_text: HashMap<&str, usize> =
        (0..3).flat_map(|part| parts[part].pairs.iter().map(move |pair| (pair.source.as_str(), part))).collect();
    assert_eq!(part_of_text.len(), SIZES.iter().sum::<usize>(), "all are distinct");
    let (mut parts_of_content, mut found) = (HashMap::new(), 0);
    for number in 0..50_000 {
        let sentence = Choose(&mut Random::new(SEED, 0, SENTENCES + number)).sentence();
        if let Some(&part) = part_of_text.get(pair(&sentence).source.as_str()) {
            let content = sentence.content();
            found += 1;
            assert_eq!(*parts_of_content.entry(content.clone()).or_insert(part), part, "{content:?}");
        }
    }
    assert!(found > 32_000, "{found}");
}

#[test]
fn a_few_hundred_words_in_sentences_of_4_to_14() {
    let pairs = generated_pairs();
    let (mut german, mut english, mut lengths) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
    for pair in &pairs.train.pairs {
        for (text, seen) in [(&pair.source, &mut german), (&pair.target, &mut english)] {
            let all: Vec<&str> = words(text).collect();
            lengths.insert(all.iter().filter(|word| word.chars().all(char::is_alphabetic)).count());
            seen.extend(all.into_iter().map(|word| normalize(word, true)));
        }
    }
    assert_eq!((lengths.first(), lengths.last()), (Some(&4), Some(&14)));
    assert!((250..500).contains(&german.len()), "{}", german.len());
    assert!((180..350).contains(&english.len()), "{}", english.len());
}

#[test]
fn every_construction_occurs() {
    let mut counts = [0; 6];
    for sentence in sentences(2000) {
        counts[match sentence {
            Sentence::Statement(..) => 0,
            Sentence::Question(_) => 1,
            Sentence::Because(..) => 2,
            Sentence::That { .. } => 3,
            Sentence::Who(..) => 4,
            Sentence::Whom(..) => 5,
        }] += 1;
    }
    assert!(counts.iter().all(|&count| count >= 5), "{counts:?}");
}

/// The likeliest word for each word, by five rounds of the first model of Brown, Della Pietra, Della Pietra and Mercer 1993,
/// *The mathematics of statistical machine translation*.
fn likeliest(pairs: &[[Vec<String>; 2]]) -> HashMap<&str, &str> {
    let mut table: HashMap<(&str, &str), f64> = HashMap::new();
    for _ in 0..5 {
        let mut counts: HashMap<(&str, &str), f64> = HashMap::new();
        let mut totals: HashMap<&str, f64> = HashMap::new();
        for [german, english] in pairs {
            for e in english {
                let weight = |g: &String| table.get(&(g, e)).copied().unwrap_or(f64::from(u8::from(table.is_empty())));
                let sum: f64 = german.iter().map(weight).sum();
                for g in german {
                    *counts.entry((g, e)).or_default() += weight(g) / sum;
                    *totals.entry(g).or_default() += weight(g) / sum;
                }
            }
        }
        counts.iter_mut().for_each(|((g, _), count)| *count /= totals[g]);
        table = counts;
    }
    let mut best: HashMap<&str, (&str, f64)> = HashMap::new();
    for (&(g, e), &p) in &table {
        let known = best.entry(g).or_insert((e, p));
        if (p, e) > (known.1, known.0) {
            *known = (e, p);
        }
    }
    best.into_iter().map(|(g, (e, _))| (g, e)).collect()
}

#[test]
fn word_for_word_is_not_enough() {
    let pairs = generated_pairs_of(SEED, [5000, 0, 500]);
    let split = |text: &str| words(&normalize(text, true)).map(str::to_string).collect::<Vec<_>>();
    let train: Vec<[Vec<String>; 2]> =
        pairs.train.pairs.iter().map(|pair| [split(&pair.source), split(&pair.target)]).collect();
    let dictionary = likeliest(&train);
    for (german, english) in [("hund", "dog"), ("männer", "men"), ("montag", "monday"), ("weil", "because")] {
        assert_eq!(dictionary[german], english);
    }
    let translate = |pair: &Pair| {
        let source = split(&pair.source);
        join_words(source.iter().map(|word| dictionary.get(word.as_str()).copied().unwrap_or("?")))
    };
    let hypotheses: Vec<String> = pairs.test.pairs.iter().map(translate).collect();
    let references: Vec<&String> = pairs.test.pairs.iter().map(|pair| &pair.target).collect();
    let score = Bleu { lower_case: true }.corpus(&hypotheses, &references);
    assert!((10.0..40.0).contains(&score.score), "{score}");
}
