//! `dream` and `deep-dream`.

use super::{input, said};
use crate::arguments::{DeepDreamArguments, DreamArguments};
use crate::network::Network;
use crate::{pictures, work};
use draw::ContactSheet;
use explain::{ClassVisualization, class_scores};
use train::Failure;

/// How often a stage is shown.
const STAGES: usize = 4;

pub(crate) fn dream(arguments: &DreamArguments) -> Result<(), Failure> {
    let network = Network::open(&arguments.network)?;
    let class = network.class(&arguments.class)?;
    let threads = train::start_threads(arguments.network.threads)?;
    let [height, width] = network.size;
    // A step of length 25 is a fifteenth of the numbers of a picture of 224×224.
    let rate = arguments.rate.unwrap_or(25.0 * network.scale());
    let technique = ClassVisualization {
        iterations: arguments.iterations,
        rate,
        l2: arguments.l2,
        jitter: height.min(width) / 14,
        seed: arguments.seed,
        ..ClassVisualization::new(network.range())
    };
    let bar = work::bar(arguments.iterations);
    let every = arguments.iterations.div_ceil(STAGES);
    let mut stages = Vec::new();
    let mut tape = work::tape(&arguments.network);
    let picture = threads.run(|| {
        technique.visualize(
            &mut tape,
            &network.params,
            network.size,
            |x| class_scores(network.logits(x), class),
            |step, picture| {
                bar.set_position(step as u64);
                if step == 1 || step % every == 0 {
                    stages.push((step, picture.clone()));
                }
            },
        )
    });
    bar.finish_and_clear();
    let picture = picture.map_err(input)?;
    let mut sheet = ContactSheet::new(format!("{}, as {} sees it", network.classes[class], network.title));
    sheet = sheet.columns(stages.len());
    for (step, stage) in &stages {
        let probability = threads.run(|| network.probabilities(&mut tape, stage))[class];
        let shown = pictures::to_picture(&network.denormalize(stage));
        let captions = [format!("step {step}"), said(&network, class, probability)];
        sheet = sheet.picture(pictures::enlarged(&shown), captions);
    }
    let probability = threads.run(|| network.probabilities(&mut tape, &picture))[class];
    println!("{}", said(&network, class, probability));
    let folder = work::folder(arguments.network.out.as_deref())?;
    work::save(&sheet, &folder, "stages.png")?;
    let shown = pictures::enlarged(&pictures::to_picture(&network.denormalize(&picture)));
    let sheet = ContactSheet::new(&network.classes[class]).picture(shown, [said(&network, class, probability)]);
    work::save(&sheet, &folder, "picture.png")?;
    work::print_profile(&threads, &tape);
    Ok(())
}

pub(crate) fn deep_dream(arguments: &DeepDreamArguments) -> Result<(), Failure> {
    let network = Network::open(&arguments.network)?;
    let places = network.layers_with_pixels();
    let layer = match &arguments.layer {
        Some(name) => network.layer(name)?,
        None => places[places.len() / 2],
    };
    let picture = pictures::fitted(&pictures::open(&arguments.picture)?, &network);
    let threads = train::start_threads(arguments.network.threads)?;
    let x = network.normalize(&pictures::to_tensor(&picture));
    // Small pictures have no room for several sizes.
    let octaves = if network.size[0] < 100 { 1 } else { 4 };
    let technique = explain::DeepDream { rate: arguments.rate, octaves, ..explain::DeepDream::default() };
    let bar = work::bar(technique.iterations * technique.octaves);
    let mut tape = work::tape(&arguments.network);
    let dreamt = threads.run(|| {
        technique.dream(
            &mut tape,
            &network.params,
            &x,
            |x| network.model.forward_to(x, layer),
            |step, _| bar.set_position(step as u64),
        )
    });
    bar.finish_and_clear();
    let shown = pictures::to_picture(&network.denormalize(&dreamt.map_err(input)?));
    let title = format!("{}: more of what layer {} sees", network.title, network.layer_name(layer));
    let sheet = ContactSheet::new(title).columns(2).picture(pictures::enlarged(&picture), ["before"]);
    let sheet = sheet.picture(pictures::enlarged(&shown), ["after"]);
    work::save(&sheet, &work::folder(arguments.network.out.as_deref())?, "deep-dream.png")?;
    work::print_profile(&threads, &tape);
    Ok(())
}
