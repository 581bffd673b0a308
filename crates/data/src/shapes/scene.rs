//! One picture: what is in the background, the figure, and what hides some of it.

use super::canvas::{Canvas, Color, Draw, Place, SIDE};
use super::figure;
use tape::Random;

/// Paints a picture of a class.
pub(super) fn paint(class: usize, random: &mut Random, canvas: &mut Canvas, out: &mut [u8]) {
    let mut draw = Draw(random);
    let background = background(&mut draw);
    canvas.gradient(background, draw.direction());
    for _ in 0..2 + draw.below(5) {
        match draw.below(3) {
            0 => line(&mut draw, canvas),
            1 => blob(&mut draw, canvas),
            _ => fragment(&mut draw, canvas),
        }
    }
    figure(class, background, &mut draw, canvas);
    if draw.below(2) == 0 {
        line(&mut draw, canvas);
    }
    let (contrast, noise) = (draw.between(0.6, 1.0), draw.between(0.02, 0.16));
    canvas.develop(contrast, noise, random, out);
}

/// Two colors that are not far from each other, rather dark, so that there are lighter ones.
fn background(draw: &mut Draw) -> [Color; 2] {
    let from = draw.color().map(|x| 0.55 * x);
    [from, from.map(|x| (x + draw.between(-0.2, 0.2)).clamp(0.0, 0.6))]
}

/// A color that stands out from both of the background, and is lighter.
fn contrasting(background: [Color; 2], draw: &mut Draw) -> Color {
    loop {
        let color = draw.color();
        let square = |other: Color| color.iter().zip(other).map(|(a, b)| (a - b) * (a - b)).sum::<f32>();
        let lighter = |other: Color| color.iter().sum::<f32>() > other.iter().sum::<f32>() + 0.2;
        if background.iter().all(|&other| square(other) > 0.2 && lighter(other)) {
            return color;
        }
    }
}

fn anywhere(draw: &mut Draw) -> [f32; 2] {
    std::array::from_fn(|_| draw.between(0.0, SIDE as f32))
}

/// The figure of a class, around the middle of the picture.
fn figure(class: usize, background: [Color; 2], draw: &mut Draw, canvas: &mut Canvas) {
    let color = contrasting(background, draw);
    let size = draw.between(7.0, 11.5);
    let extent = [size, size * draw.between(0.85, 1.15)];
    let center = std::array::from_fn(|_| SIDE as f32 / 2.0 + draw.between(-5.0, 5.0));
    let place = Place { center, extent, direction: draw.direction() };
    let phase = draw.between(0.0, 1.0);
    canvas.paint(place, color, 1.0, |x, y| figure::contains(class, phase, x, y));
}

fn line(draw: &mut Draw, canvas: &mut Canvas) {
    let extent = [draw.between(4.0, 16.0), draw.between(0.35, 0.8)];
    let place = Place { center: anywhere(draw), extent, direction: draw.direction() };
    canvas.paint(place, draw.color(), draw.between(0.4, 0.9), |x, y| x.abs() < 1.0 && y.abs() < 1.0);
}

fn blob(draw: &mut Draw, canvas: &mut Canvas) {
    let extent = [draw.between(1.0, 3.0), draw.between(1.0, 3.0)];
    let place = Place { center: anywhere(draw), extent, direction: draw.direction() };
    canvas.paint(place, draw.color(), draw.between(0.4, 0.9), |x, y| x * x + y * y < 1.0);
}

/// One side of a small figure of any class.
fn fragment(draw: &mut Draw, canvas: &mut Canvas) {
    let (class, size) = (draw.below(super::SHAPES_CLASSES.len()), draw.between(3.0, 5.0));
    let place = Place { center: anywhere(draw), extent: [size; 2], direction: draw.direction() };
    let inside = |x: f32, y: f32| x + y > 0.0 && figure::contains(class, 0.0, x, y);
    canvas.paint(place, draw.color(), draw.between(0.4, 0.9), inside);
}
