//! [`Cifar`]: the data and the network that settings mean.

use crate::arguments::{
    AugmentKind, DatasetKind, Flags, InitKind, SamplerKind, Settings, ShortcutKind, UnbalancedKind,
};
use crate::loss::Loss;
use crate::model;
use classify::{Finding, Preset, Project};
use data::{
    Augment, AugmentedImages, Batch, CIFAR10_CLASSES, Imbalance, LabeledImages, Loader, Normalize, SHAPES_CLASSES,
    Sampler, Splits,
};
use draw::Picture;
use nn::stack::{Stack, StackError, Start};
use nn::{Layer, Sequential};
use std::path::{Path, PathBuf};
use tape::{Graph, Params, Tape, Var};
use train::{Failure, Training, TrainingOptions};

/// The project: settings, images and network.
pub(crate) struct Cifar {
    settings: Settings,
    training: Training,
    splits: Splits,
    params: Params,
    stack: Stack,
    network: Sequential,
    loss: Loss,
}

/// Ways to cope with classes that differ in size.
const IMBALANCE: Preset = Preset {
    name: "imbalance",
    settings: &[
        ("cross-entropy", "--unbalanced exp"),
        ("weighted sampler", "--unbalanced exp --sampler weighted"),
        ("class-balanced cross-entropy", "--unbalanced exp --loss class-balanced"),
        ("focal loss", "--unbalanced exp --loss focal"),
        ("class-balanced focal loss", "--unbalanced exp --loss cb-focal"),
    ],
};

/// The same, with three runs of the two that are compared most often.
const IMBALANCE_SEEDS: Preset = Preset {
    name: "imbalance-seeds",
    settings: &[
        ("cross-entropy", "--unbalanced exp"),
        ("class-balanced focal loss", "--unbalanced exp --loss cb-focal"),
        ("weighted sampler", "--unbalanced exp --sampler weighted"),
        ("class-balanced cross-entropy", "--unbalanced exp --loss class-balanced"),
        ("focal loss", "--unbalanced exp --loss focal"),
        ("cross-entropy", "--unbalanced exp --seed 1"),
        ("class-balanced focal loss", "--unbalanced exp --loss cb-focal --seed 1"),
        ("cross-entropy", "--unbalanced exp --seed 2"),
        ("class-balanced focal loss", "--unbalanced exp --loss cb-focal --seed 2"),
    ],
};

/// How many batches are made ahead, on a thread of their own.
const AHEAD: usize = 2;

/// A data set could not be found.
#[derive(Debug, thiserror::Error)]
#[error(
    "no {name} in {}; download it with `cargo xtask data {name}`, or give the folder of its binary files with --data-dir",
    places.iter().map(|place| place.display().to_string()).collect::<Vec<_>>().join(" or ")
)]
struct NoData {
    name: &'static str,
    places: Vec<PathBuf>,
}

/// A network that gives another count of numbers than there are classes.
#[derive(Debug, thiserror::Error)]
#[error("the last layer gives {found} numbers, but there are {classes} classes: end with \"linear {classes}\"")]
struct Outputs {
    found: usize,
    classes: usize,
}

/// The files of a data set, from the folder of choice or where downloads land.
fn folder(name: &'static str, chosen: Option<&PathBuf>) -> Result<PathBuf, Failure> {
    match chosen {
        Some(folder) => Ok(folder.clone()),
        None => data::cached(name).map_err(|places| Failure::Input(NoData { name, places }.into())),
    }
}

/// The images of some settings.
fn images(settings: &Settings, seed: u64) -> Result<Splits, Failure> {
    let chosen = settings.data_dir.as_ref();
    let mut splits = match settings.dataset {
        DatasetKind::Shapes => data::shapes(),
        DatasetKind::Cifar10 => data::cifar10(&folder("cifar10", chosen)?)?,
        DatasetKind::Cifar100 => data::cifar100(&folder("cifar100", chosen)?)?,
    };
    let factor = settings.factor.unwrap_or(1.0);
    let profile = settings.unbalanced.map(|kind| match kind {
        UnbalancedKind::Exp => Imbalance::Exponential { factor },
        UnbalancedKind::Step => Imbalance::Step { factor },
    });
    if let Some(profile) = profile {
        splits.train = splits.train.unbalanced(profile, seed);
    }
    if let Some(count) = settings.overfit {
        let few = splits.train.subset(0..count.min(splits.train.len()));
        splits = Splits { train: few.clone(), validation: few.clone(), test: few };
    }
    Ok(splits)
}

impl Cifar {
    fn normalize(&self) -> Normalize {
        match self.settings.dataset {
            DatasetKind::Shapes => Normalize { mean: [0.5; 3], std: [0.25; 3] },
            _ => Normalize::CIFAR10,
        }
    }

    fn augment(&self) -> Augment {
        let mut augment = match self.settings.augment {
            AugmentKind::None => Augment::none(),
            AugmentKind::Standard => Augment::none().crop(4).flip(0.5),
        };
        if let Some(size) = self.settings.cutout {
            augment = augment.cutout(size);
        }
        if let Some(quality) = self.settings.jpeg {
            augment = augment.jpeg(quality as u8);
        }
        match self.settings.jitter {
            Some(amount) => augment.jitter(amount as f32, amount as f32, amount as f32),
            None => augment,
        }
    }
}

impl Project for Cifar {
    const NAME: &'static str = "cifar";
    const PRESETS: &'static [Preset] = &[IMBALANCE, IMBALANCE_SEEDS];
    type Options = Flags;
    type Settings = Settings;
    type Data = AugmentedImages;

