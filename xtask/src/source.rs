//! Rust source as text, with comments, strings and code told apart. Not a parser: enough to look for words where they mean
//! something.

use std::ops::Range;

/// What a byte of source belongs to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Kind {
    Code,
    Comment,
    /// The quotes count as code, what they enclose as text.
    Text,
}

/// A Rust file, with what each of its bytes belongs to.
pub(crate) struct Source {
    text: String,
    code: String,
    comments: String,
}

impl Source {
    /// Reads `text`.
    pub(crate) fn new(text: &str) -> Source {
        let kinds = classify(text.as_bytes());
        let only = |wanted: Kind| -> String {
            // Blanks keep the positions, and a byte for a byte keeps them equal in all three.
            let keep = |(&byte, &kind): (&u8, &Kind)| match byte {
                b'\n' => '\n',
                _ if kind == wanted && byte.is_ascii() => char::from(byte),
                _ => ' ',
            };
            text.as_bytes().iter().zip(&kinds).map(keep).collect()
        };
        Source { code: only(Kind::Code), comments: only(Kind::Comment), text: text.to_string() }
    }

    /// The file as it is.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// The code alone: comments, and what quotes enclose, are blanks. Positions are those of the file.
    pub(crate) fn code(&self) -> &str {
        &self.code
    }

    /// The comments alone, documentation included.
    pub(crate) fn comments(&self) -> &str {
        &self.comments
    }

    /// What the quotes within a part of the file enclose.
    pub(crate) fn literals(&self, part: Range<usize>) -> Vec<&str> {
        let mut quotes = self.code[part.clone()].match_indices('"').map(|(at, _)| part.start + at);
        let mut found = Vec::new();
        while let (Some(open), Some(close)) = (quotes.next(), quotes.next()) {
            found.push(&self.text[open + 1..close]);
        }
        found
    }

    /// Where the unit tests begin: at the first `#[cfg(test)]` that stands before a module with a body, which is the
    /// last item of a file; without one, the end of the file.
    pub(crate) fn tests_begin(&self) -> usize {
        let is_tests = |&(at, attribute): &(usize, &str)| {
            let after = self.code[at + attribute.len()..].trim_start();
            after.starts_with("mod ") && after.find('{') < after.find(';').or(Some(usize::MAX))
        };
        self.code.match_indices("#[cfg(test)]").find(is_tests).map_or(self.code.len(), |(at, _)| at)
    }

    /// The end of the bracketed group that opens at `open`, its closing bracket included.
    pub(crate) fn group_end(&self, open: usize) -> usize {
        let mut depth = 0usize;
        for (at, byte) in self.code.bytes().enumerate().skip(open) {
            match byte {
                b'{' | b'(' | b'[' => depth += 1,
                b'}' | b')' | b']' => depth = depth.saturating_sub(1),
                _ => continue,
            }
            if depth == 0 {
                return at + 1;
            }
        }
        self.code.len()
    }
}

/// The positions at which `word` stands as a word of its own.
pub(crate) fn words<'a>(text: &'a str, word: &'a str) -> impl Iterator<Item = usize> + 'a {
    let part_of_word = |byte: Option<&u8>| byte.is_some_and(|b| b.is_ascii_alphanumeric() || *b == b'_');
    text.match_indices(word).map(|(at, _)| at).filter(move |&at| {
        let bytes = text.as_bytes();
        let before = at.checked_sub(1).and_then(|at| bytes.get(at));
        !part_of_word(before) && !part_of_word(bytes.get(at + word.len()))
    })
}

/// The line of a position, counted from 1.
pub(crate) fn line_of(text: &str, at: usize) -> usize {
    text.as_bytes()[..at].iter().filter(|&&byte| byte == b'\n').count() + 1
}

