//! From attributions to maps that can be drawn.

use crate::score::sizes;
use tape::{Real, Tensor};

/// The largest number over the channels: `[n, channels, height, width]` becomes `[n, height, width]`. With
/// [`Saliency`](crate::Saliency), the saliency map of Simonyan et al. (2014).
///
/// # Panics
/// When the shape is another.
#[track_caller]
pub fn max_over_channels<F: Real>(attribution: &Tensor<F>) -> Tensor<F> {
    let [n, channels, height, width] = sizes(attribution);
    let area = height * width;
    let number = |i: usize, channel: usize| attribution.as_slice()[(i / area * channels + channel) * area + i % area];
    let largest = |i| (1..channels).fold(number(i, 0), |max, c| if number(i, c) > max { number(i, c) } else { max });
    Tensor::from_fn([n, height, width], largest)
}

/// The numbers moved and stretched to 0 to 1; all 0 where they are equal.
pub fn scaled<F: Real>(map: &Tensor<F>) -> Tensor<F> {
    let numbers = map.as_slice().iter().map(|x| x.to_f64());
    let (low, high) = numbers.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), x| (low.min(x), high.max(x)));
    let width = if high > low { high - low } else { f64::INFINITY };
    Tensor::from_fn(map.shape(), |i| F::from_f64((map.as_slice()[i].to_f64() - low) / width))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn largest_and_scaled() {
        let x = Tensor::from_vec([2, 2, 1, 2], vec![1.0, 5.0, 3.0, 2.0, -1.0, -2.0, -3.0, 4.0]);
        let largest = max_over_channels(&x);
        assert_eq!((largest.shape().dims(), largest.as_slice()), (&[2, 1, 2][..], &[3.0, 5.0, -1.0, 4.0][..]));
        assert_eq!(scaled(&largest).as_slice(), [4.0 / 6.0, 1.0, 0.0, 5.0 / 6.0]);
        assert_eq!(scaled(&Tensor::full([3], 7.0)).as_slice(), [0.0; 3]);
    }
}
