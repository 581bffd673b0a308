//! The tokenization 13a of NIST's mteval, which BLEU scores of publications are based on.

use std::borrow::Cow;

/// Splits a sentence as the script `mteval-v13a.pl` does for languages of the West: symbols and punctuation stand apart,
/// but for apostrophes, hyphens that follow no digit, and periods and commas between digits.
///
/// ```
/// use retrograde_data::text::tokenize_13a;
/// let tokens = tokenize_13a("It's \"1,000.5\", e.g. (5-6).");
/// let expected = ["It's", "\"", "1,000.5", "\"", ",", "e", ".", "g", ".", "(", "5", "-", "6", ")", "."];
/// assert_eq!(tokens, expected);
/// ```
pub fn tokenize_13a(sentence: &str) -> Vec<String> {
    let line = sentence.trim_end_matches(is_space);
    let line = line.replace("<skipped>", "").replace("-\n", "").replace('\n', " ");
    let line = format!(" {} ", unescaped(&line));
    let line = symbols_apart(&line);
    let line = after_no_digit(&line);
    let line = before_no_digit(&line);
    dash_after_digit(&line).split(is_space).filter(|token| !token.is_empty()).map(str::to_string).collect()
}

/// White space as Python splits at it: Unicode's, and four control characters that separate records.
pub(super) fn is_space(c: char) -> bool {
    c.is_whitespace() || ('\u{1c}'..='\u{1f}').contains(&c)
}

fn unescaped(line: &str) -> Cow<'_, str> {
    if !line.contains('&') {
        return line.into();
    }
    // In this order, one after the other, as the script has it: `&amp;lt;` becomes `<`.
    line.replace("&quot;", "\"").replace("&amp;", "&").replace("&lt;", "<").replace("&gt;", ">").into()
}

/// ASCII symbols apart from what is beside them. Apostrophe, comma, hyphen and period are not among them.
fn symbols_apart(line: &str) -> String {
    let mut out = String::with_capacity(2 * line.len());
    for c in line.chars() {
        if matches!(c, ' '..='&' | '('..='+' | '/' | ':'..='@' | '['..='`' | '{'..='~') {
            out.extend([' ', c, ' ']);
        } else {
            out.push(c);
        }
    }
    out
}

/// Period and comma apart where no digit is before them.
fn after_no_digit(line: &str) -> String {
    in_pairs(line, |a, b| !a.is_ascii_digit() && matches!(b, '.' | ','), |a, b, out| out.extend([a, ' ', b, ' ']))
}

/// Period and comma apart where no digit is behind them.
fn before_no_digit(line: &str) -> String {
    in_pairs(line, |a, b| matches!(a, '.' | ',') && !b.is_ascii_digit(), |a, b, out| out.extend([' ', a, ' ', b]))
}

/// A hyphen apart where a digit is before it.
fn dash_after_digit(line: &str) -> String {
    in_pairs(line, |a, b| a.is_ascii_digit() && b == '-', |a, b, out| out.extend([a, ' ', b, ' ']))
}

/// Replaces pairs of neighbors from left to right; a character that belonged to a pair belongs to no other.
fn in_pairs(line: &str, is_one: impl Fn(char, char) -> bool, replace: impl Fn(char, char, &mut String)) -> String {
    let mut out = String::with_capacity(2 * line.len());
    let mut rest = line.chars();
    while let Some(a) = rest.next() {
        match rest.clone().next() {
            Some(b) if is_one(a, b) => {
                rest.next();
                replace(a, b, &mut out);
            }
            _ => out.push(a),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(sentence: &str, expected: &str) {
        assert_eq!(tokenize_13a(sentence).join(" "), expected, "{sentence}");
    }

    #[test]
    fn punctuation() {
        check("", "");
        check(" \t a  b\u{a0}c ", "a b c");
        check("Hello, world!", "Hello , world !");
        check("1,000.5 or .5 or 5.", "1,000.5 or . 5 or 5 .");
        check("a well-known 5-year-old", "a well-known 5 - year-old");
        check("don't 'quote' me", "don't 'quote' me");
        check("a/b [c] {d} x_y 50%", "a / b [ c ] { d } x _ y 50 %");
        check("&quot;R&amp;D&quot; &lt;b&gt; &amp;lt;", "\" R & D \" < b > <");
        check("wait... what,.,x", "wait . . . what , . , x");
        check("„Größe“ – 3,5 €", "„Größe“ – 3,5 €");
        check("<skipped>one-\ntwo\nthree", "onetwo three");
    }
}
