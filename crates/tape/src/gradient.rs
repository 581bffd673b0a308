//! Gradients of any value on the tape by any other: first order, or recorded and differentiable again.

use crate::node::Stored;
use crate::{Graph, Op, Real, Rewrite, Var, Vjp};
use std::any::Any;

/// Stands for a gradient whose own derivative was not recorded.
#[derive(Clone, Copy)]
struct FirstOrderGradient;

const FIRST_ORDER: &str = "first_order_gradient";

impl<F: Real> Op<F> for FirstOrderGradient {
    fn name(&self) -> &'static str {
        FIRST_ORDER
    }

    fn vjp<'t>(&self, _: &mut Vjp<'_, 't, F>) {
        unreachable!("the sweep refuses it, at its caller's line");
    }
}

impl<F: Real> Graph<'_, F> {
    /// Panics where a sweep reaches a gradient that was not recorded.
    #[track_caller]
    #[inline]
    pub(crate) fn refuse_first_order(&self, op: &dyn Op<F>) {
        // The name first: almost always its length tells, which is cheaper than asking for the type.
        if op.name() == FIRST_ORDER && (op as &dyn Any).is::<FirstOrderGradient>() {
            self.fail(format_args!(
                "grad: this gradient was not recorded, so it cannot be differentiated; \
                 take it with grad_recorded, or call detach on it to hold it constant"
            ));
        }
    }
}

