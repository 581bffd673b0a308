//! Pictures that are changed until a network sees something else in them.

mod adversarial;
mod blur;
mod dream;
mod fooling;
#[cfg(test)]
mod tests;
mod visualization;

pub use adversarial::{Attack, Norm};
pub use dream::DeepDream;
pub use fooling::{Distance, Fooled, Fooling};
pub use visualization::ClassVisualization;

use tape::Real;

/// The Euclidean norm.
fn norm<F: Real>(numbers: &[F]) -> f64 {
    numbers.iter().map(|x| x.to_f64() * x.to_f64()).sum::<f64>().sqrt()
}
