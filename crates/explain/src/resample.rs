//! Maps and pictures at another size, as Pillow computes it.

use tape::{Real, Tensor};

/// How a pixel of the result is made of those around its place.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Filter {
    /// Straight lines between pixels: `1 − |x|`.
    Bilinear,
    /// Cubic convolution with a = −½ (Keys, *Cubic convolution interpolation for digital image processing*, 1981).
    #[default]
    Bicubic,
}

impl Filter {
    /// How far a pixel reaches, at the scale of the larger picture.
    fn support(self) -> f64 {
        match self {
            Filter::Bilinear => 1.0,
            Filter::Bicubic => 2.0,
        }
    }

    fn weight(self, x: f64) -> f64 {
        const A: f64 = -0.5;
        let x = x.abs();
        match self {
            Filter::Bilinear => (1.0 - x).max(0.0),
            Filter::Bicubic if x < 1.0 => ((A + 2.0) * x - (A + 3.0)) * x * x + 1.0,
            Filter::Bicubic if x < 2.0 => (((x - 5.0) * x + 8.0) * x - 4.0) * A,
            Filter::Bicubic => 0.0,
        }
    }

    /// For each of `new` pixels along an axis, the first of the `old` ones that it is made of, and the weights.
    fn weights(self, old: usize, new: usize) -> Vec<(usize, Vec<f64>)> {
        let scale = old as f64 / new as f64;
        // Where the picture shrinks, the filter widens: no pixel is passed over.
        let stretch = scale.max(1.0);
        let reach = self.support() * stretch;
        let weights = |i: usize| {
            let center = (i as f64 + 0.5) * scale;
            let first = ((center - reach + 0.5).max(0.0)) as usize;
            let end = ((center + reach + 0.5) as usize).min(old);
            let weights: Vec<f64> = (first..end).map(|k| self.weight((k as f64 + 0.5 - center) / stretch)).collect();
            let sum: f64 = weights.iter().sum();
            (first, weights.into_iter().map(|weight| weight / sum).collect())
        };
        (0..new).map(weights).collect()
    }
}

/// `[…, height, width]` at another height and width: Pillow's `resize`, without rounding in between.
///
/// # Panics
/// When there are fewer than two axes, or a size is 0.
#[track_caller]
pub fn resample<F: Real>(x: &Tensor<F>, [height, width]: [usize; 2], filter: Filter) -> Tensor<F> {
    let shape = x.shape();
    let &[.., old_height, old_width] = shape.dims() else { panic!("resample: a map of shape {shape}") };
    assert!(
        height * width > 0 && old_height * old_width > 0,
        "resample: from {old_height}×{old_width} to {height}×{width}"
    );
    let (rows, columns) = (filter.weights(old_height, height), filter.weights(old_width, width));
    let planes = shape.len() / (old_height * old_width);
    let mut result = Vec::with_capacity(planes * height * width);
    let mut across = vec![0.0; old_height * width];
    for plane in x.as_slice().chunks_exact(old_height * old_width) {
        for (y, row) in plane.chunks_exact(old_width).enumerate() {
            for (x, (first, weights)) in columns.iter().enumerate() {
                let terms = weights.iter().zip(&row[*first..]).map(|(weight, number)| weight * number.to_f64());
                across[y * width + x] = terms.sum();
            }
        }
        for (first, weights) in &rows {
            for x in 0..width {
                let terms = weights.iter().enumerate().map(|(k, weight)| weight * across[(first + k) * width + x]);
                result.push(F::from_f64(terms.sum()));
            }
        }
    }
    let mut dims = shape.dims().to_vec();
    let rank = dims.len();
    dims[rank - 2..].copy_from_slice(&[height, width]);
    Tensor::from_vec(dims.as_slice(), result)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_size_is_the_same_picture_and_constants_stay() {
        let x = Tensor::from_fn([2, 3, 4], |i| (i * i % 11) as f64);
        for filter in [Filter::Bilinear, Filter::Bicubic] {
            let same = resample(&x, [3, 4], filter);
            assert!(same.as_slice().iter().zip(x.as_slice()).all(|(a, b)| (a - b).abs() < 1e-12), "{filter:?}");
            let constant = resample(&Tensor::full([5, 7], 3.0f64), [11, 2], filter);
            assert!(constant.as_slice().iter().all(|x| (x - 3.0).abs() < 1e-12));
        }
    }

    #[test]
    fn halves_are_means_and_doubles_are_lines() {
        let x = Tensor::from_vec([1, 4], vec![0.0f64, 4.0, 8.0, 12.0]);
        assert_eq!(resample(&x, [1, 8], Filter::Bilinear).as_slice()[2..6], [3.0, 5.0, 7.0, 9.0]);
        let half = resample(&x, [1, 2], Filter::Bilinear);
        // Weights ¼, ¾, ¾, ¼ around each center, without what lies outside: 3/7, 3/7, 1/7.
        assert!((half.as_slice()[0] - (4.0 * 3.0 + 8.0) / 7.0).abs() < 1e-12, "{half:?}");
    }
}
