//! Focal loss: cross-entropy that counts what is right already for less (Lin et al. 2017, *Focal loss for dense object
//! detection*).
//!
//! * softmax: `−w_t (1 − p_t)^γ ln p_t` with `p = softmax x` and the target t;
//! * sigmoid: `−w_t Σ_c (1 − q_c)^γ ln q_c` with `q_c = σ(x_c)` for the target and `σ(−x_c)` for every other class, as in
//!   Cui et al. 2019, *Class-balanced loss based on effective number of samples*.
//!
//! Made of operations that carry its derivatives; the gradient checks are here. `1 − σ(z)` is written
//! `exp(−softplus z)`, which does not vanish by rounding.

use super::Reduction;
use crate::{IndexVar, Real, Shape, Var};

/// The smallest `1 − p` that is raised to a power: below, the slope of the power would be infinite for γ < 1.
const SMALLEST: f64 = 1e-12;

/// How a focal loss is taken.
#[derive(Clone, Copy)]
pub struct FocalLoss<'t, F: Real> {
    /// The exponent γ: how little counts what is right already. 0 is cross-entropy.
    pub gamma: f64,
    /// A factor a class, `[classes]`: a sample counts by that of its target.
    pub weight: Option<Var<'t, F>>,
    /// One yes-or-no question a class, instead of one question for all.
    pub sigmoid: bool,
    /// What becomes of the losses of the samples. The mean divides by their number, whatever the weights.
    pub reduction: Reduction,
}

impl<F: Real> Default for FocalLoss<'_, F> {
    fn default() -> Self {
        FocalLoss { gamma: 1.0, weight: None, sigmoid: false, reduction: Reduction::Mean }
    }
}

impl<'t, F: Real> Var<'t, F> {
    /// The focal loss of logits `[batch, classes]` and the classes `targets`, `[batch]`.
    ///
    /// Formulas: [`ops::loss::focal_loss`](mod@crate::ops::loss::focal_loss).
    ///
    /// ```
    /// use retrograde_tape::{FocalLoss, Params, Tape, Tensor};
    /// Tape::<f64>::new().eval(&Params::new(0), |t| {
    ///     let (logits, targets) = (t.full([1, 2], 0.0), t.indices(&Tensor::from_vec([1], vec![1])));
    ///     let loss = logits.focal_loss(targets, &FocalLoss { gamma: 2.0, ..Default::default() });
    ///     assert!((loss.item() - 0.25 * 2f64.ln()).abs() < 1e-12);
    /// });
    /// ```
    ///
    /// # Panics
    /// When the shapes do not fit, γ is negative, or a target is not below the number of classes.
    #[track_caller]
    pub fn focal_loss(self, targets: IndexVar<'t, F>, options: &FocalLoss<'t, F>) -> Self {
        let (shape, found) = (self.shape(), targets.shape());
        let &[batch, classes] = shape.dims() else {
            self.graph().fail(format_args!("focal_loss: logits have two axes: left {shape}, right {found}"))
        };
        if found != Shape::from([batch]) {
            self.graph().fail(format_args!("focal_loss: shape of the targets: left {shape}, right {found}"));
        }
        let gamma = options.gamma;
        if gamma.is_nan() || gamma < 0.0 {
            self.graph().fail(format_args!("focal_loss: gamma is not negative: left {gamma}, right {shape}"));
        }
        if let Some(weight) = options.weight
            && weight.shape() != Shape::from([classes])
        {
            let weight = weight.shape();
            self.graph().fail(format_args!("focal_loss: weight of {classes} classes: left {shape}, right {weight}"));
        }
        let each =
            if options.sigmoid { self.sigmoid_focal(targets, gamma) } else { self.softmax_focal(targets, gamma) };
        let each = match options.weight {
            Some(weight) => each * weight.index_select(0, targets),
            None => each,
        };
        each.reduce(options.reduction)
    }

    #[track_caller]
    fn softmax_focal(self, targets: IndexVar<'t, F>, gamma: f64) -> Self {
        let log = self.log_softmax(1).pick(1, targets);
        if gamma == 0.0 {
            return -log;
        }
        -log * (1.0 - log.exp()).clamp(SMALLEST, 1.0).powf(gamma)
    }

