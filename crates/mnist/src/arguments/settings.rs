//! The settings that the flags mean. Defaults belong to the data set.

use super::{DatasetKind, Flags, InitKind, ModelKind};
use serde::Serialize;
use std::path::PathBuf;
use train::{Failure, Training, TrainingDefaults, TrainingOptions};

/// Flags that contradict each other.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum FlagsError {
    #[error("--no-relu is for --model softmax; the perceptron has no ReLU: leave one of them out")]
    ReluOfPerceptron,
    #[error("--hidden is for --model mlp; softmax regression has no hidden units: leave one of them out")]
    HiddenOfSoftmax,
    #[error("--dropout is for --model mlp; softmax regression has no hidden units: leave one of them out")]
    DropoutOfSoftmax,
    #[error("--data-dir is not for --dataset digits, which is inside the program: leave one of them out")]
    FolderOfDigits,
}

impl From<FlagsError> for Failure {
    fn from(error: FlagsError) -> Self {
        Failure::Input(error.into())
    }
}

/// The settings of the project, complete: what `config.toml` holds besides those of every training.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Settings {
    pub(crate) model: ModelKind,
    pub(crate) dataset: DatasetKind,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) data_dir: Option<PathBuf>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) hidden: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) dropout: Option<f64>,
    pub(crate) init: InitKind,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) no_relu: Option<bool>,
}

impl Flags {
    /// Fills in the defaults of the data set.
    pub(crate) fn settings(self, training: TrainingOptions) -> Result<(Settings, Training), Failure> {
        let model = self.model.unwrap_or(ModelKind::Mlp);
        let dataset = self.dataset.unwrap_or(match self.data_dir {
            Some(_) => DatasetKind::Mnist,
            None => DatasetKind::Digits,
        });
        if dataset == DatasetKind::Digits && self.data_dir.is_some() {
            return Err(FlagsError::FolderOfDigits.into());
        }
        let hidden = match model {
            ModelKind::Mlp if self.no_relu == Some(true) => return Err(FlagsError::ReluOfPerceptron.into()),
            ModelKind::Mlp => Some(self.hidden.unwrap_or(128)),
            ModelKind::Softmax if self.hidden.is_some() => return Err(FlagsError::HiddenOfSoftmax.into()),
            ModelKind::Softmax if self.dropout.is_some() => return Err(FlagsError::DropoutOfSoftmax.into()),
            ModelKind::Softmax => None,
        };
        train::check("dropout", self.dropout, "a number from 0 to 1", |x| (0.0..=1.0).contains(&x))?;
        train::check_counts(&[("hidden", hidden)])?;
        let (lr, reg, epochs, batch_size) = match (dataset, model) {
            (DatasetKind::Digits, ModelKind::Mlp) => (0.5, 1e-5, 40, 16),
            (DatasetKind::Digits, ModelKind::Softmax) => (0.1, 1e-4, 40, 16),
            _ => (0.1, 1e-3, 10, 64),
        };
        let settings = Settings {
            model,
            dataset,
            // A run can go on from another folder.
            data_dir: self.data_dir.map(|folder| std::path::absolute(&folder).unwrap_or(folder)),
            hidden,
            dropout: self.dropout,
            init: self.init.unwrap_or(InitKind::Small),
            no_relu: (model == ModelKind::Softmax).then(|| self.no_relu.unwrap_or(false)),
        };
        let defaults = TrainingDefaults { lr, reg, epochs, batch_size, ..Default::default() };
        Ok((settings, Training::new(training, defaults)?))
    }
}
