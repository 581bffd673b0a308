//! Losses and parameters have the same bits for any number of threads.

use nn::stack::{Stack, Start};
use nn::{Layer, Linear, Sequential};
use retrograde_tests::models::{CLASSES, PIXELS, Run, classify, perceptron, train};
use tape::{CrossEntropy, IndexVar, Params, Var};

/// Compares the runs of a model with 1, 2, 3 and 7 threads.
#[track_caller]
fn same_bits(run: impl Fn(usize) -> Run) {
    let one = run(1);
    let losses = &one.losses;
    assert!(losses.iter().all(|loss| loss.is_finite()) && losses.first() > losses.last(), "it learns: {losses:?}");
    for threads in [2, 3, 7] {
        let other = run(threads);
        assert_eq!(first_difference(losses, &other.losses), None, "step whose loss differs with {threads} threads");
        let parameter = first_difference(&one.parameters, &other.parameters);
        assert_eq!(parameter, None, "parameter that differs with {threads} threads");
    }
}

fn first_difference(a: &[f32], b: &[f32]) -> Option<usize> {
    assert_eq!(a.len(), b.len());
    a.iter().zip(b).position(|(a, b)| a.to_bits() != b.to_bits())
}

#[test]
fn perceptron_of_mnist() {
    same_bits(|threads| train(threads, 30, 64, |params| perceptron(params, 128), classify));
}

#[test]
fn wide_perceptron() {
    same_bits(|threads| train(threads, 10, 600, |params| perceptron(params, 1000), classify));
}

#[test]
fn softmax_regression() {
    let model = |params: &mut Params| Linear::new(params.root().at("fc"), PIXELS, CLASSES);
    same_bits(|threads| train(threads, 30, 512, model, classify));
}

#[test]
fn convolutional_network() {
    let layers = "conv 12 kernel=5 padding=2 relu; batch-norm relu; max-pool 3 stride=2 padding=1; residual 20 stride=2; \
                  conv 24 kernel=3 groups=2 dilation=2; group-norm 3; avg-pool 2; flatten; linear 10";
    let stack: Stack = layers.parse().unwrap();
    let model = |params: &mut Params| stack.build(params.root(), [1, 28, 28], Start::Usual).unwrap();
    fn images_loss<'t>(model: &Sequential, x: Var<'t>, labels: IndexVar<'t>) -> Var<'t> {
        classify(model, x.reshape([x.shape().dims()[0], 1, 28, 28]), labels)
    }
    same_bits(|threads| train(threads, 6, 70, model, images_loss));
}

/// A model with what sums, normalizes, draws and gathers: sizes above every threshold for several threads.
struct Mixed {
    first: Linear,
    scale: tape::ParamId,
    table: tape::ParamId,
    last: Linear,
}

impl Mixed {
    const WIDTH: usize = 96;

    fn new(params: &mut Params) -> Mixed {
        let mut root = params.root();
        Mixed {
            first: Linear::new(root.at("first"), PIXELS, Self::WIDTH),
            scale: root.param("scale", [Self::WIDTH], 1.0),
            table: root.param("table", [CLASSES, Self::WIDTH], 0.5),
            last: Linear::new(root.at("last"), Self::WIDTH, CLASSES),
        }
    }

    fn loss<'t>(&self, x: Var<'t>, labels: IndexVar<'t>) -> Var<'t> {
        let t = x.graph();
        let h = self.first.forward(x).layer_norm(1, Some(t.param(self.scale)), None, 1e-5).gelu().dropout(0.1);
        let context = t.param(self.table).embedding(labels, None);
        let attention = (h * context).softmax(1) * h;
        let spread = h.var(0, 1).mean(..);
        self.last.cross_entropy(attention + h, labels, &CrossEntropy::default()) + spread * 0.01
    }
}

#[test]
fn normalization_attention_dropout_and_embedding() {
    same_bits(|threads| train(threads, 12, 2048, Mixed::new, |model, x, labels| model.loss(x, labels)));
}
