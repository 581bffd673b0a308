//! `summary` and `find-lr`.

use crate::{FindLrArguments, Project, SummaryArguments};
use tape::{Shape, Tensor};
use train::{Failure, RangeTest, RunFolder, Summary};

/// Shows the layers of a model.
///
/// # Errors
/// When the settings do not work.
pub fn summary<P: Project>(arguments: &SummaryArguments<P::Options>) -> Result<(), Failure> {
    let options = arguments.options.clone().or_config(arguments.config.as_deref())?;
    let project = P::new(options.project, options.training)?;
    let image = project.splits().train.shape();
    let mut shape = Shape::from([project.training().batch_size]);
    image.dims().iter().for_each(|&size| shape.push(size));
    let images = Tensor::full(shape, 0.5);
    println!("{}, a batch of {} images {image}\n", project.title(), shape.dims()[0]);
    println!("{}", Summary::of(project.params(), |t| project.logits(t.input(&images))));
    Ok(())
}

/// Finds a learning rate.
///
/// # Errors
/// When settings or the folder do not work, or no rate does.
pub fn find_lr<P: Project>(arguments: &FindLrArguments<P::Options>) -> Result<(), Failure> {
    let run = &arguments.run;
    let options = arguments.options.clone().or_config(run.config.as_deref())?;
    let project = P::new(options.project, options.training)?;
    let threads = train::start_threads(run.threads)?;
    let folder = RunFolder::create(run.out.as_deref(), &format!("{}-find-lr", P::NAME))?;
    let (mut params, mut minimizer) = (project.params().clone(), project.training().minimizer(project.params())?);
    let (mut loader, task) = (project.training_data(), project.task());
    let range = (arguments.lowest, arguments.highest, arguments.steps as u64);
    let test = threads.run(|| RangeTest::run(&mut params, &mut minimizer, &mut loader, &task, range))?;
    test.save(&folder, &project.title())?;
    let last = test.points.last().map_or(f64::NAN, |point| point.0);
    println!("{}: {} steps, to a rate of {last:.2e}", project.title(), test.points.len());
    println!("suggestion: --lr {}", test.suggestion);
    println!("figure: {}", folder.file("learning_rate.png").display());
    Ok(())
}
