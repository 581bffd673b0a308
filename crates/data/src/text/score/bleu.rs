//! [`Bleu`]: matching n-grams of words (Papineni, Roukos, Ward and Zhu 2002, *BLEU: a method for automatic evaluation of
//! machine translation*).

use super::{case, pairs, tokenize_13a};
use std::collections::HashMap;
use std::fmt;

/// The longest n-grams that count.
const ORDER: usize = 4;

/// BLEU with one reference a sentence, tokenization 13a and exponential smoothing: sacrebleu's defaults.
///
/// With `c_n` n-grams of the hypotheses found in their references, of `t_n` in all, and `h` words against `r`:
/// `BLEU = 100 · min(1, exp(1 − r/h)) · (∏ p_n)^(1/4)`, `p_n = c_n / t_n`. The first `p_n` without a match is
/// `1 / (2 t_n)`, the second `1 / (4 t_n)`, and so on (Chen and Cherry 2014, *A systematic comparison of smoothing
/// techniques for sentence-level BLEU*, method 3); without any match at all, the score is 0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Bleu {
    /// Whether the case of letters does not matter.
    pub lower_case: bool,
}

/// A BLEU score and what it is made of.
#[derive(Clone, Debug, PartialEq)]
pub struct BleuScore {
    /// From 0 to 100.
    pub score: f64,
    /// The share of matching n-grams for n from 1 to 4, smoothed, from 0 to 100.
    pub precisions: [f64; ORDER],
    /// At most 1: less where hypotheses are shorter than references.
    pub brevity_penalty: f64,
    /// Words of all hypotheses.
    pub hypothesis_length: usize,
    /// Words of all references.
    pub reference_length: usize,
}

impl Bleu {
    /// The score of a corpus: n-grams are counted over all sentences.
    ///
    /// # Panics
    /// When there are not as many references as hypotheses.
    #[track_caller]
    pub fn corpus(&self, hypotheses: &[impl AsRef<str>], references: &[impl AsRef<str>]) -> BleuScore {
        let mut counts = Counts::default();
        pairs(hypotheses, references).for_each(|(hypothesis, reference)| counts.add(self, hypothesis, reference));
        counts.score(false)
    }

    /// The score of one sentence, where n-grams longer than the hypothesis do not count ("effective order").
    pub fn sentence(&self, hypothesis: &str, reference: &str) -> BleuScore {
        let mut counts = Counts::default();
        counts.add(self, hypothesis, reference);
        counts.score(true)
    }

    /// How a corpus is scored, in the words of sacrebleu's signatures, with the version of this crate.
    pub fn signature(&self) -> String {
        let version = env!("CARGO_PKG_VERSION");
        format!("nrefs:1|case:{}|eff:no|tok:13a|smooth:exp|version:retrograde-{version}", case(self.lower_case))
    }

    fn tokens(&self, sentence: &str) -> Vec<String> {
        if self.lower_case { tokenize_13a(&sentence.to_lowercase()) } else { tokenize_13a(sentence) }
    }
}

/// What a score is computed from.
#[derive(Default)]
struct Counts {
    /// N-grams of the hypotheses that their references have too.
    correct: [usize; ORDER],
    total: [usize; ORDER],
    hypothesis_length: usize,
    reference_length: usize,
}

impl Counts {
    fn add(&mut self, bleu: &Bleu, hypothesis: &str, reference: &str) {
        let (hypothesis, reference) = (bleu.tokens(hypothesis), bleu.tokens(reference));
        self.hypothesis_length += hypothesis.len();
        self.reference_length += reference.len();
        for n in 1..=ORDER {
            let mut left: HashMap<&[String], usize> = HashMap::new();
            reference.windows(n).for_each(|ngram| *left.entry(ngram).or_default() += 1);
            for ngram in hypothesis.windows(n) {
                self.total[n - 1] += 1;
                // Each n-gram of the reference is matched once.
                if let Some(left) = left.get_mut(ngram).filter(|left| **left > 0) {
                    *left -= 1;
                    self.correct[n - 1] += 1;
                }
            }
        }
    }

