//! The folds that reductions are made of.

use super::fold::Fold;
use crate::Float;

/// Σ x.
#[derive(Clone, Copy)]
pub(crate) struct Sum;
/// The largest number; NaN where there is one.
#[derive(Clone, Copy)]
pub(crate) struct Max;
/// The smallest number; NaN where there is one.
#[derive(Clone, Copy)]
pub(crate) struct Min;
/// Σ (x − p)².
#[derive(Clone, Copy)]
pub(crate) struct SumSquaredDeviations;
/// Σ exp(x − p).
#[derive(Clone, Copy)]
pub(crate) struct SumExp;

macro_rules! fold {
    ($fold:ident, $identity:expr, |$x:ident, $p:ident| $map:expr, |$a:ident, $b:ident| $combine:expr) => {
        impl<F: Float> Fold<F> for $fold {
            #[inline(always)]
            fn identity(self) -> F {
                $identity
            }
            #[inline(always)]
            fn map(self, $x: F, $p: F) -> F {
                $map
            }
            #[inline(always)]
            fn combine(self, $a: F, $b: F) -> F {
                $combine
            }
        }
    };
}

fold!(Sum, F::ZERO, |x, _p| x, |a, b| a + b);
fold!(Max, F::NEG_INFINITY, |x, _p| x, |a, b| a.maximum(b));
fold!(Min, F::INFINITY, |x, _p| x, |a, b| a.minimum(b));
fold!(SumSquaredDeviations, F::ZERO, |x, p| (x - p) * (x - p), |a, b| a + b);
fold!(SumExp, F::ZERO, |x, p| (x - p).exp_normal(), |a, b| a + b);
