//! [`MetricsFiles`]: a line an epoch in `metrics.csv` and `metrics.jsonl`, for other programs.

use crate::{Beginning, EpochRecord, Observer, RunFolder, TrainError};
use std::fs::File;
use std::io::Write;
use std::path::PathBuf;

const HEADER: &str =
    "epoch,train_loss,train_accuracy,validation_loss,validation_accuracy,learning_rate,seconds,samples_per_second";

/// Writes the records of the epochs as they come, so that a run that is interrupted has them up to then. A run that goes
/// on writes those of before again.
#[derive(Debug)]
pub struct MetricsFiles<'r> {
    folder: &'r RunFolder,
    files: Option<[(PathBuf, File); 2]>,
}

impl<'r> MetricsFiles<'r> {
    /// The files of this run.
    pub fn new(folder: &'r RunFolder) -> Self {
        MetricsFiles { folder, files: None }
    }

    /// The records that a run has written, if they can be read.
    pub fn read(folder: &RunFolder) -> Option<Vec<EpochRecord>> {
        let text = std::fs::read_to_string(folder.file("metrics.jsonl")).ok()?;
        text.lines().map(|line| serde_json::from_str(line).ok()).collect()
    }
}

impl Observer for MetricsFiles<'_> {
    fn begin(&mut self, beginning: &Beginning<'_>) -> Result<(), TrainError> {
        let lines: Vec<[String; 2]> = beginning.history.iter().map(lines).collect();
        let open = |name: &str, number: usize, head: &str| {
            let text = lines.iter().fold(head.to_string(), |text, lines| text + &lines[number]);
            self.folder.write(name, text.as_bytes())?;
            let path = self.folder.file(name);
            match File::options().append(true).open(&path) {
                Ok(file) => Ok((path, file)),
                Err(source) => Err(TrainError::Write { path, source }),
            }
        };
        self.files = Some([open("metrics.csv", 0, &format!("{HEADER}\n"))?, open("metrics.jsonl", 1, "")?]);
        Ok(())
    }

    fn epoch(&mut self, record: &EpochRecord) -> Result<(), TrainError> {
        for ((path, file), line) in self.files.iter_mut().flatten().zip(lines(record)) {
            // In one call, so that no other program sees half a line.
            file.write_all(line.as_bytes()).map_err(|source| TrainError::Write { path: path.clone(), source })?;
        }
        Ok(())
    }
}

/// The lines of an epoch, with their ends: as CSV and as JSON.
fn lines(record: &EpochRecord) -> [String; 2] {
    let EpochRecord { epoch, train, validation, learning_rate, seconds, samples_per_second } = record;
    let csv = format!(
        "{epoch},{},{},{},{},{learning_rate},{seconds},{samples_per_second}\n",
        train.loss, train.accuracy, validation.loss, validation.accuracy
    );
    [csv, serde_json::to_string(record).expect("a record is numbers") + "\n"]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Metrics;

    #[test]
    fn both_files_hold_every_epoch() {
        let folder = tempfile::tempdir().unwrap();
        let run = RunFolder::create(Some(folder.path()), "mnist").unwrap();
        let mut history = Vec::new();
        for epoch in 1..=2 {
            // Each epoch by a run that goes on.
            let mut files = MetricsFiles::new(&run);
            files.begin(&Beginning { history: &history, resumed: None, rejected: &[] }).unwrap();
            let train = Metrics { loss: 1.5 / epoch as f64, accuracy: 0.5 };
            let validation = Metrics { loss: 2.0, accuracy: 0.25 };
            let (learning_rate, seconds, samples_per_second) = (0.1, 2.0, 600.0);
            let record = EpochRecord { epoch, train, validation, learning_rate, seconds, samples_per_second };
            files.epoch(&record).unwrap();
            history.push(record);
        }
        let csv = std::fs::read_to_string(run.file("metrics.csv")).unwrap();
        assert_eq!(csv, format!("{HEADER}\n1,1.5,0.5,2,0.25,0.1,2,600\n2,0.75,0.5,2,0.25,0.1,2,600\n"));
        let jsonl = std::fs::read_to_string(run.file("metrics.jsonl")).unwrap();
        let second: serde_json::Value = serde_json::from_str(jsonl.lines().nth(1).unwrap()).unwrap();
        assert_eq!((&second["epoch"], &second["train"]["loss"]), (&2.into(), &0.75.into()));
    }
}
