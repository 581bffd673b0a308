//! Points and weights for integrals from 0 to 1, by Gauss and Legendre.

/// `count` points in ascending order, each with its weight; exact for polynomials below degree `2 · count`. The points are
/// the zeros of the Legendre polynomial, found by Newton's method (Press et al., *Numerical recipes*, section 4.6).
pub(super) fn gauss_legendre(count: usize) -> Vec<(f64, f64)> {
    let n = count as f64;
    let point = |i: usize| {
        let mut x = -((i as f64 + 0.75) / (n + 0.5) * std::f64::consts::PI).cos();
        loop {
            let (mut previous, mut value) = (0.0, 1.0);
            for k in 0..count {
                let k = k as f64;
                (previous, value) = (value, ((2.0 * k + 1.0) * x * value - k * previous) / (k + 1.0));
            }
            let slope = n * (previous - x * value) / (1.0 - x * x);
            let step = value / slope;
            x -= step;
            if step.abs() < 1e-15 {
                // Both from −1 to 1 brought to 0 to 1.
                return (0.5 * (1.0 + x), 1.0 / ((1.0 - x * x) * slope * slope));
            }
        }
    };
    (0..count).map(point).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn polynomials_are_integrated_exactly() {
        for count in [1, 2, 3, 7, 20, 50, 51] {
            let points = gauss_legendre(count);
            assert!(points.windows(2).all(|pair| pair[0].0 < pair[1].0), "{count} points ascend");
            for degree in 0..2 * count as i32 {
                let integral: f64 = points.iter().map(|(x, weight)| weight * x.powi(degree)).sum();
                let exact = 1.0 / f64::from(degree + 1);
                assert!((integral - exact).abs() < 1e-13, "{count} points, x^{degree}: {integral}, not {exact}");
            }
        }
    }
}
