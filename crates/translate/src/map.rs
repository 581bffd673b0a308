//! Where a model looks while it translates.

use crate::models::Search;
use crate::translator::Translator;
use draw::HeatTable;
use std::path::Path;
use tape::{Params, Tape};
use train::TrainError;

/// Draws, for each word that is said, how much each word of the source counts. Models that look nowhere draw nothing.
pub(crate) fn save_map(
    path: &Path,
    tape: &mut Tape,
    translator: &Translator,
    params: &Params,
    sentence: &str,
) -> Result<bool, TrainError> {
    let (languages, most) = (&translator.languages, translator.settings.max_length);
    let mut tokens = languages.source.encode(sentence);
    tokens.truncate(most);
    let found = translator.model.translate(tape, params, &[tokens], (most, 1), Search::Greedy);
    let Some(translation) = found.into_iter().next().filter(|translation| !translation.weights.is_empty()) else {
        return Ok(false);
    };
    let mut columns = vec!["<sos>".to_string()];
    columns.extend(languages.source.tokens(sentence).into_iter().take(most));
    columns.push("<eos>".to_string());
    let mut rows: Vec<String> =
        translation.tokens.iter().map(|&token| languages.target.vocabulary().token(token).to_string()).collect();
    rows.push("<eos>".to_string());
    rows.truncate(translation.weights.len());
    // Beyond the end of the source stands padding, which counts for nothing.
    let row = |weights: &Vec<f32>| weights.iter().take(columns.len()).map(|&weight| f64::from(weight)).collect();
    let values: Vec<Vec<f64>> = translation.weights.iter().map(row).collect();
    HeatTable::new(format!("{}: attention", translator.title()), rows, columns, values).save(path)?;
    Ok(true)
}