    fn score(&self, effective_order: bool) -> BleuScore {
        let Counts { correct, total, hypothesis_length, reference_length } = *self;
        let brevity_penalty = if hypothesis_length >= reference_length {
            1.0
        } else if hypothesis_length == 0 {
            0.0
        } else {
            (1.0 - reference_length as f64 / hypothesis_length as f64).exp()
        };
        let mut precisions = [0.0; ORDER];
        let mut score = 0.0;
        if correct[0] > 0 {
            let mut smoothing = 1.0;
            let orders = total.iter().take_while(|&&total| total > 0).count();
            for n in 0..orders {
                precisions[n] = if correct[n] > 0 {
                    100.0 * correct[n] as f64 / total[n] as f64
                } else {
                    smoothing *= 2.0;
                    100.0 / (smoothing * total[n] as f64)
                };
            }
            let counted = if effective_order { &precisions[..orders] } else { &precisions[..] };
            // The logarithm of 0 is minus infinity, and its exponential 0 again.
            let mean = counted.iter().map(|p| p.ln()).sum::<f64>() / counted.len() as f64;
            score = brevity_penalty * mean.exp();
        }
        BleuScore { score, precisions, brevity_penalty, hypothesis_length, reference_length }
    }
}

impl fmt::Display for BleuScore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [p1, p2, p3, p4] = self.precisions;
        let ratio = self.hypothesis_length as f64 / self.reference_length.max(1) as f64;
        write!(
            f,
            "BLEU = {:.2} {p1:.1}/{p2:.1}/{p3:.1}/{p4:.1} (BP = {:.3} ratio = {ratio:.3} hyp_len = {} ref_len = {})",
            self.score, self.brevity_penalty, self.hypothesis_length, self.reference_length
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_definition_by_hand() {
        // Of 5 words 4 match, of 4 pairs 2, of 3 triples 1, of 2 quadruples none: 1 / (2 · 2).
        let score = Bleu::default().sentence("a b c x d", "a b c d");
        assert_eq!(score.precisions, [80.0, 50.0, 100.0 / 3.0, 25.0]);
        assert!((score.score - (80.0f64 * 50.0 * 100.0 / 3.0 * 25.0).powf(0.25)).abs() < 1e-12);
        assert_eq!(
            score.to_string(),
            "BLEU = 42.73 80.0/50.0/33.3/25.0 (BP = 1.000 ratio = 1.250 hyp_len = 5 ref_len = 4)"
        );
    }

    #[test]
    fn short_hypotheses_are_punished() {
        let score = Bleu::default().corpus(&["a b c d"], &["a b c d e f"]);
        assert!((score.score - 100.0 * (-0.5f64).exp()).abs() < 1e-12, "{score}");
        assert_eq!((score.hypothesis_length, score.reference_length), (4, 6));
    }

    #[test]
    fn an_ngram_of_the_reference_counts_once() {
        assert_eq!(Bleu::default().sentence("the the the", "the cat").precisions[0], 100.0 / 3.0);
    }

    #[test]
    fn extremes() {
        let bleu = Bleu::default();
        assert_eq!(bleu.sentence("", "a b").score, 0.0);
        assert_eq!(bleu.sentence("a", "").score, 0.0);
        assert_eq!(bleu.corpus(&[""; 0], &[""; 0]).score, 0.0);
        assert_eq!(bleu.sentence("x y", "a b").score, 0.0);
        let perfect = bleu.sentence("a b", "a b").score;
        assert!((perfect - 100.0).abs() < 1e-12, "n-grams longer than the sentence do not count: {perfect}");
        assert_eq!(bleu.corpus(&["a b"], &["a b"]).score, 0.0, "in a corpus they do");
    }

    #[test]
    fn case_counts_unless_told_otherwise() {
        let score = |lower_case| Bleu { lower_case }.sentence("Ein Äpfel", "ein äpfel").score;
        assert_eq!(score(false), 0.0);
        assert!((score(true) - 100.0).abs() < 1e-12);
        assert!(Bleu { lower_case: true }.signature().contains("|case:lc|"));
    }

    #[test]
    #[should_panic(expected = "a reference for each hypothesis: left 1, right 2")]
    fn unpaired_sentences_are_refused() {
        Bleu::default().corpus(&["a"], &["a", "b"]);
    }
}
