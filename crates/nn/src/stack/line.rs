//! [`Line`]: a layer as it is written.

use super::StackError;
use std::str::FromStr;
use tape::Activation;

/// What a layer is called, what its number means, which settings and which flags it has.
struct Kind {
    name: &'static str,
    number: Option<&'static str>,
    keys: &'static [&'static str],
    flags: &'static [&'static str],
}

const ACTIVATIONS: &[&str] = &["relu", "sigmoid", "tanh"];

const KINDS: &[Kind] = &[
    kind("conv", Some("channels"), &["kernel", "stride", "padding", "dilation", "groups", "bias"], ACTIVATIONS),
    kind("batch-norm", None, &[], ACTIVATIONS),
    kind("group-norm", Some("groups"), &[], &[]),
    kind("max-pool", Some("pixels of a window"), &["stride", "padding"], &["ceil"]),
    kind("avg-pool", Some("pixels of a window"), &["stride", "padding"], &["ceil"]),
    kind("global-avg-pool", None, &[], &[]),
    kind("residual", Some("channels"), &["stride"], &["project"]),
    kind("flatten", None, &[], &[]),
    kind("linear", Some("outputs"), &["bias"], ACTIVATIONS),
    kind("dropout", Some("probability"), &[], &[]),
    kind("relu", None, &[], &[]),
    kind("sigmoid", None, &[], &[]),
    kind("tanh", None, &[], &[]),
];

const fn kind(
    name: &'static str,
    number: Option<&'static str>,
    keys: &'static [&'static str],
    flags: &'static [&'static str],
) -> Kind {
    Kind { name, number, keys, flags }
}

/// A layer as it is written: a name, a number, settings and flags.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Line {
    number: usize,
    text: String,
    name: &'static str,
    value: Option<String>,
    settings: Vec<(&'static str, String)>,
    flags: Vec<&'static str>,
}

/// Words that suggest what may have been meant.
fn instead(word: &str, known: &[&str]) -> String {
    let similar = known.iter().map(|&known| (strsim::jaro_winkler(word, known), known));
    match similar.max_by(|a, b| a.0.total_cmp(&b.0)) {
        Some((similarity, known)) if similarity > 0.7 => format!("did you mean {known:?}?"),
        _ if known.is_empty() => "there is none".to_string(),
        _ => format!("there are {}", known.join(", ")),
    }
}

impl Line {
    pub(super) fn parse(number: usize, text: &str) -> Result<Line, StackError> {
        let text = text.trim().to_string();
        let wrong = |what: String| Err(StackError::Line { layer: number, line: text.clone(), what });
        let mut words = text.split_whitespace().peekable();
        let name = words.next().unwrap_or_default();
        let Some(kind) = KINDS.iter().find(|kind| kind.name == name) else {
            let names: Vec<&str> = KINDS.iter().map(|kind| kind.name).collect();
            return wrong(format!("no layer is called {name:?}; {}", instead(name, &names)));
        };
        let mut value = None;
        if let Some(meaning) = kind.number {
            match words.next_if(|word| word.parse::<f64>().is_ok()) {
                Some(word) => value = Some(word.to_string()),
                None => return wrong(format!("the {meaning} are missing: write a number after {name:?}")),
            }
        }
        let (mut settings, mut flags) = (Vec::new(), Vec::new());
        for word in words {
            let known = |list: &'static [&'static str], word: &str| list.iter().copied().find(|&known| known == word);
            if let Some((key, value)) = word.split_once('=') {
                match known(kind.keys, key) {
                    Some(key) if settings.iter().all(|&(before, _)| before != key) => {
                        settings.push((key, value.to_string()));
                    }
                    Some(key) => return wrong(format!("{key} is given twice")),
                    None => return wrong(format!("{name} has no setting {key:?}; {}", instead(key, kind.keys))),
                }
            } else if let Some(flag) = known(kind.flags, word) {
                flags.push(flag);
            } else {
                return wrong(format!("{name} has no flag {word:?}; {}", instead(word, kind.flags)));
            }
        }
        if flags.iter().filter(|flag| ACTIVATIONS.contains(flag)).count() > 1 {
            return wrong("there is more than one activation".to_string());
        }
        Ok(Line { number, name: kind.name, value, settings, flags, text })
    }

    pub(super) fn text(&self) -> &str {
        &self.text
    }

    pub(super) fn name(&self) -> &'static str {
        self.name
    }

    pub(super) fn has(&self, flag: &str) -> bool {
        self.flags.contains(&flag)
    }

    pub(super) fn activation(&self) -> Activation {
        match self.flags.iter().find(|flag| ACTIVATIONS.contains(flag)) {
            Some(&"relu") => Activation::Relu,
            Some(&"sigmoid") => Activation::Sigmoid,
            Some(&"tanh") => Activation::Tanh,
            _ => Activation::Identity,
        }
    }

    fn wrong<T>(&self, what: String) -> Result<T, StackError> {
        Err(StackError::Line { layer: self.number, line: self.text.clone(), what })
    }

    /// The number after the name, which is checked to be there.
    pub(super) fn number<T: FromStr + PartialOrd + Default>(&self, what: &str) -> Result<T, StackError> {
        match self.value.as_deref().unwrap_or_default().parse() {
            Ok(value) if value > T::default() => Ok(value),
            _ => self.wrong(format!("{} is not {what}", self.value.as_deref().unwrap_or("nothing"))),
        }
    }

    /// A setting, or what it is where it is not given.
    pub(super) fn setting(&self, key: &str, usual: usize, least: usize) -> Result<usize, StackError> {
        let Some((_, value)) = self.settings.iter().find(|(given, _)| *given == key) else { return Ok(usual) };
        match value.parse() {
            Ok(number) if number >= least => Ok(number),
            _ => self.wrong(format!("{key} is {value:?}; it must be a whole number, at least {least}")),
        }
    }

    /// Whether there is a bias.
    pub(super) fn bias(&self) -> Result<bool, StackError> {
        match self.settings.iter().find(|(given, _)| *given == "bias") {
            None => Ok(true),
            Some((_, value)) => match value.parse() {
                Ok(bias) => Ok(bias),
                Err(_) => self.wrong(format!("bias is {value:?}; it must be true or false")),
            },
        }
    }

    /// The error that the layer does not fit its input.
    pub(super) fn unfit<T>(&self, input: String, what: String) -> Result<T, StackError> {
        Err(StackError::Shape { layer: self.number, line: self.text.clone(), input, what })
    }

    /// The error that the network gives images.
    pub(super) fn gives_images(&self, output: String) -> StackError {
        StackError::Images { line: self.text.clone(), output }
    }
}
