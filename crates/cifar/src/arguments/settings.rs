//! The settings that the flags mean. Defaults belong to the data set and the model.

use super::{
    AugmentKind, DatasetKind, Flags, InitKind, LossKind, ModelKind, SamplerKind, ShortcutKind, UnbalancedKind,
};
use serde::Serialize;
use std::path::PathBuf;
use train::{Failure, Training, TrainingDefaults, TrainingOptions};

/// Flags that contradict each other.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum FlagsError {
    #[error("--layers and --model exclude each other: leave one of them out")]
    LayersAndModel,
    #[error("--data-dir is not for --dataset shapes, which is inside the program: leave one of them out")]
    FolderOfShapes,
    #[error("--shortcut is for --model resnet32; other models have no residual blocks of its kind: leave it out")]
    ShortcutOfOthers,
    #[error("--factor is for --unbalanced: leave it out, or add --unbalanced exp")]
    FactorOfBalanced,
    #[error("--{flag} is not for --loss {loss}: leave it out, or choose {instead}")]
    Loss { flag: &'static str, loss: &'static str, instead: &'static str },
}

impl From<FlagsError> for Failure {
    fn from(error: FlagsError) -> Self {
        Failure::Input(error.into())
    }
}

/// The settings of the project, complete: what `config.toml` holds besides those of every training.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Settings {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) model: Option<ModelKind>,
    /// Of a network that is none of the models.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) layers: Option<Vec<String>>,
    pub(crate) dataset: DatasetKind,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) data_dir: Option<PathBuf>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) shortcut: Option<ShortcutKind>,
    pub(crate) init: InitKind,
    pub(crate) augment: AugmentKind,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) cutout: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) jpeg: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) jitter: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) mixup: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) unbalanced: Option<UnbalancedKind>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) factor: Option<f64>,
    pub(crate) loss: LossKind,
    /// Of losses with class weights.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) beta: Option<f64>,
    /// Of focal losses.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) gamma: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) sigmoid: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) label_smoothing: Option<f64>,
    pub(crate) sampler: SamplerKind,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) overfit: Option<usize>,
}

/// Learning rate, regularization, epochs and batch size of a model on a data set.
fn defaults(dataset: DatasetKind, model: ModelKind) -> (f64, f64, usize, usize) {
    match (dataset, model) {
        (DatasetKind::Shapes, ModelKind::Small | ModelKind::Custom) => (0.05, 5e-4, 10, 50),
        (_, ModelKind::Vanilla) => (1e-4, 5e-4, 10, 128),
        (_, ModelKind::Small | ModelKind::Custom) => (0.03, 5e-4, 10, 64),
        (_, ModelKind::TwoLayer | ModelKind::Resnet32) => (0.1, 5e-4, 10, 128),
    }
}

