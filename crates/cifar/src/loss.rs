//! What is minimized, and what the sizes of the classes have to do with it.

use crate::arguments::{LossKind, Settings};
use tape::{CrossEntropy, FocalLoss, IndexVar, Tensor, Var};

/// A loss with what it needs.
pub(crate) struct Loss {
    kind: LossKind,
    gamma: f64,
    sigmoid: bool,
    label_smoothing: f64,
    weight: Option<Tensor>,
}

/// The weights of classes by the effective numbers of their samples: `(1 − β) / (1 − βⁿ)` for n samples, with the sum of
/// the weights made the number of the classes (Cui et al. 2019, *Class-balanced loss based on effective number of
/// samples*). A class without samples has weight 0.
pub(crate) fn class_balanced_weights(counts: &[usize], beta: f64) -> Vec<f64> {
    let weight = |&count: &usize| match count {
        0 => 0.0,
        _ => (1.0 - beta) / (1.0 - beta.powf(count as f64)),
    };
    let weights: Vec<f64> = counts.iter().map(weight).collect();
    let sum: f64 = weights.iter().sum();
    weights.iter().map(|weight| weight * counts.len() as f64 / sum).collect()
}

impl Loss {
    /// The loss of some settings, for training classes of these sizes.
    pub(crate) fn new(settings: &Settings, counts: &[usize]) -> Loss {
        let weight = settings.beta.map(|beta| {
            let weights = class_balanced_weights(counts, beta);
            Tensor::from_vec([weights.len()], weights.iter().map(|&weight| weight as f32).collect())
        });
        Loss {
            kind: settings.loss,
            gamma: settings.gamma.unwrap_or(0.0),
            sigmoid: settings.sigmoid == Some(true),
            label_smoothing: settings.label_smoothing.unwrap_or(0.0),
            weight,
        }
    }

    /// The loss of logits `[n, classes]`.
    pub(crate) fn of<'t>(&self, logits: Var<'t>, targets: IndexVar<'t, f32>) -> Var<'t> {
        let weight = self.weight.as_ref().map(|weight| logits.graph().input(weight));
        match self.kind {
            LossKind::CrossEntropy | LossKind::ClassBalanced => {
                let options = CrossEntropy { weight, label_smoothing: self.label_smoothing, ..Default::default() };
                logits.cross_entropy_with(targets, &options)
            }
            LossKind::Focal | LossKind::CbFocal => {
                let options = FocalLoss { gamma: self.gamma, weight, sigmoid: self.sigmoid, ..Default::default() };
                logits.focal_loss(targets, &options)
            }
        }
    }

    /// The loss of logits and mixed targets, `[n, classes]` each.
    pub(crate) fn of_mixture<'t>(&self, logits: Var<'t>, targets: Var<'t>) -> Var<'t> {
        let options = CrossEntropy { label_smoothing: self.label_smoothing, ..Default::default() };
        logits.cross_entropy_probabilities(targets, &options)
    }
}

#[cfg(test)]
mod tests {
    use super::class_balanced_weights;

    #[test]
    fn weights_are_those_of_the_paper() {
        let weights = class_balanced_weights(&[645, 387, 232, 139], 0.9999);
        for (weight, expected) in weights.iter().zip([0.4043, 0.6652, 1.1011, 1.8294]) {
            assert!((weight - expected).abs() < 5e-5, "{weights:?}");
        }
        assert!((weights.iter().sum::<f64>() - 4.0).abs() < 1e-12);
        assert_eq!(class_balanced_weights(&[10, 10], 0.9), [1.0, 1.0]);
        assert_eq!(class_balanced_weights(&[0, 7], 0.99), [0.0, 2.0]);
    }
}
