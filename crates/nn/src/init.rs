//! How parameters start. Fans are counted as PyTorch counts them: of a weight `[outputs, inputs, …]`, fan-in is
//! `inputs` and fan-out `outputs`, each times the sizes of the axes that follow.

use rand::Rng;
use rand_distr::Distribution;
use tape::{Init, Random, Real, Shape};

/// Normal with mean 0.
#[derive(Clone, Copy, Debug)]
pub struct Normal {
    /// Standard deviation.
    pub std: f64,
}

/// Uniform in ±bound.
#[derive(Clone, Copy, Debug)]
pub struct Uniform {
    /// Largest absolute value.
    pub bound: f64,
}

/// Uniform in ±√(6 / (fan-in + fan-out)), for sigmoid and tanh (Glorot and Bengio 2010).
#[derive(Clone, Copy, Debug)]
pub struct XavierUniform;

/// Normal with variance 2 / (fan-in + fan-out) (Glorot and Bengio 2010).
#[derive(Clone, Copy, Debug)]
pub struct XavierNormal;

/// Uniform in ±√(6 / fan-in), for ReLU (He et al. 2015).
#[derive(Clone, Copy, Debug)]
pub struct KaimingUniform;

/// Normal with variance 2 / fan-in, for ReLU (He et al. 2015).
#[derive(Clone, Copy, Debug)]
pub struct KaimingNormal;

/// Fan-in and fan-out of a weight.
fn fans(shape: Shape) -> (f64, f64) {
    match shape.dims() {
        [] => (1.0, 1.0),
        [size] => (*size as f64, *size as f64),
        [outputs, inputs, field @ ..] => {
            let field: usize = field.iter().product();
            ((inputs * field) as f64, (outputs * field) as f64)
        }
    }
}

fn draw<F: Real>(distribution: impl Distribution<f64>, random: &mut impl Rng, out: &mut [F]) {
    out.iter_mut().for_each(|out| *out = F::from_f64(distribution.sample(random)));
}

impl Init for Normal {
    fn fill<F: Real>(&self, _: Shape, random: &mut Random, out: &mut [F]) {
        let normal = rand_distr::StandardNormal;
        let std = self.std;
        draw(Distribution::<f64>::map(normal, move |x: f64| std * x), random, out);
    }
}

impl Init for Uniform {
    fn fill<F: Real>(&self, _: Shape, random: &mut Random, out: &mut [F]) {
        let bound = self.bound;
        draw(Distribution::<f64>::map(rand_distr::StandardUniform, move |x: f64| bound * (2.0 * x - 1.0)), random, out);
    }
}

impl Init for XavierUniform {
    fn fill<F: Real>(&self, shape: Shape, random: &mut Random, out: &mut [F]) {
        let (fan_in, fan_out) = fans(shape);
        Uniform { bound: (6.0 / (fan_in + fan_out)).sqrt() }.fill(shape, random, out);
    }
}

impl Init for XavierNormal {
    fn fill<F: Real>(&self, shape: Shape, random: &mut Random, out: &mut [F]) {
        let (fan_in, fan_out) = fans(shape);
        Normal { std: (2.0 / (fan_in + fan_out)).sqrt() }.fill(shape, random, out);
    }
}

impl Init for KaimingUniform {
    fn fill<F: Real>(&self, shape: Shape, random: &mut Random, out: &mut [F]) {
        Uniform { bound: (6.0 / fans(shape).0).sqrt() }.fill(shape, random, out);
    }
}

impl Init for KaimingNormal {
    fn fill<F: Real>(&self, shape: Shape, random: &mut Random, out: &mut [F]) {
        Normal { std: (2.0 / fans(shape).0).sqrt() }.fill(shape, random, out);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tape::Params;

    /// Mean, standard deviation and largest absolute value of a weight that was started so.
    fn moments(init: impl Init) -> (f64, f64, f64) {
        let mut params = Params::<f64>::new(1);
        let id = params.root().param("weight", [100, 200, 3], init);
        let values = params.get(id).tensor().as_slice();
        let mean = values.iter().sum::<f64>() / values.len() as f64;
        let variance = values.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / values.len() as f64;
        (mean, variance.sqrt(), values.iter().fold(0.0, |m, x| m.max(x.abs())))
    }

    #[test]
    fn moments_are_those_of_the_formulas() {
        let check = |init: &dyn Fn() -> (f64, f64, f64), std: f64, bound: Option<f64>| {
            let (mean, got, largest) = init();
            assert!(mean.abs() < 4.0 * std / 60_000f64.sqrt(), "mean {mean}");
            assert!((got / std - 1.0).abs() < 0.02, "standard deviation {got}, expected {std}");
            match bound {
                Some(bound) => assert!(largest <= bound && largest > 0.99 * bound, "{largest} of {bound}"),
                None => assert!(largest > 3.5 * std && largest < 6.0 * std, "{largest} of a normal with {std}"),
            }
        };
        let bound = (6.0f64 / 900.0).sqrt();
        check(&|| moments(XavierUniform), bound / 3f64.sqrt(), Some(bound));
        check(&|| moments(XavierNormal), (2.0f64 / 900.0).sqrt(), None);
        check(&|| moments(KaimingUniform), 0.1 / 3f64.sqrt(), Some(0.1));
        check(&|| moments(KaimingNormal), (2.0f64 / 600.0).sqrt(), None);
        check(&|| moments(Normal { std: 0.001 }), 0.001, None);
        check(&|| moments(Uniform { bound: 0.5 }), 0.5 / 3f64.sqrt(), Some(0.5));
    }

    #[test]
    fn the_seed_decides() {
        let weight = |seed| {
            let mut params = Params::<f32>::new(seed);
            let id = params.root().param("weight", [4, 4], KaimingNormal);
            params.get(id).tensor().clone()
        };
        assert_eq!(weight(1), weight(1));
        assert_ne!(weight(1), weight(2));
    }
}
