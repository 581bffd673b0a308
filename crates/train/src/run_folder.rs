//! [`RunFolder`]: what a run leaves behind, in a folder of its own.

use crate::TrainError;
use serde::Serialize;
use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

/// The folder of one run. It is new or was empty: a run never overwrites another.
#[derive(Clone, Debug)]
pub struct RunFolder {
    path: PathBuf,
}

impl RunFolder {
    /// The folder `out`, which must be new or empty, or the next free `runs/<project>/<number>`.
    ///
    /// # Errors
    /// [`TrainError::NotEmpty`], [`TrainError::NotAFolder`], and [`TrainError::Write`] where it cannot be made.
    pub fn create(out: Option<&Path>, project: &str) -> Result<RunFolder, TrainError> {
        match out {
            Some(path) => RunFolder::create_at(path),
            None => RunFolder::create_next(&Path::new("runs").join(project)),
        }
    }

    /// The run of a project with the highest number below `runs/<project>`.
    ///
    /// # Errors
    /// [`TrainError::NoRun`] where there is none.
    pub fn newest(project: &str) -> Result<RunFolder, TrainError> {
        let parent = Path::new("runs").join(project);
        let entries = fs::read_dir(&parent).into_iter().flatten().flatten();
        let numbers = entries.filter_map(|entry| entry.file_name().to_str()?.parse::<u64>().ok());
        match numbers.max() {
            Some(number) => RunFolder::open(&parent.join(number.to_string())),
            None => Err(TrainError::NoRun { parent }),
        }
    }

    /// The folder of a run that was begun before; what a program that was killed left half-written is removed.
    ///
    /// # Errors
    /// [`TrainError::NotARun`] where it has no `config.toml`.
    pub fn open(path: &Path) -> Result<RunFolder, TrainError> {
        if !path.join("config.toml").is_file() {
            return Err(TrainError::NotARun { path: path.into(), missing: "config.toml" });
        }
        let folder = RunFolder { path: path.into() };
        folder.wrap(path, crate::checkpoint::remove_temporary(path))?;
        Ok(folder)
    }

    fn create_at(path: &Path) -> Result<RunFolder, TrainError> {
        match fs::read_dir(path).map(|mut entries| entries.next().is_some()) {
            Ok(true) => return Err(TrainError::NotEmpty { path: path.into() }),
            Err(source) if source.kind() == ErrorKind::NotADirectory => {
                return Err(TrainError::NotAFolder { path: path.into() });
            }
            _ => {}
        }
        let folder = RunFolder { path: path.into() };
        folder.wrap(path, fs::create_dir_all(path))?;
        Ok(folder)
    }

    fn create_next(parent: &Path) -> Result<RunFolder, TrainError> {
        let write = |source| TrainError::Write { path: parent.into(), source };
        fs::create_dir_all(parent).map_err(write)?;
        let mut last = 0;
        for entry in fs::read_dir(parent).map_err(write)? {
            let number = entry.map_err(write)?.file_name().to_str().and_then(|name| name.parse::<u64>().ok());
            last = last.max(number.unwrap_or(0));
        }
        // Another run that starts now may take a number first.
        for number in last + 1.. {
            let path = parent.join(number.to_string());
            match fs::create_dir(&path) {
                Ok(()) => return Ok(RunFolder { path }),
                Err(source) if source.kind() == ErrorKind::AlreadyExists => {}
                Err(source) => return Err(TrainError::Write { path, source }),
            }
        }
        unreachable!("there are more numbers than runs")
    }

    /// The folder.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The folder of a part that is a run of its own, as of a comparison: opened where it is there, else made.
    ///
    /// # Errors
    /// As [`create`](RunFolder::create) and [`open`](RunFolder::open).
    pub fn part(&self, number: usize) -> Result<RunFolder, TrainError> {
        let path = self.file(&number.to_string());
        if path.join("config.toml").is_file() { RunFolder::open(&path) } else { RunFolder::create_at(&path) }
    }

    /// A file in the folder.
    pub fn file(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// Writes a file, which is there whole or not at all.
    ///
    /// # Errors
    /// [`TrainError::Write`].
    pub fn write(&self, name: &str, bytes: &[u8]) -> Result<(), TrainError> {
        let path = self.file(name);
        self.wrap(&path, draw::write_file(&path, bytes))
    }

    /// Writes `config.toml`: the settings that the run ends up with.
    ///
    /// # Errors
    /// [`TrainError::Write`].
    pub fn write_config(&self, settings: &impl Serialize) -> Result<(), TrainError> {
        let text = toml::to_string_pretty(settings).map_err(io::Error::other);
        self.write("config.toml", self.wrap(&self.file("config.toml"), text)?.as_bytes())
    }

    /// Writes `run.json`: what the run was and what came of it.
    ///
    /// # Errors
    /// [`TrainError::Write`].
    pub fn write_report(&self, report: &impl Serialize) -> Result<(), TrainError> {
        let text = serde_json::to_string_pretty(report).map_err(io::Error::other);
        self.write("run.json", (self.wrap(&self.file("run.json"), text)? + "\n").as_bytes())
    }

    fn wrap<T>(&self, path: &Path, result: io::Result<T>) -> Result<T, TrainError> {
        result.map_err(|source| TrainError::Write { path: path.into(), source })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_go_up_and_nothing_is_overwritten() {
        let folder = tempfile::tempdir().unwrap();
        let parent = folder.path().join("runs/mnist");
        let numbers: Vec<_> = (0..3).map(|_| RunFolder::create_next(&parent).unwrap().path().to_path_buf()).collect();
        assert_eq!(numbers, ["1", "2", "3"].map(|number| parent.join(number)));
        fs::create_dir(parent.join("41")).unwrap();
        fs::create_dir(parent.join("notes")).unwrap();
        assert_eq!(RunFolder::create_next(&parent).unwrap().path(), parent.join("42"));
    }

    #[test]
    fn a_folder_of_choice_is_new_or_empty() {
        let folder = tempfile::tempdir().unwrap();
        let deep = folder.path().join("a/b");
        let run = RunFolder::create(Some(&deep), "mnist").unwrap();
        RunFolder::create(Some(&deep), "mnist").unwrap();
        run.write("notes.txt", b"mine").unwrap();
        assert!(matches!(RunFolder::create(Some(&deep), "mnist"), Err(TrainError::NotEmpty { .. })));
        let file = deep.join("notes.txt");
        assert!(matches!(RunFolder::create(Some(&file), "mnist"), Err(TrainError::NotAFolder { .. })));
        assert!(matches!(RunFolder::create(Some(&file.join("x")), "mnist"), Err(TrainError::NotAFolder { .. })));
        assert_eq!(fs::read(file).unwrap(), b"mine");
    }

    #[test]
    fn settings_and_report_can_be_read_again() {
        #[derive(Serialize)]
        struct Settings {
            lr: f64,
            model: &'static str,
        }
        let folder = tempfile::tempdir().unwrap();
        let run = RunFolder::create(Some(folder.path()), "mnist").unwrap();
        run.write_config(&Settings { lr: 0.1, model: "mlp" }).unwrap();
        run.write_report(&Settings { lr: 0.1, model: "mlp" }).unwrap();
        let config: toml::Table = fs::read_to_string(run.file("config.toml")).unwrap().parse().unwrap();
        assert_eq!(config["lr"].as_float(), Some(0.1));
        let report: serde_json::Value = serde_json::from_slice(&fs::read(run.file("run.json")).unwrap()).unwrap();
        assert_eq!(report["model"], "mlp");
    }
}
