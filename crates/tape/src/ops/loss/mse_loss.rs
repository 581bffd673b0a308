//! Squared error: `y = (x − t)²`, `dx = 2 g (x − t)`, `dt = −dx`.

use super::Reduction;
use crate::{Op, Reads, Real, Var, Vjp};

#[derive(Clone, Copy)]
struct SquaredDifference;

impl<F: Real> Op<F> for SquaredDifference {
    fn name(&self) -> &'static str {
        "squared_difference"
    }

    fn vjp<'t>(&self, cx: &mut Vjp<'_, 't, F>) {
        cx.give(0, |c| (c.x(0) - c.x(1)) * c.g * 2.0);
        cx.give(1, |c| (c.x(1) - c.x(0)) * c.g * 2.0);
    }

    fn reads(&self) -> Reads {
        Reads::INPUTS
    }
}

impl<'t, F: Real> Var<'t, F> {
    /// The squared error `(x − target)²`, reduced: `mse_loss` in PyTorch.
    ///
    /// Formulas: [`ops::loss::mse_loss`](mod@crate::ops::loss::mse_loss).
    ///
    /// # Panics
    /// When the shapes differ.
    #[track_caller]
    pub fn mse_loss(self, target: Self, reduction: Reduction) -> Self {
        self.check_target("mse_loss", target);
        self.zip(target, SquaredDifference, |x, t| (x - t) * (x - t)).reduce(reduction)
    }
}

#[cfg(test)]
mod tests {
    use crate::{Params, Reduction, Tape, Tensor, gradcheck};

    #[test]
    fn mse_loss() {
        for reduction in [Reduction::None, Reduction::Mean, Reduction::Sum] {
            gradcheck::pair(|x, t| x.mse_loss(t, reduction), -2.0..2.0, &[3, 4], &[3, 4]);
            gradcheck::pair(|x, t| x.mse_loss(t, reduction), -2.0..2.0, &[], &[]);
        }
    }

    #[test]
    fn values() {
        Tape::<f32>::new().eval(&Params::new(0), |t| {
            let (x, target) = (t.input(&Tensor::from_vec([2], vec![1.0, 4.0])), t.full([2], 2.0));
            assert_eq!(&*x.mse_loss(target, Reduction::None).value(), [1.0, 4.0]);
            assert_eq!(x.mse_loss(target, Reduction::Mean).item(), 2.5);
            assert_eq!(x.mse_loss(target, Reduction::Sum).item(), 5.0);
            assert!(t.full([0], 0.0).mse_loss(t.full([0], 0.0), Reduction::Mean).item().is_nan());
        });
    }
}
