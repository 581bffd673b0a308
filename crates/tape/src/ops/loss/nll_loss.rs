//! Negative log-likelihood of classes: `y = −Σ c_i x[i, k_i]` for log-probabilities `x`, classes `k` and a coefficient
//! `c_i` a sample; `dx[i, k_i] = −c_i g` between zeros.

use super::class_targets::ClassTargets;
use super::{CrossEntropy, Reduction};
use crate::{IndexVar, Op, Reads, Real, Shape, Var, Vjp};

/// Up to how many samples their sum is taken in the same pass, on one thread.
const ONE_PASS: usize = 1 << 14;

/// Inputs: log-probabilities, classes, and, unless all coefficients are 1, the coefficients.
#[derive(Clone, Copy)]
struct NllLoss {
    axis: u8,
    scale: f64,
}

impl<F: Real> Op<F> for NllLoss {
    fn name(&self) -> &'static str {
        "nll_loss"
    }

    fn vjp<'t>(&self, cx: &mut Vjp<'_, 't, F>) {
        cx.give(0, |c| {
            let g = c.g * -self.scale;
            let g = if c.input_count() == 3 { g * c.x(2) } else { g };
            g.broadcast_to(c.indices(1).shape()).place(self.axis as usize, c.indices(1), c.shape(0))
        });
    }

    fn reads(&self) -> Reads {
        Reads::input(1) | Reads::input(2)
    }

    fn flops(&self, inputs: &[Shape], _: Shape) -> u64 {
        2 * inputs[1].len() as u64
    }
}

impl<'t, F: Real> Var<'t, F> {
    /// The negative log-likelihood of the classes `targets` under log-probabilities: the mean of `−x[i, targets[i]]`.
    /// The classes are along axis 1 (or the only one), as in [`cross_entropy`](Var::cross_entropy), which takes logits.
    ///
    /// Formulas: [`ops::loss::nll_loss`](mod@crate::ops::loss::nll_loss).
    ///
    /// # Panics
    /// When the shapes do not fit, or a target is not below the number of classes.
    #[track_caller]
    pub fn nll_loss(self, targets: IndexVar<'t, F>) -> Self {
        self.nll_loss_with(targets, &CrossEntropy::default())
    }

    /// As [`nll_loss`](Var::nll_loss), with class weights, an ignored class, label smoothing and a reduction, which
    /// [`CrossEntropy`] describes.
    ///
    /// # Panics
    /// As [`nll_loss`](Var::nll_loss), and when the options do not fit the classes.
    #[track_caller]
    pub fn nll_loss_with(self, targets: IndexVar<'t, F>, options: &CrossEntropy<'t, F>) -> Self {
        let axis = self.class_axis("nll_loss");
        self.class_loss("nll_loss", axis, targets, options)
    }

    /// The loss of log-probabilities `self`, for the op `name`.
    #[track_caller]
    pub(super) fn class_loss(
        self,
        name: &str,
        axis: usize,
        targets: IndexVar<'t, F>,
        options: &CrossEntropy<'t, F>,
    ) -> Self {
        let targets = ClassTargets::new(name, self.shape(), axis, targets, options);
        let total = if options.reduction == Reduction::Mean { targets.total() } else { 1.0 };
        // A mean of nothing is NaN; its gradient is that of the sum, 0.
        let scale = if total == 0.0 { 1.0 } else { 1.0 / total };
        let each = options.reduction == Reduction::None;
        let loss = match options.label_smoothing {
            0.0 => self.picked_loss(&targets, scale, !each),
            _ if each => -(self * targets.smoothed(options)).sum(axis),
            _ => (self * targets.smoothed(options)).sum(..) * -scale,
        };
        if total == 0.0 { loss + f64::NAN } else { loss }
    }

    /// The axis of the classes: 1, or the only one.
    #[track_caller]
    pub(super) fn class_axis(self, name: &str) -> usize {
        match self.shape().rank() {
            0 => self.graph().fail(format_args!("{name}: needs an axis of classes, found shape {}", self.shape())),
            1 => 0,
            _ => 1,
        }
    }

