//! [`Canvas`]: where a scene is painted, twice as fine as the picture.
//!
//! Only operations whose results IEEE 754 determines are used, so that every machine paints the same.

use rand::{Rng, RngExt};
use tape::Random;

/// Pixels along a side of a picture.
pub(super) const SIDE: usize = 32;
/// Numbers of a picture.
pub(super) const PICTURE: usize = 3 * SIDE * SIDE;
/// Points along a side of the canvas.
const FINE: usize = 2 * SIDE;

pub(super) type Color = [f32; 3];

/// Random numbers of the kinds that a scene needs.
pub(super) struct Draw<'r>(pub(super) &'r mut Random);

impl Draw<'_> {
    /// Between two bounds.
    pub(super) fn between(&mut self, low: f32, high: f32) -> f32 {
        low + (high - low) * self.0.random::<f32>()
    }

    /// Below a whole number.
    pub(super) fn below(&mut self, count: usize) -> usize {
        self.0.random_range(0..count as u32) as usize
    }

    pub(super) fn color(&mut self) -> Color {
        std::array::from_fn(|_| self.between(0.0, 1.0))
    }

    /// Cosine and sine of an angle, all angles equally likely.
    pub(super) fn direction(&mut self) -> [f32; 2] {
        loop {
            let [x, y] = [self.between(-1.0, 1.0), self.between(-1.0, 1.0)];
            let square = x * x + y * y;
            if (0.01..1.0).contains(&square) {
                let length = square.sqrt();
                return [x / length, y / length];
            }
        }
    }
}

/// A place on the picture: a point, a size and a direction. Lengths are in pixels.
#[derive(Clone, Copy)]
pub(super) struct Place {
    pub(super) center: [f32; 2],
    /// Half of the extent along the direction, and across.
    pub(super) extent: [f32; 2],
    pub(super) direction: [f32; 2],
}

/// Colors at four points a pixel.
pub(super) struct Canvas(Vec<Color>);

impl Canvas {
    pub(super) fn new() -> Canvas {
        Canvas(vec![[0.0; 3]; FINE * FINE])
    }

    /// Colors that go from one to the other along a direction.
    pub(super) fn gradient(&mut self, [from, to]: [Color; 2], [cos, sin]: [f32; 2]) {
        for (i, point) in self.0.iter_mut().enumerate() {
            let [x, y] = [i % FINE, i / FINE].map(|at| at as f32 / FINE as f32 - 0.5);
            let share = (0.5 + 0.7 * (cos * x + sin * y)).clamp(0.0, 1.0);
            *point = std::array::from_fn(|c| from[c] + share * (to[c] - from[c]));
        }
    }

    /// Covers the points of a place that are inside of a figure with a color. The figure is asked for the point in the
    /// coordinates of the place, where the extents are 1; it ends before 1.2.
    pub(super) fn paint(&mut self, place: Place, color: Color, opacity: f32, inside: impl Fn(f32, f32) -> bool) {
        let Place { center, extent, direction: [cos, sin] } = place;
        let reach =
            1.2 * (cos.abs() * extent[0] + sin.abs() * extent[1]).max(sin.abs() * extent[0] + cos.abs() * extent[1]);
        let span = |center: f32| {
            let bound = |at: f32| (2.0 * at).clamp(0.0, FINE as f32) as usize;
            bound(center - reach)..bound(center + reach + 1.0)
        };
        for row in span(center[1]) {
            for column in span(center[0]) {
                let x = (column as f32 + 0.5) * 0.5 - center[0];
                let y = (row as f32 + 0.5) * 0.5 - center[1];
                if inside((cos * x + sin * y) / extent[0], (cos * y - sin * x) / extent[1]) {
                    let point = &mut self.0[row * FINE + column];
                    *point = std::array::from_fn(|c| point[c] + opacity * (color[c] - point[c]));
                }
            }
        }
    }

    /// Writes the picture, a plane for each color: `contrast` times the distance from a medium gray, and noise of up to
    /// `noise` more or less, small values more likely.
    pub(super) fn develop(&self, contrast: f32, noise: f32, random: &mut Random, out: &mut [u8]) {
        let mut grains = [0; 2 * PICTURE];
        random.fill_bytes(&mut grains);
        let (one, two) = grains.split_at(PICTURE);
        for (i, out) in out.iter_mut().enumerate() {
            let (channel, y, x) = (i / (SIDE * SIDE), i / SIDE % SIDE, i % SIDE);
            let corner = 2 * y * FINE + 2 * x;
            let sum: f32 = [0, 1, FINE, FINE + 1].iter().map(|point| self.0[corner + point][channel]).sum();
            let grain = (f32::from(one[i]) - f32::from(two[i])) / 255.0;
            let value = 0.5 + contrast * (sum * 0.25 - 0.5) + noise * grain;
            *out = (value.clamp(0.0, 1.0) * 255.0 + 0.5) as u8;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WHITE: Color = [1.0; 3];

    /// The picture of a canvas without noise.
    fn develop(canvas: &Canvas) -> Vec<u8> {
        let mut out = vec![0; PICTURE];
        canvas.develop(1.0, 0.0, &mut Random::new(0, 0, 0), &mut out);
        out
    }

    #[test]
    fn edges_are_smooth() {
        let mut canvas = Canvas::new();
        let place = Place { center: [16.0, 16.0], extent: [4.5, 2.0], direction: [1.0, 0.0] };
        canvas.paint(place, WHITE, 1.0, |x, y| x.abs() < 1.0 && y.abs() < 1.0);
        let picture = develop(&canvas);
        let row = &picture[15 * SIDE..16 * SIDE];
        assert_eq!(row[10..14], [0, 128, 255, 255], "half a pixel at the end");
        assert_eq!(picture[..SIDE * SIDE].iter().filter(|&&x| x == 255).count(), 8 * 4);
        assert_eq!(picture[..SIDE * SIDE], picture[2 * SIDE * SIDE..]);
    }

    #[test]
    fn a_place_turns_and_may_reach_over_the_border() {
        let mut canvas = Canvas::new();
        let place = Place { center: [0.0, 31.0], extent: [6.0, 1.0], direction: [0.0, 1.0] };
        canvas.paint(place, WHITE, 0.5, |x, y| x.abs() < 1.0 && y.abs() < 1.0);
        let picture = develop(&canvas);
        assert_eq!(
            (picture[25 * SIDE], picture[31 * SIDE], picture[24 * SIDE], picture[31 * SIDE + 1]),
            (128, 128, 0, 0)
        );
    }

    #[test]
    fn directions_have_length_one_in_every_quarter() {
        let (mut random, mut quarters) = (Random::new(1, 0, 0), [0; 4]);
        for _ in 0..1000 {
            let [x, y] = Draw(&mut random).direction();
            assert!((x * x + y * y - 1.0).abs() < 1e-6);
            quarters[usize::from(x > 0.0) + 2 * usize::from(y > 0.0)] += 1;
        }
        assert!(quarters.iter().all(|count| (190..310).contains(count)), "{quarters:?}");
    }
}
