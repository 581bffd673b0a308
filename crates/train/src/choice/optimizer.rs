//! [`OptimizerChoice`]: an optimizer by name.

use super::ChoiceError;
use super::spec::Spec;
use optim::{Adagrad, Adam, Lbfgs, Optimizer, RmsProp, Sgd, State, StateError, adamw};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;
use tape::Params;

const NAMES: &[&str] = &["sgd", "adam", "adamw", "amsgrad", "rmsprop", "adagrad", "lbfgs"];

fn keys(name: &str) -> &'static [&'static str] {
    match name {
        "sgd" => &["momentum", "dampening", "nesterov"],
        "adam" | "adamw" | "amsgrad" => &["beta1", "beta2", "eps"],
        "rmsprop" => &["alpha", "momentum", "centered", "eps"],
        "adagrad" => &["decay", "eps"],
        _ => &["iterations", "history", "wolfe"],
    }
}

/// An optimizer by name, as `sgd`, `sgd:momentum=0.9,nesterov` or `adam:beta1=0.8`. Which names and settings there are,
/// the error says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct OptimizerChoice(String);

impl Default for OptimizerChoice {
    /// Plain SGD.
    fn default() -> Self {
        OptimizerChoice("sgd".to_string())
    }
}

/// What minimizes a loss: an optimizer that takes one step along each gradient, or one that searches.
pub enum Minimizer {
    /// Steps along the gradient of each batch.
    Gradient(Box<dyn Optimizer + Send>),
    /// Evaluates each batch several times. Its weight decay is 0.
    Search(Box<Lbfgs>),
}

impl OptimizerChoice {
    /// The learning rate that suits the optimizer where nothing else is known; `None` for SGD, whose rate depends on the
    /// data.
    pub fn usual_rate(&self) -> Option<f64> {
        match self.name() {
            "sgd" => None,
            "adagrad" => Some(0.01),
            "lbfgs" => Some(1.0),
            _ => Some(0.001),
        }
    }

    /// Whether weights can decay under it.
    pub fn has_weight_decay(&self) -> bool {
        self.name() != "lbfgs"
    }

    /// The name without the settings.
    pub fn name(&self) -> &str {
        self.0.split(':').next().unwrap_or_default().trim()
    }

    /// The optimizer, at this learning rate and weight decay.
    ///
    /// # Errors
    /// Never, for a choice that was read from a text: the text was checked.
    pub fn build(&self, rate: f64, weight_decay: f64) -> Result<Minimizer, ChoiceError> {
        let spec = Spec::parse("optimizer", &self.0, NAMES, keys)?;
        let adam = |adam: Adam| -> Result<Adam, ChoiceError> {
            let adam = adam.betas(spec.fraction("beta1", 0.9)?, spec.fraction("beta2", 0.999)?);
            Ok(adam.eps(spec.number("eps", 1e-8)?).weight_decay(weight_decay))
        };
        Ok(Minimizer::Gradient(match spec.name.as_str() {
            "sgd" => {
                let sgd = Sgd::new(rate).weight_decay(weight_decay).momentum(spec.fraction("momentum", 0.0)?);
                sgd.dampening(spec.fraction("dampening", 0.0)?).nesterov(spec.switch("nesterov", false)?).into()
            }
            "adam" => adam(Adam::new(rate))?.into(),
            "adamw" => adam(adamw(rate))?.into(),
            "amsgrad" => adam(Adam::new(rate).amsgrad(true))?.into(),
            "rmsprop" => {
                let rmsprop = RmsProp::new(rate).weight_decay(weight_decay).alpha(spec.fraction("alpha", 0.99)?);
                let rmsprop = rmsprop.momentum(spec.fraction("momentum", 0.0)?).eps(spec.number("eps", 1e-8)?);
                rmsprop.centered(spec.switch("centered", false)?).into()
            }
            "adagrad" => {
                let adagrad = Adagrad::new(rate).weight_decay(weight_decay);
                adagrad.learning_rate_decay(spec.number("decay", 0.0)?).eps(spec.number("eps", 1e-10)?).into()
            }
            _ => {
                let lbfgs = Lbfgs::new(rate).max_iterations(spec.count("iterations", 20)?);
                let lbfgs = lbfgs.history_size(spec.count("history", 100)? as usize);
                return Ok(Minimizer::Search(Box::new(lbfgs.strong_wolfe(spec.switch("wolfe", true)?))));
            }
        }))
    }
}

