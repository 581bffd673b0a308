//! The settings that the options mean. Defaults belong to the data set.

use super::{DatasetKind, InitKind, ModelKind, Options};
use serde::Serialize;
use std::path::PathBuf;
use train::{OptimizerChoice, ScheduleChoice};

/// Options that contradict each other, or cannot work.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum SettingsError {
    #[error("--no-relu is for --model softmax; the perceptron has no ReLU: leave one of them out")]
    ReluOfPerceptron,
    #[error("--hidden is for --model mlp; softmax regression has no hidden units: leave one of them out")]
    HiddenOfSoftmax,
    #[error("--dropout is for --model mlp; softmax regression has no hidden units: leave one of them out")]
    DropoutOfSoftmax,
    #[error("--data-dir is not for --dataset digits, which is inside the program: leave one of them out")]
    FolderOfDigits,
    #[error("--reg is not for --optimizer lbfgs, which has no weight decay: leave one of them out")]
    DecayOfLbfgs,
    #[error("{key} is {found} in the configuration file; it must be {expected}")]
    Value { key: &'static str, found: String, expected: &'static str },
}

impl From<SettingsError> for train::Failure {
    fn from(error: SettingsError) -> Self {
        train::Failure::Input(error.into())
    }
}

/// The settings of a run, complete: what `config.toml` holds.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Settings {
    pub(crate) model: ModelKind,
    pub(crate) dataset: DatasetKind,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) data_dir: Option<PathBuf>,
    pub(crate) lr: f64,
    pub(crate) reg: f64,
    pub(crate) epochs: usize,
    pub(crate) batch_size: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) hidden: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) dropout: Option<f64>,
    pub(crate) init: InitKind,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) no_relu: Option<bool>,
    pub(crate) optimizer: OptimizerChoice,
    pub(crate) schedule: ScheduleChoice,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) clip_norm: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) average: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) patience: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) save_every: Option<usize>,
    pub(crate) seed: u64,
}

impl Options {
    /// Fills in the defaults of the data set.
    pub(crate) fn settings(self) -> Result<Settings, SettingsError> {
        let model = self.model.unwrap_or(ModelKind::Mlp);
        let dataset = self.dataset.unwrap_or(match self.data_dir {
            Some(_) => DatasetKind::Mnist,
            None => DatasetKind::Digits,
        });
        if dataset == DatasetKind::Digits && self.data_dir.is_some() {
            return Err(SettingsError::FolderOfDigits);
        }
        let hidden = match model {
            ModelKind::Mlp if self.no_relu == Some(true) => return Err(SettingsError::ReluOfPerceptron),
            ModelKind::Mlp => Some(self.hidden.unwrap_or(128)),
            ModelKind::Softmax if self.hidden.is_some() => return Err(SettingsError::HiddenOfSoftmax),
            ModelKind::Softmax if self.dropout.is_some() => return Err(SettingsError::DropoutOfSoftmax),
            ModelKind::Softmax => None,
        };
        let (lr, reg, epochs, batch_size) = match (dataset, model) {
            (DatasetKind::Digits, ModelKind::Mlp) => (0.5, 1e-5, 40, 16),
            (DatasetKind::Digits, ModelKind::Softmax) => (0.1, 1e-4, 40, 16),
            _ => (0.1, 1e-3, 10, 64),
        };
        let optimizer = self.optimizer.unwrap_or_default();
        let (lr, reg) = optimizer.usual_rate().map_or((lr, reg), |rate| (rate, 0.0));
        if !optimizer.has_weight_decay() && self.reg.is_some_and(|reg| reg > 0.0) {
            return Err(SettingsError::DecayOfLbfgs);
        }
        let settings = Settings {
            model,
            dataset,
            // A run can go on from another folder.
            data_dir: self.data_dir.map(|folder| std::path::absolute(&folder).unwrap_or(folder)),
            lr: self.lr.unwrap_or(lr),
            reg: self.reg.unwrap_or(reg),
            epochs: self.epochs.unwrap_or(epochs),
            batch_size: self.batch_size.unwrap_or(batch_size),
            hidden,
            dropout: self.dropout,
            init: self.init.unwrap_or(InitKind::Small),
            no_relu: (model == ModelKind::Softmax).then(|| self.no_relu.unwrap_or(false)),
            optimizer,
            schedule: self.schedule.unwrap_or_default(),
            clip_norm: self.clip_norm,
            average: self.average,
            patience: self.patience,
            save_every: self.save_every,
            seed: self.seed.unwrap_or(0),
        };
        settings.check()?;
        Ok(settings)
    }
}

impl Settings {
    /// What the command line checks of flags, for values from a file.
    fn check(&self) -> Result<(), SettingsError> {
        let error = |key, found: String, expected| Err(SettingsError::Value { key, found, expected });
        let positive = |x: f64| x > 0.0 && x.is_finite();
        let rates = [("lr", Some(self.lr)), ("clip_norm", self.clip_norm)];
        for (key, value) in rates.into_iter().filter_map(|(key, value)| Some((key, value?))) {
            if !positive(value) {
                return error(key, value.to_string(), "a finite number above 0");
            }
        }
        if !(self.reg >= 0.0 && self.reg.is_finite()) {
            return error("reg", self.reg.to_string(), "a finite number, 0 or more");
        }
        for (key, value) in [("average", self.average), ("dropout", self.dropout)] {
            if let Some(value) = value.filter(|value| !(0.0..=1.0).contains(value)) {
                return error(key, value.to_string(), "a number from 0 to 1");
            }
        }
        let counts = [
            ("epochs", Some(self.epochs)),
            ("batch_size", Some(self.batch_size)),
            ("hidden", self.hidden),
            ("patience", self.patience),
            ("save_every", self.save_every),
        ];
        match counts.into_iter().find(|(_, count)| *count == Some(0)) {
            Some((key, _)) => error(key, "0".to_string(), "at least 1"),
            None => Ok(()),
        }
    }
}