    #[track_caller]
    fn sigmoid_focal(self, targets: IndexVar<'t, F>, gamma: f64) -> Self {
        let [_, classes] = self.dims();
        let sign = targets.one_hot(classes).affine(2.0, -1.0);
        let z = self * sign;
        // −ln σ(z) = softplus(−z), and 1 − σ(z) = σ(−z) = exp(−softplus(z)).
        ((-z).softplus() * (z.softplus() * -gamma).exp()).sum(1)
    }
}

#[cfg(test)]
mod tests {
    use super::FocalLoss;
    use crate::{Params, Reduction, Tape, Tensor, gradcheck};

    #[test]
    fn focal_loss() {
        let weights = Tensor::from_vec([3], vec![0.5, 2.0, 1.25]);
        let targets = Tensor::from_vec([4], vec![2, 0, 1, 1]);
        for sigmoid in [false, true] {
            for (gamma, reduction) in
                [(0.0, Reduction::Mean), (0.5, Reduction::Sum), (1.0, Reduction::None), (2.0, Reduction::Mean)]
            {
                for weighted in [false, true] {
                    let inputs = [gradcheck::sample([4, 3], -2.0..2.0, 1)];
                    let checked = gradcheck::check(
                        |t, x| {
                            let weight = weighted.then(|| t.input(&weights));
                            let options = FocalLoss { gamma, weight, sigmoid, reduction };
                            x[0].focal_loss(t.indices(&targets), &options)
                        },
                        &inputs,
                        gradcheck::Order::Second,
                    );
                    checked.unwrap();
                }
            }
        }
    }

    /// Without γ and weights, and by its definition.
    #[test]
    fn agrees_with_cross_entropy_and_with_its_definition() {
        let x = gradcheck::sample([4, 3], -2.0..2.0, 1);
        let targets = Tensor::from_vec([4], vec![2, 0, 1, 1]);
        let weights = [0.5, 2.0, 1.25];
        Tape::<f64>::new().eval(&Params::new(0), |t| {
            let (logits, classes) = (t.input(&x), t.indices(&targets));
            let plain = logits.focal_loss(classes, &FocalLoss { gamma: 0.0, ..Default::default() }).item();
            assert!((plain - logits.cross_entropy(classes).item()).abs() < 1e-14);
            let weight = Some(t.input(&Tensor::from_vec([3], weights.to_vec())));
            let loss = |sigmoid| {
                logits.focal_loss(classes, &FocalLoss { gamma: 1.5, weight, sigmoid, ..Default::default() }).item()
            };
            let (mut softmax, mut sigmoid) = (0.0, 0.0);
            for (row, &target) in x.as_slice().chunks(3).zip(targets.as_slice()) {
                let (target, total) = (target as usize, row.iter().map(|x| x.exp()).sum::<f64>());
                let p = row[target].exp() / total;
                softmax -= weights[target] * (1.0 - p).powf(1.5) * p.ln() / 4.0;
                for (class, &x) in row.iter().enumerate() {
                    let q = 1.0 / (1.0 + if class == target { -x } else { x }.exp());
                    sigmoid -= weights[target] * (1.0 - q).powf(1.5) * q.ln() / 4.0;
                }
            }
            assert!((loss(false) - softmax).abs() < 1e-12 && (loss(true) - sigmoid).abs() < 1e-12);
        });
    }

    /// What is as good as certain has no loss and a slope that is a number.
    #[test]
    fn certainty_does_no_harm() {
        for gamma in [0.5, 1.0, 2.0] {
            for sigmoid in [false, true] {
                Tape::<f32>::new().run(&Params::new(0), |t| {
                    let x = t.leaf(&Tensor::from_vec([2, 2], vec![200.0, -200.0, 0.0, 90.0]));
                    let targets = t.indices(&Tensor::from_vec([2], vec![0, 1]));
                    let loss = x.focal_loss(targets, &FocalLoss { gamma, sigmoid, ..Default::default() });
                    let [slopes] = loss.grad([x]);
                    assert!(loss.item().abs() < 1.0 && slopes.value().iter().all(|slope| slope.is_finite()));
                });
            }
        }
    }

    #[test]
    #[should_panic(expected = "focal_loss: shape of the targets: left [2, 3], right [3]")]
    fn targets_that_do_not_fit() {
        Tape::<f32>::new().eval(&Params::new(0), |t| {
            let targets = t.indices(&Tensor::from_vec([3], vec![0, 1, 2]));
            t.full([2, 3], 0.0).focal_loss(targets, &FocalLoss::default());
        });
    }
}
