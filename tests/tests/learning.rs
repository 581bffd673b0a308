//! Small models learn to read handwritten digits: the 1,797 that ship with the repository.

use data::{LabeledImages, Loader, digits};
use nn::{Flatten, Layer, Linear, Sequential, Sigmoid};
use optim::{Optimizer, Sgd};
use tape::{Params, Tape};

const PIXELS: usize = 64;
const CLASSES: usize = 10;

/// Which part of the pictures is classified as its label says.
fn accuracy(model: &impl Layer, params: &Params, images: &LabeledImages) -> f64 {
    let mut tape = Tape::new();
    let mut loader = Loader::sequential(images, 256);
    let right = loader.epoch(0).map(|batch| {
        let classes = tape.eval(params, |t| model.forward(t.input(&batch.images)).argmax(1).to_tensor());
        classes.as_slice().iter().zip(batch.labels.as_slice()).filter(|(class, label)| class == label).count()
    });
    right.sum::<usize>() as f64 / images.len() as f64
}

/// Trains on the training pictures, from chance to `target` or better on the test pictures.
#[track_caller]
fn learns(model: impl FnOnce(&mut Params) -> Sequential, learning_rate: f64, epochs: u64, target: f64) {
    let digits = digits();
    let mut params = Params::new(0);
    let model = model(&mut params);
    let before = accuracy(&model, &params, &digits.test);
    assert!(before < 0.3, "accuracy before training: {before:.4}");
    let mut loader = Loader::shuffled(&digits.train, 32, params.seed());
    let (mut sgd, mut tape) = (Sgd::new(learning_rate).momentum(0.9), Tape::new());
    for epoch in 0..epochs {
        for batch in loader.epoch(epoch) {
            let (_, step) =
                tape.grad(&params, |t| model.forward(t.input(&batch.images)).cross_entropy(t.indices(&batch.labels)));
            sgd.step(&mut params, step);
        }
    }
    let after = accuracy(&model, &params, &digits.test);
    assert!(after >= target, "accuracy after training: left {after:.4}, right {target}");
}

#[test]
fn softmax_regression_reads_digits() {
    let model = |params: &mut Params| {
        Sequential::new().then(Flatten).then(Linear::new(params.root().at("fc"), PIXELS, CLASSES))
    };
    learns(model, 0.1, 10, 0.94);
}

#[test]
fn a_perceptron_reads_digits() {
    const HIDDEN: usize = 64;
    let model = |params: &mut Params| {
        let mut root = params.root();
        let (fc1, fc2) = (Linear::new(root.at("fc1"), PIXELS, HIDDEN), Linear::new(root.at("fc2"), HIDDEN, CLASSES));
        Sequential::new().then(Flatten).then(fc1).then(Sigmoid).then(fc2)
    };
    learns(model, 0.2, 15, 0.95);
}
