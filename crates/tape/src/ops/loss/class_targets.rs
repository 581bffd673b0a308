//! What targets and options of the losses over classes come to: a weight for every sample, and smoothed targets.
//!
//! With class weights `w` and smoothing `e` of `C` classes, the targets of a sample of class `k` are
//! `q_c = (1 − e) w_k [c = k] + (e / C) w_c`, its loss is `−Σ q_c ln p_c`, and the mean divides by `Σ w_k` over the
//! samples that are not ignored.

use super::Reduction;
use crate::{Axes, Graph, IndexVar, Real, Shape, Var};

/// Options of the losses over classes. The default is PyTorch's: the plain mean.
///
/// ```
/// use retrograde_tape::{CrossEntropy, Params, Reduction, Tape, Tensor};
/// Tape::new().eval(&Params::<f32>::new(0), |t| {
///     let logits = t.input(&Tensor::full([2, 4], 1.0));
///     let targets = t.indices(&Tensor::from_vec([2], vec![3, 0]));
///     let options = CrossEntropy { label_smoothing: 0.1, reduction: Reduction::Sum, ..Default::default() };
///     let loss = logits.cross_entropy_with(targets, &options).item();
///     assert!((loss - 2.0 * 4f32.ln()).abs() < 1e-6);
/// });
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct CrossEntropy<'t, F: Real = f32> {
    /// A weight for every class, `[classes]`; a constant. Without it, all are 1.
    pub weight: Option<Var<'t, F>>,
    /// Samples with this target count for nothing, neither in the loss nor in the divisor of the mean. It may lie
    /// outside of the classes.
    pub ignore_index: Option<u32>,
    /// How much of every target is spread evenly over all classes: 0 to 1.
    pub label_smoothing: f64,
    /// What becomes of the losses of the samples. The mean divides by the sum of the weights of their classes; where
    /// that is 0, because all are ignored, it is NaN with gradient 0.
    pub reduction: Reduction,
}

/// The targets of a batch, with the weights that the options give them.
#[derive(Clone, Copy)]
pub(super) struct ClassTargets<'t, F: Real> {
    /// The axis of the classes in `shape`.
    pub(super) axis: usize,
    /// The shape of the logits.
    pub(super) shape: Shape,
    /// The class of each sample; 0 for those that are ignored, which may have none.
    pub(super) classes: IndexVar<'t, F>,
    /// The weight of each sample: that of its class, or 0 if it is ignored. `None` where all are 1.
    pub(super) weights: Option<Var<'t, F>>,
    /// 0 for each sample that is ignored, else 1. `None` where all are 1.
    kept: Option<Var<'t, F>>,
}

impl<'t, F: Real> ClassTargets<'t, F> {
    /// Checks the targets, for the op `name`.
    #[track_caller]
    pub(super) fn new(
        name: &str,
        shape: Shape,
        axis: usize,
        targets: IndexVar<'t, F>,
        options: &CrossEntropy<'t, F>,
    ) -> Self {
        let (graph, samples) = (targets.graph(), targets.shape());
        options.check(name, shape, axis, graph);
        if shape.reduced(Axes::one(axis), false) != samples {
            graph.fail(format_args!("{name}: shapes of input and targets do not fit: left {shape}, right {samples}"));
        }
        let count = shape.dims()[axis];
        let given = targets.value();
        let is_ignored = |target: u32| Some(target) == options.ignore_index;
        if let Some(i) = given.iter().position(|&target| target as usize >= count && !is_ignored(target)) {
            graph.fail(format_args!(
                "{name}: target {} at position {i} is not one of {count} classes: left {shape}, right {samples}",
                given[i]
            ));
        }
        let (mut classes, mut kept) = (targets, None);
        if let Some(ignored) = options.ignore_index {
            classes = graph.compute_indices(samples, |out| {
                kernels::map(&given, out, |target| if target == ignored { 0 } else { target });
            });
            let mut out = graph.output(samples);
            kernels::map(&given, out.as_mut_slice(), |target| if target == ignored { F::ZERO } else { F::ONE });
            kept = Some(graph.constant(samples, out));
        }
        let mut weights = kept;
        if let Some(weight) = options.weight {
            let mut out = graph.output(samples);
            let (by_class, classes) = (weight.value(), classes.value());
            let by_class = &*by_class;
            match kept.map(Var::value) {
                Some(kept) => kernels::zip(&classes, &kept, out.as_mut_slice(), |class, kept| {
                    if kept == F::ZERO { F::ZERO } else { by_class[class as usize] }
                }),
                None => kernels::map(&classes, out.as_mut_slice(), |class| by_class[class as usize]),
            }
            weights = Some(graph.constant(samples, out));
        }
        ClassTargets { axis, shape, classes, weights, kept }
    }

    /// What a mean divides by.
    pub(super) fn total(&self) -> f64 {
        match self.weights {
            Some(weights) => weights.sum(..).item().to_f64(),
            None => self.classes.shape().len() as f64,
        }
    }

