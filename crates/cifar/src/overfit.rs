//! `cifar overfit`: whether a network can learn a few images by heart. One that cannot has a mistake in it.

use crate::arguments::Flags;
use classify::{Options, TrainArguments};
use nn::stack::Stack;
use train::TrainingOptions;

/// How many images.
const IMAGES: usize = 50;

/// What has to be reached, unless something else is asked for.
const EXPECTED: f64 = 0.98;

/// The network of the check.
const LAYERS: &str = "conv 32 kernel=5 padding=2 relu; max-pool 2; flatten; linear 10";

/// The arguments of a training that learns 50 images by heart, where nothing else is said.
pub(crate) fn with_defaults(arguments: TrainArguments<Flags>) -> TrainArguments<Flags> {
    if arguments.resume.is_some() {
        return arguments;
    }
    let mut options = arguments.options;
    if options.project.model.is_none() && options.project.layers.is_none() {
        let stack: Stack = LAYERS.parse().expect("a list of layers");
        options.project.layers = Some(stack.lines().map(String::from).collect());
    }
    options.project.overfit = options.project.overfit.or(Some(IMAGES));
    options.project.augment = options.project.augment.or(Some(crate::arguments::AugmentKind::None));
    let training = TrainingOptions {
        lr: Some(0.01),
        reg: Some(0.0),
        epochs: Some(40),
        batch_size: Some(10),
        schedule: "constant".parse().ok(),
        ..Default::default()
    };
    let options = Options { training: options.training.or(training), ..options };
    let mut run = arguments.run;
    run.expect_accuracy = run.expect_accuracy.or(Some(EXPECTED));
    TrainArguments { options, run, resume: None }
}
