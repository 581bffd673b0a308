//! Reverse-mode automatic differentiation and deep learning, in Rust alone: nothing to install but cargo.
//!
//! # A tour
//!
//! **Gradients.** Values are recorded on a tape inside a closure. Their handles are `Copy`, so formulas read as on paper;
//! what leaves the closure is plain numbers.
//!
//! ```
//! use retrograde::prelude::*;
//!
//! let x = Tensor::from_vec([3], vec![1.0, 2.0, 3.0]);
//! let slope = grad(|x: Var<'_, f64>| (x * x + x.sin()).sum(..), &x);
//! assert!((slope.as_slice()[0] - (2.0 + 1f64.cos())).abs() < 1e-12);
//! ```
//!
//! **Gradients of gradients.** The rule of every operation is written with the operations that it differentiates.
//! [`Var::grad`](tape::Var::grad) is fast and final; [`Var::grad_recorded`](tape::Var::grad_recorded) can be
//! differentiated again, to any order.
//!
//! ```
//! # use retrograde::prelude::*;
//! Tape::<f64>::new().run(&Params::new(0), |t| {
//!     let x = t.leaf(&Tensor::scalar(2.0));
//!     let [slope] = x.powi(3).grad_recorded([x]);
//!     let [curvature] = slope.grad([x]);
//!     assert_eq!((slope.item(), curvature.item()), (12.0, 12.0));
//! });
//! ```
//!
//! **A model** is a struct of layers, and a layer a struct of parameter ids; the numbers are in [`Params`](tape::Params).
//! This one learns to read the handwritten digits that ship with the library, in a fraction of a second:
//!
//! ```
//! # use retrograde::prelude::*;
//! let digits = digits();
//! let mut params = Params::new(0);
//! let mut root = params.root();
//! let model = Sequential::new()
//!     .then(Flatten)
//!     .then(Linear::config(64, 64).activation(Activation::Tanh).build(root.at("hidden")))
//!     .then(Linear::new(root.at("output"), 64, 10));
//!
//! let mut loader = Loader::shuffled(&digits.train, 32, params.seed());
//! let (mut sgd, mut tape) = (Sgd::new(0.1).momentum(0.9), Tape::new());
//! for epoch in 0..10 {
//!     for batch in loader.epoch(epoch) {
//!         let (_loss, step) = tape.grad(&params, |t| {
//!             model.forward(t.input(&batch.images)).cross_entropy(t.indices(&batch.labels))
//!         });
//!         sgd.step(&mut params, step);
//!     }
//! }
//!
//! let test = Loader::sequential(&digits.test, digits.test.len()).epoch(0).next().unwrap();
//! let predicted = tape.eval(&params, |t| model.forward(t.input(&test.images)).argmax(1).to_tensor());
//! let right = predicted.as_slice().iter().zip(test.labels.as_slice()).filter(|(a, b)| a == b).count();
//! assert!(right as f64 / digits.test.len() as f64 > 0.95);
//! ```
//!
//! **Images.** Convolution, pooling, batch and group normalization, residual blocks. In [`Tape::grad`](tape::Tape::grad)
//! layers behave as in training, elsewhere as in evaluation; there is no switch to forget.
//!
//! ```
//! # use retrograde::prelude::*;
//! let mut params = Params::<f32>::new(0);
//! let mut root = params.root();
//! let model = Sequential::new()
//!     .then(Conv2d::config(3, 16, 3).padding(1).bias(false).build(root.at("conv")))
//!     .then(BatchNorm2d::new(root.at("norm"), 16))
//!     .then(Relu)
//!     .then(ResidualBlock::new(root.at("block"), 16, 32, 2, Shortcut::Project))
//!     .then(AdaptiveAvgPool2d([1, 1]))
//!     .then(Flatten)
//!     .then(Linear::new(root.at("output"), 32, 10));
//!
//! let images = Tensor::full([8, 3, 32, 32], 0.5);
//! let logits = Tape::new().eval(&params, |t| model.forward(t.input(&images)).to_tensor());
//! assert_eq!(logits.shape().dims(), [8, 10]);
//! ```
//!
//! **Looking inside.** Anything on the tape can be differentiated by anything: the pixels that a decision depends on are
//! one line. [`Var::grad_with`](tape::Var::grad_with) lets a closure rewrite rules on the way, as guided backpropagation
//! does.
//!
//! ```
//! # use retrograde::prelude::*;
//! # let mut params = Params::<f32>::new(0);
//! # let model = Linear::new(params.root().at("output"), 64, 10);
//! let saliency = Tape::new().run(&params, |t| {
//!     let image = t.leaf(&Tensor::full([1, 64], 0.5));
//!     let score = model.forward(image).slice(1, 7..8);
//!     let [slope] = score.grad([image]);
//!     slope.abs().to_tensor()
//! });
//! assert_eq!(saliency.shape().dims(), [1, 64]);
//! ```
//!
//! **An operation of your own** is a name and a rule; the check against central differences comes with it.
//!
//! ```
//! # use retrograde::prelude::*;
//! /// `y = x³`, `dx = g · 3x²`.
//! #[derive(Clone, Copy)]
//! struct Cube;
//!
//! impl<F: Real> Op<F> for Cube {
//!     fn name(&self) -> &'static str {
//!         "cube"
//!     }
//!     fn vjp<'t>(&self, cx: &mut Vjp<'_, 't, F>) {
//!         cx.give(0, |c| c.g * 3.0 * c.x(0) * c.x(0));
//!     }
//! }
//!
//! fn cube<F: Real>(x: Var<'_, F>) -> Var<'_, F> {
//!     x.map(Cube, |x| x * x * x)
//! }
//!
//! gradcheck::unary(cube, -2.0..2.0);
//! ```
//!
//! **Threads.** Kernels use all threads of the pool that they run in; results have the same bits for any number.
//!
//! ```
//! # use retrograde::prelude::*;
//! let sum = |threads: usize| {
//!     Threads::new(threads).unwrap().run(|| {
//!         Tape::<f32>::new().eval(&Params::new(0), |t| t.input(&Tensor::full([1000, 1000], 0.1)).sum(..).item())
//!     })
//! };
//! assert_eq!(sum(1), sum(2));
//! ```
//!
//! # Where to go from here
//!
//! * [`tape`]: tensors, the tape, every operation; [`tape::ops`] has the formulas by kind.
//! * [`nn`]: layers; [`optim`]: optimizers; [`data`]: data sets and batches. Each is a feature of the same name, on by
//!   default.
//! * `explain`, a feature that is off by default: what a network looks at, and how it can be fooled.
//! * `text` and `bpe`, features that are off by default: sentence pairs, vocabularies, scores of translations in `data::text`;
//!   subword tokens.
//! * `jpeg`, a feature that is off by default: training pictures as JPEG leaves them, by `data::Augment::jpeg`.
//! * `train`, a feature that is off by default: the loop with progress on the screen, metrics files and figures.
//! * `docs/from-pytorch.md` in the repository: thirty-two calls of PyTorch, and ours beside each.

