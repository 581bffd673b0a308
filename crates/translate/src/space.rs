//! [`Space`]: the settings that a search tries.

use rand::RngExt;
use std::path::{Path, PathBuf};
use tape::Random;
use train::Failure;

/// A space that cannot be searched.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SpaceError {
    #[error("cannot read {}: {source}", path.display())]
    Read { path: PathBuf, source: std::io::Error },
    #[error("{place}: {message}")]
    Format { place: String, message: String },
    #[error(
        "{place}: {key} is {found}; it must be a list of values, as [64, 128], or a range, as {{ min = 1e-3, max = 1e-2, \
         scale = \"logarithmic\" }}"
    )]
    Values { place: String, key: String, found: String },
    #[error("{place}: nothing to search; give keys that are flags, with lists or ranges")]
    Nothing { place: String },
    #[error("{place}: {key} is a range, of which a grid has no values; give a list, or leave --grid out")]
    RangeInGrid { place: String, key: String },
}

impl From<SpaceError> for Failure {
    fn from(error: SpaceError) -> Self {
        Failure::Input(error.into())
    }
}

/// What a flag may be.
enum Values {
    List(Vec<String>),
    Range { min: f64, max: f64, logarithmic: bool, whole: bool },
}

/// Flags with what they may be.
pub(crate) struct Space {
    place: String,
    keys: Vec<(String, Values)>,
}

impl Space {
    /// The space in a file.
    pub(crate) fn read(path: &Path) -> Result<Space, SpaceError> {
        let text =
            std::fs::read_to_string(path).map_err(|source| SpaceError::Read { path: path.to_path_buf(), source })?;
        Space::parse(path.display().to_string(), &text)
    }

    /// The space in a text.
    pub(crate) fn of(text: &str) -> Result<Space, SpaceError> {
        Space::parse("the space".to_string(), text)
    }

    fn parse(place: String, text: &str) -> Result<Space, SpaceError> {
        let table: toml::Table = text.parse().map_err(|error: toml::de::Error| SpaceError::Format {
            place: place.clone(),
            message: error.to_string().trim_end().to_string(),
        })?;
        let mut keys = Vec::new();
        for (key, value) in table {
            let Some(values) = values(&value) else {
                return Err(SpaceError::Values { place, key, found: value.to_string() });
            };
            keys.push((key.replace('_', "-"), values));
        }
        if keys.is_empty() {
            return Err(SpaceError::Nothing { place });
        }
        Ok(Space { place, keys })
    }

    /// The flags of every combination.
    pub(crate) fn grid(&self) -> Result<Vec<String>, SpaceError> {
        let mut all = vec![String::new()];
        for (key, values) in &self.keys {
            let Values::List(list) = values else {
                return Err(SpaceError::RangeInGrid { place: self.place.clone(), key: key.clone() });
            };
            all =
                all.iter().flat_map(|flags| list.iter().map(move |value| format!("{flags} --{key}={value}"))).collect();
        }
        Ok(all.into_iter().map(|flags| flags.trim_start().to_string()).collect())
    }

    /// The flags of so many trials. A trial depends on the seed and its number alone.
    pub(crate) fn draw(&self, trials: usize, seed: u64) -> Vec<String> {
        let trial = |number: usize| {
            let mut random = Random::new(seed, 0, number as u64);
            let flags = self.keys.iter().map(|(key, values)| format!("--{key}={}", values.draw(&mut random)));
            flags.collect::<Vec<_>>().join(" ")
        };
        (0..trials).map(trial).collect()
    }
}

impl Values {
    fn draw(&self, random: &mut Random) -> String {
        let share = random.random::<f64>();
        match self {
            Values::List(list) => list[((share * list.len() as f64) as usize).min(list.len() - 1)].clone(),
            &Values::Range { min, max, logarithmic, whole } => {
                let value = if logarithmic { min * (max / min).powf(share) } else { min + (max - min) * share };
                match whole {
                    true => (value.round() as u64).to_string(),
                    // More digits than that make no difference.
                    false => format!("{value:.2e}").parse::<f64>().unwrap_or(value).to_string(),
                }
            }
        }
    }
}

