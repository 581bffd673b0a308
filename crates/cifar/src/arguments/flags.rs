//! The settings of the project as they are given, in flags and in configuration files; what is not given has a default.

use clap::Args;
use classify::ProjectOptions;
use serde::Deserialize;
use std::path::PathBuf;
use train::{at_least_one, named_values, non_negative, positive, proportion};

named_values! {
    /// The networks of the project.
    pub(crate) enum ModelKind {
        /// Three convolutions with pooling between them, two linear layers
        Small = "small",
        /// Linear, sigmoid, linear
        TwoLayer = "two-layer",
        /// One convolution of 7×7, pooling, one linear layer
        Vanilla = "vanilla",
        /// Two groups of two convolutions, two linear layers
        Custom = "custom",
        /// A residual network of 32 layers
        Resnet32 = "resnet32",
    }

    /// The data sets of the project.
    pub(crate) enum DatasetKind {
        /// 7,000 generated pictures of 32×32 pixels in ten classes, inside the program
        Shapes = "shapes",
        /// 60,000 photographs of 32×32 pixels in ten classes
        Cifar10 = "cifar10",
        /// 60,000 photographs of 32×32 pixels in a hundred classes
        Cifar100 = "cifar100",
    }

    /// The way around a residual block whose result has another size.
    pub(crate) enum ShortcutKind {
        /// Every second pixel, and channels of zeros
        Pad = "pad",
        /// A 1×1 convolution
        Project = "project",
    }

    /// How weights start.
    pub(crate) enum InitKind {
        /// As PyTorch's
        Usual = "usual",
        /// He, normal
        He = "he",
        /// Xavier, uniform
        Xavier = "xavier",
        /// Normal with standard deviation 0.001
        Small = "small",
    }

    /// How pictures are changed at random.
    pub(crate) enum AugmentKind {
        /// Not at all
        None = "none",
        /// Cut out at random from a frame of 4 pixels, and mirrored in half of the cases
        Standard = "standard",
    }

    /// How the sizes of the training classes differ.
    pub(crate) enum UnbalancedKind {
        /// Each class is smaller than the one before by the same factor
        Exp = "exp",
        /// Half of the classes are small
        Step = "step",
    }

    /// What is minimized.
    pub(crate) enum LossKind {
        /// Cross-entropy
        CrossEntropy = "cross-entropy",
        /// Cross-entropy with weights by the effective number of samples of a class
        ClassBalanced = "class-balanced",
        /// Focal loss
        Focal = "focal",
        /// Focal loss with weights by the effective number of samples of a class
        CbFocal = "cb-focal",
    }

    /// In which order training images are taken.
    pub(crate) enum SamplerKind {
        /// Every image once
        Shuffled = "shuffled",
        /// Drawn so that all classes are equally frequent
        Weighted = "weighted",
    }
}

impl std::fmt::Display for ModelKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            ModelKind::Small => "small CNN",
            ModelKind::TwoLayer => "two-layer perceptron",
            ModelKind::Vanilla => "vanilla CNN",
            ModelKind::Custom => "custom CNN",
            ModelKind::Resnet32 => "ResNet-32",
        })
    }
}

/// What can be set besides what every training has. The keys of a configuration file are the same, with `_` for `-`.
#[derive(Args, Clone, Debug, Default, PartialEq, Deserialize)]
pub(crate) struct Flags {
    /// The network [default: small, or custom with --data-dir]
    #[arg(long, value_enum)]
    pub(crate) model: Option<ModelKind>,

    /// A network of your own: its layers, with semicolons between them; see below
    #[arg(long, value_name = "LAYERS", value_delimiter = ';')]
    pub(crate) layers: Option<Vec<String>>,

    /// The data set [default: shapes, or cifar10 with --data-dir]
    #[arg(long, value_enum)]
    pub(crate) dataset: Option<DatasetKind>,

    /// A folder with the files of CIFAR's binary version, gzipped or not [default: where `cargo xtask data` puts them]
    #[arg(long, value_name = "DIR")]
    pub(crate) data_dir: Option<PathBuf>,

    /// The way around residual blocks whose result has another size [default: pad]
    #[arg(long, value_enum)]
    pub(crate) shortcut: Option<ShortcutKind>,