fn classify(bytes: &[u8]) -> Vec<Kind> {
    let mut kinds = vec![Kind::Code; bytes.len()];
    let mut at = 0;
    while at < bytes.len() {
        let rest = &bytes[at..];
        let after_word = at > 0 && (bytes[at - 1].is_ascii_alphanumeric() || bytes[at - 1] == b'_');
        let (kind, part, next) = if rest.starts_with(b"//") {
            let end = rest.iter().position(|&b| b == b'\n').unwrap_or(rest.len());
            (Kind::Comment, 0..end, end)
        } else if rest.starts_with(b"/*") {
            let end = block_comment_end(rest);
            (Kind::Comment, 0..end, end)
        } else if let Some((open, hashes)) = raw_string(rest).filter(|_| !after_word) {
            let closing = [b"\"".as_slice(), &b"#".repeat(hashes)].concat();
            let end = rest[open..].windows(closing.len()).position(|w| w == closing).map_or(rest.len(), |n| open + n);
            (Kind::Text, open..end, (end + closing.len()).min(rest.len()))
        } else if rest[0] == b'"' {
            let end = quoted_end(rest, b'"');
            (Kind::Text, 1..end, (end + 1).min(rest.len()))
        } else if rest[0] == b'\'' && is_char_literal(rest) {
            let end = quoted_end(rest, b'\'');
            (Kind::Text, 1..end, (end + 1).min(rest.len()))
        } else {
            (Kind::Code, 0..1, 1)
        };
        kinds[at + part.start..at + part.end.max(part.start)].fill(kind);
        at += next;
    }
    kinds
}

/// The end of a block comment; they nest.
fn block_comment_end(bytes: &[u8]) -> usize {
    let (mut at, mut depth) = (0, 0);
    while at < bytes.len() {
        if bytes[at..].starts_with(b"/*") {
            depth += 1;
            at += 2;
        } else if bytes[at..].starts_with(b"*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return at;
            }
        } else {
            at += 1;
        }
    }
    bytes.len()
}

/// Where the text of a raw string begins, and its number of `#`.
fn raw_string(bytes: &[u8]) -> Option<(usize, usize)> {
    let prefix = [b"r".as_slice(), b"br", b"cr"].into_iter().find(|prefix| bytes.starts_with(prefix))?.len();
    let hashes = bytes[prefix..].iter().take_while(|&&b| b == b'#').count();
    (bytes.get(prefix + hashes) == Some(&b'"')).then_some((prefix + hashes + 1, hashes))
}

/// The position of the quote that closes the one at 0.
fn quoted_end(bytes: &[u8], quote: u8) -> usize {
    let mut at = 1;
    while at < bytes.len() && bytes[at] != quote {
        at += if bytes[at] == b'\\' { 2 } else { 1 };
    }
    at.min(bytes.len())
}

/// Whether a `'` opens a character, not a lifetime.
fn is_char_literal(bytes: &[u8]) -> bool {
    match bytes.get(1) {
        Some(b'\\') => true,
        Some(&first) => {
            let length = if first < 0x80 { 1 } else { first.leading_ones() as usize };
            bytes.get(1 + length) == Some(&b'\'')
        }
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_and_strings_are_not_code() {
        let text = "let a = \"one\"; // two\n/* three /* four */ five */ six(r#\"se\"ven\"#, '\"', b'\\'', \"e\\\"ight\"); 'nine: loop {}";
        let source = Source::new(text);
        for (word, code, comment) in [
            ("one", false, false),
            ("two", false, true),
            ("five", false, true),
            ("six", true, false),
            ("ven", false, false),
            ("ight", false, false),
            ("nine", true, false),
            ("loop", true, false),
        ] {
            assert_eq!(words(source.code(), word).count() == 1, code, "{word} in {:?}", source.code());
            assert_eq!(words(source.comments(), word).count() == 1, comment, "{word} in {:?}", source.comments());
        }
        assert_eq!(source.code().len(), text.len());
    }

    #[test]
    fn positions_survive_letters_of_several_bytes() {
        let source = Source::new("// −∞ ≤ x\nfn f<'é>() { g('∞') }");
        let at = words(source.code(), "g").next().unwrap();
        assert_eq!((line_of(source.text(), at), &source.text()[at..at + 2]), (2, "g("));
    }

    #[test]
    fn literals_and_groups() {
        let source = Source::new("f(\"a\", /* \"b\" */ [\"c\"]) \"d\"");
        assert_eq!(source.literals(1..source.group_end(1)), ["a", "c"]);
    }

    #[test]
    fn unit_tests_begin_at_their_module() {
        let source = Source::new("#[cfg(test)]\nmod far;\n#[cfg(test)]\nuse x;\n#[cfg(test)]\nmod near {\n}");
        assert_eq!(line_of(source.text(), source.tests_begin()), 5);
        assert_eq!(Source::new("fn f() {}").tests_begin(), 9);
    }
}