impl<'t, F: Real> Var<'t, F> {
    /// The gradients of this scalar by each of `targets`, which may be leaves, parameters or intermediate values:
    /// `[∂y/∂x₁, ∂y/∂x₂, …]`, each of the shape of its target; zero where `y` does not depend on the target.
    ///
    /// First order: only what lies between is swept, and nothing of the sweep stays. To differentiate a gradient again,
    /// take it with [`grad_recorded`](Var::grad_recorded).
    ///
    /// ```
    /// use retrograde_tape::{Params, Tape, Tensor};
    /// Tape::new().run(&Params::<f32>::new(0), |t| {
    ///     let x = t.leaf(&Tensor::from_vec([2], vec![1.0, 2.0]));
    ///     let [dx] = (x * x).sum(..).grad([x]);
    ///     assert_eq!(&*dx.value(), [2.0, 4.0]);
    /// });
    /// ```
    ///
    /// # Panics
    /// When `self` has more than one element, or a target is a constant.
    #[track_caller]
    pub fn grad<const N: usize>(self, targets: [Var<'t, F>; N]) -> [Var<'t, F>; N] {
        let seed = self.scalar_seed();
        self.pull(targets, seed, false, None)
    }

    /// As [`grad`](Var::grad), and the result can be differentiated again, to any order.
    ///
    /// ```
    /// use retrograde_tape::{Params, Tape, Tensor};
    /// Tape::new().run(&Params::<f64>::new(0), |t| {
    ///     let x = t.leaf(&Tensor::scalar(2.0));
    ///     let [d1] = x.powi(3).grad_recorded([x]);
    ///     let [d2] = d1.grad_recorded([x]);
    ///     let [d3] = d2.grad([x]);
    ///     assert_eq!((d1.item(), d2.item(), d3.item()), (12.0, 12.0, 6.0));
    /// });
    /// ```
    #[track_caller]
    pub fn grad_recorded<const N: usize>(self, targets: [Var<'t, F>; N]) -> [Var<'t, F>; N] {
        let seed = self.scalar_seed();
        self.pull(targets, seed, true, None)
    }

    /// As [`grad`](Var::grad), with a closure that sees every op on the way — its name, its result `y` and the
    /// cotangent `g` of the result — and may change its rule: guided backpropagation, deconvolution, probes.
    /// An activation that is fused into another op is seen as the op that it is.
    ///
    /// In a training step ([`Tape::grad`](crate::Tape::grad)), results from within a [scope](Graph::scope) may have been
    /// given back, and reading one panics: use [`Tape::run`](crate::Tape::run), where everything stays.
    ///
    /// ```
    /// use retrograde_tape::{Params, Rewrite, Tape, Tensor};
    /// Tape::new().run(&Params::<f32>::new(0), |t| {
    ///     let x = t.leaf(&Tensor::from_vec([3], vec![-1.0, 2.0, 3.0]));
    ///     let y = (x.relu() * t.input(&Tensor::from_vec([3], vec![1.0, 1.0, -1.0]))).sum(..);
    ///     let [guided] = y.grad_with([x], |op, _, g| match op {
    ///         "relu" => Rewrite::Cotangent(g.relu()),
    ///         _ => Rewrite::Keep,
    ///     });
    ///     assert_eq!(&*guided.value(), [0.0, 1.0, 0.0]);
    /// });
    /// ```
    #[track_caller]
    pub fn grad_with<const N: usize>(
        self,
        targets: [Var<'t, F>; N],
        mut rewrite: impl FnMut(&'static str, Var<'t, F>, Var<'t, F>) -> Rewrite<'t, F>,
    ) -> [Var<'t, F>; N] {
        let seed = self.scalar_seed();
        self.pull(targets, seed, false, Some(&mut rewrite))
    }

    /// The vector–Jacobian products `gᵀ · ∂self/∂x` by each of `targets`, for a `g` of the shape of `self`.
    ///
    /// # Panics
    /// When the shapes of `g` and `self` differ, or a target is a constant.
    #[track_caller]
    pub fn vjp<const N: usize>(self, targets: [Var<'t, F>; N], g: Var<'t, F>) -> [Var<'t, F>; N] {
        self.check_cotangent(g);
        self.pull(targets, g, false, None)
    }

    /// As [`vjp`](Var::vjp), and the result can be differentiated again.
    #[track_caller]
    pub fn vjp_recorded<const N: usize>(self, targets: [Var<'t, F>; N], g: Var<'t, F>) -> [Var<'t, F>; N] {
        self.check_cotangent(g);
        self.pull(targets, g, true, None)
    }

    /// The same numbers as a constant: nothing is differentiated through it. Copies nothing.
    #[track_caller]
    pub fn detach(self) -> Var<'t, F> {
        self.graph().push_leaf(self.graph().stored(self), self.shape(), false)
    }

    #[track_caller]
    fn check_cotangent(self, g: Var<'t, F>) {
        let (got, want) = (g.shape(), self.shape());
        if got != want {
            self.graph().fail(format_args!("vjp: shape of the cotangent: left {got}, right {want}"));
        }
    }

    #[track_caller]
    fn scalar_seed(self) -> Var<'t, F> {
        let shape = self.shape();
        if shape.len() != 1 {
            self.graph().fail(format_args!(
                "grad: only a value of one element has a gradient, found shape {shape}; sum it, or use vjp"
            ));
        }
        self.graph().full(shape, 1.0)
    }

    #[track_caller]
    fn pull<const N: usize>(
        self,
        targets: [Var<'t, F>; N],
        seed: Var<'t, F>,
        recorded: bool,
        rewrite: Option<crate::sweep::Rewriter<'_, 't, F>>,
    ) -> [Var<'t, F>; N] {
        let graph: &'t Graph<'t, F> = self.graph();
        for target in targets {
            if !graph.node(target).active {
                graph.fail(format_args!(
                    "grad: the target of shape {} is a constant; make it with leaf (or param, not frozen) \
                     inside grad or run",
                    target.shape()
                ));
            }
        }
        let mut sweep = graph.sweep_between(self, &targets);
        graph.run_sweep(&mut sweep, self, seed, recorded, false, rewrite);
        let active = graph.node(self).active;
        let results = targets.map(|target| match graph.cotangent(&sweep, target) {
            None => graph.full(target.shape(), 0.0),
            Some(result) if recorded || !active => result,
            Some(result) => {
                let Stored::Float(buffer) = graph.stored(result) else { unreachable!("cotangents are numbers") };
                graph.record_stored(FirstOrderGradient, &[self.into()], target.shape(), Stored::Float(buffer))
            }
        });
        graph.end_sweep(sweep);
        results
    }
}
