//! `attribute`, and its short forms.

use super::{best, input, said};
use crate::arguments::PicturesArguments;
use crate::method::Method;
use crate::network::Network;
use crate::{pictures, work};
use draw::{Colors, ContactSheet, color_bar};
use train::Failure;

/// Draws each picture beside its heat map and both together, a row for each method.
pub(crate) fn attribute(methods: &[Method], arguments: &PicturesArguments) -> Result<(), Failure> {
    let network = Network::open(&arguments.network)?;
    let class = arguments.class.as_deref().map(|word| network.class(word)).transpose()?;
    let layer = match &arguments.layer {
        Some(name) => network.layer(name)?,
        None => network.last_pixels,
    };
    let pictures = arguments.pictures.iter().map(|word| pictures::open(word)).collect::<Result<Vec<_>, _>>()?;
    let threads = train::start_threads(arguments.network.threads)?;
    let mut tape = work::tape(&arguments.network);
    let mut sheets = Vec::new();
    let bar = work::bar(methods.len() * pictures.len());
    for (word, picture) in arguments.pictures.iter().zip(&pictures) {
        let picture = pictures::fitted(picture, &network);
        let x = network.normalize(&pictures::to_tensor(&picture));
        let probabilities = threads.run(|| network.probabilities(&mut tape, &x));
        let class = class.unwrap_or_else(|| best(&probabilities, 1)[0].0);
        let says = said(&network, class, probabilities[class]);
        let title = format!("{}: {says}, by {}", pictures::name(word), network.title);
        let mut sheet = ContactSheet::new(title).columns(3);
        for &method in methods {
            bar.set_message(method.title());
            let map = threads.run(|| method.map(&mut tape, &network, &x, class, layer)).map_err(input)?;
            let heat = pictures::heat(&map, picture.width(), picture.height());
            let colors = if map.signed { Colors::Signed } else { Colors::Heat };
            let mut notes = vec![method.title().to_string()];
            notes.extend(match method {
                Method::GradCam | Method::GuidedGradCam => Some(format!("of layer {}", network.layer_name(layer))),
                _ => map.note.clone(),
            });
            sheet = sheet
                .picture(pictures::enlarged(&picture), [says.clone()])
                .picture(with_bar(&pictures::enlarged(&heat), colors), notes)
                .picture(pictures::enlarged(&pictures::over(&picture, &heat)), [says.clone()]);
            bar.inc(1);
        }
        sheets.push((word, sheet));
    }
    bar.finish_and_clear();
    let folder = work::folder(arguments.network.out.as_deref())?;
    for (number, (word, sheet)) in sheets.iter().enumerate() {
        let stem = pictures::name(word).replace([':', '.'], "-");
        work::save(sheet, &folder, &format!("{}-{stem}.png", number + 1))?;
    }
    work::print_profile(&threads, &tape);
    Ok(())
}

/// A heat map above a bar of its colors.
fn with_bar(heat: &draw::Picture, colors: Colors) -> draw::Picture {
    let (width, height, thick) = (heat.width(), heat.height(), 10);
    let bar = color_bar(width, thick, colors);
    let gap = vec![255; 3 * 4 * width];
    // The sheet gives every picture the same room, so the map gives up some of its own.
    let map = heat.resize(width, height - thick - 4);
    draw::Picture::new(width, height, 3, [map.pixels(), &gap, bar.pixels()].concat())
}
