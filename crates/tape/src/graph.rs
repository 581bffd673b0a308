//! [`Graph`]: a tape while a step is recorded on it.

use crate::node::{Node, Stored, released};
use crate::release::LEAST;
use crate::tape::Restore;
use crate::{
    BufferId, IndexVar, Indices, Input, Mask, MaskVar, Op, ParamId, Params, Real, Shape, Tape, Tensor, Value, Var,
};
use std::cell::Ref;
use triomphe::Arc;

/// A tape that is being recorded, with the parameters that it reads. Made by [`Tape::grad`], [`Tape::run`] and
/// [`Tape::eval`]; `t` in the examples.
pub struct Graph<'t, F: Real = f32> {
    pub(crate) tape: &'t Tape<F>,
    pub(crate) params: &'t Params<F>,
}

/// A place in a step: which random numbers come next, and whether layers behave as in training.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReplayPoint {
    draw: u64,
    training: bool,
}

/// The buffer of a result that is being computed.
pub struct Output<F> {
    buffer: Arc<kernels::Array<F>>,
    len: usize,
}

impl<F> Output<F> {
    /// The numbers to be written, all of them: they hold something else until then.
    pub fn as_mut_slice(&mut self) -> &mut [F] {
        let buffer = Arc::get_mut(&mut self.buffer).expect("a buffer from the pool has one holder");
        &mut buffer[..self.len]
    }
}

