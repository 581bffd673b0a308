//! [`MetricsFiles`]: a line an epoch in `metrics.csv` and `metrics.jsonl`, for other programs.

use crate::{EpochRecord, Observer, RunFolder, TrainError};
use std::fs::File;
use std::io::{self, Write};
use std::path::PathBuf;

const HEADER: &str =
    "epoch,train_loss,train_accuracy,validation_loss,validation_accuracy,learning_rate,seconds,samples_per_second";

/// Writes the records of the epochs as they come, so that a run that is interrupted has them up to then.
#[derive(Debug)]
pub struct MetricsFiles {
    csv: (PathBuf, File),
    jsonl: (PathBuf, File),
}

impl MetricsFiles {
    /// Begins both files.
    ///
    /// # Errors
    /// [`TrainError::Write`].
    pub fn create(folder: &RunFolder) -> Result<MetricsFiles, TrainError> {
        let create = |name: &str| {
            let path = folder.file(name);
            match File::create(&path) {
                Ok(file) => Ok((path, file)),
                Err(source) => Err(TrainError::Write { path, source }),
            }
        };
        let mut files = MetricsFiles { csv: create("metrics.csv")?, jsonl: create("metrics.jsonl")? };
        write_line(&mut files.csv, HEADER)?;
        Ok(files)
    }
}

impl Observer for MetricsFiles {
    fn epoch(&mut self, record: &EpochRecord) -> Result<(), TrainError> {
        let EpochRecord { epoch, train, validation, learning_rate, seconds, samples_per_second } = record;
        let line = format!(
            "{epoch},{},{},{},{},{learning_rate},{seconds},{samples_per_second}",
            train.loss, train.accuracy, validation.loss, validation.accuracy
        );
        write_line(&mut self.csv, &line)?;
        let json = serde_json::to_string(record).map_err(io::Error::other);
        let json = json.map_err(|source| TrainError::Write { path: self.jsonl.0.clone(), source })?;
        write_line(&mut self.jsonl, &json)
    }
}

fn write_line((path, file): &mut (PathBuf, File), line: &str) -> Result<(), TrainError> {
    // In one call, so that no other program sees half a line.
    file.write_all(format!("{line}\n").as_bytes()).map_err(|source| TrainError::Write { path: path.clone(), source })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Metrics;

    #[test]
    fn both_files_hold_every_epoch() {
        let folder = tempfile::tempdir().unwrap();
        let run = RunFolder::create(Some(folder.path()), "mnist").unwrap();
        let mut files = MetricsFiles::create(&run).unwrap();
        for epoch in 1..=2 {
            let train = Metrics { loss: 1.5 / epoch as f64, accuracy: 0.5 };
            let validation = Metrics { loss: 2.0, accuracy: 0.25 };
            let (learning_rate, seconds, samples_per_second) = (0.1, 2.0, 600.0);
            files.epoch(&EpochRecord { epoch, train, validation, learning_rate, seconds, samples_per_second }).unwrap();
        }
        let csv = std::fs::read_to_string(run.file("metrics.csv")).unwrap();
        assert_eq!(csv, format!("{HEADER}\n1,1.5,0.5,2,0.25,0.1,2,600\n2,0.75,0.5,2,0.25,0.1,2,600\n"));
        let jsonl = std::fs::read_to_string(run.file("metrics.jsonl")).unwrap();
        let second: serde_json::Value = serde_json::from_str(jsonl.lines().nth(1).unwrap()).unwrap();
        assert_eq!((&second["epoch"], &second["train"]["loss"]), (&2.into(), &0.75.into()));
    }
}
