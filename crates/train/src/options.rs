//! [`TrainingOptions`]: the settings that every training has, as they are given in flags and in configuration files; and
//! [`Training`]: the same with defaults filled in.

use crate::{
    ConfigError, Failure, Minimizer, OptimizerChoice, Rates, ScheduleChoice, at_least_one, non_negative, positive,
    proportion,
};
use clap::Args;
use optim::Groups;
use serde::{Deserialize, Serialize};
use std::collections::HashSet;
use tape::{Param, Params};

/// What can be set of every training. The keys of a configuration file are the same, with `_` for `-`.
#[derive(Args, Clone, Debug, Default, PartialEq, Deserialize)]
pub struct TrainingOptions {
    /// Learning rate [default: by data set, model and optimizer]
    #[arg(long, value_parser = positive, allow_negative_numbers = true)]
    pub lr: Option<f64>,

    /// Regularization: this times the weight is added to its gradient [default: by data set and model; 0 with an
    /// --optimizer of another kind]
    #[arg(long, value_parser = non_negative, allow_negative_numbers = true)]
    pub reg: Option<f64>,

    /// Passes over the training data [default: by data set and model]
    #[arg(long, value_name = "N", value_parser = at_least_one, allow_negative_numbers = true)]
    pub epochs: Option<usize>,

    /// Samples a step [default: by data set and model]
    #[arg(long, value_name = "N", value_parser = at_least_one, allow_negative_numbers = true)]
    pub batch_size: Option<usize>,

    /// Regularize matrices and kernels only, not biases and the weights of normalizations
    #[arg(long, num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    pub decay_weights_only: Option<bool>,

    /// The optimizer: sgd, adam, adamw, amsgrad, rmsprop, adagrad or lbfgs, with settings as in sgd:momentum=0.9,nesterov
    /// [default: by data set and model]
    #[arg(long, value_name = "NAME")]
    pub optimizer: Option<OptimizerChoice>,

    /// How the learning rate changes: constant, step, multi-step, exponential, cosine, warm-up, one-cycle, noam or plateau,
    /// with settings as in multi-step:at=6+8,gamma=0.1 [default: constant, or as the model asks]
    #[arg(long, value_name = "NAME")]
    pub schedule: Option<ScheduleChoice>,

    /// Clip the gradients of a step to this norm [default: by model; else none]
    #[arg(long, value_name = "NORM", value_parser = positive)]
    pub clip_norm: Option<f64>,

    /// Validate and keep the moving average of the weights, of this decay, from 0 to 1
    #[arg(long, value_name = "DECAY", value_parser = proportion)]
    pub average: Option<f64>,

    /// Stop when the best epoch is this many epochs ago
    #[arg(long, value_name = "EPOCHS", value_parser = at_least_one)]
    pub patience: Option<usize>,

    /// Save a checkpoint every so many steps, besides after every epoch
    #[arg(long, value_name = "STEPS", value_parser = at_least_one)]
    pub save_every: Option<usize>,

    /// Seed of everything random: the same seed gives the same bits, with any number of threads [default: 0]
    #[arg(long)]
    pub seed: Option<u64>,
}

impl TrainingOptions {
    /// These options, and what they leave out from others.
    pub fn or(self, other: Self) -> Self {
        TrainingOptions {
            lr: self.lr.or(other.lr),
            reg: self.reg.or(other.reg),
            epochs: self.epochs.or(other.epochs),
            batch_size: self.batch_size.or(other.batch_size),
            decay_weights_only: self.decay_weights_only.or(other.decay_weights_only),
            optimizer: self.optimizer.or(other.optimizer),
            schedule: self.schedule.or(other.schedule),
            clip_norm: self.clip_norm.or(other.clip_norm),
            average: self.average.or(other.average),
            patience: self.patience.or(other.patience),
            save_every: self.save_every.or(other.save_every),
            seed: self.seed.or(other.seed),
        }
    }
}

/// What a training is by default: it belongs to data set and model. Optimizers of other kinds than the default's have a
/// usual rate of their own, and no regularization.
#[derive(Clone, Debug, Default)]
pub struct TrainingDefaults {
    /// Learning rate.
    pub lr: f64,
    /// Regularization.
    pub reg: f64,
    /// Passes over the training data.
    pub epochs: usize,
    /// Samples a step.
    pub batch_size: usize,
    /// The optimizer.
    pub optimizer: OptimizerChoice,
    /// How the learning rate changes.
    pub schedule: ScheduleChoice,
    /// The norm that gradients are clipped to.
    pub clip_norm: Option<f64>,
}

/// Options that contradict each other, or cannot work.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum SettingsError {
    /// An optimizer without weight decay was given one.
    #[error("--reg is not for --optimizer lbfgs, which has no weight decay: leave one of them out")]
    DecayOfLbfgs,
    /// A value of a configuration file that no flag could have.
    #[error("{key} is {found} in the configuration file; it must be {expected}")]
    Value {
        /// The key.
        key: &'static str,
        /// Its value.
        found: String,
        /// What it must be.
        expected: &'static str,
    },
}

impl From<SettingsError> for Failure {
    fn from(error: SettingsError) -> Self {
        Failure::Input(error.into())
    }
}

impl From<ConfigError> for Failure {
    fn from(error: ConfigError) -> Self {
        Failure::Input(error.into())
    }
}