impl<'t, F: Real> Graph<'t, F> {
    /// A constant: nothing is differentiated by it. The numbers are shared, not copied.
    pub fn input(&'t self, tensor: &Tensor<F>) -> Var<'t, F> {
        self.push_leaf(Stored::Float(tensor.shared().clone()), tensor.shape(), false)
    }

    /// A value to differentiate by, as in `y.grad([x])`. The numbers are shared, not copied.
    pub fn leaf(&'t self, tensor: &Tensor<F>) -> Var<'t, F> {
        self.push_leaf(Stored::Float(tensor.shared().clone()), tensor.shape(), self.is_recording())
    }

    /// A constant of one element, without axes.
    pub fn scalar(&'t self, value: f64) -> Var<'t, F> {
        self.full(Shape::SCALAR, value)
    }

    /// A constant that repeats one number.
    pub fn full(&'t self, shape: impl Into<Shape>, value: f64) -> Var<'t, F> {
        let shape = shape.into();
        let mut out = self.output(shape);
        kernels::fill(out.as_mut_slice(), F::from_f64(value));
        self.constant(shape, out)
    }

    /// A constant whose numbers were written into an [`output`](Graph::output).
    pub fn constant(&'t self, shape: Shape, out: Output<F>) -> Var<'t, F> {
        self.push_leaf(Stored::Float(out.buffer), shape, false)
    }

    /// Indices as an input. The numbers are shared, not copied.
    pub fn indices(&'t self, indices: &Indices) -> IndexVar<'t, F> {
        IndexVar(self.push_leaf(Stored::Indices(indices.shared().clone()), indices.shape(), false))
    }

    /// A mask as an input. The numbers are shared, not copied.
    pub fn mask(&'t self, mask: &Mask) -> MaskVar<'t, F> {
        MaskVar(self.push_leaf(Stored::Mask(mask.shared().clone()), mask.shape(), false))
    }

    /// Indices that `fill` computes into a buffer of the tape.
    pub fn compute_indices(&'t self, shape: Shape, fill: impl FnOnce(&mut [u32])) -> IndexVar<'t, F> {
        let mut buffer = self.tape.indices.take(shape.len());
        fill(&mut Arc::get_mut(&mut buffer).expect("a buffer from the pool has one holder")[..shape.len()]);
        IndexVar(self.push_leaf(Stored::Indices(buffer), shape, false))
    }

    /// A mask that `fill` computes into a buffer of the tape.
    pub fn compute_mask(&'t self, shape: Shape, fill: impl FnOnce(&mut [u8])) -> MaskVar<'t, F> {
        let mut buffer = self.tape.masks.take(shape.len());
        fill(&mut Arc::get_mut(&mut buffer).expect("a buffer from the pool has one holder")[..shape.len()]);
        MaskVar(self.push_leaf(Stored::Mask(buffer), shape, false))
    }

    /// The value of a parameter; the same node however often it is asked for, so that tied layers add their gradients.
    ///
    /// # Panics
    /// When the id is of another store of parameters.
    #[track_caller]
    pub fn param(&'t self, id: ParamId) -> Var<'t, F> {
        let index = self.params.check(id);
        let entry = &self.params.entries()[index];
        let active = entry.is_trainable() && self.is_recording();
        // A node from a time without recording is a constant: while recording, the parameter needs another.
        if let Some(&(id, generation)) = self.tape.param_nodes.borrow().get(index)
            && self.is_current(id, generation)
            && (!active || self.tape.nodes.borrow().list[id as usize].active)
        {
            return Var::new(self, id, generation);
        }
        let var = self.push_leaf(Stored::Float(entry.tensor().shared().clone()), entry.tensor().shape(), active);
        let mut known = self.tape.param_nodes.borrow_mut();
        if known.len() <= index {
            known.resize(index + 1, (u32::MAX, 0));
        }
        known[index] = (var.id(), var.generation());
        var
    }

    /// The value of a buffer: a statistic that a layer keeps, such as a running mean.
    #[track_caller]
    pub fn buffer(&'t self, id: BufferId) -> Var<'t, F> {
        self.input(self.params.entries()[self.params.check(id.0)].tensor())
    }

    /// Proposes a new value of a buffer. The optimizer's step commits it together with the parameters.
    ///
    /// # Panics
    /// When the shape is not that of the buffer.
    #[track_caller]
    pub fn propose(&'t self, id: BufferId, value: Var<'t, F>) {
        let index = self.params.check(id.0);
        let (got, want) = (value.shape(), self.params.entries()[index].tensor().shape());
        if got != want {
            self.fail(format_args!("propose: shape of the buffer: left {got}, right {want}"));
        }
        let Stored::Float(buffer) = self.stored(value) else { released() };
        self.tape.proposals.borrow_mut().push((index, Tensor::from_shared(got, buffer)));
    }

    /// Whether operations are recorded, so that they can be differentiated.
    #[inline]
    pub fn is_recording(&self) -> bool {
        self.tape.recording.get()
    }

    /// Whether layers behave as in training: dropout drops, batch norm takes the statistics of the batch.
    pub fn is_training(&self) -> bool {
        self.tape.training.get()
    }

    /// Sets how layers behave for the rest of this step. [`Tape::grad`] starts with `true`, [`Tape::run`] and
    /// [`Tape::eval`] with `false`.
    pub fn set_training(&self, training: bool) {
        self.tape.training.set(training);
    }

    /// The key of the random numbers of one operation: the seed of the parameters, the number of the training step, and
    /// how many draws the step made before. The same key gives the same numbers, whoever runs first.
    pub fn random_key(&self) -> kernels::RandomKey {
        let draw = self.tape.draw.get();
        self.tape.draw.set(draw + 1);
        kernels::RandomKey { seed: self.params.seed(), step: self.params.step(), draw }
    }

    /// A stream of random numbers under a [`random_key`](Graph::random_key) of its own.
    pub fn random(&self) -> kernels::Random {
        self.random_key().into()
    }

    /// What [`replay`](Graph::replay) needs to compute again what is computed from here on.
    pub fn replay_point(&self) -> ReplayPoint {
        ReplayPoint { draw: self.tape.draw.get(), training: self.is_training() }
    }

    /// Runs `f` with operations recorded, and layers and random numbers as they were at `point`, then restores all
    /// three: an op that computes its inside again when it is differentiated (activation checkpointing) gets the same
    /// numbers.
    pub fn replay<R>(&self, point: ReplayPoint, f: impl FnOnce() -> R) -> R {
        let _recording = Restore::replace(&self.tape.recording, true);
        let _draw = Restore::replace(&self.tape.draw, point.draw);
        let _training = Restore::replace(&self.tape.training, point.training);
        f()
    }

    /// Runs `f` without recording: its operations are constants to everything that follows.
    pub fn no_grad<R>(&self, f: impl FnOnce() -> R) -> R {
        let _recording = Restore::replace(&self.tape.recording, false);
        f()
    }

    /// A buffer of the tape for a result of this shape.
    #[inline]
    pub fn output(&self, shape: Shape) -> Output<F> {
        self.tape.profile_start();
        let len = shape.len();
        self.tape.has_large.set(self.tape.has_large.get() | (len >= LEAST));
        Output { buffer: self.tape.floats.take(len), len }
    }

    /// Computes and records an op of floating-point inputs: `f` receives their numbers and writes the result.
    #[inline]
    #[track_caller]
    pub fn apply<const N: usize>(
        &'t self,
        op: impl Op<F> + Copy,
        inputs: [Var<'t, F>; N],
        shape: Shape,
        f: impl FnOnce([&[F]; N], &mut [F]),
    ) -> Var<'t, F> {
        self.apply_shaped(op, inputs, |_| shape, f)
    }

    /// As [`apply`](Graph::apply), with a shape that `shape` finds in the nodes, so that these are borrowed once.
    #[inline]
    #[track_caller]
    pub(crate) fn apply_shaped<const N: usize>(
        &'t self,
        op: impl Op<F> + Copy,
        inputs: [Var<'t, F>; N],
        shape: impl FnOnce(&[Node<F>]) -> Shape,
        f: impl FnOnce([&[F]; N], &mut [F]),
    ) -> Var<'t, F> {
        let nodes = self.tape.nodes.borrow();
        let mut active = false;
        let mut values: [&[F]; N] = [&[]; N];
        let mut list = [Input::default(); N];
        for ((value, input), x) in values.iter_mut().zip(&mut list).zip(inputs) {
            *input = x.into();
            active |= self.check(&nodes.list, *input).active;
            *value = nodes.floats(x.id());
        }
        let shape = shape(&nodes.list);
        let mut out = self.output(shape);
        f(values, out.as_mut_slice());
        drop(nodes);
        self.record_checked(op, &list, active && self.is_recording(), &shape, Stored::Float(out.buffer))
    }

    /// Records an op whose result `out` has been computed. Its inputs are forgotten when nothing will be differentiated
    /// through it.
    #[track_caller]
    pub fn record(&'t self, op: impl Op<F> + Copy, inputs: &[Input], shape: Shape, out: Output<F>) -> Var<'t, F> {
        self.record_stored(op, inputs, shape, Stored::Float(out.buffer))
    }

    /// Records an op whose result has the same numbers as `x`, under a shape of as many elements; copies nothing.
    #[track_caller]
    pub fn record_view(&'t self, op: impl Op<F> + Copy, x: Var<'t, F>, shape: Shape) -> Var<'t, F> {
        self.tape.profile_start();
        let stored = self.stored(x);
        self.record_stored(op, &[x.into()], shape, stored)
    }

    #[track_caller]
    pub(crate) fn record_stored(
        &'t self,
        op: impl Op<F> + Copy,
        inputs: &[Input],
        shape: Shape,
        value: Stored<F>,
    ) -> Var<'t, F> {
        self.record_checked(op, inputs, self.is_active(inputs), &shape, value)
    }

    /// As [`record_stored`](Self::record_stored), of inputs that are known not to be stale, and whether something may be
    /// differentiated through the op.
    #[inline]
    fn record_checked(
        &'t self,
        op: impl Op<F> + Copy,
        inputs: &[Input],
        active: bool,
        shape: &Shape,
        value: Stored<F>,
    ) -> Var<'t, F> {
        if self.tape.is_profiling() {
            self.profile_forward(&op, inputs, *shape, &value);
        }
        let generation = self.tape.generation.get();
        let mut nodes = self.tape.nodes.borrow_mut();
        let id = if active {
            let op = self.tape.ops.borrow_mut().take(nodes.list.len(), op);
            nodes.push(value, shape, Some(op), inputs, generation, true)
        } else {
            nodes.push(value, shape, None, &[], generation, false)
        };
        Var::new(self, id, generation)
    }

    /// Whether something may be differentiated through an op of these inputs; panics where one is stale.
    #[track_caller]
    fn is_active(&self, inputs: &[Input]) -> bool {
        let nodes = self.tape.nodes.borrow();
        let mut active = false;
        for &input in inputs {
            active |= self.check(&nodes.list, input).active;
        }
        active && self.is_recording()
    }

    pub(crate) fn push_leaf(&'t self, value: Stored<F>, shape: Shape, active: bool) -> Var<'t, F> {
        let generation = self.tape.generation.get();
        let id = self.tape.nodes.borrow_mut().push(value, &shape, None, &[], generation, active);
        Var::new(self, id, generation)
    }

    /// The node of a handle.
    #[inline]
    #[track_caller]
    fn check<'n>(&self, list: &'n [Node<F>], input: Input) -> &'n Node<F> {
        match list.get(input.id as usize) {
            Some(node) if node.generation == input.generation => node,
            _ => self.stale(),
        }
    }

    #[track_caller]
    #[cold]
    #[inline(never)]
    fn stale(&self) -> ! {
        self.fail(format_args!("stale handle: the scope that made this value is over; return the value from the scope"))
    }

    pub(crate) fn is_current(&self, id: u32, generation: u32) -> bool {
        self.tape.nodes.borrow().list.get(id as usize).is_some_and(|node| node.generation == generation)
    }

    #[inline]
    #[track_caller]
    pub(crate) fn node(&self, var: Var<'_, F>) -> Ref<'_, Node<F>> {
        let nodes = self.tape.nodes.borrow();
        self.check(&nodes.list, var.into());
        Ref::map(nodes, |nodes| &nodes.list[var.id() as usize])
    }

    #[track_caller]
    pub(crate) fn stored(&self, var: Var<'_, F>) -> Stored<F> {
        self.node(var).value.clone()
    }

    #[inline]
    #[track_caller]
    pub(crate) fn shape_of(&self, var: Var<'_, F>) -> Shape {
        self.node(var).shape
    }

    /// Whether a value has the shape of the node number `id`.
    #[track_caller]
    pub(crate) fn have_equal_shapes(&self, var: Var<'_, F>, id: u32) -> bool {
        let nodes = self.tape.nodes.borrow();
        self.check(&nodes.list, var.into()).shape == nodes.list[id as usize].shape
    }

    #[track_caller]
    pub(crate) fn floats_of(&self, var: Var<'_, F>) -> Value<'t, F> {
        let node = self.node(var);
        match &node.value {
            Stored::Float(buffer) => Value::new(&self.tape.floats, buffer.clone(), node.shape.len()),
            _ => released(),
        }
    }

    #[track_caller]
    pub(crate) fn indices_of(&self, var: Var<'_, F>) -> Value<'t, u32> {
        let node = self.node(var);
        match &node.value {
            Stored::Indices(buffer) => Value::new(&self.tape.indices, buffer.clone(), node.shape.len()),
            _ => released(),
        }
    }

    #[track_caller]
    pub(crate) fn mask_of(&self, var: Var<'_, F>) -> Value<'t, u8> {
        let node = self.node(var);
        match &node.value {
            Stored::Mask(buffer) => Value::new(&self.tape.masks, buffer.clone(), node.shape.len()),
            _ => released(),
        }
    }

    /// The handle of node number `id`, as it is now.
    #[inline]
    pub(crate) fn var_at(&'t self, id: u32) -> Var<'t, F> {
        Var::new(self, id, self.tape.nodes.borrow().list[id as usize].generation)
    }

    #[inline]
    pub(crate) fn input_of(&self, id: u32, i: usize) -> u32 {
        self.tape.nodes.borrow().inputs(id as usize)[i]
    }

    pub(crate) fn input_count_of(&self, id: u32) -> usize {
        self.tape.nodes.borrow().inputs(id as usize).len()
    }
}
