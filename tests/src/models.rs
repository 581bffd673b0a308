//! Models to train on synthetic batches, and what their training gives.

use nn::{Activation, Layer, Linear, Sequential};
use optim::{Optimizer, Sgd};
use tape::{Indices, Params, Tape, Tensor, Threads, Var};

/// Pixels of an image.
pub const PIXELS: usize = 784;
/// Classes of the images.
pub const CLASSES: usize = 10;

/// Images `[n, PIXELS]` and their labels, without a pattern.
pub fn batch(n: usize) -> (Tensor, Indices) {
    let scattered = |i: usize| (i as u32).wrapping_mul(2_654_435_761) >> 8;
    let images = Tensor::from_fn([n, PIXELS], |i| scattered(i) as f32 / (1 << 24) as f32);
    (images, Indices::from_fn([n], |i| scattered(i + 7) % CLASSES as u32))
}

/// The two-layer perceptron of MNIST.
pub fn perceptron(params: &mut Params, hidden: usize) -> Sequential {
    let mut root = params.root();
    Sequential::new()
        .then(Linear::config(PIXELS, hidden).activation(Activation::Sigmoid).build(root.at("fc1")))
        .then(Linear::new(root.at("fc2"), hidden, CLASSES))
}

/// What a training run gives.
pub struct Run {
    /// The loss of every step.
    pub losses: Vec<f32>,
    /// All parameters after the last step.
    pub parameters: Vec<f32>,
}

/// Trains for `steps` steps on one batch of `n` images, with so many threads.
pub fn train<M: Send>(
    threads: usize,
    steps: usize,
    n: usize,
    model: impl FnOnce(&mut Params) -> M + Send,
    loss: impl for<'t> Fn(&M, Var<'t>, tape::IndexVar<'t>) -> Var<'t> + Sync,
) -> Run {
    Threads::new(threads).expect("the threads start").run(|| {
        let mut params = Params::new(3);
        let model = model(&mut params);
        let (images, labels) = batch(n);
        let (mut sgd, mut tape) = (Sgd::new(0.1).momentum(0.9), Tape::new());
        let step = |_| {
            let (loss, step) = tape.grad(&params, |t| loss(&model, t.input(&images), t.indices(&labels)));
            sgd.step(&mut params, step);
            loss
        };
        let losses = (0..steps).map(step).collect();
        let parameters = params.entries().iter().flat_map(|p| p.tensor().as_slice().to_vec()).collect();
        Run { losses, parameters }
    })
}

/// The cross-entropy of a layer's logits.
pub fn classify<'t>(layer: &impl Layer, x: Var<'t>, labels: tape::IndexVar<'t>) -> Var<'t> {
    layer.forward(x).cross_entropy(labels)
}