    /// `−scale · c_i x[i, k_i]` for each sample, or the sum.
    #[track_caller]
    fn picked_loss(self, targets: &ClassTargets<'t, F>, scale: f64, summed: bool) -> Self {
        let (graph, samples) = (self.graph(), targets.classes.shape());
        if summed && samples.len() > ONE_PASS {
            return self.picked_loss(targets, scale, false).sum(..);
        }
        let to = if summed { Shape::SCALAR } else { samples };
        let mut out = graph.output(to);
        let (x, classes, weights) = (self.value(), targets.classes.value(), targets.weights.map(Var::value));
        let (x, classes, weights) = (&*x, &*classes, weights.as_deref());
        let (_, n, inner) = self.shape().around(targets.axis);
        let factor = F::from_f64(-scale);
        let loss = |i: usize| {
            let picked = x[(i / inner * n + classes[i] as usize) * inner + i % inner];
            match weights {
                None => picked,
                // What is ignored may be infinite.
                Some(weights) if weights[i] == F::ZERO => F::ZERO,
                Some(weights) => weights[i] * picked,
            }
        };
        if summed {
            let sum = (0..samples.len()).map(|i| loss(i).to_f64()).sum();
            out.as_mut_slice()[0] = F::from_f64(sum) * factor;
        } else {
            kernels::for_each_chunk(out.as_mut_slice(), ONE_PASS, |chunk, part| {
                part.iter_mut().enumerate().for_each(|(i, out)| *out = loss(chunk * ONE_PASS + i) * factor);
            });
        }
        let op = NllLoss { axis: targets.axis as u8, scale };
        match targets.weights {
            Some(weights) => graph.record(op, &[self.into(), targets.classes.into(), weights.into()], to, out),
            None => graph.record(op, &[self.into(), targets.classes.into()], to, out),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::class_targets::tests::{check_options, naive};
    use crate::{CrossEntropy, Params, Reduction, Tape, Tensor, gradcheck};

    #[test]
    fn nll_loss() {
        check_options(|x, targets, options| x.nll_loss_with(targets, options), Tensor::clone);
    }

    #[test]
    fn the_simple_form_is_the_mean() {
        Tape::<f64>::new().run(&Params::new(0), |t| {
            let x = gradcheck::sample([4, 3], -2.0..2.0, 1);
            let targets = [2, 0, 1, 1];
            let loss = t.input(&x).nll_loss(t.indices(&Tensor::from_vec([4], targets.to_vec())));
            let want: f64 = targets.iter().enumerate().map(|(i, &k)| -x.as_slice()[i * 3 + k as usize]).sum();
            assert!((loss.item() - want / 4.0).abs() < 1e-15);
        });
    }

    /// More samples than are summed in one pass.
    #[test]
    fn many_samples() {
        let samples = super::ONE_PASS + 3;
        let x = gradcheck::sample([1, 3, samples], -2.0..2.0, 1);
        let targets = Tensor::from_vec([1, samples], (0..samples).map(|i| (i * i % 3) as u32).collect());
        let options = CrossEntropy { ignore_index: Some(1), reduction: Reduction::Sum, ..Default::default() };
        Tape::new().run(&Params::new(0), |t| {
            let leaf = t.leaf(&x);
            let loss = leaf.nll_loss_with(t.indices(&targets), &options);
            let want = naive(&x, &targets, None, Some(1), 0.0).0.iter().sum::<f64>();
            assert!((loss.item() - want).abs() < 1e-9 * want.abs().max(1.0));
            let dx = loss.grad([leaf])[0].value();
            let kept = targets.as_slice().iter().filter(|&&k| k != 1).count();
            assert_eq!(dx.iter().filter(|&&g| g == -1.0).count(), kept);
            assert_eq!(dx.iter().filter(|&&g| g == 0.0).count(), 3 * samples - kept);
        });
    }

    #[test]
    #[should_panic(expected = "nll_loss: target 3 at position 1 is not one of 3 classes: left [2, 3], right [2]")]
    fn targets_are_classes() {
        Tape::<f32>::new().eval(&Params::new(0), |t| {
            t.full([2, 3], -1.0).nll_loss(t.indices(&Tensor::from_vec([2], vec![0, 3])));
        });
    }
}
