//! Cross-entropy of the logits of a linear layer, `x·Wᵀ + b`, without an array of all logits: some rows of them at a time
//! become losses, then their derivative `G` in place, then `dX = G·W`, `dW += Gᵀ·X`, `db += Σ G`.
//!
//! The loss is one number, so its cotangent only scales what was computed with the value. As many operations as one after
//! the other; a vocabulary's logits and their derivative would be most of what a step holds. That pass is of first order;
//! a recorded sweep differentiates the composition. Source: Hsu et al., "Liger Kernel: Efficient Triton Kernels for LLM
//! Training", 2024, `FusedLinearCrossEntropy`.

use super::class_targets::ClassTargets;
use super::cross_entropy::plain_losses;
use super::{CrossEntropy, Reduction};
use crate::{IndexVar, Input, Op, Reads, Real, Shape, Var, Vjp};
use kernels::{Epilogue, MatrixLayout, RowTargets};

/// How many bytes of logits there are at a time: so few that they stay in the caches until they are used up, and so many
/// that the products are large.
const CHUNK: usize = 12 << 20;

/// Inputs: x, weight, the bias if there is one, classes, the weights of the rows unless all are 1; then the derivatives
/// by those of the first three that have one.
#[derive(Clone, Copy)]
struct LinearCrossEntropy {
    bias: bool,
    weighted: bool,
    derivatives: [bool; 3],
    smoothing: f64,
    scale: f64,
}

impl LinearCrossEntropy {
    /// Where the classes are among the inputs.
    fn classes(self) -> usize {
        2 + usize::from(self.bias)
    }

    /// Where the derivative by input `i` is.
    fn derivative(self, i: usize) -> usize {
        let before = self.derivatives[..i].iter().filter(|&&there| there).count();
        self.classes() + 1 + usize::from(self.weighted) + before
    }

    /// The same by plain operations, for what is differentiated again.
    fn plain<'t, F: Real>(self, [x, w]: [Var<'t, F>; 2], bias: Option<Var<'t, F>>, cx: &Vjp<'_, 't, F>) -> Var<'t, F> {
        let weights = self.weighted.then(|| cx.x(self.classes() + 1));
        plain_losses(x.linear(w, bias), cx.indices(self.classes()), weights, self.smoothing).sum(..) * self.scale
    }

    fn vjp_recorded<'t, F: Real>(self, cx: &mut Vjp<'_, 't, F>) {
        let wanted: [bool; 3] = std::array::from_fn(|i| i < self.classes() && cx.wants(i));
        let Some(some) = (0..3).find(|&i| wanted[i]) else { return };
        // Copies, so that the sweep of the inside ends here even if one input depends on another.
        let copies: [Var<'t, F>; 3] = std::array::from_fn(|i| cx.x(i.min(self.classes() - 1)).affine(1.0, 0.0));
        let [x, w, bias] = copies;
        let loss = self.plain([x, w], self.bias.then_some(bias), cx);
        // Constants cannot be asked for: in their place stands an input that is none.
        let targets = std::array::from_fn(|i| copies[if wanted[i] { i } else { some }]);
        for (i, cotangent) in loss.vjp_recorded::<3>(targets, cx.g).into_iter().enumerate().filter(|(i, _)| wanted[*i])
        {
            cx.give(i, |_| cotangent);
        }
    }
}

impl<F: Real> Op<F> for LinearCrossEntropy {
    fn name(&self) -> &'static str {
        "linear_cross_entropy"
    }

    fn vjp<'t>(&self, cx: &mut Vjp<'_, 't, F>) {
        if cx.is_recorded() {
            return self.vjp_recorded(cx);
        }
        let plain = cx.g.item() == F::ONE;
        for i in 0..self.classes() {
            cx.give(i, |c| {
                let derivative = c.x(self.derivative(i));
                if plain { derivative } else { derivative * c.g }
            });
        }
    }

    fn reads(&self) -> Reads {
        Reads::INPUTS
    }

    fn flops(&self, inputs: &[Shape], _: Shape) -> u64 {
        let products = 1 + self.derivatives[..2].iter().filter(|&&there| there).count();
        let logits = inputs[0].dims()[0] * inputs[1].dims()[0];
        (logits * (2 * products * inputs[1].dims()[1] + 4)) as u64
    }
}

