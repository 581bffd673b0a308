//! Losses: what training makes small. Every one takes a [`Reduction`], and refuses targets whose shape would only match
//! by broadcasting: a mean over `[n, n]` in place of `[n]` learns the wrong thing without a sign.

pub mod binary_cross_entropy_with_logits;
pub mod class_targets;
pub mod cross_entropy;
pub mod focal_loss;
pub mod huber_loss;
pub mod linear_cross_entropy;
pub mod mse_loss;
pub mod nll_loss;

pub use class_targets::CrossEntropy;
pub use focal_loss::FocalLoss;

use crate::{Real, Var};

/// What becomes of the losses of the single elements or samples.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Reduction {
    /// They stay.
    None,
    /// Their mean; PyTorch's default, and ours. NaN for none.
    #[default]
    Mean,
    /// Their sum.
    Sum,
}

impl<'t, F: Real> Var<'t, F> {
    /// The losses of the elements, reduced.
    #[track_caller]
    fn reduce(self, reduction: Reduction) -> Self {
        match reduction {
            Reduction::None => self,
            Reduction::Mean => self.mean(..),
            Reduction::Sum => self.sum(..),
        }
    }

    /// Panics unless the target of a loss has the shape of what it is compared with.
    #[track_caller]
    fn check_target(self, name: &str, target: Self) {
        let (got, want) = (self.shape(), target.shape());
        if got != want {
            self.graph().fail(format_args!("{name}: shapes of input and target differ: left {got}, right {want}"));
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::{Params, Reduction, Tape, Tensor};

    #[test]
    #[should_panic(expected = "mse_loss: shapes of input and target differ: left [3, 1], right [3]")]
    fn targets_are_not_broadcast() {
        Tape::<f32>::new().eval(&Params::new(0), |t| {
            let target = t.input(&Tensor::full([3], 0.0));
            t.input(&Tensor::full([3, 1], 0.0)).mse_loss(target, Reduction::Mean);
        });
    }
}
