//! [`Chrf`]: matching n-grams of characters (Popović 2015, *chrF: character n-gram F-score for automatic MT evaluation*).

use super::tokenize::is_space;
use super::{case, pairs};
use std::collections::HashMap;

/// The longest n-grams that count.
const ORDER: usize = 6;

/// How much more recall counts than precision, squared.
const BETA_SQUARED: f64 = 4.0;

/// chrF2 with n-grams of 1 to 6 characters, white space left out, and one reference a sentence: sacrebleu's defaults.
///
/// With P and R the means over n of the shares of matching n-grams in hypotheses and references:
/// `chrF2 = 100 · 5PR / (4P + R)`. An n for which hypotheses or references have no n-gram does not count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Chrf {
    /// Whether the case of letters does not matter.
    pub lower_case: bool,
}

/// N-grams of one order: in hypotheses, in references, in both.
type Counts = [[usize; 3]; ORDER];

impl Chrf {
    /// The score of a corpus, from 0 to 100: n-grams are counted over all sentences.
    ///
    /// # Panics
    /// When there are not as many references as hypotheses.
    #[track_caller]
    pub fn corpus(&self, hypotheses: &[impl AsRef<str>], references: &[impl AsRef<str>]) -> f64 {
        let mut counts = Counts::default();
        pairs(hypotheses, references).for_each(|(hypothesis, reference)| self.add(hypothesis, reference, &mut counts));
        score(&counts)
    }

    /// The score of one sentence, from 0 to 100.
    pub fn sentence(&self, hypothesis: &str, reference: &str) -> f64 {
        self.corpus(&[hypothesis], &[reference])
    }

    /// How a corpus is scored, in the words of sacrebleu's signatures, with the version of this crate.
    pub fn signature(&self) -> String {
        let version = env!("CARGO_PKG_VERSION");
        format!("nrefs:1|case:{}|eff:yes|nc:6|nw:0|space:no|version:retrograde-{version}", case(self.lower_case))
    }

    fn characters(&self, sentence: &str) -> Vec<char> {
        let lower;
        let sentence = if self.lower_case {
            lower = sentence.to_lowercase();
            &lower
        } else {
            sentence
        };
        sentence.chars().filter(|&c| !is_space(c)).collect()
    }

    fn add(&self, hypothesis: &str, reference: &str, counts: &mut Counts) {
        let (hypothesis, reference) = (self.characters(hypothesis), self.characters(reference));
        for (n, [in_hypothesis, in_reference, in_both]) in (1..).zip(counts) {
            let mut left: HashMap<&[char], usize> = HashMap::new();
            reference.windows(n).for_each(|ngram| *left.entry(ngram).or_default() += 1);
            let of = |characters: &[char]| (characters.len() + 1).saturating_sub(n);
            // Without n-grams to find, there is nothing to be wrong about.
            *in_hypothesis += if left.is_empty() { 0 } else { of(&hypothesis) };
            *in_reference += of(&reference);
            for ngram in hypothesis.windows(n) {
                if let Some(left) = left.get_mut(ngram).filter(|left| **left > 0) {
                    *left -= 1;
                    *in_both += 1;
                }
            }
        }
    }
}

fn score(counts: &Counts) -> f64 {
    let counted = || counts.iter().filter(|[hypotheses, references, _]| *hypotheses > 0 && *references > 0);
    let orders = counted().count().max(1) as f64;
    let mean = |of: usize| counted().map(|order| order[2] as f64 / order[of] as f64).sum::<f64>() / orders;
    let (precision, recall) = (mean(0), mean(1));
    if precision + recall == 0.0 {
        return 0.0;
    }
    100.0 * (1.0 + BETA_SQUARED) * precision * recall / (BETA_SQUARED * precision + recall)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_definition_by_hand() {
        // Of 3 characters 2 match (ab), of 2 pairs 1, of 1 triple none; the reference has 4, 3 and 2.
        let (p, r) = ((2.0 / 3.0 + 0.5) / 3.0, (0.5 + 1.0 / 3.0) / 3.0);
        let got = Chrf::default().sentence("a bx", "ab cd");
        assert!((got - 100.0 * 5.0 * p * r / (4.0 * p + r)).abs() < 1e-12, "{got}");
    }

    #[test]
    fn extremes_and_case() {
        let chrf = Chrf::default();
        assert_eq!((chrf.sentence("", "a"), chrf.sentence("a", ""), chrf.sentence("", "")), (0.0, 0.0, 0.0));
        assert!((chrf.sentence("für alle", "füralle") - 100.0).abs() < 1e-12);
        assert_eq!(chrf.sentence("A", "a"), 0.0);
        assert!((Chrf { lower_case: true }.sentence("A", "a") - 100.0).abs() < 1e-12);
    }
}
