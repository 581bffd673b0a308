//! On a network that is understood at once: two classes, the sums of two channels.

use super::*;
use crate::class_scores;
use tape::{Params, Tape, Tensor, Var};

/// Logits `[n, 2]`: the mean of channel 0 and that of channel 1.
fn logits(x: Var<'_, f64>) -> Var<'_, f64> {
    x.mean([2, 3])
}

fn picture() -> Tensor<f64> {
    Tensor::from_fn([1, 2, 8, 8], |i| if i < 64 { 0.5 } else { 0.3 })
}

#[test]
fn fooled_as_soon_as_the_target_is_ahead() {
    let (mut tape, params) = (Tape::new(), Params::new(0));
    let mut seen = Vec::new();
    let fooled =
        Fooling { rate: 0.5, iterations: 100 }.fool(&mut tape, &params, &picture(), 1, logits, |i, _| seen.push(i));
    let fooled = fooled.unwrap();
    // A step raises the mean of channel 1 by 0.5 / 8.
    assert!(fooled.succeeded && fooled.iterations == 4 && seen == [0, 1, 2, 3, 4], "{}", fooled.iterations);
    let Distance { l2, l_infinity, psnr } = Distance::between(&fooled.picture, &picture());
    assert!((l2 - 2.0).abs() < 1e-12 && (l_infinity - 0.25).abs() < 1e-12);
    assert!((psnr - 10.0 * (128.0f64 / 4.0).log10()).abs() < 1e-9);
    let late = Fooling { rate: 0.5, iterations: 2 }.fool(&mut tape, &params, &picture(), 1, logits, |_, _| {}).unwrap();
    assert!(!late.succeeded && late.iterations == 2);
    let now = Fooling::default().fool(&mut tape, &params, &picture(), 0, logits, |_, _| {}).unwrap();
    assert!(now.succeeded && now.iterations == 0 && now.picture == picture());
}

#[test]
fn attacks_stay_within_their_radius() {
    let (mut tape, params) = (Tape::new(), Params::new(0));
    let pictures = Tensor::from_fn([2, 2, 8, 8], |i| if i / 64 % 2 == 0 { 0.5 } else { 0.3 });
    let changed = Attack::fgsm(0.1).attack(&mut tape, &params, &pictures, &[0, 1], logits);
    let change = |i: usize| changed.as_slice()[i] - pictures.as_slice()[i];
    assert!((change(0) + 0.1).abs() < 1e-12 && (change(64) - 0.1).abs() < 1e-12, "away from class 0");
    assert!((change(128) - 0.1).abs() < 1e-12 && (change(192) + 0.1).abs() < 1e-12, "away from class 1");
    let attack = Attack { targeted: true, range: Some([0.0, 0.55]), ..Attack::pgd(Norm::L2, 0.8) };
    let changed = attack.attack(&mut tape, &params, &pictures, &[0, 0], logits);
    for (changed, pictures) in changed.as_slice().chunks(128).zip(pictures.as_slice().chunks(128)) {
        let change: Vec<f64> = changed.iter().zip(pictures).map(|(a, b)| a - b).collect();
        assert!(norm(&change) < 0.8 + 1e-9 && change[0] > 0.049 && changed[0] <= 0.55, "{change:?}");
    }
}

#[test]
fn a_visualized_class_scores_high_within_its_range() {
    let (mut tape, params) = (Tape::new(), Params::new(0));
    let technique =
        ClassVisualization { iterations: 30, rate: 2.0, ..ClassVisualization::new(vec![[-1.0, 1.0], [-2.0, 2.0]]) };
    let score = crate::scoring::<f64, _>(|x| class_scores(logits(x), 1));
    let mut count = 0;
    let picture = technique.visualize(&mut tape, &params, [9, 11], score, |i, _| count = i).unwrap();
    assert_eq!((picture.shape().dims(), count), (&[1, 2, 9, 11][..], 30));
    assert!(picture.as_slice()[..99].iter().all(|x| x.abs() <= 1.0));
    assert!(picture.as_slice()[99..].iter().sum::<f64>() / 99.0 > 1.0);
    let again = technique.visualize(&mut tape, &params, [9, 11], score, |_, _| {}).unwrap();
    assert_eq!(again, picture);
}

#[test]
fn a_dream_has_more_of_what_was_there() {
    let (mut tape, params) = (Tape::new(), Params::new(0));
    let dream = DeepDream { iterations: 3, octaves: 2, ..DeepDream::default() };
    let mut steps = 0;
    let dreamt = dream.dream(&mut tape, &params, &picture(), |x| x, |i, _| steps = i).unwrap();
    assert_eq!((dreamt.shape(), steps), (picture().shape(), 6));
    assert!(dreamt.as_slice().iter().zip(picture().as_slice()).all(|(new, old)| new > old));
}
