//! `cargo xtask data`: data sets that are too large for the repository, downloaded and verified.
//!
//! The network code is behind the feature `download`, which people never see: without it, this task checks what is there
//! and says how to place files by hand, and has cargo build and run a program with the feature for the rest.

mod by_hand;
mod catalog;
#[cfg(feature = "download")]
mod download;
#[cfg(not(feature = "download"))]
mod rerun;
mod unpack;
mod verify;

use crate::{Failure, workspace};
use catalog::{DATASETS, DataFile, Dataset};
use clap::builder::{PossibleValuesParser, TypedValueParser};
#[cfg(feature = "download")]
use download::get;
#[cfg(not(feature = "download"))]
use rerun::get;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// Downloads a data set, and prints the command that uses it.
///
/// Files that are there are verified and not downloaded again; a download that was interrupted goes on where it ended.
/// Without a network, see --by-hand.
#[derive(clap::Args)]
pub(crate) struct Data {
    /// The data set.
    #[arg(value_parser = datasets())]
    dataset: &'static Dataset,
    /// The folder for the files [default: the data set's name in $RETROGRADE_DATA, or else in datasets/cache].
    #[arg(long, value_name = "DIR")]
    to: Option<PathBuf>,
    /// Download nothing; print how to place the files by hand.
    #[arg(long)]
    by_hand: bool,
}

/// Names of data sets, as the command line takes them.
fn datasets() -> impl TypedValueParser<Value = &'static Dataset> {
    let names = PossibleValuesParser::new(DATASETS.iter().map(|dataset| dataset.name));
    names.map(|name| catalog::find(&name).expect("only these names are possible"))
}

impl Data {
    pub(crate) fn run(self) -> Result<(), Failure> {
        let dataset = self.dataset;
        let cache = workspace::root().join("datasets").join("cache");
        let folder = folder(dataset, self.to, std::env::var_os("RETROGRADE_DATA"), cache);
        let folder = shortened(&folder, std::env::current_dir().ok().as_deref());
        if self.by_hand {
            println!("{}", by_hand::instructions(dataset, &folder));
            return Ok(());
        }
        if unpack::is_unpacked(dataset, &folder) {
            dataset.members.iter().for_each(|member| println!("{}: there already", member.name));
            println!("\n{}", by_hand::go_on(dataset, &folder));
            return Ok(());
        }
        let missing = missing(dataset, &folder)?;
        let downloads = cfg!(feature = "download");
        if missing.is_empty() || downloads {
            let there = dataset.files.iter().filter(|file| !missing.contains(file));
            there.for_each(|file| println!("{}: there already, checksum right", file.name));
        }
        if !missing.is_empty() {
            get(dataset, &missing, &folder)?;
        }
        if missing.is_empty() || downloads {
            unpack::unpack(dataset, &folder)?;
            println!("\n{}", by_hand::go_on(dataset, &folder));
        }
        Ok(())
    }
}

/// Where the files belong: a folder that was asked for, or one of the data set's name in the folder that the variable
/// names, or else in the cache.
fn folder(dataset: &Dataset, to: Option<PathBuf>, variable: Option<OsString>, cache: PathBuf) -> PathBuf {
    let variable = variable.filter(|value| !value.is_empty()).map(PathBuf::from);
    to.unwrap_or_else(|| variable.unwrap_or(cache).join(dataset.name))
}

/// A path from the working folder, if it is below that.
fn shortened(path: &Path, working_folder: Option<&Path>) -> PathBuf {
    let below = working_folder.and_then(|working_folder| path.strip_prefix(working_folder).ok());
    below.filter(|path| !path.as_os_str().is_empty()).unwrap_or(path).to_path_buf()
}

/// The files that the folder does not have.
///
/// # Errors
/// When a file of such a name is another: it is somebody's, and stays.
fn missing(dataset: &'static Dataset, folder: &Path) -> Result<Vec<&'static DataFile>, verify::FileError> {
    let mut missing = Vec::new();
    for file in dataset.files {
        let path = folder.join(file.name);
        if !path.try_exists().map_err(verify::FileError::io("read", &path))? {
            missing.push(file);
            continue;
        }
        verify::verify(&path, file, "delete it and run this again, or choose another folder with --to")?;
    }
    Ok(missing)
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    /// A command line of this task alone.
    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        data: Data,
    }

    #[test]
    fn the_flag_overrides_the_variable_and_the_variable_the_cache() {
        let dataset = catalog::find("mnist").unwrap();
        let folder = |to: Option<&str>, variable: Option<&str>| {
            folder(dataset, to.map(PathBuf::from), variable.map(OsString::from), PathBuf::from("cache"))
        };
        assert_eq!(folder(Some("to"), Some("data")), Path::new("to"));
        assert_eq!(folder(None, Some("data")), Path::new("data").join("mnist"));
        assert_eq!(folder(None, None), Path::new("cache").join("mnist"));
        assert_eq!(folder(None, Some("")), Path::new("cache").join("mnist"));
    }

    #[test]
    fn a_path_is_shown_from_the_working_folder() {
        let here = Path::new("a").join("b");
        assert_eq!(shortened(&here.join("c"), Some(&here)), Path::new("c"));
        assert_eq!(shortened(&here, Some(&here)), here);
        assert_eq!(shortened(Path::new("d"), Some(&here)), Path::new("d"));
        assert_eq!(shortened(&here, None), here);
    }

    #[test]
    fn names_are_those_of_the_catalog() {
        for dataset in DATASETS {
            assert_eq!(Line::try_parse_from(["", dataset.name]).unwrap().data.dataset, dataset);
        }
        let message = Line::try_parse_from(["", "nothing"]).err().unwrap().to_string();
        assert!(DATASETS.iter().all(|dataset| message.contains(dataset.name)), "{message}");
    }

    #[test]
    fn a_file_that_is_there_must_be_the_right_one() {
        let folder = tempfile::tempdir().unwrap();
        let dataset = catalog::find("mnist").unwrap();
        assert_eq!(missing(dataset, folder.path()).unwrap().len(), 4);
        let path = folder.path().join("t10k-labels-idx1-ubyte.gz");
        std::fs::write(&path, "somebody's").unwrap();
        let error = missing(dataset, folder.path()).unwrap_err();
        assert!(matches!(&error, verify::FileError::Wrong { path: found, .. } if *found == path), "{error}");
        assert!(error.to_string().contains("expected 4542 bytes, found 10 bytes; delete it"), "{error}");
        assert_eq!(std::fs::read(&path).unwrap(), b"somebody's");
    }
}