impl<'t, F: Real> Var<'t, F> {
    /// The cross-entropy of `self.linear(weight, bias)` and the classes `targets`, one number, in a fraction of the memory:
    /// `self` is `[batch, inputs]`, `weight` `[classes, inputs]`, `bias` `[classes]`, `targets` `[batch]`.
    ///
    /// What the options do not let be summed up row by row, no reduction or class weights with smoothing, is computed as
    /// the two operations.
    ///
    /// Formulas: [`ops::loss::linear_cross_entropy`](mod@crate::ops::loss::linear_cross_entropy).
    ///
    /// ```
    /// use retrograde_tape::{CrossEntropy, Params, Tape, Tensor};
    /// Tape::new().run(&Params::<f32>::new(0), |t| {
    ///     let x = t.leaf(&Tensor::from_vec([2, 1], vec![1.0, -2.0]));
    ///     let weight = t.leaf(&Tensor::from_vec([3, 1], vec![0.5, 0.0, -1.0]));
    ///     let targets = t.indices(&Tensor::from_vec([2], vec![0, 2]));
    ///     let loss = x.linear_cross_entropy(weight, None, targets, &CrossEntropy::default());
    ///     let apart = x.linear(weight, None).cross_entropy(targets);
    ///     assert!((loss.item() - apart.item()).abs() < 1e-6);
    /// });
    /// ```
    ///
    /// # Panics
    /// As [`linear`](Var::linear) and [`cross_entropy_with`](Var::cross_entropy_with), and when there is not exactly one
    /// axis of samples.
    #[track_caller]
    pub fn linear_cross_entropy(
        self,
        weight: Self,
        bias: Option<Self>,
        targets: IndexVar<'t, F>,
        options: &CrossEntropy<'t, F>,
    ) -> Self {
        self.check_linear(weight);
        match is_summed_by_rows(options) {
            true => self.linear_cross_entropy_of_rows(weight, bias, targets, options, None),
            false => self.linear(weight, bias).cross_entropy_with(targets, options),
        }
    }

    /// As [`linear_cross_entropy`](Var::linear_cross_entropy), with the classes of the largest logits, `[batch]`.
    ///
    /// # Panics
    /// As [`linear_cross_entropy`](Var::linear_cross_entropy).
    #[track_caller]
    pub fn linear_cross_entropy_and_argmax(
        self,
        weight: Self,
        bias: Option<Self>,
        targets: IndexVar<'t, F>,
        options: &CrossEntropy<'t, F>,
    ) -> (Self, IndexVar<'t, F>) {
        self.check_linear(weight);
        if !is_summed_by_rows(options) {
            let logits = self.linear(weight, bias);
            return (logits.cross_entropy_with(targets, options), logits.argmax(1));
        }
        let mut loss = None;
        let predicted = self.graph().compute_indices(targets.shape(), |out| {
            loss = Some(self.linear_cross_entropy_of_rows(weight, bias, targets, options, Some(out)));
        });
        (loss.expect("computed with the indices"), predicted)
    }

    /// Panics unless there are rows of inputs, as many as the weight has.
    #[track_caller]
    fn check_linear(self, weight: Self) {
        let (x, w) = (self.shape(), weight.shape());
        if x.rank() != 2 || w.rank() != 2 || x.dims()[1] != w.dims()[1] {
            let name = "linear_cross_entropy";
            self.graph().fail(format_args!("{name}: inputs and weight do not match: left {x}, right {w}"));
        }
    }

