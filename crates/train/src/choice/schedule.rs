//! [`ScheduleChoice`]: a learning-rate schedule by name.

use super::ChoiceError;
use super::spec::Spec;
use optim::{Better, OneCycle, ReduceOnPlateau, Schedule};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

const NAMES: &[&str] =
    &["constant", "step", "multi-step", "exponential", "cosine", "warm-up", "one-cycle", "noam", "plateau"];

fn keys(name: &str) -> &'static [&'static str] {
    match name {
        "step" => &["every", "gamma"],
        "multi-step" => &["at", "gamma", "warmup"],
        "exponential" => &["gamma"],
        "cosine" => &["period", "minimum"],
        "warm-up" => &["steps", "start"],
        "one-cycle" => &["start", "linear"],
        "noam" => &["width", "warmup"],
        "plateau" => &["factor", "patience"],
        _ => &[],
    }
}

/// A learning-rate schedule by name, as `cosine`, `step:every=5,gamma=0.5` or `multi-step:at=6+8`. In epochs: `step`,
/// `multi-step`, `exponential`, `cosine` (down over the whole run), `plateau` (of the validation loss). In steps:
/// `warm-up`, `one-cycle` (over the whole run), `noam`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ScheduleChoice(String);

impl Default for ScheduleChoice {
    /// The same rate always.
    fn default() -> Self {
        ScheduleChoice("constant".to_string())
    }
}

/// The learning rate through a run.
#[derive(Clone, Debug, PartialEq)]
pub enum Rates {
    /// A function of the number of the epoch, from 0.
    Epochs(Schedule),
    /// A function of the number of the step, from 0.
    Steps(Schedule),
    /// Falls where the validation loss does not.
    Plateau(ReduceOnPlateau),
}

impl ScheduleChoice {
    /// The rates of a run of so many epochs of so many steps.
    ///
    /// # Errors
    /// Never, for a choice that was read from a text: the text was checked.
    pub fn build(&self, epochs: u64, steps_per_epoch: u64) -> Result<Rates, ChoiceError> {
        let spec = Spec::parse("schedule", &self.0, NAMES, keys)?;
        let steps = epochs * steps_per_epoch;
        Ok(match spec.name.as_str() {
            "step" => Rates::Epochs(Schedule::Step {
                every: spec.get("every", 10, "a whole number, at least 1", |&every| every > 0)?,
                gamma: spec.number("gamma", 0.1)?,
            }),
            "multi-step" => Rates::Epochs(Schedule::MultiStep {
                warmup: spec.count("warmup", 0)?,
                milestones: spec.counts("at")?.unwrap_or_else(|| vec![epochs * 6 / 10, epochs * 8 / 10]),
                gamma: spec.number("gamma", 0.1)?,
            }),
            "exponential" => Rates::Epochs(Schedule::Exponential { gamma: spec.number("gamma", 0.9)? }),
            "cosine" => Rates::Epochs(Schedule::Cosine {
                period: spec.get("period", epochs.max(1), "a whole number, at least 1", |&period| period > 0)?,
                minimum: spec.number("minimum", 0.0)?,
            }),
            "warm-up" => Rates::Steps(Schedule::Linear {
                start: spec.number("start", 0.001)?,
                end: 1.0,
                duration: spec.count("steps", steps_per_epoch)?,
            }),
            "one-cycle" => {
                let percent_start = spec.get("start", 0.3, "between 0 and 1", |&x| x > 0.0 && x < 1.0)?;
                let linear = spec.switch("linear", false)?;
                Rates::Steps(Schedule::OneCycle(OneCycle { percent_start, linear, ..OneCycle::new(steps) }))
            }
            "noam" => Rates::Steps(Schedule::Noam {
                width: spec.get("width", 512, "a whole number, at least 1", |&width| width > 0)?,
                warmup: spec.get("warmup", 4000, "a whole number, at least 1", |&warmup| warmup > 0)?,
            }),
            "plateau" => Rates::Plateau(
                ReduceOnPlateau::new(Better::Lower { threshold: 1e-4 })
                    .factor(spec.fraction("factor", 0.1)?)
                    .patience(spec.count("patience", 3)?),
            ),
            _ => Rates::Epochs(Schedule::Constant),
        })
    }
}

impl FromStr for ScheduleChoice {
    type Err = ChoiceError;

    fn from_str(text: &str) -> Result<Self, ChoiceError> {
        let choice = ScheduleChoice(text.to_string());
        choice.build(1, 1).map(|_| choice)
    }
}

impl TryFrom<String> for ScheduleChoice {
    type Error = ChoiceError;

    fn try_from(text: String) -> Result<Self, ChoiceError> {
        text.parse()
    }
}

impl From<ScheduleChoice> for String {
    fn from(choice: ScheduleChoice) -> String {
        choice.0
    }
}

impl fmt::Display for ScheduleChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_a_schedule_and_lengths_are_those_of_the_run() {
        for name in NAMES {
            assert!(name.parse::<ScheduleChoice>().is_ok(), "{name}");
        }
        let build = |text: &str| text.parse::<ScheduleChoice>().unwrap().build(10, 100).unwrap();
        assert_eq!(build("cosine"), Rates::Epochs(Schedule::Cosine { period: 10, minimum: 0.0 }));
        assert_eq!(build("one-cycle"), Rates::Steps(Schedule::OneCycle(OneCycle::new(1000))));
        let steps = Schedule::MultiStep { warmup: 2, milestones: vec![3, 7], gamma: 0.5 };
        assert_eq!(build("multi-step:at=3+7,gamma=0.5,warmup=2"), Rates::Epochs(steps));
    }

    #[test]
    fn mistakes_are_explained() {
        let error = |text: &str| text.parse::<ScheduleChoice>().unwrap_err().to_string();
        assert!(error("cosin").contains("did you mean \"cosine\"?"));
        assert_eq!(error("step:every=0"), "step: every must be a whole number, at least 1, not \"0\"");
        assert_eq!(error("multi-step:at=6,8"), "multi-step has no setting \"8\"; it has at, gamma, warmup");
        assert_eq!(error("constant:x=1"), "constant has no setting \"x\"; it has none");
    }
}
