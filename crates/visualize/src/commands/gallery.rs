//! The main job: every method on several pictures, on one sheet.

use super::{best, input, said};
use crate::arguments::GalleryArguments;
use crate::method::Method;
use crate::network::Network;
use crate::{pictures, work};
use draw::ContactSheet;
use train::Failure;

/// The pictures of the program's own network: one of each of these classes of shapes.
const SHAPES: [&str; 5] = ["ring", "triangle", "star", "checkerboard", "crescent"];

pub(crate) fn gallery(arguments: &GalleryArguments) -> Result<(), Failure> {
    let network = Network::open(&arguments.network)?;
    let words = match &arguments.pictures[..] {
        [] if network.size == [32; 2] && network.classes.iter().any(|class| class == SHAPES[0]) => of_shapes(),
        [] => datasets::PHOTOS.iter().map(|(name, _)| format!("photo:{name}")).collect(),
        words => words.to_vec(),
    };
    let pictures = words.iter().map(|word| pictures::open(word)).collect::<Result<Vec<_>, _>>()?;
    let threads = train::start_threads(arguments.network.threads)?;
    let mut tape = work::tape(&arguments.network);
    let title = format!("What {} looks at", network.title);
    let mut sheet = ContactSheet::new(title).columns(1 + Method::ALL.len());
    let bar = work::bar(Method::ALL.len() * words.len());
    for (word, picture) in words.iter().zip(&pictures) {
        let picture = pictures::fitted(picture, &network);
        let x = network.normalize(&pictures::to_tensor(&picture));
        let probabilities = threads.run(|| network.probabilities(&mut tape, &x));
        let (class, probability) = best(&probabilities, 1)[0];
        let caption = [said(&network, class, probability), pictures::name(word)];
        sheet = sheet.picture(pictures::enlarged(&picture), caption);
        for method in Method::ALL {
            bar.set_message(method.title());
            let map = threads.run(|| method.map(&mut tape, &network, &x, class, network.last_pixels));
            let map = map.map_err(input)?;
            let heat = pictures::heat(&map, picture.width(), picture.height());
            sheet = sheet.picture(pictures::enlarged(&heat), [method.title()]);
            bar.inc(1);
        }
    }
    bar.finish_and_clear();
    let folder = work::folder(arguments.network.out.as_deref())?;
    work::save(&sheet, &folder, "gallery.png")?;
    let network = flags(arguments);
    println!("\npictures from the top: {}", words.join(" "));
    println!("columns from the left, behind the picture, each by itself:");
    for method in Method::ALL {
        println!("  {:<22}visualize attribute PICTURE --method {}{network}", method.title(), method.flag());
    }
    work::print_profile(&threads, &tape);
    Ok(())
}

/// The first picture of each class that is shown.
fn of_shapes() -> Vec<String> {
    let test = data::shapes().test;
    let first = |name: &&str| {
        let class = data::SHAPES_CLASSES.iter().position(|other| other == name)?;
        test.labels().iter().position(|&label| label as usize == class)
    };
    SHAPES.iter().filter_map(first).map(|number| format!("shapes:{number}")).collect()
}

/// The flags of the network, as they were given.
fn flags(arguments: &GalleryArguments) -> String {
    let network = &arguments.network;
    let model = network.model.as_ref().map(|name| format!(" --model {name}"));
    let weights = network.weights.as_ref().map(|path| format!(" --weights {}", path.display()));
    [model, weights].into_iter().flatten().collect()
}