    #[track_caller]
    fn linear_cross_entropy_of_rows(
        self,
        weight: Self,
        bias: Option<Self>,
        targets: IndexVar<'t, F>,
        options: &CrossEntropy<'t, F>,
        predicted: Option<&mut [u32]>,
    ) -> Self {
        let (graph, name) = (self.graph(), "linear_cross_entropy");
        let (w, b) = (weight.shape(), bias.map(|bias| bias.shape()));
        let ([rows, inputs], [classes, _]) = (self.dims(), weight.dims::<2>());
        if let Some(b) = b.filter(|b| *b != Shape::from([classes])) {
            graph.fail(format_args!("{name}: weight and bias do not match: left {w}, right {b}"));
        }
        let of_logits = Shape::from([rows, classes]);
        let targets = ClassTargets::new(name, of_logits, 1, targets, options);
        let total = if options.reduction == Reduction::Mean { targets.total() } else { 1.0 };
        // A mean of nothing is NaN; its gradient is that of the sum, 0.
        let scale = if total == 0.0 { 1.0 } else { 1.0 / total };

        let recording = graph.is_recording();
        let operands = [Some(self), Some(weight), bias];
        let derivatives = operands.map(|x| x.is_some_and(|x| recording && x.requires_grad()));
        let mut outs: [_; 3] = std::array::from_fn(|i| {
            operands[i].filter(|_| derivatives[i]).map(|x| (x.shape(), graph.output(x.shape())))
        });
        let chunk = chunk_rows::<F>(rows, classes);
        let (of_chunk, of_losses) = ([chunk, row_stride::<F>(classes)].into(), [rows].into());
        let of_sums = Shape::from([kernels::cross_entropy_sums(chunk, classes)]);
        let (mut logits, mut losses) = (graph.output(of_chunk), graph.output(of_losses));
        let mut sums = derivatives[2].then(|| graph.output(of_sums));
        let mut out = graph.output(Shape::SCALAR);
        {
            let (x, w, bias) = (self.value(), weight.value(), bias.map(Var::value));
            let (all, weights) = (targets.classes.value(), targets.weights.map(Var::value));
            let smoothing = F::from_f64(options.label_smoothing);
            let pass = Pass {
                sizes: [rows, inputs, classes],
                operands: (&x, &w, bias.as_deref()),
                targets: RowTargets { classes: &all, weights: weights.as_deref(), smoothing },
                scale: F::from_f64(scale),
            };
            let derivatives = outs.each_mut().map(|out| out.as_mut().map(|(_, out)| out.as_mut_slice()));
            let sums = sums.as_mut().map_or(&mut [][..], |sums| sums.as_mut_slice());
            pass.run(logits.as_mut_slice(), sums, losses.as_mut_slice(), derivatives, predicted);
        }
        let sum: f64 = losses.as_mut_slice().iter().map(|loss| loss.to_f64()).sum();
        out.as_mut_slice()[0] = F::from_f64(sum * scale);
        // Not read again, but on the tape their buffers are used again.
        graph.constant(of_chunk, logits);
        graph.constant(of_losses, losses);
        if let Some(sums) = sums {
            graph.constant(of_sums, sums);
        }

        let smoothing = options.label_smoothing;
        let op = LinearCrossEntropy {
            bias: bias.is_some(),
            weighted: targets.weights.is_some(),
            derivatives,
            smoothing,
            scale,
        };
        let derivatives = outs.map(|out| out.map(|(shape, out)| graph.constant(shape, out)));
        let [dx, dw, db] = derivatives.map(|derivative| derivative.map(Input::from));
        let optional = [bias.map(Input::from), Some(targets.classes.into()), targets.weights.map(Input::from)];
        let mut list = [Input::default(); 8];
        let all = [Some(self.into()), Some(weight.into())].into_iter().chain(optional).chain([dx, dw, db]).flatten();
        let mut count = 0;
        for input in all {
            list[count] = input;
            count += 1;
        }
        let loss = graph.record(op, &list[..count], Shape::SCALAR, out);
        if total == 0.0 { loss + f64::NAN } else { loss }
    }
}

/// Whether the loss is a sum over rows, each with a weight of its own.
fn is_summed_by_rows<F: Real>(options: &CrossEntropy<'_, F>) -> bool {
    options.reduction != Reduction::None && (options.weight.is_none() || options.label_smoothing == 0.0)
}

/// What [`Pass::run`] reads.
struct Pass<'a, F> {
    /// Rows, inputs, classes.
    sizes: [usize; 3],
    /// x, weight, bias.
    operands: (&'a [F], &'a [F], Option<&'a [F]>),
    targets: RowTargets<'a, F>,
    /// What the derivative of the sum of the losses is multiplied with.
    scale: F,
}

impl<F: Real> Pass<'_, F> {
    /// One chunk of rows after the other: the losses, the derivatives by x, weight and bias where they are wanted, and the
    /// classes of the largest logits. `logits` holds a chunk, `sums` what the derivative by the bias of one is summed in.
    fn run(
        &self,
        logits: &mut [F],
        sums: &mut [F],
        losses: &mut [F],
        [mut dx, mut dw, mut db]: [Option<&mut [F]>; 3],
        mut predicted: Option<&mut [u32]>,
    ) {
        let ([rows, inputs, classes], (x, w, bias)) = (self.sizes, self.operands);
        let row_stride = row_stride::<F>(classes);
        let [of_inputs, of_logits] = [inputs, row_stride].map(MatrixLayout::row_major);
        let chunk = (logits.len() / row_stride.max(1)).max(1);
        for sum in [&mut dw, &mut db].into_iter().flatten() {
            kernels::fill(sum, F::ZERO);
        }
        for first in (0..rows).step_by(chunk) {
            let count = chunk.min(rows - first);
            let (x, g) = (&x[first * inputs..][..count * inputs], &mut logits[..count * row_stride]);
            let epilogue = Epilogue { bias, ..Epilogue::none() };
            let w_transposed = of_inputs.transposed();
            kernels::gemm(count, inputs, classes, x, of_inputs, w, w_transposed, g, row_stride, false, epilogue);
            let targets = RowTargets {
                classes: &self.targets.classes[first..][..count],
                weights: self.targets.weights.map(|weights| &weights[first..][..count]),
                ..self.targets
            };
            let of_chunk = db.is_some().then(|| &mut sums[..kernels::cross_entropy_sums(count, classes)]);
            let losses = &mut losses[first..][..count];
            let predicted = predicted.as_deref_mut().map(|predicted| &mut predicted[first..][..count]);
            let sizes = [count, classes, row_stride];
            kernels::cross_entropy_in_place(g, sizes, targets, self.scale, losses, predicted, of_chunk);
            let (g, none) = (&*g, Epilogue::none());
            if let Some(dx) = &mut dx {
                let dx = &mut dx[first * inputs..][..count * inputs];
                kernels::gemm(count, classes, inputs, g, of_logits, w, of_inputs, dx, inputs, false, none);
            }
            if let Some(dw) = &mut dw {
                let transposed = of_logits.transposed();
                kernels::gemm(classes, count, inputs, g, transposed, x, of_inputs, dw, inputs, true, none);
            }
            if let Some(db) = &mut db {
                kernels::accumulate(db, &sums[..classes]);
            }
        }
    }
}

