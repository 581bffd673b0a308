//! The reverse sweep: from a result back to what it is differentiated by.
//!
//! One loop over the nodes, from the last to the first, without recursion: at each node that lies between, the op's rule
//! turns the cotangent of the result into cotangents of the inputs. A *first-order* sweep holds cotangents as plain
//! buffers, adds to them in place, and forgets what a rule computed on the way as soon as the rule is done. A *recorded*
//! sweep leaves everything on the tape, where it can be differentiated again.

use crate::node::Stored;
use crate::ops::{activation_name, activation_vjp, activation_vjp_in_place};
use crate::tape::Restore;
use crate::{Activation, Graph, Op, Real, Tape, Var, Vjp};
use std::time::Instant;
use triomphe::Arc;

/// The cotangent of one node, as far as it has been summed up.
enum Cotangent<F> {
    None,
    /// In a first-order sweep: a buffer.
    Value(Arc<kernels::Array<F>>, Gated),
    /// In a recorded sweep: a node.
    Node(u32, Gated),
}

/// Whether everything that has been summed up came through the derivative of the node's ReLU already.
type Gated = bool;

/// The state of one sweep. Sweeps may nest, because a rule may differentiate; each has its own.
pub(crate) struct Sweep<F> {
    cotangents: Vec<Cotangent<F>>,
    wanted: Vec<bool>,
    targets: Vec<u32>,
}

impl<F> Default for Sweep<F> {
    fn default() -> Self {
        Sweep { cotangents: Vec::new(), wanted: Vec::new(), targets: Vec::new() }
    }
}

/// The rule of a node, about to run.
struct Rule<'t, F: Real> {
    op: BorrowedOp<'t, F>,
    y: Var<'t, F>,
    g: Var<'t, F>,
    gated: Gated,
    /// How many nodes there were before.
    mark: usize,
}

/// An op out of its node while its rule runs, because the rule may append nodes. It goes back where the rule panics, too.
pub(crate) struct BorrowedOp<'t, F: Real> {
    tape: &'t Tape<F>,
    id: usize,
    op: Option<Box<dyn Op<F>>>,
}

impl<F: Real> BorrowedOp<'_, F> {
    pub(crate) fn get(&self) -> &dyn Op<F> {
        &**self.op.as_ref().expect("it is there until the end")
    }
}

impl<F: Real> Drop for BorrowedOp<'_, F> {
    fn drop(&mut self) {
        if let Some(op) = self.op.take() {
            self.tape.nodes.borrow_mut().list[self.id].op = Some(op);
        }
    }
}

/// What becomes of one op in a sweep; see [`Var::grad_with`].
pub enum Rewrite<'t, F: Real> {
    /// The op's own rule, with the cotangent as it is.
    Keep,
    /// The op's own rule, with this cotangent instead.
    Cotangent(Var<'t, F>),
    /// Not the rule but this, as the cotangent of the op's only input that has one: not of constants, indices and masks.
    Replace(Var<'t, F>),
}

/// A closure that sees every op of a sweep, its result and the result's cotangent.
pub(crate) type Rewriter<'r, 't, F> = &'r mut dyn FnMut(&'static str, Var<'t, F>, Var<'t, F>) -> Rewrite<'t, F>;

impl<F: Real> Sweep<F> {
    #[inline]
    pub(crate) fn wants(&self, id: u32) -> bool {
        self.wanted[id as usize]
    }

    /// Whether a cotangent has flowed into a node that lies between.
    fn reaches(&self, id: usize) -> bool {
        self.wanted[id] && !matches!(self.cotangents[id], Cotangent::None)
    }

    /// Adds to the cotangent of a node: the first is moved, the next are added in place.
    pub(crate) fn accumulate<'t>(
        &mut self,
        graph: &'t Graph<'t, F>,
        id: u32,
        more: Var<'t, F>,
        recorded: bool,
        gated: bool,
    ) {
        let slot = &mut self.cotangents[id as usize];
        let sum = match slot {
            Cotangent::None if recorded => Cotangent::Node(more.id(), gated),
            Cotangent::None => Cotangent::Value(graph.float_buffer(more), gated),
            Cotangent::Node(sum, before) => Cotangent::Node((graph.var_at(*sum) + more).id(), gated && *before),
            Cotangent::Value(sum, before) => {
                *before &= gated;
                let len = more.shape().len();
                if let Some(sum) = Arc::get_mut(sum) {
                    return kernels::accumulate(&mut sum[..len], graph.tape.nodes.borrow().floats(more.id()));
                }
                // Shared, for instance with the cotangent of another input: the sum needs a buffer of its own.
                let mut buffer = graph.tape.floats.take(len);
                let out = Arc::get_mut(&mut buffer).expect("a buffer from the pool has one holder");
                kernels::zip(&sum[..len], graph.tape.nodes.borrow().floats(more.id()), &mut out[..len], |a, b| a + b);
                Cotangent::Value(buffer, *before)
            }
        };
        if let Cotangent::Value(old, _) = std::mem::replace(slot, sum) {
            graph.tape.floats.give(old);
        }
    }

    /// What has been summed up for a node, which is kept where it is a target.
    fn take(&mut self, id: usize) -> Cotangent<F> {
        if !self.is_target(id as u32) {
            return std::mem::replace(&mut self.cotangents[id], Cotangent::None);
        }
        match &self.cotangents[id] {
            Cotangent::Value(buffer, gated) => Cotangent::Value(buffer.clone(), *gated),
            &Cotangent::Node(node, gated) => Cotangent::Node(node, gated),
            Cotangent::None => Cotangent::None,
        }
    }

    /// Whether the cotangent of a node was asked for.
    pub(crate) fn is_target(&self, id: u32) -> bool {
        self.targets.contains(&id)
    }
}

