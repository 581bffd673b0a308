//! `eval`.

use crate::report::{accuracies_in_words, mistakes_in_words};
use crate::run::{open_run, predictions};
use crate::{EvalArguments, Project};
use tape::Tape;
use train::Failure;

/// Tests the model of a run.
///
/// # Errors
/// When there is no such run, its data are not found, or the result is below what was expected.
pub fn eval<P: Project>(arguments: &EvalArguments) -> Result<(), Failure> {
    let (folder, project, params) = open_run::<P>(arguments.run.as_deref(), arguments.data_dir.clone())?;
    let (images, names) = (&project.splits().test, project.class_names());
    let threads = train::start_threads(arguments.threads)?;
    let (metrics, predictions) = threads.run(|| {
        let mut tape = Tape::new();
        let metrics = train::evaluate(&mut tape, &params, &mut project.plain_data(images, 256), &project.task());
        (metrics, predictions(&mut tape, &params, &project))
    });
    println!("{}, from {}: {} test images", project.title(), folder.path().display(), images.len());
    println!("\n{}", accuracies_in_words(&names, &predictions));
    println!("{}", mistakes_in_words(&names, &predictions));
    println!("test accuracy: {:.2} %, loss {:.4}", 100.0 * metrics.accuracy, metrics.loss);
    train::expect_accuracy(metrics.accuracy, arguments.expect_accuracy)
}