/// From a row of logits to the next: to the next cache line, so that no tile of a product writes to parts of lines.
/// Measured: 5000 classes of 128 inputs, 1.04 times as fast.
fn row_stride<F>(classes: usize) -> usize {
    classes.next_multiple_of(64 / size_of::<F>())
}

/// How many rows of logits there are at a time: about [`CHUNK`] bytes, in chunks of equal size.
fn chunk_rows<F>(rows: usize, classes: usize) -> usize {
    let fitting = (CHUNK / (classes * size_of::<F>()).max(1)).max(1);
    // Rows of whole tiles of the products.
    rows.div_ceil(rows.div_ceil(fitting).max(1)).next_multiple_of(24).min(rows)
}

#[cfg(test)]
mod tests {
    use super::chunk_rows;
    use crate::{CrossEntropy, Indices, Params, Reduction, Tape, Tensor, gradcheck};

    /// Value, first and second derivatives, against differences.
    #[test]
    fn linear_cross_entropy() {
        let sizes = [[4, 2, 3], [1, 1, 1], [5, 3, 4]];
        for ([rows, inputs, classes], case) in
            sizes.into_iter().flat_map(|sizes| (0..12).map(move |case| (sizes, case)))
        {
            let operands = [[rows, inputs].to_vec(), [classes, inputs].to_vec(), [classes].to_vec()];
            let mut operands: Vec<Tensor<f64>> =
                operands.iter().zip(1..).map(|(shape, seed)| gradcheck::sample(&**shape, -1.5..1.5, seed)).collect();
            let targets = Tensor::from_fn([rows], |i| ((i * 5 + 2) % classes) as u32);
            let reduction = [Reduction::None, Reduction::Mean, Reduction::Sum][case % 3];
            let label_smoothing = [0.0, 0.3][case / 3 % 2];
            let weighted = case >= 6;
            let ignore_index = (weighted && rows > 1).then(|| targets.as_slice()[1]);
            if case % 4 == 3 {
                operands.pop();
            }
            let checked = gradcheck::check(
                |t, x| {
                    let weight = Tensor::from_fn([classes], |i| 0.5 + i as f64);
                    let weight = weighted.then(|| t.input(&weight));
                    let options = CrossEntropy { weight, ignore_index, label_smoothing, reduction };
                    x[0].linear_cross_entropy(x[1], x.get(2).copied(), t.indices(&targets), &options)
                },
                &operands,
                gradcheck::Order::Second,
            );
            checked.unwrap_or_else(|error| panic!("{rows} {inputs} {classes}, case {case}: {error}"));
        }
    }

    /// The loss, its gradients by all that is not frozen, scaled, and the predicted classes.
    fn run(
        operands: &[Tensor<f64>; 3],
        targets: &Indices,
        ignore_index: Option<u32>,
        frozen: Option<usize>,
        fused: bool,
    ) -> (f64, Vec<Tensor<f64>>, Vec<u32>) {
        Tape::new().run(&Params::new(0), |t| {
            let all: [_; 3] = std::array::from_fn(|i| match frozen == Some(i) {
                true => t.input(&operands[i]),
                false => t.leaf(&operands[i]),
            });
            let [x, w, b] = all;
            let (targets, options) =
                (t.indices(targets), CrossEntropy { ignore_index, label_smoothing: 0.1, ..Default::default() });
            let (loss, predicted) = match fused {
                true => x.linear_cross_entropy_and_argmax(w, Some(b), targets, &options),
                false => {
                    let logits = x.linear(w, Some(b));
                    (logits.cross_entropy_with(targets, &options), logits.argmax(1))
                }
            };
            let free = all.into_iter().enumerate().filter(|(i, _)| frozen != Some(*i));
            let gradients = free.map(|(_, x)| (loss * 3.0).grad([x])[0].to_tensor()).collect();
            (loss.item(), gradients, predicted.value().to_vec())
        })
    }

