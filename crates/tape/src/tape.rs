//! [`Tape`]: the reusable memory of a step, and the ways to run one.
//!
//! A step is recorded inside a closure. Every operation appends a [`Node`](crate::node::Node): its numbers, and — while
//! recording, if something upstream is differentiated by — its op and inputs. The [reverse sweep](crate::sweep) then
//! walks the nodes backwards. When the closure returns, every buffer goes back to the pool for the next step.

use crate::node::{Node, Nodes, OpPool, Stored};
use crate::pool::Pool;
use crate::profile::Profiler;
use crate::release::{Fate, LEAST};
use crate::sweep::Sweep;
use crate::{Graph, ParamId, Params, Real, Shape, Step, Tensor, Var};
use std::cell::{Cell, RefCell};

/// Sets a switch of the tape as long as it lives, also when a panic ends that.
pub(crate) struct Restore<'a, T: Copy> {
    cell: &'a Cell<T>,
    before: T,
}

impl<'a, T: Copy> Restore<'a, T> {
    pub(crate) fn replace(cell: &'a Cell<T>, now: T) -> Self {
        Restore { cell, before: cell.replace(now) }
    }
}

impl<T: Copy> Drop for Restore<'_, T> {
    fn drop(&mut self) {
        self.cell.set(self.before);
    }
}

/// The memory of a step: nodes, buffers, gradients. Reused from step to step, so that a step allocates nothing in steady
/// state. It may move to another thread; each thread that computes has its own.
pub struct Tape<F: Real = f32> {
    pub(crate) nodes: RefCell<Nodes<F>>,
    pub(crate) floats: Pool<F>,
    pub(crate) indices: Pool<u32>,
    pub(crate) masks: Pool<u8>,
    pub(crate) ops: RefCell<OpPool<F>>,
    pub(crate) sweeps: RefCell<Vec<Sweep<F>>>,
    /// The node and generation of each parameter that was asked for.
    pub(crate) param_nodes: RefCell<Vec<(u32, u32)>>,
    pub(crate) proposals: RefCell<Vec<(usize, Tensor<F>)>>,
    pub(crate) recording: Cell<bool>,
    pub(crate) training: Cell<bool>,
    pub(crate) generation: Cell<u32>,
    pub(crate) draw: Cell<u64>,
    pub(crate) layer: Cell<Option<ParamId>>,
    /// What is kept of a scope while the rest is forgotten; empty between scopes.
    pub(crate) survivors: RefCell<Vec<(Stored<F>, Shape)>>,
    pub(crate) profiler: RefCell<Option<Profiler>>,
    pub(crate) profiling: Cell<bool>,
    /// Whether this is a training step, in which a value that no rule reads gives its memory back early.
    pub(crate) gives_back: Cell<bool>,
    /// Whether there are values so large that giving them back early is worth the search.
    pub(crate) has_large: Cell<bool>,
    /// Whether values were given back that can be computed again.
    pub(crate) has_gaps: Cell<bool>,
    /// Working memory of a scope's end: the nodes whose handles live on, and what is known of the values.
    pub(crate) held: RefCell<Vec<usize>>,
    pub(crate) fates: RefCell<Vec<Fate>>,
    /// The op whose rule of differentiation runs: what the rule computes counts as its time.
    pub(crate) in_rule: Cell<Option<&'static str>>,
    step: Step<F>,
}

impl<F: Real> Default for Tape<F> {
    fn default() -> Self {
        Tape::new()
    }
}

impl<F: Real> Tape<F> {
    /// An empty tape.
    pub fn new() -> Self {
        Tape {
            nodes: RefCell::default(),
            floats: Pool::default(),
            indices: Pool::default(),
            masks: Pool::default(),
            ops: RefCell::default(),
            sweeps: RefCell::default(),
            param_nodes: RefCell::default(),
            proposals: RefCell::default(),
            recording: Cell::new(false),
            training: Cell::new(false),
            generation: Cell::new(0),
            draw: Cell::new(0),
            layer: Cell::new(None),
            survivors: RefCell::default(),
            profiler: RefCell::default(),
            profiling: Cell::new(false),
            gives_back: Cell::new(false),
            has_large: Cell::new(false),
            has_gaps: Cell::new(false),
            held: RefCell::default(),
            fates: RefCell::default(),
            in_rule: Cell::new(None),
            step: Step::new(),
        }
    }

