//! Sentences as words, and words as sentences.

use unicode_normalization::UnicodeNormalization;
use unicode_segmentation::UnicodeSegmentation;

/// A sentence in Unicode's normalization form C, in lower case if wanted: one way to write each letter.
///
/// ```
/// use retrograde_data::text::normalize;
/// assert_eq!(normalize("A\u{308}PFEL", true), "äpfel");
/// ```
pub fn normalize(sentence: &str, lower_case: bool) -> String {
    if lower_case { sentence.to_lowercase().nfc().collect() } else { sentence.nfc().collect() }
}

/// The words of a sentence, and its punctuation marks, each apart: what is between Unicode's word boundaries (UAX 29), but
/// for white space. Apostrophes and points inside of words and numbers belong to them, hyphens do not.
///
/// ```
/// use retrograde_data::text::words;
/// let found: Vec<&str> = words("It's 1,000.5 (T-Shirts)...").collect();
/// assert_eq!(found, ["It's", "1,000.5", "(", "T", "-", "Shirts", ")", ".", ".", "."]);
/// ```
pub fn words(sentence: &str) -> impl Iterator<Item = &str> {
    sentence.split_word_bounds().filter(|piece| !piece.trim().is_empty())
}

/// Marks that belong to what is before them.
const CLOSING: &str = ".,;:!?)]}%…”’»";

/// Marks that belong to what is behind them.
const OPENING: &str = "([{„‚«$£#";

/// Marks that belong to both sides.
const JOINING: &str = "-/";

/// A sentence of these words, with spaces where people write them: the inverse of [`words`] for ordinary sentences, as
/// scores need it. What words do not tell is decided by what is most frequent: a hyphen joins, straight quotation marks
/// open and close in turn, an apostrophe behind a plural is a genitive's.
///
/// ```
/// use retrograde_data::text::join_words;
/// let words = ["a", "\"", "well", "-", "known", "\"", "man", "(", "right", ")", ",", "50", "%", "."];
/// assert_eq!(join_words(words), "a \"well-known\" man (right), 50%.");
/// ```
pub fn join_words<S: AsRef<str>>(words: impl IntoIterator<Item = S>) -> String {
    let words: Vec<S> = words.into_iter().collect();
    let at = |index: usize| words.get(index).map_or("", AsRef::as_ref);
    // Those that still come and are not of a word like 70's.
    let mut apostrophes = (0..words.len()).filter(|&i| at(i) == "'" && at(i + 1) != "s").count();
    let mut sentence = String::new();
    // Whether something holds on to what comes next, and which quotation marks are open.
    let (mut holds, mut double, mut single, mut low) = (true, false, false, false);
    for i in 0..words.len() {
        let (word, next) = (at(i), at(i + 1));
        let is_one_of = |marks: &str| word.chars().count() == 1 && marks.contains(word);
        let between_digits =
            sentence.ends_with(|c: char| c.is_ascii_digit()) && next.starts_with(|c: char| c.is_ascii_digit());
        let (closes, opens) = match word {
            "\"" => toggle(&mut double),
            "'" if next == "s" && !single => (true, true),
            "'" => {
                apostrophes -= usize::from(next != "s");
                // A genitive's, if those behind it pair up.
                let genitive = !single && apostrophes.is_multiple_of(2) && sentence.ends_with('s');
                if genitive { (true, false) } else { toggle(&mut single) }
            }
            // It closes German quotations and opens English ones.
            "“" => {
                let closes = std::mem::replace(&mut low, false);
                (closes, !closes)
            }
            // A word to be completed, as in „Land- und Seeweg“.
            "-" if matches!(next, "und" | "oder") => (true, false),
            ":" if between_digits => (true, true),
            _ if is_one_of(JOINING) => (!sentence.is_empty(), true),
            _ => (is_one_of(CLOSING), is_one_of(OPENING)),
        };
        low |= word == "„";
        if !(holds || closes) {
            sentence.push(' ');
        }
        sentence.push_str(word);
        holds = opens;
    }
    sentence
}

/// Closes what is open, or opens it.
fn toggle(open: &mut bool) -> (bool, bool) {
    let closes = std::mem::replace(open, !*open);
    (closes, !closes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn ordinary_sentences_are_put_together_again() {
        for sentence in [
            "Ein Mann mit beginnender Glatze, der eine rote Rettungsweste trägt, sitzt in einem kleinen Boot.",
            "A man in a blue t-shirt (left) says: \"I'm here!\" and leaves...",
            "Er sagt „Guten Tag“ und geht.",
            "She says “good day” and pays $1,000.50 for 50% of it; why?",
            "The boys' ball isn't 'new'.",
            "Jackson's 'thriller' from the 70's at 11:27.",
            "Limonade- und Bierdosen: viele.",
            "",
        ] {
            assert_eq!(join_words(words(sentence)), sentence);
        }
    }

    #[test]
    fn combining_marks_stay_with_their_letters() {
        assert_eq!(words("cafe\u{301} e\u{301}te\u{301}").collect::<Vec<_>>(), ["cafe\u{301}", "e\u{301}te\u{301}"]);
        assert_eq!(normalize("Cafe\u{301}", false), "Café");
        assert_eq!(normalize("STRASSE Straße", true), "strasse straße");
    }

    proptest! {
        #[test]
        fn no_character_is_lost_but_white_space(sentence in any::<String>()) {
            let solid = |text: &str| text.chars().filter(|c| !c.is_whitespace()).collect::<String>();
            let found: Vec<&str> = words(&sentence).collect();
            prop_assert_eq!(solid(&found.concat()), solid(&sentence));
            prop_assert_eq!(solid(&join_words(found)), solid(&sentence));
        }

        #[test]
        fn normalizing_twice_is_normalizing_once(sentence in any::<String>(), lower_case in any::<bool>()) {
            let once = normalize(&sentence, lower_case);
            prop_assert_eq!(normalize(&once, lower_case), once);
        }
    }
}