    /// The smoothed targets `q` of all classes, of the shape of the logits; a constant.
    pub(super) fn smoothed(&self, options: &CrossEntropy<'t, F>) -> Var<'t, F> {
        let graph = self.classes.graph();
        let smoothing = options.label_smoothing;
        let mut spread = graph.scalar(smoothing / self.shape.dims()[self.axis] as f64);
        if let Some(weight) = options.weight_along(self.shape, self.axis) {
            spread = spread * weight;
        }
        if let Some(kept) = self.kept {
            spread = spread * kept.reshape(self.shape.reduced(Axes::one(self.axis), true));
        }
        let weights = self.weights.unwrap_or_else(|| graph.full(self.classes.shape(), 1.0));
        (weights * (1.0 - smoothing)).place(self.axis, self.classes, self.shape) + spread
    }
}

impl<'t, F: Real> CrossEntropy<'t, F> {
    /// Panics where the options do not fit logits of this shape, for the op `name`.
    #[track_caller]
    pub(super) fn check(&self, name: &str, shape: Shape, axis: usize, graph: &Graph<'t, F>) {
        let smoothing = self.label_smoothing;
        if !(0.0..=1.0).contains(&smoothing) {
            graph.fail(format_args!("{name}: label_smoothing: left {smoothing}, right 0 to 1"));
        }
        let Some(weight) = self.weight else { return };
        let found = weight.shape();
        if found.dims() != [shape.dims()[axis]] {
            graph.fail(format_args!("{name}: weight is not one number a class: left {shape}, right {found}"));
        }
        if weight.requires_grad() {
            graph.fail(format_args!("{name}: nothing is differentiated by the class weights; call detach on them"));
        }
    }

    /// The weights of the classes, in a shape that broadcasts along the axis of the classes of `shape`.
    pub(super) fn weight_along(&self, shape: Shape, axis: usize) -> Option<Var<'t, F>> {
        let mut along = shape.reduced(Axes::all(shape.rank()), true);
        along.dims_mut()[axis] = shape.dims()[axis];
        self.weight.map(|weight| weight.reshape(along))
    }
}

#[cfg(test)]
pub(super) mod tests {
    use crate::gradcheck::{self, Order};
    use crate::{CrossEntropy, IndexVar, Indices, Params, Reduction, Tape, Tensor, Var};

    /// The loss of each sample for log-probabilities `x`, and what the mean divides by, by plain loops.
    pub(crate) fn naive(
        x: &Tensor<f64>,
        targets: &Indices,
        weight: Option<&[f64]>,
        ignored: Option<u32>,
        smoothing: f64,
    ) -> (Vec<f64>, f64) {
        let shape = x.shape();
        let (_, classes, inner) = shape.around(usize::from(shape.rank() > 1));
        let weight = |class: usize| weight.map_or(1.0, |weight| weight[class]);
        let mut total = 0.0;
        let losses = targets.as_slice().iter().enumerate().map(|(i, &target)| {
            if Some(target) == ignored {
                return 0.0;
            }
            let target = target as usize;
            total += weight(target);
            let loss = |class: usize| -x.as_slice()[(i / inner * classes + class) * inner + i % inner];
            let spread: f64 = (0..classes).map(|class| weight(class) * loss(class)).sum();
            (1.0 - smoothing) * weight(target) * loss(target) + smoothing / classes as f64 * spread
        });
        let losses = losses.collect();
        (losses, total)
    }

    /// Checks value and derivatives over shapes and options; `log_probabilities` is what the loss makes of its input.
    pub(crate) fn check_options(
        loss: impl for<'t> Fn(Var<'t, f64>, IndexVar<'t, f64>, &CrossEntropy<'t, f64>) -> Var<'t, f64>,
        log_probabilities: impl Fn(&Tensor<f64>) -> Tensor<f64>,
    ) {
        let shapes: [(&[usize], &[usize], &[u32]); 4] = [
            (&[4, 3], &[4], &[2, 0, 1, 1]),
            (&[3], &[], &[1]),
            (&[2, 3, 2], &[2, 2], &[0, 2, 1, 1]),
            (&[1, 3, 2, 2], &[1, 2, 2], &[2, 1, 2, 0]),
        ];
        let class_weights = [0.5, 2.0, 1.25];
        for (shape, samples, targets) in shapes {
            let x = gradcheck::sample(shape, -2.0..2.0, 1);
            for case in 0..36 {
                let reduction = [Reduction::None, Reduction::Mean, Reduction::Sum][case % 3];
                let label_smoothing = [0.0, 0.3][case / 3 % 2];
                let weight = [None, Some(&class_weights[..])][case / 6 % 2];
                let ignore_index = [None, Some(2), Some(255)][case / 12];
                let mut targets = targets.to_vec();
                if ignore_index == Some(255) && targets.len() > 1 {
                    targets[1] = 255;
                }
                let targets = Tensor::from_vec(samples, targets);

                let (each, total) = naive(&log_probabilities(&x), &targets, weight, ignore_index, label_smoothing);
                let want = match reduction {
                    Reduction::None => each,
                    Reduction::Mean => vec![each.iter().sum::<f64>() / total],
                    Reduction::Sum => vec![each.iter().sum()],
                };
                let weight = weight.map(|weight| Tensor::from_vec([3], weight.to_vec()));
                Tape::new().eval(&Params::new(0), |t| {
                    let weight = weight.as_ref().map(|weight| t.input(weight));
                    let options = CrossEntropy { weight, ignore_index, label_smoothing, reduction };
                    let y = loss(t.input(&x), t.indices(&targets), &options);
                    let close = y.value().iter().zip(&want).all(|(got, want)| (got - want).abs() < 1e-13);
                    assert!(y.shape().len() == want.len() && close, "{shape:?}, case {case}: {y:?}, {want:?}");
                });
                let checked = gradcheck::check(
                    |t, x| {
                        let weight = weight.as_ref().map(|weight| t.input(weight));
                        let options = CrossEntropy { weight, ignore_index, label_smoothing, reduction };
                        loss(x[0], t.indices(&targets), &options)
                    },
                    std::slice::from_ref(&x),
                    Order::Second,
                );
                checked.unwrap_or_else(|error| panic!("{shape:?}, case {case}: {error}"));
            }
        }
    }
}