    /// A training step: records `f`, whose result is the loss, and returns the loss with the gradient of every
    /// parameter that it depends on. Layers behave as in training.
    ///
    /// ```
    /// use retrograde_tape::{Params, Tape};
    /// let mut params = Params::<f32>::new(0);
    /// let w = params.root().param("w", [2], 3.0);
    /// let mut tape = Tape::new();
    /// let (loss, step) = tape.grad(&params, |t| (t.param(w) * t.param(w)).sum(..));
    /// assert_eq!(loss, 18.0);
    /// assert_eq!(step.gradient(&params, w).unwrap().as_slice(), [6.0, 6.0]);
    /// ```
    ///
    /// # Panics
    /// When the loss has more than one element.
    #[track_caller]
    pub fn grad(
        &mut self,
        params: &Params<F>,
        f: impl for<'t> FnOnce(&'t Graph<'t, F>) -> Var<'t, F>,
    ) -> (F, &mut Step<F>) {
        let (loss, (), step) = self.grad_aux(params, |t| (f(t), ()));
        (loss, step)
    }

    /// As [`grad`](Tape::grad), for a closure that also returns plain numbers: logits, an accuracy.
    #[track_caller]
    pub fn grad_aux<R>(
        &mut self,
        params: &Params<F>,
        f: impl for<'t> FnOnce(&'t Graph<'t, F>) -> (Var<'t, F>, R),
    ) -> (F, R, &mut Step<F>) {
        self.begin(true, true);
        self.gives_back.set(true);
        let mut step = std::mem::take(&mut self.step);
        step.begin(params);
        let graph = Graph { tape: self, params };
        let (loss, aux) = f(&graph);
        let value = graph.differentiate(loss, &mut step);
        self.step = step;
        self.end();
        (value, aux, &mut self.step)
    }

    /// The step that the last [`grad`](Tape::grad) found.
    pub fn last_step(&mut self) -> &mut Step<F> {
        &mut self.step
    }

    /// Records `f` and returns the plain numbers that it returns. Gradients of whatever it made are at hand inside, by
    /// [`Var::grad`]; layers behave as in evaluation until [`Graph::set_training`].
    pub fn run<R>(&mut self, params: &Params<F>, f: impl for<'t> FnOnce(&'t Graph<'t, F>) -> R) -> R {
        self.begin(true, false);
        let result = f(&Graph { tape: self, params });
        self.end();
        result
    }

    /// Evaluates `f` without recording: the least memory, no gradients, layers as in evaluation.
    pub fn eval<R>(&mut self, params: &Params<F>, f: impl for<'t> FnOnce(&'t Graph<'t, F>) -> R) -> R {
        self.begin(false, false);
        let result = f(&Graph { tape: self, params });
        self.end();
        result
    }

    /// Bytes of all the buffers that the tape keeps for reuse or has in use.
    pub fn bytes(&self) -> usize {
        self.floats.bytes() + self.indices.bytes() + self.masks.bytes()
    }

    fn begin(&mut self, recording: bool, training: bool) {
        self.end();
        let nodes = self.nodes.get_mut();
        while let Some(node) = nodes.list.pop() {
            if let Some(op) = node.op {
                self.ops.get_mut().give_recent(nodes.list.len(), op);
            }
        }
        nodes.edges.clear();
        for tensor in self.step.drain() {
            self.floats.give(tensor.into_shared());
        }
        self.param_nodes.get_mut().clear();
        self.recording.set(recording);
        self.training.set(training);
        self.generation.set(0);
        self.draw.set(0);
        self.layer.set(None);
        self.in_rule.set(None);
        self.gives_back.set(false);
        self.has_large.set(false);
        self.has_gaps.set(false);
    }

    /// Gives the values back; what the nodes were stays until the next step, for [`to_dot`](Tape::to_dot).
    fn end(&mut self) {
        for node in &mut self.nodes.get_mut().list {
            let value = std::mem::replace(&mut node.value, Stored::Released);
            give(&self.floats, &self.indices, &self.masks, value);
        }
        for (_, tensor) in self.proposals.get_mut().drain(..) {
            self.floats.give(tensor.into_shared());
        }
    }
}

