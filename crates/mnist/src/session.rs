//! The data and the model that settings mean.

use crate::arguments::{DatasetKind, Settings};
use crate::model::Model;
use data::{Batch, LabeledImages, Loader, Splits};
use nn::Layer;
use std::path::PathBuf;
use tape::{Params, Var};
use train::{Classifier, Failure, Minimizer, RunFolder, Stop, Task, Trainer};

/// What is needed to train, to test and to predict.
pub(crate) struct Session {
    pub(crate) settings: Settings,
    pub(crate) splits: Splits,
    /// Fresh parameters.
    pub(crate) params: Params,
    model: Model,
}

/// A data set could not be found.
#[derive(Debug, thiserror::Error)]
#[error(
    "no {name} in {}; download it with `cargo xtask data {name}`, or give the folder of its four idx files with --data-dir",
    places.iter().map(|place| place.display().to_string()).collect::<Vec<_>>().join(" or ")
)]
struct NoData {
    name: &'static str,
    places: Vec<PathBuf>,
}

/// The four files of a data set in the format of MNIST, from the folder of choice or where downloads land.
fn idx_files(name: &'static str, folder: Option<&PathBuf>) -> Result<Splits, Failure> {
    let folder = match folder {
        Some(folder) => folder.clone(),
        None => data::cached(name).map_err(|places| Failure::Input(NoData { name, places }.into()))?,
    };
    Ok(data::mnist(&folder)?)
}

impl Session {
    pub(crate) fn new(settings: Settings) -> Result<Session, Failure> {
        let splits = match settings.dataset {
            DatasetKind::Digits => data::digits(),
            DatasetKind::Mnist => idx_files("mnist", settings.data_dir.as_ref())?,
            DatasetKind::Fashion => idx_files("fashion", settings.data_dir.as_ref())?,
        };
        let mut params = Params::new(settings.seed);
        let model = Model::new(&mut params, &settings, splits.train.shape().len(), splits.train.classes());
        Ok(Session { settings, splits, params, model })
    }

    /// The model of a run, with its best parameters.
    pub(crate) fn of_run(folder: &RunFolder, data_dir: Option<PathBuf>) -> Result<(Session, Params), Failure> {
        let options = train::read_config(&folder.file("config.toml")).map_err(train::TrainError::from)?;
        let mut settings = crate::arguments::Options::settings(options)?;
        settings.data_dir = data_dir.or(settings.data_dir);
        let session = Session::new(settings)?;
        let (best, _) = train::best_of_run(folder, &session.params)?;
        Ok((session, best))
    }

    pub(crate) fn dataset_name(&self) -> &'static str {
        match self.settings.dataset {
            DatasetKind::Digits => "digits",
            DatasetKind::Mnist => "MNIST",
            DatasetKind::Fashion => "Fashion-MNIST",
        }
    }

    pub(crate) fn title(&self) -> String {
        format!("{} on {}", self.settings.model, self.dataset_name())
    }

    /// What the classes are called.
    pub(crate) fn class_names(&self) -> Vec<String> {
        const CLOTHES: [&str; 10] =
            ["T-shirt", "trousers", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "ankle boot"];
        match self.settings.dataset {
            DatasetKind::Fashion => CLOTHES.map(String::from).to_vec(),
            _ => (0..self.splits.train.classes()).map(|class| class.to_string()).collect(),
        }
    }

    pub(crate) fn classifier(&self) -> Classifier<impl for<'t> Fn(Var<'t>) -> Var<'t> + '_> {
        classifier(|x| self.model.forward(x))
    }

    pub(crate) fn minimizer(&self) -> Result<Minimizer, Failure> {
        let Settings { lr, reg, optimizer, .. } = &self.settings;
        optimizer.build(*lr, *reg).map_err(|error| Failure::Input(error.into()))
    }

    pub(crate) fn loader(&self) -> Loader<LabeledImages> {
        Loader::shuffled(&self.splits.train, self.settings.batch_size, self.settings.seed)
    }

    pub(crate) fn trainer(&self, stop: Stop) -> Result<Trainer<LabeledImages>, Failure> {
        let Settings { epochs, schedule, clip_norm, average, patience, .. } = &self.settings;
        let (train, validation) = (self.loader(), Loader::sequential(&self.splits.validation, 256));
        let rates = schedule.build(*epochs as u64, train.batches() as u64);
        Ok(Trainer::new(train, validation)
            .epochs(*epochs as u64)
            .rates(rates.map_err(|error| Failure::Input(error.into()))?)
            .clip_norm(*clip_norm)
            .average(*average)
            .patience(patience.map(|epochs| epochs as u64))
            .stop(stop))
    }
}

/// Fixes the lifetimes of a closure's argument and result to be the same.
fn classifier<M: for<'t> Fn(Var<'t>) -> Var<'t>>(model: M) -> Classifier<M>
where
    Classifier<M>: Task<Batch>,
{
    Classifier::new(model)
}
