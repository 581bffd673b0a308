//! [`Params`]: all the numbers that a model owns, by name.

use crate::{Real, Shape, Step, Tensor};
use std::sync::atomic::{AtomicU32, Ordering};

/// A parameter of one store: what a layer keeps of it. Copying it ties two layers together.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct ParamId {
    store: u32,
    index: u32,
}

/// A buffer of one store: a statistic that a layer keeps, which no gradient changes.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct BufferId(pub(crate) ParamId);

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Kind {
    Trainable,
    Frozen,
    Buffer,
}

/// One parameter or buffer: its dotted name and its numbers.
#[derive(Clone, Debug)]
pub struct Param<F: Real = f32> {
    name: String,
    tensor: Tensor<F>,
    kind: Kind,
}

impl<F: Real> Param<F> {
    /// The dotted name, as in `encoder.layers.1.weight`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The numbers.
    pub fn tensor(&self) -> &Tensor<F> {
        &self.tensor
    }

    /// Whether gradients are computed for it: neither frozen nor a buffer.
    pub fn is_trainable(&self) -> bool {
        self.kind == Kind::Trainable
    }

    /// Whether it is a buffer.
    pub fn is_buffer(&self) -> bool {
        self.kind == Kind::Buffer
    }
}

/// How a parameter starts. The usual ones are in the crate of layers.
pub trait Init {
    /// Writes the first values of a parameter of this shape.
    fn fill<F: Real>(&self, shape: Shape, random: &mut kernels::Random, out: &mut [F]);
}

/// A constant.
impl Init for f64 {
    fn fill<F: Real>(&self, _: Shape, _: &mut kernels::Random, out: &mut [F]) {
        out.fill(F::from_f64(*self));
    }
}

/// The numbers themselves, in row-major order.
impl Init for &[f64] {
    fn fill<F: Real>(&self, _: Shape, _: &mut kernels::Random, out: &mut [F]) {
        out.iter_mut().zip(*self).for_each(|(out, &x)| *out = F::from_f64(x));
    }
}

/// All parameters and buffers of a model, in the order of their creation, and what makes a run reproducible: the seed
/// and the number of the training step.
///
/// Saving, loading, freezing, averaging and changing the precision are loops over one list.
///
/// ```
/// use retrograde_tape::Params;
/// let mut params = Params::<f32>::new(7);
/// let weight = params.root().at("layer").param("weight", [2, 3], 0.5);
/// assert_eq!(params.get(weight).name(), "layer.weight");
/// assert_eq!(params.count(), 6);
/// ```
#[derive(Debug)]
pub struct Params<F: Real = f32> {
    store: u32,
    seed: u64,
    step: u64,
    entries: Vec<Param<F>>,
}

impl<F: Real> Clone for Params<F> {
    /// The same numbers, shared until one of the two changes them; ids are valid in both.
    fn clone(&self) -> Self {
        Params { store: self.store, seed: self.seed, step: self.step, entries: self.entries.clone() }
    }
}

/// Draw numbers of initialization are apart from those of training steps.
const INITIALIZATION: u64 = u64::MAX;

impl<F: Real> Params<F> {
    /// An empty store. The seed decides the initial values and every random number of training.
    pub fn new(seed: u64) -> Self {
        // The only global of the workspace: it tells ids of different stores apart and enters no computation.
        static NEXT: AtomicU32 = AtomicU32::new(0);
        Params { store: NEXT.fetch_add(1, Ordering::Relaxed), seed, step: 0, entries: Vec::new() }
    }

