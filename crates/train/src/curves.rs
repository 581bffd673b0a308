//! The curves of a run: `loss.png` and `accuracy.png`.

use crate::{Best, EpochRecord, RunFolder, TrainError};
use draw::{Curve, Figure};

/// Draws loss and accuracy over the epochs, in training and validation, with the epoch that was kept, and the learning
/// rate below.
///
/// # Errors
/// [`TrainError::Draw`].
pub fn save_curves(folder: &RunFolder, name: &str, best: &Best) -> Result<(), TrainError> {
    let points = |of: fn(&EpochRecord) -> f64| -> Vec<(f64, f64)> {
        best.history.iter().map(|record| (record.epoch as f64, of(record))).collect()
    };
    let figure = |title: &str, label: &str, train, validation, kept: f64| {
        Figure::new(format!("{name}: {title}"))
            .axis_labels("epoch", label)
            .curve(Curve::new("training", points(train)))
            .curve(Curve::new("validation", points(validation)))
            .mark(format!("kept: epoch {}", best.record.epoch), (best.record.epoch as f64, kept))
            .strip("learning rate", points(|record| record.learning_rate))
    };
    let validation = best.record.validation;
    figure("loss", "cross-entropy (nats)", |r| r.train.loss, |r| r.validation.loss, validation.loss)
        .save(folder.file("loss.png"))?;
    figure("accuracy", "accuracy", |r| r.train.accuracy, |r| r.validation.accuracy, validation.accuracy)
        .percent()
        .save(folder.file("accuracy.png"))?;
    Ok(())
}
