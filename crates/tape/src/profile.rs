//! Reading the tape: where the time goes ([`Tape::profile`]) and what was computed ([`Tape::to_dot`]).

use crate::node::Stored;
use crate::tape::Restore;
use crate::{Graph, Input, Op, Real, Shape, Tape};
use std::fmt::{self, Write};
use std::time::{Duration, Instant};

/// What one kind of op cost, in all steps since profiling began.
#[derive(Clone, Debug)]
pub struct OpProfile {
    /// The op's name.
    pub name: &'static str,
    /// How often it was computed.
    pub count: u64,
    /// Time of the forward passes.
    pub forward: Duration,
    /// Time of the rules in reverse sweeps.
    pub backward: Duration,
    /// Bytes that the forward passes read and wrote, each operand counted once.
    pub bytes: u64,
    /// Floating-point operations of the forward passes.
    pub flops: u64,
}

/// What every kind of op cost, the most expensive first. Its `Display` is a table.
#[derive(Clone, Debug, Default)]
pub struct Profile {
    /// One entry a kind of op.
    pub ops: Vec<OpProfile>,
}

impl fmt::Display for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{:<24}{:>9}{:>14}{:>14}{:>11}{:>11}", "op", "count", "forward", "backward", "GFLOP/s", "GB/s")?;
        for op in &self.ops {
            let seconds = op.forward.as_secs_f64().max(1e-12);
            writeln!(
                f,
                "{:<24}{:>9}{:>11.3} ms{:>11.3} ms{:>11.2}{:>11.2}",
                op.name,
                op.count,
                op.forward.as_secs_f64() * 1e3,
                op.backward.as_secs_f64() * 1e3,
                op.flops as f64 / seconds / 1e9,
                op.bytes as f64 / seconds / 1e9,
            )?;
        }
        Ok(())
    }
}

/// One op that was computed, in the order of computation: see [`Tape::set_tracing`].
#[derive(Clone, Debug, PartialEq)]
pub struct TracedOp {
    /// The op's name.
    pub name: &'static str,
    /// The path of the layer that computed it; empty outside of layers.
    pub layer: String,
    /// The shape of the result.
    pub shape: Shape,
    /// Floating-point operations.
    pub flops: u64,
    /// Bytes of the operands and of the result, each counted once.
    pub bytes: u64,
    /// The op whose rule of differentiation computed it, in a reverse sweep.
    pub rule: Option<&'static str>,
    /// Whether all numbers of the result are finite.
    pub is_finite: bool,
}

/// Counts while profiling is on.
pub(crate) struct Profiler {
    started: Instant,
    ops: Vec<OpProfile>,
    trace: Option<Vec<TracedOp>>,
}

impl Profiler {
    fn entry(&mut self, name: &'static str) -> &mut OpProfile {
        if let Some(found) = self.ops.iter().position(|op| op.name == name) {
            return &mut self.ops[found];
        }
        let zero = Duration::ZERO;
        self.ops.push(OpProfile { name, count: 0, forward: zero, backward: zero, bytes: 0, flops: 0 });
        self.ops.last_mut().expect("one was pushed")
    }
}

impl<F: Real> Tape<F> {
    /// Starts or stops measuring ops; starting forgets what was measured before.
    ///
    /// ```
    /// use retrograde_tape::{Params, Tape, Tensor};
    /// let mut tape = Tape::<f32>::new();
    /// tape.set_profiling(true);
    /// tape.run(&Params::new(0), |t| t.input(&Tensor::full([8, 8], 1.0)).exp().sum(..).item());
    /// let profile = tape.profile();
    /// assert!(profile.ops.iter().any(|op| op.name == "exp" && op.count == 1));
    /// ```
    pub fn set_profiling(&mut self, on: bool) {
        self.profiling.set(on);
        if on {
            *self.profiler.get_mut() = Some(Profiler { started: Instant::now(), ops: Vec::new(), trace: None });
        }
    }

