//! [`Project`]: a program that classifies images.

use crate::ProjectTask;
use data::{Batch, Dataset, LabeledImages, Loader, Splits};
use serde::Serialize;
use std::path::Path;
use tape::{Graph, Params, Tape, Var};
use train::{Failure, Preset, ProjectOptions, Training, TrainingOptions};

/// Something that a project has to say of a run.
#[derive(Clone, Debug)]
pub struct Finding {
    /// Its key in `run.json`.
    pub key: &'static str,
    /// Its value there.
    pub value: serde_json::Value,
    /// What is printed.
    pub words: String,
}

/// A program that classifies images: settings, data and model.
pub trait Project: Sized + Sync {
    /// What the program and the folder of its runs are called.
    const NAME: &'static str;
    /// What can be compared by name; the first is compared where nothing is asked for.
    const PRESETS: &'static [Preset];
    /// Its options.
    type Options: ProjectOptions;
    /// Its settings, complete: what `config.toml` holds besides those of every training.
    type Settings: Serialize + Clone + Send + Sync;
    /// Its images as they are trained on.
    type Data: Dataset<Batch = Batch> + Clone + 'static;

    /// Finds the data and makes the model that options mean.
    ///
    /// # Errors
    /// When options contradict each other, or there are no such data.
    fn new(options: Self::Options, training: TrainingOptions) -> Result<Self, Failure>;

    /// Its settings.
    fn settings(&self) -> &Self::Settings;

    /// The settings of the training.
    fn training(&self) -> &Training;

    /// The images.
    fn splits(&self) -> &Splits;

    /// Fresh parameters.
    fn params(&self) -> &Params;

    /// What the model is called.
    fn model_name(&self) -> String;

    /// What the data set is called.
    fn data_name(&self) -> String;

    /// What the classes are called.
    fn class_names(&self) -> Vec<String>;

    /// The images that are trained on, in batches.
    fn training_data(&self) -> Loader<Self::Data>;

    /// Some images as the model is judged by, in batches of this size and in their order.
    fn plain_data(&self, images: &LabeledImages, batch_size: usize) -> Loader<Self::Data>;

    /// The logits `[n, classes]` of a batch of images.
    fn logits<'t>(&self, images: Var<'t>) -> Var<'t>;

    /// What is minimized, from the logits of a batch: cross-entropy unless the project says otherwise. Models are judged
    /// by cross-entropy in any case.
    fn loss<'t>(&self, t: &'t Graph<'t>, logits: Var<'t>, batch: &Batch) -> Var<'t> {
        logits.cross_entropy(t.indices(&batch.labels))
    }

    /// The loss of a batch in training, with its logits: by [`loss`](Project::loss) unless the project changes the images
    /// too.
    fn training_loss<'t>(&self, t: &'t Graph<'t>, batch: &Batch) -> (Var<'t>, Var<'t>) {
        let logits = self.logits(t.input(&batch.images));
        (self.loss(t, logits, batch), logits)
    }

    /// The pixels of a file, from 0 to 255, as those of an image of the data set, channel by channel.
    ///
    /// # Errors
    /// When it is no picture that can be used.
    fn read_picture(&self, path: &Path) -> Result<Vec<u8>, Failure>;

    /// Words that go with the weights, for programs that are to use them without this one.
    fn about(&self) -> String {
        self.title()
    }

    /// What else is to be said of a run, with its last parameters.
    fn findings(&self, tape: &mut Tape, params: &Params) -> Vec<Finding> {
        let _ = (tape, params);
        Vec::new()
    }

    /// Model and data set in words.
    fn title(&self) -> String {
        format!("{} on {}", self.model_name(), self.data_name())
    }

    /// What is learned, for a trainer.
    fn task(&self) -> ProjectTask<'_, Self> {
        ProjectTask(self)
    }
}
