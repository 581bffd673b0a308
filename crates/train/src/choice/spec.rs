//! [`Spec`]: a name with settings.

use std::str::FromStr;

/// A choice that cannot be understood.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ChoiceError {
    /// There is nothing of this name.
    #[error("no {kind} {name:?}{}; there are {}", nearest(name, known), known.join(", "))]
    Name {
        /// What is chosen.
        kind: &'static str,
        /// What was asked for.
        name: String,
        /// What there is.
        known: &'static [&'static str],
    },
    /// It has no such setting.
    #[error("{name} has no setting {key:?}{}; it has {}", nearest(key, known), if known.is_empty() { "none".to_string() } else { known.join(", ") })]
    Key {
        /// The name of the choice.
        name: String,
        /// The setting that was asked for.
        key: String,
        /// The settings that it has.
        known: &'static [&'static str],
    },
    /// The value of a setting cannot be used.
    #[error("{name}: {key} must be {expected}, not {found:?}")]
    Value {
        /// The name of the choice.
        name: String,
        /// The setting.
        key: String,
        /// What it must be.
        expected: &'static str,
        /// What it is.
        found: String,
    },
}

/// Words that suggest what may have been meant.
pub fn nearest(word: &str, known: &[&str]) -> String {
    let similar = known.iter().map(|&known| (strsim::jaro_winkler(word, known), known));
    match similar.max_by(|a, b| a.0.total_cmp(&b.0)) {
        Some((similarity, known)) if similarity > 0.7 => format!(" (did you mean {known:?}?)"),
        _ => String::new(),
    }
}

/// `name:key=value,key=value`, taken apart.
pub(super) struct Spec {
    pub(super) name: String,
    settings: Vec<(String, String)>,
}

impl Spec {
    /// Takes a text apart; the name must be one of `known`, and the keys those that `keys` gives for it.
    pub(super) fn parse(
        kind: &'static str,
        text: &str,
        known: &'static [&'static str],
        keys: impl Fn(&str) -> &'static [&'static str],
    ) -> Result<Spec, ChoiceError> {
        let (name, rest) = text.split_once(':').unwrap_or((text, ""));
        let name = name.trim().to_string();
        if !known.contains(&name.as_str()) {
            return Err(ChoiceError::Name { kind, name, known });
        }
        let mut settings = Vec::new();
        for pair in rest.split(',').map(str::trim).filter(|pair| !pair.is_empty()) {
            let (key, value) = pair.split_once('=').unwrap_or((pair, "true"));
            let known = keys(&name);
            if !known.contains(&key.trim()) {
                return Err(ChoiceError::Key { name, key: key.trim().to_string(), known });
            }
            settings.push((key.trim().to_string(), value.trim().to_string()));
        }
        Ok(Spec { name, settings })
    }

    /// The value of a setting, or `otherwise`; `good` says which values can work.
    pub(super) fn get<T: FromStr>(
        &self,
        key: &str,
        otherwise: T,
        expected: &'static str,
        good: impl Fn(&T) -> bool,
    ) -> Result<T, ChoiceError> {
        let Some((_, text)) = self.settings.iter().rev().find(|(found, _)| found == key) else {
            return Ok(otherwise);
        };
        text.parse().ok().filter(good).ok_or_else(|| ChoiceError::Value {
            name: self.name.clone(),
            key: key.to_string(),
            expected,
            found: text.clone(),
        })
    }

    /// A finite number, 0 or more.
    pub(super) fn number(&self, key: &str, otherwise: f64) -> Result<f64, ChoiceError> {
        self.get(key, otherwise, "a finite number, 0 or more", |&x: &f64| x >= 0.0 && x.is_finite())
    }

    /// A number from 0 up to, but without, 1.
    pub(super) fn fraction(&self, key: &str, otherwise: f64) -> Result<f64, ChoiceError> {
        self.get(key, otherwise, "a number from 0 to below 1", |x| (0.0..1.0).contains(x))
    }

    /// A whole number.
    pub(super) fn count(&self, key: &str, otherwise: u64) -> Result<u64, ChoiceError> {
        self.get(key, otherwise, "a whole number", |_| true)
    }

    /// Whether something is switched on.
    pub(super) fn switch(&self, key: &str, otherwise: bool) -> Result<bool, ChoiceError> {
        self.get(key, otherwise, "true or false", |_| true)
    }

    /// Whole numbers with `+` between them.
    pub(super) fn counts(&self, key: &str) -> Result<Option<Vec<u64>>, ChoiceError> {
        let text = self.get(key, String::new(), "numbers", |_| true)?;
        if text.is_empty() {
            return Ok(None);
        }
        let counts: Result<Vec<u64>, _> = text.split('+').map(|part| part.trim().parse()).collect();
        counts.map(Some).map_err(|_| ChoiceError::Value {
            name: self.name.clone(),
            key: key.to_string(),
            expected: "whole numbers, as in 6+8",
            found: text,
        })
    }
}