    #[test]
    fn chunks_and_frozen_operands_change_nothing() {
        for ([rows, inputs, classes], frozen) in
            [([700, 5, 3001], None), ([700, 5, 3001], Some(0)), ([30, 4, 7], Some(1)), ([30, 4, 7], Some(2))]
        {
            assert_eq!(chunk_rows::<f64>(rows, classes) < rows, rows == 700);
            let operands = [(vec![rows, inputs], 1), (vec![classes, inputs], 2), (vec![classes], 3)]
                .map(|(shape, seed)| gradcheck::sample(&*shape, -1.0..1.0, seed));
            let targets = Tensor::from_fn([rows], |i| ((i * 31) % classes) as u32);
            let [fused, apart] = [true, false].map(|fused| run(&operands, &targets, Some(0), frozen, fused));
            assert!((fused.0 - apart.0).abs() < 1e-12, "{} {}", fused.0, apart.0);
            assert_eq!(fused.2, apart.2);
            assert_eq!(fused.1.len(), if frozen.is_some() { 2 } else { 3 });
            for (fused, apart) in fused.1.iter().zip(&apart.1) {
                let close = fused.as_slice().iter().zip(apart.as_slice()).all(|(a, b)| (a - b).abs() < 1e-13);
                assert!(fused.shape() == apart.shape() && close, "{frozen:?}");
            }
        }
    }

    #[test]
    fn chunks_are_alike_and_never_empty() {
        assert_eq!(chunk_rows::<f32>(0, 10), 0);
        assert_eq!(chunk_rows::<f32>(5, 10), 5);
        assert_eq!(chunk_rows::<f32>(100, usize::MAX / 64), 24);
        let chunk = chunk_rows::<f32>(2560, 6000);
        assert!(chunk.is_multiple_of(24) && (4 * 6000 * chunk) < super::CHUNK * 5 / 4, "{chunk}");
    }

    #[test]
    fn a_batch_of_nothing_has_no_mean_and_no_gradient() {
        for (rows, ignored) in [(0, None), (2, Some(1))] {
            let operands = [vec![rows, 2], vec![3, 2], vec![3]].map(|shape| gradcheck::sample(&*shape, -1.0..1.0, 1));
            let (loss, gradients, _) = run(&operands, &Tensor::full([rows], 1), ignored, None, true);
            assert!(loss.is_nan());
            assert!(gradients.iter().all(|gradient| gradient.as_slice().iter().all(|&g| g == 0.0)));
        }
    }

    #[test]
    #[should_panic(expected = "linear_cross_entropy: inputs and weight do not match: left [2, 4], right [3, 5]")]
    fn sizes_have_to_match() {
        Tape::<f32>::new().eval(&Params::new(0), |t| {
            let targets = t.indices(&Tensor::full([2], 0));
            t.full([2, 4], 0.0).linear_cross_entropy(t.full([3, 5], 0.0), None, targets, &CrossEntropy::default());
        });
    }

    #[test]
    #[should_panic(expected = "linear_cross_entropy: inputs and weight do not match: left [2, 1, 4], right [3, 4]")]
    fn there_is_one_axis_of_samples_whatever_the_reduction() {
        Tape::<f32>::new().eval(&Params::new(0), |t| {
            let options = CrossEntropy { reduction: Reduction::None, ..Default::default() };
            let targets = t.indices(&Tensor::full([2, 4], 0));
            t.full([2, 1, 4], 0.0).linear_cross_entropy(t.full([3, 4], 0.0), None, targets, &options);
        });
    }

    #[test]
    #[should_panic(expected = "linear_cross_entropy: weight and bias do not match: left [3, 4], right [2]")]
    fn the_bias_has_to_match() {
        Tape::<f32>::new().eval(&Params::new(0), |t| {
            let (weight, bias) = (t.full([3, 4], 0.0), t.full([2], 0.0));
            let targets = t.indices(&Tensor::full([2], 0));
            t.full([2, 4], 0.0).linear_cross_entropy(weight, Some(bias), targets, &CrossEntropy::default());
        });
    }
}
