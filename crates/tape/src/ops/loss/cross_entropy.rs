//! Cross-entropy of logits: `log_softmax` along the classes, then the negative log-likelihood of classes, or a weighted
//! sum for probabilities. Made of these, which carry its derivatives; the gradient checks are here.

use super::{CrossEntropy, Reduction};
use crate::{Axes, IndexVar, Real, Var};

impl<'t, F: Real> Var<'t, F> {
    /// The mean cross-entropy of logits `[batch, classes, …]` and the classes `targets`, `[batch, …]`:
    /// `−ln softmax(x)[target]`. Logits `[classes]` take one target, without axes.
    ///
    /// Formulas: [`ops::loss::cross_entropy`](mod@crate::ops::loss::cross_entropy).
    ///
    /// ```
    /// use retrograde_tape::{Params, Tape, Tensor};
    /// Tape::new().run(&Params::<f32>::new(0), |t| {
    ///     let logits = t.leaf(&Tensor::from_vec([2, 2], vec![0.0, 0.0, 20.0, -20.0]));
    ///     let loss = logits.cross_entropy(t.indices(&Tensor::from_vec([2], vec![1, 0])));
    ///     assert!((loss.item() - 0.5 * 2f32.ln()).abs() < 1e-6);
    ///     let [slopes] = loss.grad([logits]);
    ///     assert_eq!(slopes.value()[..2], [0.25, -0.25]);
    /// });
    /// ```
    ///
    /// # Panics
    /// When the shapes do not fit, or a target is not below the number of classes.
    #[track_caller]
    pub fn cross_entropy(self, targets: IndexVar<'t, F>) -> Self {
        self.cross_entropy_with(targets, &CrossEntropy::default())
    }

    /// As [`cross_entropy`](Var::cross_entropy), with class weights, an ignored class, label smoothing and a reduction.
    ///
    /// # Panics
    /// As [`cross_entropy`](Var::cross_entropy), and when the options do not fit the classes.
    #[track_caller]
    pub fn cross_entropy_with(self, targets: IndexVar<'t, F>, options: &CrossEntropy<'t, F>) -> Self {
        let axis = self.class_axis("cross_entropy");
        self.log_softmax_along(axis).class_loss("cross_entropy", axis, targets, options)
    }

