//! Scores of translations against sacrebleu: `golden/scores.json`, which `golden/scores.py` makes.

use data::text::{Bleu, Chrf, tokenize_13a};
use serde::Deserialize;

#[derive(Deserialize)]
struct Golden {
    pairs: Vec<[String; 2]>,
    /// How many of the last pairs have punctuation that is hard to split.
    hard: usize,
    tokens: Vec<Vec<String>>,
    mixed: Scores,
    lower_case: Scores,
}

#[derive(Deserialize)]
struct Scores {
    bleu: f64,
    precisions: [f64; 4],
    brevity_penalty: f64,
    lengths: [usize; 2],
    chrf: f64,
    signatures: [String; 2],
    hard_bleu: f64,
    sentence_bleu: Vec<f64>,
    sentence_chrf: Vec<f64>,
}

fn golden() -> Golden {
    let text = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/golden/scores.json")).unwrap();
    serde_json::from_str(&text).unwrap()
}

#[track_caller]
fn close(got: f64, want: f64, what: &str) {
    assert!((got - want).abs() <= 1e-9, "{what}: left {got}, right {want}");
}

#[test]
fn tokens_are_those_of_sacrebleu() {
    let golden = golden();
    assert_eq!(golden.pairs.len(), 56);
    for ([hypothesis, _], tokens) in golden.pairs.iter().zip(&golden.tokens) {
        assert_eq!(&tokenize_13a(hypothesis), tokens, "{hypothesis}");
    }
}

#[test]
fn scores_are_those_of_sacrebleu() {
    let golden = golden();
    let (hypotheses, references): (Vec<&str>, Vec<&str>) =
        golden.pairs.iter().map(|[hypothesis, reference]| (hypothesis.as_str(), reference.as_str())).unzip();
    for (lower_case, want) in [(false, &golden.mixed), (true, &golden.lower_case)] {
        let (bleu, chrf) = (Bleu { lower_case }, Chrf { lower_case });
        let got = bleu.corpus(&hypotheses, &references);
        close(got.score, want.bleu, "BLEU");
        got.precisions.iter().zip(want.precisions).for_each(|(&got, want)| close(got, want, "precision"));
        close(got.brevity_penalty, want.brevity_penalty, "brevity penalty");
        assert_eq!([got.hypothesis_length, got.reference_length], want.lengths);
        close(chrf.corpus(&hypotheses, &references), want.chrf, "chrF");
        for (signature, want) in [bleu.signature(), chrf.signature()].iter().zip(&want.signatures) {
            assert_eq!(signature.split("|version:").next().unwrap(), want);
        }
        let hard = hypotheses.len() - golden.hard;
        close(bleu.corpus(&hypotheses[hard..], &references[hard..]).score, want.hard_bleu, "BLEU of the hard ones");
        for (i, (hypothesis, reference)) in hypotheses.iter().zip(&references).enumerate() {
            close(bleu.sentence(hypothesis, reference).score, want.sentence_bleu[i], hypothesis);
            close(chrf.sentence(hypothesis, reference), want.sentence_chrf[i], hypothesis);
        }
    }
}
