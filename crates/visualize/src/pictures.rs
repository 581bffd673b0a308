//! Pictures: from files and from inside the program, to tensors and back, with heat.

use crate::method::Map;
use crate::network::Network;
use draw::{Colors, DrawError, Picture, heat_map, overlay};
use explain::{Filter, resample};
use std::path::Path;
use tape::Tensor;
use train::Failure;

/// A picture inside the program that does not exist.
#[derive(Debug, thiserror::Error)]
#[error("no picture {name:?} inside the program: there are photo:{} and shapes:0 to shapes:{last}", photos.join(", photo:"))]
struct NoPicture {
    name: String,
    photos: Vec<&'static str>,
    last: usize,
}

/// The picture that a word on the command line means.
pub(crate) fn open(word: &str) -> Result<Picture, Failure> {
    let input = |error: DrawError| Failure::Input(error.into());
    let photo = word.strip_prefix("photo:");
    if let Some((name, bytes)) = datasets::PHOTOS.iter().find(|(name, _)| photo == Some(name)) {
        return Picture::from_bytes(bytes, name).map_err(input);
    }
    if photo.is_none() && !word.starts_with("shapes:") {
        return Picture::open(word).map(|picture| picture.to_color()).map_err(input);
    }
    let shapes = data::shapes().test;
    let number = word.strip_prefix("shapes:").and_then(|number| number.parse::<usize>().ok());
    match number.filter(|&number| number < shapes.len()) {
        Some(number) => Ok(from_planes(&shapes.picture(number))),
        None => {
            let photos = datasets::PHOTOS.iter().map(|(name, _)| *name).collect();
            Err(Failure::Input(NoPicture { name: word.to_string(), photos, last: shapes.len() - 1 }.into()))
        }
    }
}

/// The last part of a word on the command line, for captions.
pub(crate) fn name(word: &str) -> String {
    Path::new(word).file_name().map_or(word.to_string(), |name| name.to_string_lossy().into_owned())
}

/// A picture of 32×32 pixels from its three planes.
fn from_planes(planes: &[u8]) -> Picture {
    let area = planes.len() / 3;
    Picture::new(32, 32, 3, (0..3 * area).map(|i| planes[i % 3 * area + i / 3]).collect())
}

/// `[1, 3, height, width]` from 0 to 1.
pub(crate) fn to_tensor(picture: &Picture) -> Tensor {
    let picture = picture.to_color();
    let (width, height) = (picture.width(), picture.height());
    let number = |i: usize| f32::from(picture.pixels()[i % (width * height) * 3 + i / (width * height)]) / 255.0;
    Tensor::from_fn([1, 3, height, width], number)
}

/// The picture of `[1, 3, height, width]` from 0 to 1; what is outside is cut off.
pub(crate) fn to_picture(x: &Tensor) -> Picture {
    let &[.., height, width] = x.shape().dims() else { unreachable!("a picture has four axes") };
    let area = width * height;
    let pixel = |i: usize| (x.as_slice()[i % 3 * area + i / 3].clamp(0.0, 1.0) * 255.0).round() as u8;
    Picture::new(width, height, 3, (0..3 * area).map(pixel).collect())
}

/// A picture at another size, bilinear as Pillow does.
pub(crate) fn resized(picture: &Picture, [height, width]: [usize; 2]) -> Picture {
    to_picture(&resample(&to_tensor(picture), [height, width], Filter::Bilinear))
}

/// Height and width with this short side, in the proportions of the picture.
pub(crate) fn with_short_side(picture: &Picture, side: usize) -> [usize; 2] {
    let (width, height) = (picture.width(), picture.height());
    let short = width.min(height);
    [height, width].map(|size| ((size * side) as f64 / short as f64).round().max(1.0) as usize)
}

/// The map of a method in color, scaled so that its largest numbers have the end's color.
pub(crate) fn heat(map: &Map, width: usize, height: usize) -> Picture {
    let mut sizes: Vec<f64> = map.numbers.iter().map(|x| x.abs()).collect();
    sizes.sort_by(f64::total_cmp);
    // A few pixels far above the rest would leave these black.
    let most = if map.signed { sizes[(sizes.len() - 1) * 995 / 1000] } else { sizes[sizes.len() - 1] };
    let low = if map.signed { 0.0 } else { map.numbers.iter().copied().fold(f64::INFINITY, f64::min) };
    let range = if most > low { most - low } else { 1.0 };
    let colors = if map.signed { Colors::Signed } else { Colors::Heat };
    let numbers: Vec<f64> = map.numbers.iter().map(|x| (x - low) / range).collect();
    heat_map(width, height, &numbers, colors)
}

/// The heat laid over the picture.
pub(crate) fn over(picture: &Picture, heat: &Picture) -> Picture {
    overlay(picture, heat, 0.55)
}

/// A small picture enlarged, so that pixels become blocks, to about the size of a photograph.
pub(crate) fn enlarged(picture: &Picture) -> Picture {
    let times = (160 / picture.width().max(picture.height())).max(1);
    picture.resize(picture.width() * times, picture.height() * times)
}

/// A picture as the network takes it, at its size.
pub(crate) fn fitted(picture: &Picture, network: &Network) -> Picture {
    resized(picture, network.size)
}
