//! A Gaussian blur.

use tape::{Real, Tensor};

/// Blurs the last two axes with a Gaussian of this standard deviation in pixels, cut off at four of them; beyond the
/// edges the picture is mirrored, edge pixels included.
pub(super) fn blur<F: Real>(x: &Tensor<F>, sigma: f64) -> Tensor<F> {
    let shape = x.shape();
    let &[.., height, width] = shape.dims() else { panic!("blur: a picture of shape {shape}") };
    let radius = (4.0 * sigma + 0.5) as isize;
    let bell = |i: isize| (-0.5 * (i as f64 / sigma).powi(2)).exp();
    let sum: f64 = (-radius..=radius).map(bell).sum();
    let weights: Vec<f64> = (-radius..=radius).map(|i| bell(i) / sum).collect();
    let mirrored = |i: isize, size: usize| {
        let i = i.rem_euclid(2 * size as isize) as usize;
        if i < size { i } else { 2 * size - 1 - i }
    };
    let along = |x: &[f64], size: usize, stride: usize| -> Vec<f64> {
        let number = |i: usize| {
            let (at, first) = ((i / stride % size) as isize, i - i / stride % size * stride);
            let terms = weights.iter().zip(-radius..=radius);
            terms.map(|(weight, offset)| weight * x[first + mirrored(at + offset, size) * stride]).sum()
        };
        (0..x.len()).map(number).collect()
    };
    let numbers: Vec<f64> = x.as_slice().iter().map(|x| x.to_f64()).collect();
    let blurred = along(&along(&numbers, width, 1), height, width);
    Tensor::from_fn(shape, |i| F::from_f64(blurred[i]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_point_becomes_a_bell_and_the_sum_stays() {
        let mut numbers = vec![0.0f64; 49];
        numbers[24] = 1.0;
        let blurred = blur(&Tensor::from_vec([1, 7, 7], numbers), 0.5);
        let edge = (-2.0f64).exp();
        let center = 1.0 / (1.0 + 2.0 * edge + 2.0 * (-8.0f64).exp());
        assert!((blurred.as_slice()[24] - center * center).abs() < 1e-12);
        assert!((blurred.as_slice()[25] - center * center * edge).abs() < 1e-12);
        let corner = blur(&Tensor::from_fn([3, 2], |i| (i == 0) as u8 as f64), 1.0);
        assert!((corner.as_slice().iter().sum::<f64>() - 1.0).abs() < 1e-12);
    }
}