impl<'t, F: Real> Graph<'t, F> {
    /// The reverse sweep of a training step: fills `step` and returns the loss.
    #[track_caller]
    fn differentiate(&'t self, loss: Var<'t, F>, step: &mut Step<F>) -> F {
        let shape = loss.shape();
        if shape.len() != 1 {
            self.fail(format_args!(
                "grad: the loss needs one element, found shape {shape}; reduce it with mean or sum"
            ));
        }
        let value = loss.item();
        // The closure is over, and with it every handle.
        if self.tape.has_large.get() {
            self.release_unread(0, std::iter::empty(), LEAST);
        }
        let seed = self.full(shape, 1.0);
        let mut sweep = self.sweep_all(loss);
        self.run_sweep(&mut sweep, loss, seed, false, true, None);
        for (index, &(id, generation)) in self.tape.param_nodes.borrow().iter().enumerate() {
            if self.is_current(id, generation)
                && let Some(buffer) = self.take_cotangent(&mut sweep, id)
            {
                step.set(index, Tensor::from_shared(self.params.entries()[index].tensor().shape(), buffer));
            }
        }
        step.propose(self.tape.proposals.borrow_mut().drain(..));
        self.end_sweep(sweep);
        value
    }

    pub(crate) fn node_count(&self) -> usize {
        self.tape.nodes.borrow().list.len()
    }

    /// Gives the numbers of a node back.
    pub(crate) fn release(&self, node: &mut Node<F>) {
        let value = std::mem::replace(&mut node.value, Stored::Released);
        give(&self.tape.floats, &self.tape.indices, &self.tape.masks, value);
    }

    /// Forgets every node from number `mark` on; handles of them become stale.
    pub(crate) fn truncate(&self, mark: usize) {
        self.truncate_nodes(&mut self.tape.nodes.borrow_mut(), mark);
    }

    /// [`truncate`](Self::truncate) of nodes that are borrowed already.
    pub(crate) fn truncate_nodes(&self, nodes: &mut Nodes<F>, mark: usize) {
        if nodes.list.len() == mark {
            return;
        }
        let first_edge = nodes.list[mark].first_input as usize;
        while nodes.list.len() > mark
            && let Some(Node { value, op, .. }) = nodes.list.pop()
        {
            give(&self.tape.floats, &self.tape.indices, &self.tape.masks, value);
            if let Some(op) = op {
                self.tape.ops.borrow_mut().give(op);
            }
        }
        nodes.edges.truncate(first_edge);
        self.tape.generation.set(self.tape.generation.get() + 1);
    }
}

fn give<F: Real>(floats: &Pool<F>, indices: &Pool<u32>, masks: &Pool<u8>, value: Stored<F>) {
    match value {
        Stored::Float(buffer) => floats.give(buffer),
        Stored::Released => {}
        other => give_discrete(indices, masks, other),
    }
}

/// Apart from what nearly all values are, whose branch is foreseen where a table of four is not.
#[inline(never)]
fn give_discrete<F>(indices: &Pool<u32>, masks: &Pool<u8>, value: Stored<F>) {
    match value {
        Stored::Indices(buffer) => indices.give(buffer),
        Stored::Mask(buffer) => masks.give(buffer),
        Stored::Float(_) | Stored::Released => {}
    }
}