    fn new(flags: Flags, training: TrainingOptions) -> Result<Cifar, Failure> {
        let (settings, training) = flags.settings(training)?;
        let input = |error: StackError| Failure::Input(error.into());
        let classes = if settings.dataset == DatasetKind::Cifar100 { 100 } else { 10 };
        let shortcut = settings.shortcut.unwrap_or(ShortcutKind::Pad);
        let lines = match (&settings.layers, settings.model) {
            (None, Some(model)) => model::layers(model, shortcut, classes),
            (layers, _) => layers.clone().unwrap_or_default(),
        };
        // Mistakes in the layers are found before the images are read.
        let stack = Stack::new(lines).map_err(input)?;
        let found = stack.outputs([3, 32, 32]).map_err(input)?;
        if found != classes {
            return Err(Failure::Input(Outputs { found, classes }.into()));
        }
        let splits = images(&settings, training.seed)?;
        let mut params = Params::new(training.seed);
        let start = match settings.init {
            InitKind::Usual => Start::Usual,
            InitKind::He => Start::He,
            InitKind::Xavier => Start::Xavier,
            InitKind::Small => Start::Small,
        };
        let network = stack.build(params.root(), [3, 32, 32], start).map_err(input)?;
        let loss = Loss::new(&settings, &splits.train.class_counts());
        Ok(Cifar { settings, training, splits, params, stack, network, loss })
    }

    fn settings(&self) -> &Settings {
        &self.settings
    }

    fn training(&self) -> &Training {
        &self.training
    }

    fn splits(&self) -> &Splits {
        &self.splits
    }

    fn params(&self) -> &Params {
        &self.params
    }

    /// What a program must know to use the network on any picture.
    fn about(&self) -> String {
        let Normalize { mean, std } = self.normalize();
        let layers: Vec<&str> = self.stack.lines().collect();
        let classes = self.class_names();
        let about = serde_json::json!({
            "layers": layers, "image": [3, 32, 32], "mean": mean, "std": std, "classes": classes, "title": self.title(),
        });
        about.to_string()
    }

    fn model_name(&self) -> String {
        self.settings.model.map_or("network of your own".to_string(), |model| model.to_string())
    }

    fn data_name(&self) -> String {
        let name = match self.settings.dataset {
            DatasetKind::Shapes => "generated shapes",
            DatasetKind::Cifar10 => "CIFAR-10",
            DatasetKind::Cifar100 => "CIFAR-100",
        };
        let profile = if self.settings.unbalanced.is_some() { "unbalanced " } else { "" };
        format!("{profile}{name}")
    }

    fn class_names(&self) -> Vec<String> {
        match self.settings.dataset {
            DatasetKind::Shapes => SHAPES_CLASSES.map(String::from).to_vec(),
            DatasetKind::Cifar10 => CIFAR10_CLASSES.map(String::from).to_vec(),
            DatasetKind::Cifar100 => (0..100).map(|class| class.to_string()).collect(),
        }
    }

    fn training_data(&self) -> Loader<AugmentedImages> {
        let Training { batch_size, seed, .. } = self.training;
        let images = self.splits.train.clone();
        let sampler = match self.settings.sampler {
            SamplerKind::Shuffled => Sampler::Shuffled { seed },
            SamplerKind::Weighted => {
                let counts = images.class_counts();
                Sampler::weighted(images.labels().iter().map(|&label| 1.0 / counts[label as usize] as f64), seed)
            }
        };
        let data = AugmentedImages { images, augment: self.augment(), normalize: self.normalize(), seed };
        Loader::new(&data, batch_size, sampler).prefetch(AHEAD)
    }

    fn plain_data(&self, images: &LabeledImages, batch_size: usize) -> Loader<AugmentedImages> {
        let (images, augment, normalize) = (images.clone(), Augment::none(), self.normalize());
        Loader::sequential(&AugmentedImages { images, augment, normalize, seed: 0 }, batch_size)
    }

    fn logits<'t>(&self, images: Var<'t>) -> Var<'t> {
        self.network.forward(images)
    }

    fn loss<'t>(&self, t: &'t Graph<'t>, logits: Var<'t>, batch: &Batch) -> Var<'t> {
        self.loss.of(logits, t.indices(&batch.labels))
    }

    fn training_loss<'t>(&self, t: &'t Graph<'t>, batch: &Batch) -> (Var<'t>, Var<'t>) {
        let Some(alpha) = self.settings.mixup else {
            let logits = self.logits(t.input(&batch.images));
            return (self.loss(t, logits, batch), logits);
        };
        let mut mixed = batch.clone();
        let targets = data::mixup(&mut mixed, self.splits.train.classes(), alpha, t.random_key());
        let logits = self.logits(t.input(&mixed.images));
        (self.loss.of_mixture(logits, t.input(&targets)), logits)
    }

    /// The middle square of a picture, at 32×32.
    fn read_picture(&self, path: &Path) -> Result<Vec<u8>, Failure> {
        let picture = Picture::open(path).map_err(|error| Failure::Input(error.into()))?;
        let (width, height) = (picture.width(), picture.height());
        let side = width.min(height);
        let square = picture.crop((width - side) / 2, (height - side) / 2, side, side).resize(32, 32).to_color();
        let pixels = square.pixels();
        Ok((0..3).flat_map(|channel| pixels.iter().skip(channel).step_by(3).copied()).collect())
    }

    fn findings(&self, _: &mut Tape, _: &Params) -> Vec<Finding> {
        if self.settings.unbalanced.is_none() {
            return Vec::new();
        }
        let counts = self.splits.train.class_counts();
        let words: Vec<String> = counts.iter().map(usize::to_string).collect();
        let words = format!("training images by class: {}", words.join(" "));
        vec![Finding { key: "class_counts", value: counts.into(), words }]
    }
}
