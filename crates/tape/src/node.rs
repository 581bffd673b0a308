//! What the tape holds: one [`Node`] a value, in the order of computation.

use crate::{Input, Op, Real, Shape};
use std::any::{Any, TypeId};
use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use triomphe::Arc;

/// The numbers of a node.
pub(crate) enum Stored<F> {
    Float(Arc<kernels::Array<F>>),
    Indices(Arc<kernels::Array<u32>>),
    Mask(Arc<kernels::Array<u8>>),
    /// Given back: the reverse sweep has passed, or the step is over.
    Released,
}

impl<F> Clone for Stored<F> {
    fn clone(&self) -> Self {
        match self {
            Stored::Float(buffer) => Stored::Float(buffer.clone()),
            Stored::Indices(buffer) => Stored::Indices(buffer.clone()),
            Stored::Mask(buffer) => Stored::Mask(buffer.clone()),
            Stored::Released => Stored::Released,
        }
    }
}

/// A value on the tape, and how it came about if something may be differentiated through it.
pub(crate) struct Node<F> {
    pub(crate) value: Stored<F>,
    pub(crate) shape: Shape,
    pub(crate) op: Option<Box<dyn Op<F>>>,
    pub(crate) first_input: u32,
    pub(crate) input_count: u32,
    /// Tells a node from an earlier one in the same place.
    pub(crate) generation: u32,
    /// Depends on a leaf or a trainable parameter, and was recorded.
    pub(crate) active: bool,
}

/// The nodes, and their inputs one after the other.
pub(crate) struct Nodes<F> {
    pub(crate) list: Vec<Node<F>>,
    pub(crate) edges: Vec<u32>,
}

impl<F> Default for Nodes<F> {
    fn default() -> Self {
        Nodes { list: Vec::new(), edges: Vec::new() }
    }
}

impl<F> Nodes<F> {
    /// Appends a node and returns its number. There is room for it before it is made: so it is written to its place,
    /// and not built elsewhere and copied, which takes 10 ns more. The shape comes by reference, so that it is copied
    /// whole: taken apart and put together again, it stalls the processor.
    pub(crate) fn push(
        &mut self,
        value: Stored<F>,
        &shape: &Shape,
        op: Option<Box<dyn Op<F>>>,
        inputs: &[Input],
        generation: u32,
        active: bool,
    ) -> u32 {
        let first_input = self.edges.len() as u32;
        self.edges.extend(inputs.iter().map(|input| input.id));
        if self.list.len() == self.list.capacity() {
            self.list.reserve(1);
        }
        assert!(self.list.len() < self.list.capacity());
        self.list.push(Node { value, shape, op, first_input, input_count: inputs.len() as u32, generation, active });
        self.list.len() as u32 - 1
    }

    /// The inputs of a node, by number.
    #[inline]
    pub(crate) fn inputs(&self, id: usize) -> &[u32] {
        let node = &self.list[id];
        &self.edges[node.first_input as usize..][..node.input_count as usize]
    }

    /// The numbers of a node that holds floating-point numbers.
    #[inline]
    #[track_caller]
    pub(crate) fn floats(&self, id: u32) -> &[F] {
        let node = &self.list[id as usize];
        match &node.value {
            Stored::Float(buffer) => &buffer[..node.shape.len()],
            _ => released(),
        }
    }
}

/// A released value can only be reached by a rule that reads what the sweep already gave back or what its op does not say
/// that it reads, and by a handle from within a scope that is over.
#[cold]
#[inline(never)]
#[track_caller]
pub(crate) fn released() -> ! {
    panic!("value: given back by the reverse sweep, or at the end of the scope that made it; return it from the scope")
}

/// Boxes of ops that no node holds, so that recording an op allocates nothing in steady state.
pub(crate) struct OpPool<F> {
    /// The box that the node in each place had in the last step: most often the next step has the same op there.
    recent: Vec<Option<Box<dyn Op<F>>>>,
    by_type: HashMap<TypeId, Vec<Box<dyn Op<F>>>, BuildHasherDefault<TypeHasher>>,
}

impl<F> Default for OpPool<F> {
    fn default() -> Self {
        OpPool { recent: Vec::new(), by_type: HashMap::default() }
    }
}

impl<F: Real> OpPool<F> {
    /// The op, in a box, for the node in the place `id`.
    #[inline]
    pub(crate) fn take<O: Op<F>>(&mut self, id: usize, op: O) -> Box<dyn Op<F>> {
        if let Some(mut recent) = self.recent.get_mut(id).and_then(Option::take) {
            if let Some(slot) = (&mut *recent as &mut dyn Any).downcast_mut::<O>() {
                *slot = op;
                return recent;
            }
            self.give(recent);
        }
        let Some(mut reused) = self.take_box(TypeId::of::<O>()) else { return Box::new(op) };
        let slot = (&mut *reused as &mut dyn Any).downcast_mut::<O>();
        *slot.expect("a box of the type that was asked for") = op;
        reused
    }

    fn take_box(&mut self, type_id: TypeId) -> Option<Box<dyn Op<F>>> {
        self.by_type.get_mut(&type_id).and_then(Vec::pop)
    }

    /// Takes the box of the node in the place `id` back, as a step ends.
    #[inline]
    pub(crate) fn give_recent(&mut self, id: usize, op: Box<dyn Op<F>>) {
        if self.recent.len() <= id {
            self.recent.resize_with(id + 1, || None);
        }
        if let Some(older) = self.recent[id].replace(op) {
            self.give(older);
        }
    }

    /// Takes a box back.
    pub(crate) fn give(&mut self, op: Box<dyn Op<F>>) {
        let type_id = (&*op as &dyn Any).type_id();
        self.by_type.entry(type_id).or_default().push(op);
    }
}

/// A `TypeId` is a hash already.
#[derive(Default)]
pub(crate) struct TypeHasher(u64);

impl Hasher for TypeHasher {
    fn finish(&self) -> u64 {
        self.0
    }
    fn write(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(byte);
        }
    }
    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }
}