#[cfg(feature = "data")]
pub use data;
#[cfg(feature = "explain")]
pub use explain;
#[cfg(feature = "nn")]
pub use nn;
#[cfg(feature = "optim")]
pub use optim;
pub use tape;
#[cfg(feature = "train")]
pub use train;

/// What most programs use: `use retrograde::prelude::*;`
pub mod prelude {
    #[cfg(feature = "data")]
    pub use data::{
        Augment, AugmentedImages, Batch, Dataset, Imbalance, LabeledImages, Loader, Normalize, Sampler, Splits,
        cifar10, cifar100, digits, mixup, mnist, shapes,
    };
    #[cfg(feature = "nn")]
    pub use nn::{
        AdaptiveAvgPool2d, AvgPool2d, BatchNorm2d, Conv2d, ConvTranspose2d, Dropout, Embedding, Flatten, GroupNorm,
        Layer, LayerNorm, Linear, MaxPool2d, Positions, Recurrent, Relu, ResidualBlock, Sequential, Shortcut, Sigmoid,
        Tanh, init, weights,
    };
    #[cfg(feature = "optim")]
    pub use optim::{Adagrad, Adam, Ema, Groups, Lbfgs, OneCycle, Optimizer, RmsProp, Schedule, Sgd, adamw};
    pub use tape::{
        Activation, Attention, Cell, ConvOptions, CrossEntropy, FocalLoss, Graph, IndexVar, Indices, Mask, MaskVar, Op,
        ParamId, ParamPath, Params, PoolOptions, Reads, Real, Reduction, Rewrite, Shape, Step, Tape, Tensor, Threads,
        Var, Vjp, concat, grad, gradcheck, hessian_vector, jacobian, stack, value_and_grad,
    };
}

/// The examples of the README and of the pages below `docs` run as tests.
#[cfg(doctest)]
mod examples {
    #[doc = include_str!("../../../README.md")]
    struct Readme;

    #[doc = include_str!("../../../docs/how-to/op.md")]
    struct HowToOp;

    #[doc = include_str!("../../../docs/how-to/layer.md")]
    struct HowToLayer;

    #[doc = include_str!("../../../docs/from-pytorch.md")]
    struct FromPyTorch;
}
