//! Scores of translations: [`Bleu`] and [`Chrf`], the same numbers as sacrebleu's (Post 2018, *A call for clarity in
//! reporting BLEU scores*).
//!
//! Hypotheses and references are plain sentences, as people write them: each score splits them in its own way.
//!
//! ```
//! use retrograde_data::text::{Bleu, Chrf};
//! let (hypotheses, references) = (["The cat sat on a mat."], ["The cat sat on the mat."]);
//! let bleu = Bleu::default();
//! assert_eq!(format!("{:.2}", bleu.corpus(&hypotheses, &references).score), "48.89");
//! assert!(bleu.signature().starts_with("nrefs:1|case:mixed|eff:no|tok:13a|smooth:exp|"));
//! assert_eq!(format!("{:.2}", Chrf::default().corpus(&hypotheses, &references)), "65.80");
//! ```

mod bleu;
mod chrf;
mod tokenize;

pub use bleu::{Bleu, BleuScore};
pub use chrf::Chrf;
pub use tokenize::tokenize_13a;

/// Hypotheses with their references.
///
/// # Panics
/// When there are not as many of both.
#[track_caller]
fn pairs<'s>(
    hypotheses: &'s [impl AsRef<str>],
    references: &'s [impl AsRef<str>],
) -> impl Iterator<Item = (&'s str, &'s str)> {
    let (left, right) = (hypotheses.len(), references.len());
    assert!(left == right, "score: a reference for each hypothesis: left {left}, right {right}");
    hypotheses.iter().map(AsRef::as_ref).zip(references.iter().map(AsRef::as_ref))
}

/// How the case of letters is named in a signature.
fn case(lower_case: bool) -> &'static str {
    if lower_case { "lc" } else { "mixed" }
}
