//! Pictures of what a classifier gets wrong, and of several runs.

use crate::{EpochRecord, Predictions, RunFolder, TrainError};
use data::LabeledImages;
use draw::{ConfusionMatrix, ContactSheet, Curve, Figure, Picture};

/// How many mistakes are shown.
const SHOWN: usize = 24;

/// Draws `confusion.png`, which classes are taken for which, and `mistakes.png`, the images whose wrong class is the most
/// probable; the latter only if there are mistakes.
///
/// # Errors
/// [`TrainError::Draw`].
pub fn save_mistakes(
    folder: &RunFolder,
    name: &str,
    classes: &[String],
    images: &LabeledImages,
    predictions: &Predictions,
) -> Result<(), TrainError> {
    ConfusionMatrix::new(format!("{name}: test images"), classes.to_vec(), predictions.confusion())
        .save(folder.file("confusion.png"))?;
    let mistakes = predictions.mistakes();
    if mistakes.is_empty() {
        return Ok(());
    }
    let shown = mistakes.len().min(SHOWN);
    let mut sheet = ContactSheet::new(format!("{name}: the {shown} surest of {} mistakes", mistakes.len()));
    for &index in &mistakes[..shown] {
        let prediction = predictions.list()[index];
        let (label, predicted) = (&classes[prediction.label as usize], &classes[prediction.predicted as usize]);
        let [channels, height, width] = *images.shape().dims() else { continue };
        let picture = Picture::new(width, height, channels, interleaved(images.picture(index), channels));
        let confidence = format!("{:.0} %, no. {index}", 100.0 * prediction.probability);
        sheet = sheet.picture(picture, [format!("{label} as {predicted}"), confidence]);
    }
    sheet.save(folder.file("mistakes.png"))?;
    Ok(())
}

/// Pixels channel by channel as pixels with their channels together.
fn interleaved(planes: Vec<u8>, channels: usize) -> Vec<u8> {
    let size = planes.len() / channels.max(1);
    (0..planes.len()).map(|i| planes[i % channels * size + i / channels]).collect()
}

/// One of several runs that are compared.
#[derive(Clone, Copy, Debug)]
pub struct Run<'r> {
    /// What it is called in the legend.
    pub name: &'r str,
    /// Its epochs.
    pub history: &'r [EpochRecord],
    /// The epoch that was kept, from 1.
    pub kept: u64,
}

/// Draws `accuracy.png` and `loss.png` of several runs: validation in lines, training in dashes.
///
/// # Errors
/// [`TrainError::Draw`].
pub fn save_comparison(folder: &RunFolder, name: &str, runs: &[Run<'_>]) -> Result<(), TrainError> {
    let figure = |title: &str, label: &str, train: fn(&EpochRecord) -> f64, validation: fn(&EpochRecord) -> f64| {
        let mut figure = Figure::new(format!("{name}: {title}")).axis_labels("epoch", label);
        for (color, run) in runs.iter().enumerate() {
            let points = |of: fn(&EpochRecord) -> f64| -> Vec<(f64, f64)> {
                run.history.iter().map(|record| (record.epoch as f64, of(record))).collect()
            };
            figure = figure
                .curve(Curve::new(run.name, points(validation)).color(color))
                .curve(Curve::new("", points(train)).color(color).dashed());
        }
        figure.note("lines: validation; dashes: training")
    };
    figure("accuracy", "accuracy", |r| r.train.accuracy, |r| r.validation.accuracy)
        .percent()
        .save(folder.file("accuracy.png"))?;
    figure("loss", "loss", |r| r.train.loss, |r| r.validation.loss).save(folder.file("loss.png"))?;
    Ok(())
}
