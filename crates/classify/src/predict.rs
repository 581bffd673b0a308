//! `predict`.

use crate::run::open_run;
use crate::{PredictArguments, Project};
use data::{Batch, LabeledImages};
use std::path::Path;
use tape::Tape;
use train::Failure;

/// A number that no test image has.
#[derive(Debug, thiserror::Error)]
#[error("{input} is neither a file nor the number of a test image, from 0 to {last}")]
struct NoInput {
    input: String,
    last: usize,
}

/// Says what pictures show, by the model of a run.
///
/// # Errors
/// When there is no such run or picture.
pub fn predict<P: Project>(arguments: &PredictArguments) -> Result<(), Failure> {
    let (_, project, params) = open_run::<P>(arguments.run.as_deref(), None)?;
    let (test, names) = (&project.splits().test, project.class_names());
    let mut tape = Tape::new();
    for input in &arguments.inputs {
        let mut label = String::new();
        let image = match input.parse::<usize>().ok().filter(|&index| index < test.len()) {
            Some(index) => {
                label = format!("   (it is {})", names[test.labels()[index] as usize]);
                test.subset([index])
            }
            None if Path::new(input).is_file() => {
                let pixels = project.read_picture(Path::new(input))?;
                LabeledImages::new(test.shape(), test.classes(), 255, pixels, vec![0])
            }
            None => {
                let (input, last) = (input.clone(), test.len().saturating_sub(1));
                return Err(Failure::Input(NoInput { input, last }.into()));
            }
        };
        let Some(Batch { images, .. }) = project.plain_data(&image, 1).epoch(0).next() else { continue };
        let probabilities = tape.eval(&params, |t| project.logits(t.input(&images)).softmax(1).to_tensor());
        let mut ranked: Vec<(usize, f32)> = probabilities.as_slice().iter().copied().enumerate().collect();
        ranked.sort_by(|a, b| b.1.total_cmp(&a.1));
        let words: Vec<String> =
            ranked.iter().take(3).map(|&(class, p)| format!("{} {:.1} %", names[class], 100.0 * p)).collect();
        println!("{input}: {}{label}", words.join(", "));
    }
    Ok(())
}
