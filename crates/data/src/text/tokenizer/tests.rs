//! Numbers of sentences, and files of tokenizers.

use super::*;
use crate::text::{PAD, SOS};
use tempfile::TempDir;

fn small() -> Tokenizer {
    Tokenizer::words(["Der Hund (dort) sieht den Hund.", "Der Hund!"], true, 1)
}

/// What loading a file of these contents says.
fn message(contents: &str) -> String {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("words.json");
    std::fs::write(&path, contents).unwrap();
    let message = Tokenizer::load(&path).unwrap_err().to_string();
    let (before, after) = message.split_once(": ").unwrap();
    assert!(before.ends_with(&path.display().to_string()), "{message}");
    after.to_string()
}

#[test]
fn numbers_are_those_of_words() {
    let tokenizer = small();
    let numbers = tokenizer.encode("Der HUND sieht den Mond.");
    let words: Vec<&str> = numbers.iter().map(|&number| tokenizer.vocabulary().token(number)).collect();
    assert_eq!(words, ["der", "hund", "sieht", "den", "<unk>", "."]);
    assert_eq!(tokenizer.tokens("Der Mond"), ["der", "mond"]);
    assert_eq!(tokenizer.encode("<pad> <eos>").iter().filter(|&&number| number != UNK).count(), 0);
}

#[test]
fn sentences_end_where_they_end() {
    let tokenizer = small();
    let mut numbers = vec![SOS];
    numbers.extend(tokenizer.encode("Der Hund (dort)!"));
    numbers.extend([EOS, PAD, 4, UNK]);
    assert_eq!(tokenizer.decode(&numbers), "der hund (dort)!");
    assert_eq!(tokenizer.decode(&[UNK, PAD, UNK]), "<unk> <unk>");
}

#[test]
fn a_file_restores_a_tokenizer() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("words.json");
    for lower_case in [true, false] {
        let tokenizer = Tokenizer::words(["\"Größe\" \\ x"], lower_case, 1);
        std::fs::write(&path, tokenizer.to_json()).unwrap();
        let loaded = Tokenizer::load(&path).unwrap();
        assert_eq!((loaded.lower_case(), loaded.vocabulary()), (lower_case, tokenizer.vocabulary()));
        assert_eq!(loaded.fingerprint(), tokenizer.fingerprint());
        loaded.expect(tokenizer.fingerprint(), &path).unwrap();
    }
}

#[test]
fn another_vocabulary_is_recognized() {
    let (tokenizer, path) = (small(), Path::new("words.json"));
    let others = [
        Tokenizer::words(["Der Hund (dort) sieht den Hund."], true, 1),
        Tokenizer::words(["Der Hund (dort) sieht den Hund.", "Der Hund!"], false, 1),
    ];
    for other in others {
        let error = tokenizer.expect(other.fingerprint(), path).unwrap_err();
        assert!(matches!(error, DataError::OtherVocabulary { found, .. } if found == tokenizer.fingerprint()));
        assert!(error.to_string().contains("of 13 tokens; use the file"), "{error}");
    }
    // The border between tokens matters.
    let [a, b] = ["ab c", "a bc"].map(|text| Tokenizer::words([text], true, 1).fingerprint());
    assert_ne!(a, b);
}

#[test]
fn what_is_no_tokenizer_is_refused() {
    let json = small().to_json();
    assert!(message("der\nhund\n").starts_with("contents: expected the JSON of a tokenizer, found none: "));
    assert!(message("{}").contains("missing field `format`"));
    assert!(
        message(&json.replace(FORMAT, "other 1")).starts_with("format: expected retrograde tokenizer 1, found other 1")
    );
    assert!(message(&json.replace("\"hund\"", "\"katze\"")).starts_with("fingerprint of what is in it: expected "));
    let repeated = Contents { tokens: vec!["a".into(), "a".into()], ..small().contents() };
    let repeated = Contents { fingerprint: format!("{:016x}", repeated.fingerprint()), ..repeated };
    assert!(
        message(&serde_json::to_string(&repeated).unwrap()).starts_with("tokens: expected each once, found a twice")
    );
    let pieces = Contents { pieces: "syllables".into(), ..small().contents() };
    let pieces = Contents { fingerprint: format!("{:016x}", pieces.fingerprint()), ..pieces };
    assert!(message(&serde_json::to_string(&pieces).unwrap()).contains(", found syllables"));
}