    /// How the weights start; residual blocks always start as He's [default: usual]
    #[arg(long, value_enum)]
    pub(crate) init: Option<InitKind>,

    /// How pictures are changed at random [default: standard for custom and resnet32 on CIFAR, else none]
    #[arg(long, value_enum)]
    pub(crate) augment: Option<AugmentKind>,

    /// Make a square of so many pixels, at a random place, black
    #[arg(long, value_name = "PIXELS", value_parser = at_least_one)]
    pub(crate) cutout: Option<usize>,

    /// Compress pictures as JPEG of this quality, 1 to 100: for test images that were compressed
    #[arg(long, value_name = "QUALITY", value_parser = quality)]
    pub(crate) jpeg: Option<u32>,

    /// Change brightness, contrast and saturation by factors up to this much from 1
    #[arg(long, value_name = "AMOUNT", value_parser = positive)]
    pub(crate) jitter: Option<f64>,

    /// Mix pictures and classes in pairs, with shares from the distribution Beta(ALPHA, ALPHA)
    #[arg(long, value_name = "ALPHA", value_parser = positive)]
    pub(crate) mixup: Option<f64>,

    /// Leave training images out, so that the classes differ in size
    #[arg(long, value_enum)]
    pub(crate) unbalanced: Option<UnbalancedKind>,

    /// The size of the smallest class over that of the largest, with --unbalanced [default: 0.01]
    #[arg(long, value_name = "SHARE", value_parser = proportion)]
    pub(crate) factor: Option<f64>,

    /// What is minimized [default: cross-entropy]
    #[arg(long, value_enum)]
    pub(crate) loss: Option<LossKind>,

    /// β of class-balanced losses, from 0 to 1 [default: 0.9999]
    #[arg(long, value_parser = proportion)]
    pub(crate) beta: Option<f64>,

    /// γ of focal losses [default: 1]
    #[arg(long, value_parser = non_negative)]
    pub(crate) gamma: Option<f64>,

    /// Focal losses with one yes-or-no question a class, instead of softmax
    #[arg(long, num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    pub(crate) sigmoid: Option<bool>,

    /// Take this share from the target and give it to all classes alike
    #[arg(long, value_name = "SHARE", value_parser = proportion)]
    pub(crate) label_smoothing: Option<f64>,

    /// In which order training images are taken [default: shuffled]
    #[arg(long, value_enum)]
    pub(crate) sampler: Option<SamplerKind>,

    /// Train, validate and test on the first N training images alone
    #[arg(long, value_name = "N", value_parser = at_least_one)]
    pub(crate) overfit: Option<usize>,
}

/// The quality of a JPEG file, for clap.
fn quality(text: &str) -> Result<u32, String> {
    let quality = text.parse().ok().filter(|quality| (1..=100).contains(quality));
    quality.ok_or_else(|| "must be a whole number from 1 to 100".to_string())
}

impl ProjectOptions for Flags {
    fn or(self, other: Flags) -> Flags {
        Flags {
            // Layers and a model exclude each other, so that either replaces both.
            model: if self.layers.is_some() { self.model } else { self.model.or(other.model) },
            layers: if self.model.is_some() { self.layers } else { self.layers.or(other.layers) },
            dataset: self.dataset.or(other.dataset),
            data_dir: self.data_dir.or(other.data_dir),
            shortcut: self.shortcut.or(other.shortcut),
            init: self.init.or(other.init),
            augment: self.augment.or(other.augment),
            cutout: self.cutout.or(other.cutout),
            jpeg: self.jpeg.or(other.jpeg),
            jitter: self.jitter.or(other.jitter),
            mixup: self.mixup.or(other.mixup),
            unbalanced: self.unbalanced.or(other.unbalanced),
            factor: self.factor.or(other.factor),
            loss: self.loss.or(other.loss),
            beta: self.beta.or(other.beta),
            gamma: self.gamma.or(other.gamma),
            sigmoid: self.sigmoid.or(other.sigmoid),
            label_smoothing: self.label_smoothing.or(other.label_smoothing),
            sampler: self.sampler.or(other.sampler),
            overfit: self.overfit.or(other.overfit),
        }
    }

    fn in_folder(self, data_dir: Option<PathBuf>) -> Flags {
        Flags { data_dir: data_dir.or(self.data_dir), ..self }
    }
}
