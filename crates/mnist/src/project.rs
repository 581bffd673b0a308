//! [`Mnist`]: the data and the model that settings mean.

use crate::arguments::{DatasetKind, Flags, ModelKind, Settings};
use crate::dead::{dead_outputs, dead_words};
use crate::model::Model;
use classify::{Finding, Preset, Project};
use data::{LabeledImages, Loader, Splits};
use draw::Picture;
use nn::Layer;
use std::path::{Path, PathBuf};
use tape::{Params, Tape, Var};
use train::{Failure, Training, TrainingOptions};

/// The project: settings, images and model.
pub(crate) struct Mnist {
    settings: Settings,
    training: Training,
    splits: Splits,
    params: Params,
    model: Model,
}

/// The experiment of the project: fewer epochs, a higher rate, a smaller batch, and all of them, beside the defaults.
const EXPERIMENT: Preset = Preset {
    name: "shorter",
    settings: &[
        ("", ""),
        ("", "--epochs 5"),
        ("", "--lr 1"),
        ("", "--batch-size 16"),
        ("", "--epochs 5 --lr 1 --batch-size 16"),
    ],
};

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

impl Project for Mnist {
    const NAME: &'static str = "mnist";
    const PRESETS: &'static [Preset] = &[EXPERIMENT];
    type Options = Flags;
    type Settings = Settings;
    type Data = LabeledImages;

    fn new(flags: Flags, training: TrainingOptions) -> Result<Mnist, Failure> {
        let (settings, training) = flags.settings(training)?;
        let splits = match settings.dataset {
            DatasetKind::Digits => data::digits(),
            DatasetKind::Mnist => idx_files("mnist", settings.data_dir.as_ref())?,
            DatasetKind::Fashion => idx_files("fashion", settings.data_dir.as_ref())?,
        };
        let mut params = Params::new(training.seed);
        let model = Model::new(&mut params, &settings, splits.train.shape().len(), splits.train.classes());
        Ok(Mnist { settings, training, splits, params, model })
    }

    fn settings(&self) -> &Settings {
        &self.settings
    }

    fn training(&self) -> &Training {
        &self.training
    }

    fn splits(&self) -> &Splits {
        &self.splits
    }

    fn params(&self) -> &Params {
        &self.params
    }

    fn model_name(&self) -> String {
        self.settings.model.to_string()
    }

    fn data_name(&self) -> String {
        let name = match self.settings.dataset {
            DatasetKind::Digits => "digits",
            DatasetKind::Mnist => "MNIST",
            DatasetKind::Fashion => "Fashion-MNIST",
        };
        name.to_string()
    }

    fn class_names(&self) -> Vec<String> {
        const CLOTHES: [&str; 10] =
            ["T-shirt", "trousers", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "ankle boot"];
        match self.settings.dataset {
            DatasetKind::Fashion => CLOTHES.map(String::from).to_vec(),
            _ => (0..self.splits.train.classes()).map(|class| class.to_string()).collect(),
        }
    }

    fn training_data(&self) -> Loader<LabeledImages> {
        Loader::shuffled(&self.splits.train, self.training.batch_size, self.training.seed)
    }

    fn plain_data(&self, images: &LabeledImages, batch_size: usize) -> Loader<LabeledImages> {
        Loader::sequential(images, batch_size)
    }

    fn logits<'t>(&self, images: Var<'t>) -> Var<'t> {
        self.model.forward(images)
    }

    /// A picture as the model was trained on: gray, of its size, light on dark.
    fn read_picture(&self, path: &Path) -> Result<Vec<u8>, Failure> {
        let shape = self.splits.test.shape();
        let picture = Picture::open(path).map_err(|error| Failure::Input(error.into()))?.to_gray();
        let picture = picture.resize(shape.dims()[2], shape.dims()[1]);
        let pixels = picture.pixels();
        // Most of a picture is background: where that is light, dark and light are exchanged.
        let light = pixels.iter().filter(|&&pixel| pixel > 127).count() > pixels.len() / 2;
        Ok(pixels.iter().map(|&pixel| if light { 255 - pixel } else { pixel }).collect())
    }

    fn findings(&self, tape: &mut Tape, params: &Params) -> Vec<Finding> {
        if self.settings.model != ModelKind::Softmax || self.settings.no_relu == Some(true) {
            return Vec::new();
        }
        let dead = dead_outputs(tape, params, &self.splits.train, |images| self.logits(images));
        let words = format!("dead outputs: {}", dead_words(&dead));
        vec![Finding { key: "dead_outputs", value: dead.into(), words }]
    }
}
