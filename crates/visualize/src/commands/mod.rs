//! The commands.

mod attribute;
mod classify;
mod dream;
mod fool;
mod gallery;
mod style;
mod zoo;

pub(crate) use attribute::attribute;
pub(crate) use classify::classify;
pub(crate) use dream::{deep_dream, dream};
pub(crate) use fool::fool;
pub(crate) use gallery::gallery;
pub(crate) use style::{invert, style};
pub(crate) use zoo::zoo;

use crate::network::Network;

/// The most probable classes with their probabilities, best first.
fn best(probabilities: &[f32], count: usize) -> Vec<(usize, f32)> {
    let mut order: Vec<(usize, f32)> = probabilities.iter().copied().enumerate().collect();
    order.sort_by(|a, b| b.1.total_cmp(&a.1));
    order.truncate(count);
    order
}

/// A class and its probability, for captions.
fn said(network: &Network, class: usize, probability: f32) -> String {
    format!("{} {:.1} %", network.classes[class], 100.0 * probability)
}

/// A failure of what was asked for.
fn input(error: impl std::error::Error + Send + Sync + 'static) -> train::Failure {
    train::Failure::Input(Box::new(error))
}
