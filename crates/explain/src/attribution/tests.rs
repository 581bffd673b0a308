//! What can be said without another program: sums, scores of 0, misuse. Numbers are compared in the workspace's tests.

use super::*;
use crate::{NoGradient, class_scores, scoring};
use nn::{Flatten, Layer, Linear, Relu, Sequential};
use tape::{Params, Tape, Tensor};

fn model(params: &mut Params<f64>) -> Sequential {
    let mut root = params.root();
    let hidden = Linear::new(root.at("hidden"), 12, 8);
    Sequential::new().then(Flatten).then(hidden).then(Relu).then(Linear::new(root.at("output"), 8, 3))
}

fn pictures() -> Tensor<f64> {
    Tensor::from_fn([2, 3, 2, 2], |i| ((i * 7 % 13) as f64 - 6.0) / 6.0)
}

#[test]
fn integrated_gradients_are_complete() {
    let mut params = Params::new(3);
    let model = model(&mut params);
    let (mut tape, x) = (Tape::new(), pictures());
    let score = scoring::<f64, _>(|x| class_scores(model.forward(x), 1));
    // A function that is linear between its kinks: many steps.
    let technique = IntegratedGradients::new().steps(400).baseline(Tensor::full([1, 3, 2, 2], 0.1));
    let attribution = technique.attribute(&mut tape, &params, &x, score).unwrap();
    let errors = technique.completeness_error(&mut tape, &params, &x, &attribution, score);
    assert!(errors.len() == 2 && errors.iter().all(|&error| error < 1e-2), "{errors:?}");
}

#[test]
fn smooth_is_the_mean_over_the_noisy_copies() {
    let mut params = Params::new(3);
    let model = model(&mut params);
    let (mut tape, x) = (Tape::new(), pictures());
    let score = scoring::<f64, _>(|x| class_scores(model.forward(x), 2));
    let smooth = SmoothGrad { samples: 4, noise: 0.3, seed: 1 };
    let mean = smooth.attribute(&mut tape, &params, &x, score).unwrap();
    let mut sum = vec![0.0; 24];
    for sample in 0..4 {
        let noisy = smooth.noisy(&x, sample);
        assert!(noisy.as_slice() != x.as_slice() && noisy.as_slice() == smooth.noisy(&x, sample).as_slice());
        let times = InputTimesGradient.attribute(&mut tape, &params, &noisy, score).unwrap();
        times.as_slice().iter().zip(noisy.as_slice()).zip(&mut sum).for_each(|((t, x), sum)| *sum += t / x / 4.0);
    }
    assert!(mean.as_slice().iter().zip(&sum).all(|(a, b)| (a - b).abs() < 1e-12));
    let still = SmoothGrad { noise: 0.0, ..smooth }.attribute(&mut tape, &params, &x, score).unwrap();
    let saliency = Saliency.attribute(&mut tape, &params, &x, score).unwrap();
    assert!(still.as_slice().iter().zip(saliency.as_slice()).all(|(a, b)| (a.abs() - b).abs() < 1e-12));
}

#[test]
fn a_score_without_a_gradient_is_an_error() {
    let mut params = Params::new(3);
    let model = model(&mut params);
    let (mut tape, x) = (Tape::new(), pictures());
    let dead = scoring::<f64, _>(|x| (class_scores(model.forward(x), 0) - 100.0).relu());
    let expected = Err(NoGradient { picture: 0, score: 0.0 });
    assert_eq!(Saliency.attribute(&mut tape, &params, &x, dead).map(drop), expected);
    assert_eq!(GuidedBackprop.attribute(&mut tape, &params, &x, dead).map(drop), expected);
    assert_eq!(IntegratedGradients::new().steps(3).attribute(&mut tape, &params, &x, dead).map(drop), expected);
    assert_eq!(GradCam::default().attribute(&mut tape, &params, &x, |x| (x * 1.0, dead(x))).map(drop), expected);
}

#[test]
fn windows_at_the_edge_are_cut_off() {
    let mut tape = Tape::<f64>::new();
    let x = Tensor::from_fn([1, 1, 3, 5], |i| (i + 1) as f64);
    // The score is the sum, so it falls by what is covered.
    let falls = Occlusion::new(2, 2).attribute(&mut tape, &Params::new(0), &x, |x| x.sum([1, 2, 3]));
    let first = 1.0 + 2.0 + 6.0 + 7.0;
    assert_eq!(falls.as_slice()[..2], [first; 2]);
    assert_eq!(falls.as_slice()[14], 15.0);
}

#[test]
#[should_panic(expected = "one score a picture: 2 pictures, scores of shape [2, 3]")]
fn a_score_for_each_picture_is_asked_for() {
    let mut params = Params::new(3);
    let model = model(&mut params);
    let _ = Saliency.attribute(&mut Tape::new(), &params, &pictures(), |x| model.forward(x));
}
