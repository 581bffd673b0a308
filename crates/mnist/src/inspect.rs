//! `mnist summary` and `mnist find-lr`.

use crate::arguments::{FindLrArguments, SummaryArguments};
use crate::session::Session;
use tape::{Shape, Tensor};
use train::{Failure, RangeTest, RunFolder, Summary, TrainError};

pub(crate) fn summary(arguments: &SummaryArguments) -> Result<(), Failure> {
    let session = Session::new(arguments.options.clone().settings()?)?;
    let mut shape = Shape::from([session.settings.batch_size]);
    session.splits.train.shape().dims().iter().for_each(|&d| shape.push(d));
    let (images, classifier) = (Tensor::full(shape, 0.5), session.classifier());
    println!("{}, a batch of {} images {}\n", session.title(), shape.dims()[0], session.splits.train.shape());
    println!("{}", Summary::of(&session.params, |t| classifier.logits(t.input(&images))));
    Ok(())
}

pub(crate) fn find_lr(arguments: &FindLrArguments) -> Result<(), Failure> {
    let run = &arguments.run;
    let options = arguments.options.clone().or_config(run.config.as_deref()).map_err(TrainError::from)?;
    let session = Session::new(options.settings()?)?;
    let threads = train::start_threads(run.threads)?;
    let folder = RunFolder::create(run.out.as_deref(), "mnist-find-lr")?;
    let (mut params, mut minimizer) = (session.params.clone(), session.minimizer()?);
    let (mut loader, classifier) = (session.loader(), session.classifier());
    let range = (arguments.lowest, arguments.highest, arguments.steps as u64);
    let test = threads.run(|| RangeTest::run(&mut params, &mut minimizer, &mut loader, &classifier, range))?;
    test.save(&folder, &session.title())?;
    println!(
        "{}: {} steps, to a rate of {:.2e}",
        session.title(),
        test.points.len(),
        test.points[test.points.len() - 1].0
    );
    println!("suggestion: --lr {}", test.suggestion);
    println!("figure: {}", folder.file("learning_rate.png").display());
    Ok(())
}
