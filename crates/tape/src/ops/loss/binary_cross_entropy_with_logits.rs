//! Binary cross-entropy of logits, with σ the logistic function: `y = −t ln σ(x) − (1 − t) ln(1 − σ(x))`, computed as
//! `max(x, 0) − x t + ln(1 + e^−|x|)`, which cannot overflow; `dx = g · (σ(x) − t)`, `dt = −g x`.

use super::Reduction;
use crate::{Op, Reads, Real, Var, Vjp};

#[derive(Clone, Copy)]
struct BinaryCrossEntropy;

impl<F: Real> Op<F> for BinaryCrossEntropy {
    fn name(&self) -> &'static str {
        "binary_cross_entropy_with_logits"
    }

    fn vjp<'t>(&self, cx: &mut Vjp<'_, 't, F>) {
        cx.give(0, |c| (c.x(0).sigmoid() - c.x(1)) * c.g);
        cx.give(1, |c| -(c.x(0) * c.g));
    }

    fn reads(&self) -> Reads {
        Reads::INPUTS
    }
}

impl<'t, F: Real> Var<'t, F> {
    /// The binary cross-entropy between probabilities `target` and the probabilities `σ(x)` that the logits `x` stand
    /// for, reduced; exact for logits of any size.
    ///
    /// Formulas: [`ops::loss::binary_cross_entropy_with_logits`](mod@crate::ops::loss::binary_cross_entropy_with_logits).
    ///
    /// `weight` multiplies the loss of each element, `positive_weight` (`pos_weight` in PyTorch) the part of the
    /// target: `−weight · (positive_weight · t ln σ(x) + (1 − t) ln(1 − σ(x)))`. Both broadcast to the shape of the
    /// logits; the mean divides by the number of elements.
    ///
    /// # Panics
    /// When the shapes of logits and target differ, or a weight does not broadcast to them.
    #[track_caller]
    pub fn binary_cross_entropy_with_logits(
        self,
        target: Self,
        weight: Option<Self>,
        positive_weight: Option<Self>,
        reduction: Reduction,
    ) -> Self {
        let name = "binary_cross_entropy_with_logits";
        self.check_target(name, target);
        let mut loss = self.binary_cross_entropy(target);
        if let Some(positive) = positive_weight {
            self.check_weight(name, "positive_weight", positive);
            // With target 1 the loss is −ln σ(x).
            let ones = self.graph().full(self.shape(), 1.0);
            loss = loss + target * (positive - 1.0) * self.binary_cross_entropy(ones);
        }
        if let Some(weight) = weight {
            self.check_weight(name, "weight", weight);
            loss = loss * weight;
        }
        loss.reduce(reduction)
    }

    #[track_caller]
    fn binary_cross_entropy(self, target: Self) -> Self {
        self.zip(
            target,
            BinaryCrossEntropy,
            #[inline(always)]
            |x, t| {
                let positive = if x < F::ZERO { F::ZERO } else { x };
                positive - x * t + (-x.abs()).exp().ln_1p()
            },
        )
    }

    #[track_caller]
    fn check_weight(self, name: &str, what: &str, weight: Self) {
        let (shape, weight) = (self.shape(), weight.shape());
        if weight.broadcast(shape) != Some(shape) {
            self.graph().fail(format_args!("{name}: {what} does not broadcast: left {weight}, right {shape}"));
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::{Params, Reduction, Tape, Tensor, gradcheck};

    #[test]
    fn binary_cross_entropy_with_logits() {
        for reduction in [Reduction::None, Reduction::Mean, Reduction::Sum] {
            for shape in [&[3, 4][..], &[]] {
                gradcheck::pair(
                    |x, t| x.binary_cross_entropy_with_logits(t, None, None, reduction),
                    -1.0..1.0,
                    shape,
                    shape,
                );
            }
        }
        gradcheck::triple(
            |x, t, w| x.binary_cross_entropy_with_logits(t, Some(w.slice(0, 0..1)), Some(w), Reduction::Mean),
            0.1..1.0,
            &[3, 4],
            &[3, 4],
            &[3, 4],
        );
    }

    /// Against the textbook formula in double precision.
    #[test]
    fn weights() {
        Tape::<f64>::new().eval(&Params::new(0), |t| {
            let (x, target, weight, positive) = ([-1.5, 0.3, 2.0, -0.7], [0.0, 1.0, 0.25, 1.0], 0.5, [3.0, 2.0]);
            let input = |values: &[f64]| t.input(&Tensor::from_vec([2, 2], values.to_vec()));
            let positives = t.input(&Tensor::from_vec([2], positive.to_vec()));
            let loss = input(&x).binary_cross_entropy_with_logits(
                input(&target),
                Some(t.scalar(weight)),
                Some(positives),
                Reduction::None,
            );
            for i in 0..4 {
                let p = 1.0 / (1.0 + (-x[i]).exp());
                let want = -weight * (positive[i % 2] * target[i] * p.ln() + (1.0 - target[i]) * (1.0 - p).ln());
                assert!((loss.value()[i] - want).abs() < 1e-14);
            }
        });
    }

    #[test]
    fn large_logits() {
        Tape::<f32>::new().run(&Params::new(0), |t| {
            let x = t.leaf(&Tensor::from_vec([4], vec![1000.0, 1000.0, -1000.0, -50.0]));
            let target = t.input(&Tensor::from_vec([4], vec![1.0, 0.0, 1.0, 0.0]));
            let loss = x.binary_cross_entropy_with_logits(target, None, None, Reduction::None);
            assert_eq!(loss.value()[..3], [0.0, 1000.0, 1000.0]);
            assert!((loss.value()[3] / (-50f32).exp() - 1.0).abs() < 1e-5);
            assert_eq!(loss.sum(..).grad([x])[0].value()[..3], [0.0, 1.0, -1.0]);
        });
    }

    #[test]
    #[should_panic(
        expected = "binary_cross_entropy_with_logits: positive_weight does not broadcast: left [3, 2], right [2]"
    )]
    fn a_weight_does_not_enlarge() {
        Tape::<f32>::new().eval(&Params::new(0), |t| {
            let (x, weight) = (t.full([2], 0.0), t.full([3, 2], 1.0));
            x.binary_cross_entropy_with_logits(x, None, Some(weight), Reduction::Mean);
        });
    }
}
