//! `style` and `invert`.

use crate::arguments::{InvertArguments, NetworkArguments, Preset, StyleArguments};
use crate::network::Network;
use crate::{pictures, work};
use draw::ContactSheet;
use explain::{Painted, StyleTransfer};
use tape::Tensor;
use train::Failure;

/// A preset for the features of SqueezeNet: the short side of the style, the weight of the content, those of the style's
/// layers, and that of neighbors.
fn preset(preset: Preset) -> (usize, StyleTransfer) {
    let (size, content, weights, variation) = match preset {
        Preset::CompositionVii => (512, 5e-2, [20_000.0, 500.0, 12.0, 1.0], 5e-2),
        Preset::TheScream => (224, 3e-2, [200_000.0, 800.0, 12.0, 1.0], 2e-2),
        Preset::StarryNight => (192, 6e-2, [300_000.0, 1000.0, 15.0, 3.0], 2e-2),
    };
    let style = [1, 4, 6, 7].into_iter().zip(weights).collect();
    (size, StyleTransfer::new(3, content, style, variation))
}

pub(crate) fn style(arguments: &StyleArguments) -> Result<(), Failure> {
    let network = Network::open(&arguments.network)?;
    let (style_size, technique) = preset(arguments.preset);
    let technique = StyleTransfer { iterations: arguments.iterations, ..technique };
    let last = technique.style.last().map_or(0, |&(layer, _)| layer);
    if network.layers_with_pixels().iter().filter(|&&place| place <= last).count() <= last {
        let what = format!(
            "{} has no {} layers with pixels; style needs such a network: --model squeezenet1_1",
            network.title,
            last + 1
        );
        return Err(Failure::Input(what.into()));
    }
    let open = |word: &str, side: usize| {
        let picture = pictures::open(word)?;
        Ok::<_, Failure>(pictures::resized(&picture, pictures::with_short_side(&picture, side)))
    };
    let (content, style) = (open(&arguments.content, arguments.size)?, open(&arguments.style, style_size)?);
    let tensor = |picture| network.normalize(&pictures::to_tensor(picture));
    let (painted, stages) = paint(&network, &technique, &tensor(&content), &tensor(&style), &arguments.network)?;
    let title = format!("{} in the style of {}", pictures::name(&arguments.content), pictures::name(&arguments.style));
    let mut sheet = ContactSheet::new(title).columns(3);
    sheet =
        sheet.picture(content, ["content"]).picture(pictures::resized(&style, fit(&style, arguments.size)), ["style"]);
    sheet = sheet.picture(pictures::to_picture(&painted), [format!("after {} steps", arguments.iterations)]);
    finish(sheet, &stages, arguments.network.out.as_deref())
}

pub(crate) fn invert(arguments: &InvertArguments) -> Result<(), Failure> {
    let network = Network::open(&arguments.network)?;
    let layer = match &arguments.layer {
        Some(name) => network.layer(name)?,
        None => network.model.position("features.3").unwrap_or(network.last_pixels),
    };
    let technique = StyleTransfer::inversion(layer, 6e-2, 2e-2, arguments.seed);
    let technique = StyleTransfer { iterations: arguments.iterations, ..technique };
    let picture = pictures::open(&arguments.picture)?;
    let size = if network.size[0] < 100 { network.size } else { pictures::with_short_side(&picture, arguments.size) };
    let picture = pictures::resized(&picture, size);
    let x = network.normalize(&pictures::to_tensor(&picture));
    let (painted, stages) = paint(&network, &technique, &x, &x, &arguments.network)?;
    let title =
        format!("{} from the features of layer {}", pictures::name(&arguments.picture), network.layer_name(layer));
    let sheet = ContactSheet::new(title).columns(2).picture(pictures::enlarged(&picture), ["picture"]);
    let shown = pictures::enlarged(&pictures::to_picture(&painted));
    finish(sheet.picture(shown, ["from its features"]), &stages, arguments.network.out.as_deref())
}

/// The height and width of a picture with this short side.
fn fit(picture: &draw::Picture, side: usize) -> [usize; 2] {
    pictures::with_short_side(picture, side)
}

/// A stage: what was reached, and the picture.
type Stage = (Painted, Tensor);

fn paint(
    network: &Network,
    technique: &StyleTransfer,
    content: &Tensor,
    style: &Tensor,
    arguments: &NetworkArguments,
) -> Result<(Tensor, Vec<Stage>), Failure> {
    let threads = train::start_threads(arguments.threads)?;
    let mut tape = work::tape(arguments);
    let bar = work::bar(technique.iterations);
    let every = technique.iterations.div_ceil(4);
    let mut stages = Vec::new();
    println!("{:>5}  {:>12}  {:>12}  {:>12}", "steps", "content", "style", "neighbors");
    let painted = threads.run(|| {
        technique.paint(
            &mut tape,
            &network.params,
            content,
            style,
            |x, places, see| network.model.activations(x, places, see),
            |painted, picture| {
                bar.set_position(painted.steps as u64);
                if painted.steps % every == 0 || painted.steps + 1 == technique.iterations {
                    let Painted { steps, content, style, total_variation } = painted;
                    bar.suspend(|| println!("{steps:>5}  {content:>12.3}  {style:>12.3}  {total_variation:>12.3}"));
                    stages.push((painted, picture.clone()));
                }
            },
        )
    });
    bar.finish_and_clear();
    work::print_profile(&threads, &tape);
    let shown = |(painted, x): Stage| (painted, network.denormalize(&x));
    Ok((network.denormalize(&painted), stages.into_iter().map(shown).collect()))
}

fn finish(sheet: ContactSheet, stages: &[Stage], out: Option<&std::path::Path>) -> Result<(), Failure> {
    let folder = work::folder(out)?;
    work::save(&sheet, &folder, "result.png")?;
    let mut sheet = ContactSheet::new("On the way").columns(stages.len());
    for (painted, picture) in stages {
        sheet = sheet.picture(pictures::enlarged(&pictures::to_picture(picture)), [format!("{} steps", painted.steps)]);
    }
    work::save(&sheet, &folder, "stages.png")
}
