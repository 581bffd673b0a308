//! Cross-entropy of logits: `log_softmax` along the classes, then the negative log-likelihood of classes, or a weighted
//! sum for probabilities.
//!
//! Rows of logits with classes are one pass, without an array of log-probabilities: `y = Σ w_i ((1 − e) (ln Σ eˣ − x_k) +
//! e (ln Σ eˣ − mean x))`, `dx = g w_i (softmax x − (1 − e) [c = k] − e / C)`. That pass is of first order; a recorded sweep
//! differentiates the composition, as it does where classes lie along another axis.

use super::class_targets::ClassTargets;
use super::{CrossEntropy, Reduction};
use crate::{Axes, IndexVar, Input, Op, Reads, Real, Shape, Var, Vjp};
use kernels::RowTargets;

/// Inputs: logits, classes, largest logits with logarithms of sums, and, unless all are 1, the weights of the rows.
#[derive(Clone, Copy)]
struct CrossEntropyRows {
    smoothing: f64,
    scale: f64,
    /// One number for all rows.
    summed: bool,
}

impl CrossEntropyRows {
    /// The same by plain operations, for what is differentiated again.
    fn plain<'t, F: Real>(self, x: Var<'t, F>, cx: &Vjp<'_, 't, F>) -> Var<'t, F> {
        let weights = (cx.input_count() == 4).then(|| cx.x(3));
        let losses = plain_losses(x, cx.indices(1), weights, self.smoothing);
        (if self.summed { losses.sum(..) } else { losses }).reshape(cx.g.shape()) * self.scale
    }
}

/// The losses of rows of logits, by plain operations.
pub(super) fn plain_losses<'t, F: Real>(
    logits: Var<'t, F>,
    classes: IndexVar<'t, F>,
    weights: Option<Var<'t, F>>,
    smoothing: f64,
) -> Var<'t, F> {
    let share = smoothing / logits.shape().dims()[1] as f64;
    let log_probabilities = logits.log_softmax_along(1);
    let hit = log_probabilities.pick(1, classes) * (1.0 - smoothing);
    let losses = -(hit + log_probabilities.sum(1) * share);
    match weights {
        Some(weights) => weights.eq(0.0).select(0.0, losses * weights),
        None => losses,
    }
}

impl<F: Real> Op<F> for CrossEntropyRows {
    fn name(&self) -> &'static str {
        "cross_entropy"
    }

    fn vjp<'t>(&self, cx: &mut Vjp<'_, 't, F>) {
        cx.give(0, |c| {
            if c.is_recorded() {
                let x = c.x(0).affine(1.0, 0.0);
                let [dx] = self.plain(x, c).vjp_recorded([x], c.g);
                return dx;
            }
            let [rows, n] = c.x(0).dims();
            let mut out = c.graph().output(c.shape(0));
            let (x, classes, shifts, g) = (c.x(0).value(), c.indices(1).value(), c.x(2).value(), c.g.value());
            let weights = (c.input_count() == 4).then(|| c.x(3).value());
            let smoothing = F::from_f64(self.smoothing);
            let targets = RowTargets { classes: &classes, weights: weights.as_deref(), smoothing };
            let scale = F::from_f64(self.scale);
            kernels::cross_entropy_backward(&x, rows, n, targets, &shifts, &g, scale, out.as_mut_slice());
            c.graph().constant(c.shape(0), out)
        });
    }

    fn reads(&self) -> Reads {
        Reads::INPUTS
    }

    fn flops(&self, inputs: &[Shape], _: Shape) -> u64 {
        4 * inputs[0].len() as u64
    }
}

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
        let is_last = axis + 1 == self.shape().rank();
        if is_last && (options.weight.is_none() || options.label_smoothing == 0.0) {
            return self.cross_entropy_of_rows(axis, targets, options);
        }
        self.log_softmax_along(axis).class_loss("cross_entropy", axis, targets, options)
    }

    /// The loss of logits whose classes are along the last axis.
    #[track_caller]
    fn cross_entropy_of_rows(self, axis: usize, targets: IndexVar<'t, F>, options: &CrossEntropy<'t, F>) -> Self {
        let (graph, shape) = (self.graph(), self.shape());
        let targets = ClassTargets::new("cross_entropy", shape, axis, targets, options);
        let total = if options.reduction == Reduction::Mean { targets.total() } else { 1.0 };
        // A mean of nothing is NaN; its gradient is that of the sum, 0.
        let scale = if total == 0.0 { 1.0 } else { 1.0 / total };
        let (rows, n) = (targets.classes.shape().len(), shape.dims()[axis]);
        let summed = options.reduction != Reduction::None;
        let to = if summed { Shape::SCALAR } else { targets.classes.shape() };
        let (of_shifts, of_losses) = (Shape::from([2, rows]), Shape::from([rows]));
        let (mut shifts, mut losses, mut out) = (graph.output(of_shifts), graph.output(of_losses), graph.output(to));
        {
            let (x, classes, weights) = (self.value(), targets.classes.value(), targets.weights.map(Var::value));
            let smoothing = F::from_f64(options.label_smoothing);
            let row_targets = RowTargets { classes: &classes, weights: weights.as_deref(), smoothing };
            kernels::cross_entropy(&x, rows, n, row_targets, shifts.as_mut_slice(), losses.as_mut_slice());
            let (losses, factor) = (&*losses.as_mut_slice(), F::from_f64(scale));
            match summed {
                true => {
                    let sum: f64 = losses.iter().map(|loss| loss.to_f64()).sum();
                    out.as_mut_slice()[0] = F::from_f64(sum) * factor;
                }
                false => kernels::map(losses, out.as_mut_slice(), move |loss| loss * factor),
            }
        }
        // Not read again, but on the tape its buffer is used again.
        graph.constant(of_losses, losses);
        let shifts = graph.constant(of_shifts, shifts);
        let x = self.reshape([rows, n]);
        let op = CrossEntropyRows { smoothing: options.label_smoothing, scale, summed };
        let inputs = [Input::from(x), targets.classes.into(), shifts.into()];
        let loss = match targets.weights {
            Some(weights) => graph.record(op, &[inputs[0], inputs[1], inputs[2], weights.into()], to, out),
            None => graph.record(op, &inputs, to, out),
        };
        if total == 0.0 { loss + f64::NAN } else { loss }
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