/// The settings of a training, complete: what `config.toml` holds.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Training {
    /// Learning rate.
    pub lr: f64,
    /// Regularization.
    pub reg: f64,
    /// Passes over the training data.
    pub epochs: usize,
    /// Samples a step.
    pub batch_size: usize,
    /// Whether biases and the weights of normalizations are left out of the regularization.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decay_weights_only: Option<bool>,
    /// The optimizer.
    pub optimizer: OptimizerChoice,
    /// How the learning rate changes.
    pub schedule: ScheduleChoice,
    /// The norm that gradients are clipped to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub clip_norm: Option<f64>,
    /// The decay of the averaged weights.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub average: Option<f64>,
    /// How many epochs without a better one end the training.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub patience: Option<usize>,
    /// Steps from a checkpoint to the next.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub save_every: Option<usize>,
    /// Seed of everything random.
    pub seed: u64,
}

impl Training {
    /// These options, with defaults for what they leave out.
    ///
    /// # Errors
    /// When they contradict each other, or a value that came from a file cannot work.
    pub fn new(options: TrainingOptions, defaults: TrainingDefaults) -> Result<Training, SettingsError> {
        let usual = options.optimizer.as_ref().and_then(OptimizerChoice::usual_rate);
        let same_kind = options.optimizer.is_none() || usual.is_none() && defaults.optimizer.usual_rate().is_none();
        let optimizer = options.optimizer.unwrap_or(defaults.optimizer);
        let (lr, reg) = (usual.unwrap_or(defaults.lr), if same_kind { defaults.reg } else { 0.0 });
        if !optimizer.has_weight_decay() && options.reg.is_some_and(|reg| reg > 0.0) {
            return Err(SettingsError::DecayOfLbfgs);
        }
        let training = Training {
            lr: options.lr.unwrap_or(lr),
            reg: options.reg.unwrap_or(reg),
            epochs: options.epochs.unwrap_or(defaults.epochs),
            batch_size: options.batch_size.unwrap_or(defaults.batch_size),
            decay_weights_only: options.decay_weights_only,
            optimizer,
            schedule: options.schedule.unwrap_or(defaults.schedule),
            clip_norm: options.clip_norm.or(defaults.clip_norm),
            average: options.average,
            patience: options.patience,
            save_every: options.save_every,
            seed: options.seed.unwrap_or(0),
        };
        training.check()?;
        Ok(training)
    }

    /// What the command line checks of flags, for values from a file.
    fn check(&self) -> Result<(), SettingsError> {
        for (key, value) in [("lr", Some(self.lr)), ("clip_norm", self.clip_norm)] {
            check(key, value, "a finite number above 0", |x| x > 0.0 && x.is_finite())?;
        }
        check("reg", Some(self.reg), "a finite number, 0 or more", |x| x >= 0.0 && x.is_finite())?;
        check("average", self.average, "a number from 0 to 1", |x| (0.0..=1.0).contains(&x))?;
        check_counts(&[
            ("epochs", Some(self.epochs)),
            ("batch_size", Some(self.batch_size)),
            ("patience", self.patience),
            ("save_every", self.save_every),
        ])
    }

    /// The optimizer with its rate, for these parameters.
    ///
    /// # Errors
    /// When its settings cannot work.
    pub fn minimizer(&self, params: &Params) -> Result<Minimizer, Failure> {
        let build = |reg| self.optimizer.build(self.lr, reg).map_err(|error| Failure::Input(error.into()));
        let all = build(self.reg)?;
        match (all, build(0.0)?) {
            (Minimizer::Gradient(all), Minimizer::Gradient(others)) if self.decay_weights_only == Some(true) => {
                let is_vector = |param: &&Param| param.tensor().shape().rank() < 2;
                let vectors: HashSet<String> =
                    params.entries().iter().filter(is_vector).map(|param| param.name().to_string()).collect();
                let groups = Groups::new(all).group(move |name| vectors.contains(name), others);
                Ok(Minimizer::Gradient(Box::new(groups)))
            }
            (all, _) => Ok(all),
        }
    }

    /// The learning rates of a training with so many batches an epoch.
    ///
    /// # Errors
    /// When the schedule's settings cannot work.
    pub fn rates(&self, batches: u64) -> Result<Rates, Failure> {
        self.schedule.build(self.epochs as u64, batches).map_err(|error| Failure::Input(error.into()))
    }
}

/// Checks a value that may have come from a file.
///
/// # Errors
/// [`SettingsError::Value`].
pub fn check(
    key: &'static str,
    value: Option<f64>,
    expected: &'static str,
    good: impl Fn(f64) -> bool,
) -> Result<(), SettingsError> {
    match value.filter(|&value| !good(value)) {
        Some(value) => Err(SettingsError::Value { key, found: value.to_string(), expected }),
        None => Ok(()),
    }
}

/// Checks that no count that may have come from a file is 0.
///
/// # Errors
/// [`SettingsError::Value`].
pub fn check_counts(counts: &[(&'static str, Option<usize>)]) -> Result<(), SettingsError> {
    match counts.iter().find(|(_, count)| *count == Some(0)) {
        Some(&(key, _)) => Err(SettingsError::Value { key, found: "0".to_string(), expected: "at least 1" }),
        None => Ok(()),
    }
}
