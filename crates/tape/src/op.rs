//! [`Op`]: one differentiable operation; [`Vjp`]: what its rule of differentiation sees.

use crate::sweep::Sweep;
use crate::{Activation, Graph, IndexVar, MaskVar, Real, Shape, Var};
use std::any::Any;

/// A differentiable operation: its name and its vector–Jacobian product.
///
/// The method that computes its value stands beside it and ends in [`Graph::apply`] or [`Graph::record`]. An op is
/// `Copy`-sized: axes, strides and numbers that are known before it runs. What it must keep of its result (an argmax, a
/// mask, a standard deviation) is an input of its own.
///
/// ```
/// use retrograde_tape::{Op, Params, Real, Tape, Tensor, Var, Vjp};
///
/// /// `y = x³`, `dx = g · 3x²`.
/// #[derive(Clone, Copy)]
/// struct Cube;
/// impl<F: Real> Op<F> for Cube {
///     fn name(&self) -> &'static str { "cube" }
///     fn vjp<'t>(&self, cx: &mut Vjp<'_, 't, F>) { cx.give(0, |c| c.g * 3.0 * c.x(0) * c.x(0)) }
/// }
/// fn cube<F: Real>(x: Var<'_, F>) -> Var<'_, F> { x.map(Cube, |x| x * x * x) }
///
/// let slope = Tape::new().run(&Params::new(0), |t| {
///     let x = t.leaf(&Tensor::scalar(2.0f32));
///     let [slope] = cube(x).grad([x]);
///     slope.item()
/// });
/// assert_eq!(slope, 12.0);
/// ```
pub trait Op<F: Real>: Any + Send + Sync {
    /// The op's name, as rewrites, profiles and messages show it.
    fn name(&self) -> &'static str;

    /// Gives the cotangent of every input that takes one. Written with operations on `Var`s, so that it is itself
    /// differentiable.
    fn vjp<'t>(&self, cx: &mut Vjp<'_, 't, F>);

    /// The activation that the op applies to its result. The sweep treats it as an op of its own, by its output alone:
    /// the rule of this op receives the cotangent of what the activation was applied to.
    fn activation(&self) -> Activation {
        Activation::Identity
    }

    /// Whether the rule can apply the derivative of the activation itself, where that is cheaper. A sweep of first order
    /// without rewrites then leaves it to the rule, which finds it in [`Vjp::pending_activation`]; all others apply it first.
    fn differentiates_activation(&self) -> bool {
        false
    }

    /// Which values the rule reads, in a sweep of either kind. What no rule reads gives its memory back before the sweep of
    /// a training step, and at the end of a [scope](Graph::scope) in one. All of them, unless an op says otherwise; what
    /// the [activation](Op::activation) reads need not be said.
    fn reads(&self) -> Reads {
        Reads::ALL
    }

    /// Whether a training step rather computes the result again than keeps it until the sweep is there: by
    /// [`recompute`](Op::recompute), from at most eight inputs, all of which the rule reads or are computed again
    /// themselves.
    fn recomputes(&self) -> bool {
        false
    }

    /// The numbers of the result once more, to the last bit, from the inputs; under a shape of as many elements.
    fn recompute<'t>(&self, inputs: &[Var<'t, F>]) -> Var<'t, F> {
        let _ = inputs;
        unreachable!("an op that recomputes says how")
    }

    /// Whether input 0 [is the result of a ReLU](Var::is_of_relu), and the rule can give it a cotangent through whose
    /// derivative it has gone already, where that costs less: if no other op reads that result, it need not be kept.
    /// [`Vjp::gates`] says when the rule has to.
    fn can_gate(&self) -> bool {
        false
    }

    /// Floating-point operations of the forward pass; what [`Tape::profile`](crate::Tape::profile) divides by time.
    fn flops(&self, inputs: &[Shape], output: Shape) -> u64 {
        let _ = inputs;
        output.len() as u64
    }
}

/// Which values a rule reads: `Reads::input(1) | Reads::RESULT`. Shapes can be had of all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reads {
    /// A bit an input, the last one for all from there on.
    inputs: u32,
    result: bool,
}

impl Reads {
    /// All inputs and the result.
    pub const ALL: Reads = Reads { inputs: u32::MAX, result: true };
    /// All inputs.
    pub const INPUTS: Reads = Reads { inputs: u32::MAX, result: false };
    /// The result.
    pub const RESULT: Reads = Reads { inputs: 0, result: true };
    /// No value.
    pub const NONE: Reads = Reads { inputs: 0, result: false };

    /// Input `i`.
    pub const fn input(i: usize) -> Reads {
        Reads { inputs: Reads::bit(i), result: false }
    }

    const fn bit(i: usize) -> u32 {
        1 << if i < 31 { i } else { 31 }
    }