    /// The cross-entropy of logits and the probabilities of all classes, of the same shape:
    /// `−Σ w_c ((1 − e) t_c + e / C) ln softmax(x)_c` for every sample. The mean divides by the number of samples,
    /// whatever the weights, as in PyTorch.
    ///
    /// Formulas: [`ops::loss::cross_entropy`](mod@crate::ops::loss::cross_entropy).
    ///
    /// # Panics
    /// When the shapes differ, or the options do not fit: an ignored class has no meaning here.
    #[track_caller]
    pub fn cross_entropy_probabilities(self, targets: Self, options: &CrossEntropy<'t, F>) -> Self {
        let name = "cross_entropy_probabilities";
        let (shape, axis) = (self.shape(), self.class_axis(name));
        self.check_target(name, targets);
        options.check(name, shape, axis, self.graph());
        if let Some(index) = options.ignore_index {
            self.graph().fail(format_args!("{name}: ignore_index: left {index}, right none, for probabilities"));
        }
        let classes = shape.dims()[axis];
        let smoothing = options.label_smoothing;
        let mut q = targets;
        if smoothing != 0.0 {
            q = q.affine(1.0 - smoothing, smoothing / classes as f64);
        }
        if let Some(weight) = options.weight_along(shape, axis) {
            q = q * weight;
        }
        let terms = self.log_softmax_along(axis) * q;
        match options.reduction {
            Reduction::None => -terms.sum(axis),
            Reduction::Sum => -terms.sum(..),
            Reduction::Mean => terms.sum(..) * (-1.0 / shape.reduced(Axes::one(axis), false).len() as f64),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::class_targets::tests::{check_options, naive};
    use crate::{CrossEntropy, Params, Reduction, Tape, Tensor, gradcheck};

    fn log_softmax(x: &Tensor<f64>) -> Tensor<f64> {
        let shape = x.shape();
        let (_, n, inner) = shape.around(usize::from(shape.rank() > 1));
        let line = |i: usize, class: usize| x.as_slice()[(i / (n * inner) * n + class) * inner + i % inner];
        let total = |i: usize| (0..n).map(|class| line(i, class).exp()).sum::<f64>();
        Tensor::from_vec(shape, (0..shape.len()).map(|i| x.as_slice()[i] - total(i).ln()).collect())
    }

    #[test]
    fn cross_entropy() {
        check_options(|x, targets, options| x.cross_entropy_with(targets, options), log_softmax);
    }

    #[test]
    fn cross_entropy_probabilities() {
        for case in 0..12 {
            let reduction = [Reduction::None, Reduction::Mean, Reduction::Sum][case % 3];
            let label_smoothing = [0.0, 0.3][case / 3 % 2];
            let weighted = case >= 6;
            for shape in [&[4, 3][..], &[3], &[2, 3, 2]] {
                let inputs = [gradcheck::sample(shape, -2.0..2.0, 1), gradcheck::sample(shape, 0.0..1.0, 2)];
                let checked = gradcheck::check(
                    |t, x| {
                        let weight = weighted.then(|| t.input(&Tensor::from_vec([3], vec![0.5, 2.0, 1.25])));
                        let options = CrossEntropy { weight, label_smoothing, reduction, ..Default::default() };
                        x[0].cross_entropy_probabilities(x[1], &options)
                    },
                    &inputs,
                    gradcheck::Order::Second,
                );
                checked.unwrap();
            }
        }
    }

    /// Probabilities that are all at one class are that class; the mean then differs in its divisor only.
    #[test]
    fn probabilities_and_classes_agree() {
        let x = gradcheck::sample([4, 3], -2.0..2.0, 1);
        let (targets, weight) = (Tensor::from_vec([4], vec![2, 0, 1, 1]), [0.5, 2.0, 1.25]);
        let one_hot = Tensor::from_fn([4, 3], |i| f64::from(targets.as_slice()[i / 3] as usize == i % 3));
        let (each, _) = naive(&log_softmax(&x), &targets, Some(&weight), None, 0.0);
        Tape::new().eval(&Params::new(0), |t| {
            let weight = Some(t.input(&Tensor::from_vec([3], weight.to_vec())));
            let options = CrossEntropy { weight, ..Default::default() };
            let loss = t.input(&x).cross_entropy_probabilities(t.input(&one_hot), &options).item();
            assert!((loss - each.iter().sum::<f64>() / 4.0).abs() < 1e-14);
        });
    }

    #[test]
    fn all_ignored() {
        for label_smoothing in [0.0, 0.2] {
            Tape::<f32>::new().run(&Params::new(0), |t| {
                let x = t.leaf(&Tensor::from_vec([2, 2], vec![1.0, 2.0, 3.0, 4.0]));
                let targets = t.indices(&Tensor::from_vec([2], vec![9, 9]));
                let options = CrossEntropy { ignore_index: Some(9), label_smoothing, ..Default::default() };
                let mean = x.cross_entropy_with(targets, &options);
                assert!(mean.item().is_nan());
                assert_eq!(&*mean.grad([x])[0].value(), [0.0; 4]);
                let sum = x.cross_entropy_with(targets, &CrossEntropy { reduction: Reduction::Sum, ..options });
                assert_eq!(sum.item(), 0.0);
                assert_eq!(&*sum.grad([x])[0].value(), [0.0; 4]);
            });
        }
    }

    #[test]
    fn an_empty_batch_has_no_mean() {
        Tape::<f32>::new().eval(&Params::new(0), |t| {
            let targets = t.indices(&Tensor::from_vec([0], vec![]));
            assert!(t.full([0, 3], 0.0).cross_entropy(targets).item().is_nan());
        });
    }

    #[test]
    fn impossible_classes_of_ignored_samples_count_for_nothing() {
        Tape::<f32>::new().run(&Params::new(0), |t| {
            let infinity = f32::INFINITY;
            let x = t.leaf(&Tensor::from_vec([2, 2], vec![-infinity, 0.0, 0.0, 0.0]));
            let targets = t.indices(&Tensor::from_vec([2], vec![7, 1]));
            let loss = x.cross_entropy_with(targets, &CrossEntropy { ignore_index: Some(7), ..Default::default() });
            assert!((loss.item() - 2f32.ln()).abs() < 1e-6);
            assert_eq!(&*loss.grad([x])[0].value(), [0.0, 0.0, 0.5, -0.5]);
        });
    }

    #[test]
    #[should_panic(
        expected = "cross_entropy: target 10 at position 1 is not one of 10 classes: left [2, 10], right [2]"
    )]
    fn targets_are_classes() {
        Tape::<f32>::new().eval(&Params::new(0), |t| {
            t.full([2, 10], 0.0).cross_entropy(t.indices(&Tensor::from_vec([2], vec![0, 10])));
        });
    }

    #[test]
    #[should_panic(expected = "cross_entropy: shapes of input and targets do not fit: left [3, 2], right [3, 1]")]
    fn targets_are_not_broadcast() {
        Tape::<f32>::new().eval(&Params::new(0), |t| {
            t.full([3, 2], 0.0).cross_entropy(t.indices(&Tensor::full([3, 1], 0)));
        });
    }

    #[test]
    #[should_panic(expected = "cross_entropy: weight is not one number a class: left [3, 2], right [3]")]
    fn weights_are_of_classes() {
        Tape::<f32>::new().eval(&Params::new(0), |t| {
            let options = CrossEntropy { weight: Some(t.full([3], 1.0)), ..Default::default() };
            t.full([3, 2], 0.0).cross_entropy_with(t.indices(&Tensor::full([3], 0)), &options);
        });
    }

    #[test]
    #[should_panic(expected = "cross_entropy: nothing is differentiated by the class weights; call detach on them")]
    fn weights_are_constants() {
        Tape::<f32>::new().run(&Params::new(0), |t| {
            let options = CrossEntropy { weight: Some(t.leaf(&Tensor::full([2], 1.0))), ..Default::default() };
            t.full([3, 2], 0.0).cross_entropy_with(t.indices(&Tensor::full([3], 0)), &options);
        });
    }

    #[test]
    #[should_panic(expected = "cross_entropy: label_smoothing: left 1.5, right 0 to 1")]
    fn smoothing_is_a_part() {
        Tape::<f32>::new().eval(&Params::new(0), |t| {
            let options = CrossEntropy { label_smoothing: 1.5, ..Default::default() };
            t.full([3, 2], 0.0).cross_entropy_with(t.indices(&Tensor::full([3], 0)), &options);
        });
    }
}