impl<'t, F: Real> Graph<'t, F> {
    /// A sweep that wants everything that is active.
    pub(crate) fn sweep_all(&self, root: Var<'t, F>) -> Sweep<F> {
        let mut sweep = self.tape.sweeps.borrow_mut().pop().unwrap_or_default();
        let count = root.id() as usize + 1;
        sweep.cotangents.resize_with(count, || Cotangent::None);
        sweep.wanted.extend(self.tape.nodes.borrow().list[..count].iter().map(|node| node.active));
        sweep
    }

    /// A sweep that wants what lies between `targets` and `root`.
    pub(crate) fn sweep_between(&self, root: Var<'t, F>, targets: &[Var<'t, F>]) -> Sweep<F> {
        let mut sweep = self.tape.sweeps.borrow_mut().pop().unwrap_or_default();
        let count = root.id() as usize + 1;
        sweep.cotangents.resize_with(count, || Cotangent::None);
        sweep.wanted.resize(count, false);
        sweep.targets.extend(targets.iter().map(|target| target.id()));
        let nodes = self.tape.nodes.borrow();
        for &target in &sweep.targets {
            if (target as usize) < count {
                sweep.wanted[target as usize] = true;
            }
        }
        let first = sweep.targets.iter().min().map_or(count, |&target| target as usize);
        for id in first..count {
            if !sweep.wanted[id] {
                sweep.wanted[id] = nodes.inputs(id).iter().any(|&input| sweep.wanted[input as usize]);
            }
        }
        drop(nodes);
        sweep
    }

    /// Runs a sweep from `root`, whose cotangent is `seed`. `consume` gives forward values back on the way.
    #[track_caller]
    pub(crate) fn run_sweep(
        &'t self,
        sweep: &mut Sweep<F>,
        root: Var<'t, F>,
        seed: Var<'t, F>,
        recorded: bool,
        consume: bool,
        mut rewrite: Option<Rewriter<'_, 't, F>>,
    ) {
        let _recording = Restore::replace(&self.tape.recording, recorded);
        if sweep.wants(root.id()) {
            sweep.accumulate(self, root.id(), seed, recorded, false);
        }
        for id in (0..=root.id() as usize).rev() {
            if self.tape.has_gaps.get() && sweep.reaches(id) {
                self.fill_gaps(id, !recorded && rewrite.is_none());
            }
            if let Some(rule) = self.begin_rule(sweep, id) {
                let started = self.tape.is_profiling().then(Instant::now);
                let name = rule.op.get().name();
                let in_rule = Restore::replace(&self.tape.in_rule, Some(name));
                self.apply_rule(sweep, &rule, recorded, &mut rewrite);
                drop(in_rule);
                if let Some(started) = started {
                    self.tape.profile_backward(name, started.elapsed());
                }
                self.end_rule(rule, recorded, consume);
            } else if consume {
                self.release(&mut self.tape.nodes.borrow_mut().list[id]);
            }
        }
    }

    /// What the rule of a node needs, if a cotangent has flowed into it. This and [`end_rule`](Self::end_rule) borrow the
    /// nodes once: each time costs as much as ten instructions, since each must wait for the one before.
    fn begin_rule(&'t self, sweep: &mut Sweep<F>, id: usize) -> Option<Rule<'t, F>> {
        if !sweep.reaches(id) {
            return None;
        }
        let mut nodes = self.tape.nodes.borrow_mut();
        let mark = nodes.list.len();
        let node = &mut nodes.list[id];
        let op = BorrowedOp { tape: self.tape, id, op: Some(node.op.take()?) };
        let (y, shape) = (Var::new(self, id as u32, node.generation), node.shape);
        let generation = self.tape.generation.get();
        let (g, gated) = match sweep.take(id) {
            Cotangent::Node(g, gated) => (Var::new(self, g, nodes.list[g as usize].generation), gated),
            Cotangent::Value(g, gated) => {
                let g = nodes.push(Stored::Float(g), &shape, None, &[], generation, false);
                (Var::new(self, g, generation), gated)
            }
            Cotangent::None => unreachable!("asked above"),
        };
        Some(Rule { op, y, g, gated, mark })
    }

    /// The op of a node that has one.
    pub(crate) fn borrow_op(&self, id: usize) -> BorrowedOp<'_, F> {
        let op = self.tape.nodes.borrow_mut().list[id].op.take();
        BorrowedOp { tape: self.tape, id, op }
    }

    fn end_rule(&self, mut rule: Rule<'t, F>, recorded: bool, consume: bool) {
        let mut nodes = self.tape.nodes.borrow_mut();
        if !recorded {
            self.truncate_nodes(&mut nodes, rule.mark);
        }
        let node = &mut nodes.list[rule.op.id];
        node.op = rule.op.op.take();
        if consume {
            self.release(node);
        }
    }

    #[track_caller]
    fn apply_rule(
        &'t self,
        sweep: &mut Sweep<F>,
        rule: &Rule<'t, F>,
        recorded: bool,
        rewrite: &mut Option<Rewriter<'_, 't, F>>,
    ) {
        let (op, y, mut g) = (rule.op.get(), rule.y, rule.g);
        self.refuse_first_order(op);
        let activation = op.activation();
        let Some(ask) = rewrite else {
            let g = match activation {
                Activation::Identity => g,
                Activation::Relu if rule.gated => g,
                _ if !recorded && op.differentiates_activation() => {
                    return op.vjp(&mut Vjp::new(op, g, y, sweep, recorded).with_pending(activation));
                }
                _ if recorded => activation_vjp(activation, y, g),
                _ => activation_vjp_in_place(activation, y, g),
            };
            return op.vjp(&mut Vjp::new(op, g, y, sweep, recorded));
        };
        if activation != Activation::Identity {
            g = match ask(activation_name(activation), y, g) {
                Rewrite::Keep => activation_vjp(activation, y, g),
                Rewrite::Cotangent(g) => activation_vjp(activation, y, g),
                Rewrite::Replace(dx) => dx,
            };
        }
        match ask(op.name(), y, g) {
            Rewrite::Keep => {}
            Rewrite::Cotangent(instead) => g = instead,
            Rewrite::Replace(dx) => {
                let nodes = self.tape.nodes.borrow();
                let mut active =
                    nodes.inputs(y.id() as usize).iter().filter(|&&input| nodes.list[input as usize].active);
                let (input, others) = (active.next().copied(), active.count());
                drop(nodes);
                if others > 0 {
                    self.fail(format_args!(
                        "grad_with: replacing a cotangent needs one input, {} has {}",
                        op.name(),
                        others + 1
                    ));
                }
                if let Some(input) = input.filter(|&input| sweep.wants(input)) {
                    sweep.accumulate(self, input, dx, recorded, false);
                }
                return;
            }
        }
        op.vjp(&mut Vjp::new(op, g, y, sweep, recorded).rewritten());
    }

    /// The cotangent of `target` after a sweep, as a value on the tape; `None` where nothing flowed into it.
    pub(crate) fn cotangent(&'t self, sweep: &Sweep<F>, target: Var<'t, F>) -> Option<Var<'t, F>> {
        match sweep.cotangents.get(target.id() as usize)? {
            Cotangent::None => None,
            Cotangent::Node(node, _) => Some(self.var_at(*node)),
            Cotangent::Value(buffer, _) => Some(self.push_leaf(Stored::Float(buffer.clone()), target.shape(), false)),
        }
    }

    /// The cotangent of a node after a first-order sweep, taken out of it.
    pub(crate) fn take_cotangent(&self, sweep: &mut Sweep<F>, id: u32) -> Option<Arc<kernels::Array<F>>> {
        match sweep.cotangents.get_mut(id as usize).map(|slot| std::mem::replace(slot, Cotangent::None)) {
            Some(Cotangent::Value(buffer, _)) => Some(buffer),
            _ => None,
        }
    }

    /// Gives the memory of a sweep back.
    pub(crate) fn end_sweep(&self, mut sweep: Sweep<F>) {
        for cotangent in sweep.cotangents.drain(..) {
            if let Cotangent::Value(buffer, _) = cotangent {
                self.tape.floats.give(buffer);
            }
        }
        sweep.wanted.clear();
        sweep.targets.clear();
        self.tape.sweeps.borrow_mut().push(sweep);
    }

    fn float_buffer(&self, var: Var<'t, F>) -> Arc<kernels::Array<F>> {
        match self.stored(var) {
            Stored::Float(buffer) => buffer,
            _ => crate::node::released(),
        }
    }
}