    pub(crate) fn has_input(self, i: usize) -> bool {
        self.inputs & Reads::bit(i) != 0
    }

    pub(crate) fn has_result(self) -> bool {
        self.result
    }
}

impl std::ops::BitOr for Reads {
    type Output = Reads;

    fn bitor(self, other: Reads) -> Reads {
        Reads { inputs: self.inputs | other.inputs, result: self.result | other.result }
    }
}

/// What a rule of differentiation sees: inputs, result, and the result's cotangent.
pub struct Vjp<'a, 't, F: Real> {
    /// The cotangent of the result: the derivative of what is differentiated, by each element of `y`.
    pub g: Var<'t, F>,
    /// The result.
    pub y: Var<'t, F>,
    op: &'a dyn Op<F>,
    sweep: &'a mut Sweep<F>,
    recorded: bool,
    pending: Activation,
    rewritten: bool,
}

impl<'a, 't, F: Real> Vjp<'a, 't, F> {
    pub(crate) fn new(
        op: &'a dyn Op<F>,
        g: Var<'t, F>,
        y: Var<'t, F>,
        sweep: &'a mut Sweep<F>,
        recorded: bool,
    ) -> Self {
        Vjp { g, y, op, sweep, recorded, pending: Activation::Identity, rewritten: false }
    }

    /// With an activation that is left to the rule.
    pub(crate) fn with_pending(self, activation: Activation) -> Self {
        Vjp { pending: activation, ..self }
    }

    /// Of a sweep in which something sees every op and its cotangent.
    pub(crate) fn rewritten(self) -> Self {
        Vjp { rewritten: true, ..self }
    }

    /// The graph, for making constants.
    pub fn graph(&self) -> &'t Graph<'t, F> {
        self.g.graph()
    }

    #[inline]
    fn input(&self, i: usize) -> u32 {
        self.graph().input_of(self.y.id(), i)
    }

    /// How many inputs the op has.
    pub fn input_count(&self) -> usize {
        self.graph().input_count_of(self.y.id())
    }

    /// Input `i`.
    pub fn x(&self, i: usize) -> Var<'t, F> {
        self.graph().var_at(self.input(i))
    }

    /// Input `i`, which holds indices.
    pub fn indices(&self, i: usize) -> IndexVar<'t, F> {
        IndexVar(self.x(i))
    }

    /// Input `i`, which holds a mask.
    pub fn mask(&self, i: usize) -> MaskVar<'t, F> {
        MaskVar(self.x(i))
    }

    /// The shape of input `i`.
    pub fn shape(&self, i: usize) -> Shape {
        self.x(i).shape()
    }

    /// Whether the cotangent of input `i` is wanted: something upstream of it is differentiated by.
    pub fn wants(&self, i: usize) -> bool {
        self.sweep.wants(self.input(i))
    }

    /// Whether what the rule computes is recorded, because it may be differentiated again.
    pub fn is_recorded(&self) -> bool {
        self.recorded
    }

    /// The activation whose derivative the rule applies: `g` is the cotangent of what it gave. The identity, but in some
    /// sweeps of an op that [differentiates its activation](Op::differentiates_activation).
    pub fn pending_activation(&self) -> Activation {
        self.pending
    }

    /// Whether the rule applies the derivative of the ReLU whose result input 0 is: where the op [can](Op::can_gate),
    /// unless someone sees the cotangent of that result.
    pub fn gates(&self) -> bool {
        self.op.can_gate() && !self.rewritten && !self.sweep.is_target(self.input(0))
    }

    /// Gives the cotangent of input `i`: `rule` runs only if it is wanted.
    ///
    /// # Panics
    /// When its shape is not that of the input.
    #[track_caller]
    pub fn give(&mut self, i: usize, rule: impl FnOnce(&Self) -> Var<'t, F>) {
        let input = self.input(i);
        if self.sweep.wants(input) {
            let cotangent = rule(self);
            self.accumulate(i, input, cotangent);
        }
    }

    /// The half of [`give`](Self::give) that does not depend on the rule, so that it is compiled once.
    #[track_caller]
    fn accumulate(&mut self, i: usize, input: u32, cotangent: Var<'t, F>) {
        #[cfg(test)]
        let cotangent = crate::mutate::mutate(self.op.name(), i, cotangent);
        let graph = self.graph();
        if !graph.have_equal_shapes(cotangent, input) {
            let (got, want, name) = (cotangent.shape(), graph.var_at(input).shape(), self.op.name());
            graph.fail(format_args!("{name}: shape of the cotangent of input {i}: left {got}, right {want}"));
        }
        let gated = i == 0 && self.gates();
        self.sweep.accumulate(graph, input, cotangent, self.recorded, gated);
    }
}
