//! Numbers from a formula, the same here and in `tests/golden/formula.py`, and how far results are from PyTorch's.

use serde_json::Value;
use tape::{Float, Params, Real};

/// Numbers between −1 and 1.
pub fn numbers<F: Float>(count: usize, key: usize) -> Vec<F> {
    let mix = |i: u32| {
        let mixed = i.wrapping_mul(2_654_435_761).wrapping_add((key as u32).wrapping_mul(2_246_822_519));
        let mixed = (mixed ^ mixed >> 15).wrapping_mul(2_246_822_519);
        f64::from(mixed ^ mixed >> 13) / f64::from(1u32 << 31) - 1.0
    };
    (0..count as u32).map(|i| F::from_f64(mix(i))).collect()
}

/// Gives all parameters weights by the formula; those that `is_scale` says are around 1. The names, sorted.
pub fn fill<F: Real>(params: &mut Params<F>, is_scale: impl Fn(&str) -> bool) -> Vec<String> {
    let trainable = params.entries().iter().filter(|entry| !entry.is_buffer());
    let mut names: Vec<String> = trainable.map(|entry| entry.name().to_string()).collect();
    names.sort();
    for (key, name) in names.iter().enumerate() {
        let tensor = params.by_name_mut(name).expect("its name was found there");
        let shape = tensor.shape();
        let fan_in: usize = shape.dims()[1..].iter().product();
        let shift = if is_scale(name) { 1.0 } else { 0.0 };
        for (to, x) in tensor.as_mut_slice().iter_mut().zip(numbers::<f64>(shape.len(), key + 1)) {
            *to = F::from_f64(if shape.rank() > 1 { x * (6.0 / fan_in as f64).sqrt() } else { x * 0.25 + shift });
        }
    }
    names
}

/// How far results are from PyTorch's: each as a share of the largest number beside it.
#[derive(Debug, Default)]
pub struct Comparison {
    /// The largest difference.
    pub largest: f64,
    /// What differs so.
    pub what: String,
}

impl Comparison {
    /// Compares a number, with the largest beside it.
    pub fn add(&mut self, what: &str, ours: f64, theirs: f64, scale: f64) {
        let difference = (ours - theirs).abs() / scale;
        if difference.is_nan() || difference > self.largest {
            (self.largest, self.what) = (difference, format!("{what}: {ours:e}, PyTorch {theirs:e}"));
        }
    }

    /// Compares numbers with a list of the file.
    pub fn add_all(&mut self, what: &str, ours: &[impl Float], theirs: &Value) {
        let theirs: Vec<f64> = theirs.as_array().unwrap().iter().map(|x| x.as_f64().unwrap()).collect();
        assert_eq!(ours.len(), theirs.len(), "{what}");
        let scale = theirs.iter().fold(0.0, |scale: f64, x| scale.max(x.abs()));
        ours.iter().zip(theirs).for_each(|(ours, theirs)| self.add(what, ours.to_f64(), theirs, scale));
    }

    /// Compares the norm of some numbers, and their product with numbers of the formula.
    pub fn add_summary(&mut self, what: &str, ours: &[impl Float], key: usize, theirs: &Value) {
        let (norm, product) = (theirs[0].as_f64().unwrap(), theirs[1].as_f64().unwrap());
        let ours: Vec<f64> = ours.iter().map(|x| x.to_f64()).collect();
        self.add(what, ours.iter().map(|x| x * x).sum::<f64>().sqrt(), norm, norm);
        let pattern = numbers::<f64>(ours.len(), key);
        self.add(what, ours.iter().zip(&pattern).map(|(x, y)| x * y).sum(), product, norm);
    }
}
