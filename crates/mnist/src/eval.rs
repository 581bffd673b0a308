//! `mnist eval`.

use crate::arguments::EvalArguments;
use crate::report::mistakes_in_words;
use crate::session::Session;
use data::Loader;
use tape::Tape;
use train::{Failure, Predictions, RunFolder};

pub(crate) fn eval(arguments: &EvalArguments) -> Result<(), Failure> {
    let folder = match &arguments.run {
        Some(path) => RunFolder::open(path)?,
        None => RunFolder::newest("mnist")?,
    };
    let (session, params) = Session::of_run(&folder, arguments.data_dir.clone())?;
    let (images, classifier) = (&session.splits.test, session.classifier());
    let mut tape = Tape::new();
    let metrics = train::evaluate(&mut tape, &params, &mut Loader::sequential(images, 256), &classifier);
    let predictions = Predictions::of(&mut tape, &params, images, &classifier);
    println!("{}, from {}: {} test images", session.title(), folder.path().display(), images.len());
    println!("\nclass        accuracy");
    for (name, accuracy) in session.class_names().iter().zip(predictions.class_accuracies()) {
        println!("{name:<12} {}", accuracy.map_or("none".to_string(), |x| format!("{:>6.2} %", 100.0 * x)));
    }
    println!("\n{}", mistakes_in_words(&session.class_names(), &predictions));
    println!("test accuracy: {:.2} %, loss {:.4}", 100.0 * metrics.accuracy, metrics.loss);
    train::expect_accuracy(metrics.accuracy, arguments.expect_accuracy)
}