    /// Where layers add their parameters, at the top of the tree of names.
    pub fn root(&mut self) -> ParamPath<'_, F> {
        ParamPath { params: self, path: String::new() }
    }

    /// The seed.
    pub fn seed(&self) -> u64 {
        self.seed
    }

    /// How many optimizer steps the parameters have seen.
    pub fn step(&self) -> u64 {
        self.step
    }

    /// Sets the number of optimizer steps, as when a checkpoint is loaded.
    pub fn set_step(&mut self, step: u64) {
        self.step = step;
    }

    /// Every parameter and buffer, in the order of creation.
    pub fn entries(&self) -> &[Param<F>] {
        &self.entries
    }

    /// How many numbers there are in all parameters; buffers do not count.
    pub fn count(&self) -> usize {
        self.entries.iter().filter(|p| !p.is_buffer()).map(|p| p.tensor.shape().len()).sum()
    }

    /// One parameter.
    ///
    /// # Panics
    /// When the id is of another store.
    #[track_caller]
    pub fn get(&self, id: ParamId) -> &Param<F> {
        &self.entries[self.check(id)]
    }

    /// The numbers of a parameter, to be changed.
    ///
    /// # Panics
    /// When the id is of another store.
    #[track_caller]
    pub fn get_mut(&mut self, id: ParamId) -> &mut Tensor<F> {
        let index = self.check(id);
        &mut self.entries[index].tensor
    }

    /// The numbers of the parameter or buffer of this name, to be changed; `None` where there is none.
    pub fn by_name_mut(&mut self, name: &str) -> Option<&mut Tensor<F>> {
        self.entries.iter_mut().find(|p| p.name == name).map(|p| &mut p.tensor)
    }

    /// The name and the numbers of every parameter and buffer, to be changed, in the order of creation.
    pub fn tensors_mut(&mut self) -> impl Iterator<Item = (&str, &mut Tensor<F>)> {
        self.entries.iter_mut().map(|p| (p.name.as_str(), &mut p.tensor))
    }

    /// Freezes or thaws the parameters whose name `choose` accepts. A frozen parameter is a constant: nothing is swept
    /// for it, it has no gradient, and no optimizer moves it.
    pub fn set_frozen(&mut self, frozen: bool, choose: impl Fn(&str) -> bool) {
        let kind = if frozen { Kind::Frozen } else { Kind::Trainable };
        self.entries.iter_mut().filter(|p| !p.is_buffer() && choose(&p.name)).for_each(|p| p.kind = kind);
    }

    /// The same store at another precision; ids are valid in both.
    pub fn cast<G: Real>(&self) -> Params<G> {
        let entries = self.entries.iter().map(|p| {
            let values = p.tensor.as_slice();
            let tensor = Tensor::from_fn(p.tensor.shape(), |i| G::from_f64(values[i].to_f64()));
            Param { name: p.name.clone(), tensor, kind: p.kind }
        });
        Params { store: self.store, seed: self.seed, step: self.step, entries: entries.collect() }
    }

    /// Commits a step: calls `update` with the index, the numbers and the gradient of every parameter that has one,
    /// takes over the proposed buffers, and counts the step. Optimizers are written with this.
    ///
    /// # Panics
    /// When the step was taken with other parameters.
    #[track_caller]
    pub fn commit(&mut self, step: &Step<F>, mut update: impl FnMut(usize, &mut [F], &[F])) {
        step.check(self);
        for (index, gradient) in step.iter() {
            update(index, self.entries[index].tensor.as_mut_slice(), gradient.as_slice());
        }
        for (index, value) in step.proposals() {
            self.entries[*index].tensor.as_mut_slice().copy_from_slice(value.as_slice());
        }
        self.step += 1;
    }

    pub(crate) fn store(&self) -> u32 {
        self.store
    }

    #[track_caller]
    pub(crate) fn check(&self, id: ParamId) -> usize {
        assert!(
            id.store == self.store,
            "param: the id is of another store (left {}, right {}): a model works with the Params it was made with, \
             their clones and casts",
            id.store,
            self.store
        );
        id.index as usize
    }
}

/// A place in the tree of names, where a layer adds its parameters.
#[derive(Debug)]
pub struct ParamPath<'p, F: Real = f32> {
    params: &'p mut Params<F>,
    path: String,
}

impl<F: Real> ParamPath<'_, F> {
    /// The place below this one.
    pub fn at(&mut self, name: impl std::fmt::Display) -> ParamPath<'_, F> {
        let path = self.join(name);
        ParamPath { params: self.params, path }
    }

    /// The dotted name of this place; empty at the root.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Adds a parameter.
    ///
    /// # Panics
    /// When there is one of this name already.
    #[track_caller]
    pub fn param(&mut self, name: &str, shape: impl Into<Shape>, init: impl Init) -> ParamId {
        self.add(name, shape.into(), init, Kind::Trainable)
    }

    /// Adds a buffer: a statistic that a layer keeps, which is saved but has no gradient.
    ///
    /// # Panics
    /// When there is a parameter or buffer of this name already.
    #[track_caller]
    pub fn buffer(&mut self, name: &str, shape: impl Into<Shape>, init: impl Init) -> BufferId {
        BufferId(self.add(name, shape.into(), init, Kind::Buffer))
    }

    fn join(&self, name: impl std::fmt::Display) -> String {
        if self.path.is_empty() { name.to_string() } else { format!("{}.{name}", self.path) }
    }

    #[track_caller]
    fn add(&mut self, name: &str, shape: Shape, init: impl Init, kind: Kind) -> ParamId {
        let name = self.join(name);
        let params = &mut *self.params;
        assert!(params.entries.iter().all(|p| p.name != name), "param: there is a {name} already");
        let index = params.entries.len();
        let mut tensor = Tensor::full(shape, F::ZERO);
        let mut random = kernels::Random::new(params.seed, INITIALIZATION, index as u64);
        init.fill(shape, &mut random, tensor.as_mut_slice());
        params.entries.push(Param { name, tensor, kind });
        ParamId { store: params.store, index: index as u32 }
    }
}