impl FromStr for OptimizerChoice {
    type Err = ChoiceError;

    fn from_str(text: &str) -> Result<Self, ChoiceError> {
        let choice = OptimizerChoice(text.to_string());
        choice.build(1.0, 0.0).map(|_| choice)
    }
}

impl TryFrom<String> for OptimizerChoice {
    type Error = ChoiceError;

    fn try_from(text: String) -> Result<Self, ChoiceError> {
        text.parse()
    }
}

impl From<OptimizerChoice> for String {
    fn from(choice: OptimizerChoice) -> String {
        choice.0
    }
}

impl fmt::Display for OptimizerChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<O: Optimizer + Send + 'static> From<O> for Minimizer {
    fn from(optimizer: O) -> Self {
        Minimizer::Gradient(Box::new(optimizer))
    }
}

impl Minimizer {
    /// The learning rate of the next step.
    pub fn learning_rate(&self) -> f64 {
        match self {
            Minimizer::Gradient(optimizer) => optimizer.learning_rate(),
            Minimizer::Search(lbfgs) => lbfgs.learning_rate(),
        }
    }

    /// Sets the learning rate of the next step.
    pub fn set_learning_rate(&mut self, rate: f64) {
        match self {
            Minimizer::Gradient(optimizer) => optimizer.set_learning_rate(rate),
            Minimizer::Search(lbfgs) => lbfgs.set_learning_rate(rate),
        }
    }

    /// Sets the momentum of the next step, where there is one.
    pub fn set_momentum(&mut self, momentum: f64) {
        if let Minimizer::Gradient(optimizer) = self {
            optimizer.set_momentum(momentum);
        }
    }

    /// What the optimizer remembers.
    pub fn state(&self, params: &Params) -> State {
        match self {
            Minimizer::Gradient(optimizer) => optimizer.state(params),
            Minimizer::Search(lbfgs) => lbfgs.state(),
        }
    }

    /// Goes on where the optimizer that gave the state was.
    ///
    /// # Errors
    /// When the state is of another optimizer or of other parameters.
    pub fn restore(&mut self, params: &Params, state: State) -> Result<(), StateError> {
        match self {
            Minimizer::Gradient(optimizer) => optimizer.restore(params, state),
            Minimizer::Search(lbfgs) => lbfgs.restore(params, state),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_an_optimizer() {
        for name in NAMES {
            let choice: OptimizerChoice = name.parse().unwrap();
            assert_eq!(choice.build(0.25, 0.0).unwrap().learning_rate(), 0.25, "{name}");
        }
        let choice: OptimizerChoice = "sgd:momentum=0.9, nesterov".parse().unwrap();
        assert_eq!((choice.name(), choice.to_string().as_str()), ("sgd", "sgd:momentum=0.9, nesterov"));
    }

    #[test]
    fn mistakes_are_explained() {
        let error = |text: &str| text.parse::<OptimizerChoice>().unwrap_err().to_string();
        assert!(error("adm").starts_with("no optimizer \"adm\" (did you mean \"adam\"?); there are sgd, adam,"));
        let want = "sgd has no setting \"momentun\" (did you mean \"momentum\"?); it has momentum, dampening, nesterov";
        assert_eq!(error("sgd:momentun=0.9"), want);
        assert_eq!(error("adam:beta1=1"), "adam: beta1 must be a number from 0 to below 1, not \"1\"");
        assert_eq!(error("adam:eps=NaN"), "adam: eps must be a finite number, 0 or more, not \"NaN\"");
    }
}