    /// Starts or stops profiling with a list of every op that is computed, sweeps included: for tables of a model's layers,
    /// and to find where a number stopped to be one. Starting forgets what was measured before.
    ///
    /// ```
    /// use retrograde_tape::{Params, Tape, Tensor};
    /// let mut tape = Tape::<f32>::new();
    /// tape.set_tracing(true);
    /// tape.eval(&Params::new(0), |t| t.input(&Tensor::full([8], -1.0)).exp().ln().sqrt().sum(..).item());
    /// let first = tape.traced().into_iter().find(|op| !op.is_finite).unwrap();
    /// assert_eq!(first.name, "sqrt");
    /// ```
    pub fn set_tracing(&mut self, on: bool) {
        self.set_profiling(on);
        if let Some(profiler) = self.profiler.get_mut().as_mut().filter(|_| on) {
            profiler.trace = Some(Vec::new());
        }
    }

    /// What was computed since tracing began; empty where it never did.
    pub fn traced(&self) -> Vec<TracedOp> {
        self.profiler.borrow().as_ref().and_then(|profiler| profiler.trace.clone()).unwrap_or_default()
    }

    /// What was measured since profiling began; empty where it never did.
    pub fn profile(&self) -> Profile {
        let mut ops = self.profiler.borrow().as_ref().map_or(Vec::new(), |profiler| profiler.ops.clone());
        ops.sort_by_key(|op| std::cmp::Reverse(op.forward + op.backward));
        Profile { ops }
    }

    /// The last step as a graph in the DOT language: a box an op, with its name and shape; dashed where nothing is
    /// differentiated through it. `dot -Tsvg` draws it.
    pub fn to_dot(&self) -> String {
        let nodes = self.nodes.borrow();
        let mut dot = String::from("digraph step {\n  node [shape=box];\n");
        for (id, node) in nodes.list.iter().enumerate() {
            let name = node.op.as_ref().map_or(if node.active { "leaf" } else { "constant" }, |op| op.name());
            let style = if node.active { "" } else { ", style=dashed" };
            let _ = writeln!(dot, "  n{id} [label=\"{name}\\n{}\"{style}];", node.shape);
            for input in nodes.inputs(id) {
                let _ = writeln!(dot, "  n{input} -> n{id};");
            }
        }
        dot.push_str("}\n");
        dot
    }

    #[inline]
    pub(crate) fn is_profiling(&self) -> bool {
        self.profiling.get()
    }

    #[inline]
    pub(crate) fn profile_start(&self) {
        if self.is_profiling()
            && self.in_rule.get().is_none()
            && let Some(profiler) = self.profiler.borrow_mut().as_mut()
        {
            profiler.started = Instant::now();
        }
    }

    /// Starts the time of an op that computes with other ops, which count as its own until the result is dropped; then it
    /// is recorded.
    pub(crate) fn profile_as_one(&self, name: &'static str) -> Restore<'_, Option<&'static str>> {
        self.profile_start();
        Restore::replace(&self.in_rule, self.in_rule.get().or(Some(name)))
    }

    #[cold]
    pub(crate) fn profile_backward(&self, name: &'static str, elapsed: Duration) {
        if let Some(profiler) = self.profiler.borrow_mut().as_mut() {
            profiler.entry(name).backward += elapsed;
        }
    }
}

impl<F: Real> Graph<'_, F> {
    #[cold]
    pub(crate) fn profile_forward(&self, op: &dyn Op<F>, inputs: &[Input], output: Shape, value: &Stored<F>) {
        let rule = self.tape.in_rule.get();
        let mut profiler = self.tape.profiler.borrow_mut();
        let Some(profiler) = profiler.as_mut() else { return };
        let elapsed = profiler.started.elapsed();
        let nodes = self.tape.nodes.borrow();
        let inputs: Vec<Shape> = inputs.iter().map(|input| nodes.list[input.id as usize].shape).collect();
        let flops = op.flops(&inputs, output);
        let bytes = ((inputs.iter().map(Shape::len).sum::<usize>() + output.len()) * size_of::<F>()) as u64;
        if let Some(trace) = &mut profiler.trace {
            let layer = self.layer_path().unwrap_or_default().to_string();
            let is_finite = match value {
                Stored::Float(buffer) => kernels::all_finite(&buffer[..output.len()]),
                _ => true,
            };
            trace.push(TracedOp { name: op.name(), layer, shape: output, flops, bytes, rule, is_finite });
        }
        if rule.is_some() {
            return;
        }
        let entry = profiler.entry(op.name());
        entry.count += 1;
        entry.forward += elapsed;
        entry.bytes += bytes;
        entry.flops += flops;
        profiler.started = Instant::now();
    }
}