impl Flags {
    /// Fills in the defaults of data set and model.
    pub(crate) fn settings(self, training: TrainingOptions) -> Result<(Settings, Training), Failure> {
        let dataset = self.dataset.unwrap_or(match self.data_dir {
            Some(_) => DatasetKind::Cifar10,
            None => DatasetKind::Shapes,
        });
        let on_cifar = dataset != DatasetKind::Shapes;
        if !on_cifar && self.data_dir.is_some() {
            return Err(FlagsError::FolderOfShapes.into());
        }
        if self.layers.is_some() && self.model.is_some() {
            return Err(FlagsError::LayersAndModel.into());
        }
        let usual = self.model.unwrap_or(if on_cifar { ModelKind::Custom } else { ModelKind::Small });
        let model = self.layers.is_none().then_some(usual);
        if self.shortcut.is_some() && model != Some(ModelKind::Resnet32) {
            return Err(FlagsError::ShortcutOfOthers.into());
        }
        if self.factor.is_some() && self.unbalanced.is_none() {
            return Err(FlagsError::FactorOfBalanced.into());
        }
        self.check()?;
        let loss = self.loss.unwrap_or(LossKind::CrossEntropy);
        let (balanced, focal) = self.parts_of_loss(loss)?;
        let augmented = matches!(model, Some(ModelKind::Custom | ModelKind::Resnet32)) && on_cifar;
        let settings = Settings {
            model,
            layers: self.layers,
            dataset,
            // A run can go on from another folder.
            data_dir: self.data_dir.map(|folder| std::path::absolute(&folder).unwrap_or(folder)),
            shortcut: (model == Some(ModelKind::Resnet32)).then(|| self.shortcut.unwrap_or(ShortcutKind::Pad)),
            init: self.init.unwrap_or(InitKind::Usual),
            augment: self.augment.unwrap_or(if augmented { AugmentKind::Standard } else { AugmentKind::None }),
            cutout: self.cutout,
            jpeg: self.jpeg,
            jitter: self.jitter,
            mixup: self.mixup,
            unbalanced: self.unbalanced,
            factor: self.unbalanced.is_some().then(|| self.factor.unwrap_or(0.01)),
            loss,
            beta: balanced.then(|| self.beta.unwrap_or(0.9999)),
            gamma: focal.then(|| self.gamma.unwrap_or(1.0)),
            sigmoid: self.sigmoid,
            label_smoothing: self.label_smoothing,
            sampler: self.sampler.unwrap_or(SamplerKind::Shuffled),
            overfit: self.overfit,
        };
        let (lr, reg, epochs, batch_size) = defaults(dataset, usual);
        let optimizer = "sgd:momentum=0.9".parse().unwrap_or_default();
        let schedule = "multi-step:at=6+8,gamma=0.1".parse().unwrap_or_default();
        let defaults = TrainingDefaults { lr, reg, epochs, batch_size, optimizer, schedule, clip_norm: None };
        Ok((settings, Training::new(training, defaults)?))
    }

    /// Whether a loss has class weights, and whether it is focal; flags that are not for it are refused.
    fn parts_of_loss(&self, loss: LossKind) -> Result<(bool, bool), FlagsError> {
        let (name, balanced, focal) = match loss {
            LossKind::CrossEntropy => ("cross-entropy", false, false),
            LossKind::ClassBalanced => ("class-balanced", true, false),
            LossKind::Focal => ("focal", false, true),
            LossKind::CbFocal => ("cb-focal", true, true),
        };
        let plain = loss == LossKind::CrossEntropy;
        let refused = [
            ("beta", self.beta.is_some() && !balanced, "class-balanced or cb-focal"),
            ("gamma", self.gamma.is_some() && !focal, "focal or cb-focal"),
            ("sigmoid", self.sigmoid == Some(true) && !focal, "focal or cb-focal"),
            ("label-smoothing", self.label_smoothing.is_some() && focal, "cross-entropy or class-balanced"),
            ("mixup", self.mixup.is_some() && !plain, "cross-entropy"),
        ];
        match refused.into_iter().find(|(_, refused, _)| *refused) {
            Some((flag, _, instead)) => Err(FlagsError::Loss { flag, loss: name, instead }),
            None => Ok((balanced, focal)),
        }
    }

    /// What the command line checks of flags, for values from a file.
    fn check(&self) -> Result<(), Failure> {
        let share = |x: f64| (0.0..=1.0).contains(&x);
        for (key, value) in [("beta", self.beta), ("label_smoothing", self.label_smoothing)] {
            train::check(key, value, "a number from 0 to 1", share)?;
        }
        train::check("factor", self.factor, "a number above 0, at most 1", |x| share(x) && x > 0.0)?;
        train::check("gamma", self.gamma, "a finite number, 0 or more", |x| x >= 0.0 && x.is_finite())?;
        train::check("jpeg", self.jpeg.map(f64::from), "a whole number from 1 to 100", |x| (1.0..=100.0).contains(&x))?;
        for (key, value) in [("jitter", self.jitter), ("mixup", self.mixup)] {
            train::check(key, value, "a finite number above 0", |x| x > 0.0 && x.is_finite())?;
        }
        train::check_counts(&[("cutout", self.cutout), ("overfit", self.overfit)])?;
        Ok(())
    }
}
