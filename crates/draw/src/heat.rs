//! Numbers as colors.

use crate::Picture;
use colorgrad::Gradient;

/// Which colors stand for numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Colors {
    /// From black over red and yellow to white, in steps that look alike (inferno, by van der Walt and Smith): for numbers
    /// from 0 to 1.
    Heat,
    /// Blue below 0, almost white at 0, red above, for numbers from −1 to 1 (ColorBrewer's RdBu).
    Signed,
}

impl Colors {
    /// The color of a number; numbers outside have that of the nearest end, and what is no number is gray.
    pub fn color(self, number: f64) -> [u8; 3] {
        if number.is_nan() {
            return [128; 3];
        }
        let color = match self {
            Colors::Heat => colorgrad::preset::inferno().at(number.clamp(0.0, 1.0) as f32),
            Colors::Signed => colorgrad::preset::rd_bu().at(0.5 - 0.5 * number.clamp(-1.0, 1.0) as f32),
        };
        let [red, green, blue, _] = color.to_rgba8();
        [red, green, blue]
    }
}

/// A map of numbers, row by row, in color.
///
/// # Panics
/// When there are not as many numbers as the sizes say.
#[track_caller]
pub fn heat_map(width: usize, height: usize, numbers: &[f64], colors: Colors) -> Picture {
    assert_eq!(numbers.len(), width * height, "heat map: numbers of {width}×{height}");
    // A table, since a color takes longer than a pixel should.
    let low = if colors == Colors::Signed { -1.0 } else { 0.0 };
    let table: Vec<[u8; 3]> = (0..=1000).map(|i| colors.color(low + (1.0 - low) * f64::from(i) / 1000.0)).collect();
    let color = |&x: &f64| match x.is_nan() {
        true => [128; 3],
        false => table[((x.clamp(low, 1.0) - low) / (1.0 - low) * 1000.0).round() as usize],
    };
    Picture::new(width, height, 3, numbers.iter().flat_map(color).collect())
}

/// The colors from the least to the largest number, from left to right.
pub fn color_bar(width: usize, height: usize, colors: Colors) -> Picture {
    let low = if colors == Colors::Signed { -1.0 } else { 0.0 };
    let number = |i: usize| low + (1.0 - low) * (i % width) as f64 / (width.max(2) - 1) as f64;
    heat_map(width, height, &(0..width * height).map(number).collect::<Vec<f64>>(), colors)
}

/// A picture with a share of another one laid over it.
///
/// # Panics
/// When the sizes differ.
#[track_caller]
pub fn overlay(below: &Picture, above: &Picture, share: f64) -> Picture {
    let (below, above) = (below.to_color(), above.to_color());
    let sizes = [(below.width(), below.height()), (above.width(), above.height())];
    assert_eq!(sizes[0], sizes[1], "overlay: sizes of the two pictures");
    let mix = |(&a, &b): (&u8, &u8)| ((1.0 - share) * f64::from(a) + share * f64::from(b)).round() as u8;
    let pixels = below.pixels().iter().zip(above.pixels()).map(mix).collect();
    Picture::new(below.width(), below.height(), 3, pixels)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colors_rise_in_lightness_and_signs_are_told_apart() {
        let light = |[r, g, b]: [u8; 3]| 0.2126 * f64::from(r) + 0.7152 * f64::from(g) + 0.0722 * f64::from(b);
        let lights: Vec<f64> = (0..=20).map(|i| light(Colors::Heat.color(f64::from(i) / 20.0))).collect();
        assert!(lights.windows(2).all(|pair| pair[0] < pair[1]) && lights[0] < 10.0 && lights[20] > 230.0);
        let (negative, positive) = (Colors::Signed.color(-0.9), Colors::Signed.color(0.9));
        assert!(negative[2] > negative[0] && positive[0] > positive[2] && light(Colors::Signed.color(0.0)) > 225.0);
        assert_eq!(Colors::Heat.color(7.0), Colors::Heat.color(1.0));
        assert_eq!(Colors::Heat.color(f64::NAN), [128; 3]);
    }

    #[test]
    fn maps_bars_and_overlays() {
        let map = heat_map(2, 1, &[0.0, 1.0], Colors::Heat);
        assert_eq!(map.pixels(), [Colors::Heat.color(0.0), Colors::Heat.color(1.0)].concat());
        let bar = color_bar(9, 2, Colors::Signed);
        assert_eq!((bar.width(), bar.height()), (9, 2));
        assert_eq!(bar.pixels()[..3], Colors::Signed.color(-1.0));
        let gray = Picture::new(2, 1, 1, vec![0, 100]);
        assert_eq!(overlay(&gray, &Picture::new(2, 1, 1, vec![100, 0]), 0.25).pixels(), [25, 25, 25, 75, 75, 75]);
    }
}