/// A value as it stands in a flag.
fn word(value: &toml::Value) -> Option<String> {
    match value {
        toml::Value::String(text) => Some(text.clone()),
        toml::Value::Integer(_) | toml::Value::Float(_) | toml::Value::Boolean(_) => Some(value.to_string()),
        _ => None,
    }
}

fn values(value: &toml::Value) -> Option<Values> {
    let number = |value: &toml::Value| value.as_float().or(value.as_integer().map(|whole| whole as f64));
    match value {
        toml::Value::Array(list) if !list.is_empty() => list.iter().map(word).collect::<Option<_>>().map(Values::List),
        toml::Value::Table(range) => {
            let (min, max) = (range.get("min")?, range.get("max")?);
            let logarithmic = match range.get("scale").map(|scale| scale.as_str()) {
                None | Some(Some("linear")) => false,
                Some(Some("logarithmic")) => true,
                _ => return None,
            };
            let known = range.keys().all(|key| ["min", "max", "scale"].contains(&key.as_str()));
            let whole = min.is_integer() && max.is_integer();
            let (min, max) = (number(min)?, number(max)?);
            let fits = min <= max && max.is_finite() && min >= 0.0 && (!logarithmic || min > 0.0);
            (known && fits).then_some(Values::Range { min, max, logarithmic, whole })
        }
        value => word(value).map(|word| Values::List(vec![word])),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn grids_have_every_combination() {
        let space = Space::of("batch_size = [32, 64]\nmodel = [\"gru\", \"lstm\"]\nepochs = 3").unwrap();
        let want = [
            "--batch-size=32 --epochs=3 --model=gru",
            "--batch-size=32 --epochs=3 --model=lstm",
            "--batch-size=64 --epochs=3 --model=gru",
            "--batch-size=64 --epochs=3 --model=lstm",
        ];
        assert_eq!(space.grid().unwrap(), want);
    }

    #[test]
    fn draws_stay_in_their_range_and_depend_on_the_seed() {
        let space =
            Space::of("lr = { min = 1e-4, max = 1e-2, scale = \"logarithmic\" }\nhidden = { min = 16, max = 32 }");
        let space = space.unwrap();
        let trials = space.draw(200, 7);
        assert_eq!(trials[..20], space.draw(20, 7)[..]);
        assert_ne!(trials, space.draw(200, 8));
        let mut low = 0;
        for trial in &trials {
            let numbers: Vec<f64> = trial.split(['=', ' ']).filter_map(|word| word.parse().ok()).collect();
            let [hidden, lr] = numbers[..] else { panic!("{trial}") };
            assert!((1e-4..=1e-2).contains(&lr) && (16.0..=32.0).contains(&hidden) && hidden.fract() == 0.0, "{trial}");
            low += usize::from(lr < 1e-3);
        }
        // On a logarithmic scale, half of the draws are below the geometric mean: four standard deviations.
        assert!((70..130).contains(&low), "{low}");
    }

    #[test]
    fn mistakes_are_named() {
        let error = |text: &str| Space::of(text).err().map(|error| error.to_string()).unwrap();
        assert!(error("lr = { min = 1.0 }").starts_with("the space: lr is "));
        assert!(error("lr = []").contains("it must be a list of values"));
        assert!(error("lr = { min = 0.0, max = 1.0, scale = \"logarithmic\" }").contains("lr is"));
        assert!(error("").contains("nothing to search"));
        assert!(error("lr 3").starts_with("the space: TOML"));
        let ranges = Space::of("lr = { min = 0.1, max = 1.0 }").unwrap();
        assert!(ranges.grid().unwrap_err().to_string().contains("lr is a range"));
    }
}
