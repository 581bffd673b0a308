//! Scopes of a step: [`Graph::scope`] gives memory back early, [`Graph::within`] says which layer is being computed.

use crate::node::Stored;
use crate::release::LEAST;
use crate::{Graph, IndexVar, MaskVar, ParamId, Real, Shape, Var};
use std::cell::Cell;

/// What a [`scope`](Graph::scope) may return: handles, which it keeps alive, plain numbers, and tuples, arrays, options
/// and vectors of them.
pub trait Escape<'t, F: Real>: Sized {
    /// Passes every handle through `keep`.
    #[doc(hidden)]
    fn keep(self, keep: &mut dyn FnMut(Var<'t, F>) -> Var<'t, F>) -> Self;
}

impl<'t, F: Real> Escape<'t, F> for Var<'t, F> {
    fn keep(self, keep: &mut dyn FnMut(Var<'t, F>) -> Var<'t, F>) -> Self {
        keep(self)
    }
}

impl<'t, F: Real> Escape<'t, F> for IndexVar<'t, F> {
    fn keep(self, keep: &mut dyn FnMut(Var<'t, F>) -> Var<'t, F>) -> Self {
        IndexVar(keep(self.0))
    }
}

impl<'t, F: Real> Escape<'t, F> for MaskVar<'t, F> {
    fn keep(self, keep: &mut dyn FnMut(Var<'t, F>) -> Var<'t, F>) -> Self {
        MaskVar(keep(self.0))
    }
}

impl<'t, F: Real, E: Escape<'t, F>, const N: usize> Escape<'t, F> for [E; N] {
    fn keep(self, keep: &mut dyn FnMut(Var<'t, F>) -> Var<'t, F>) -> Self {
        self.map(|e| e.keep(keep))
    }
}

impl<'t, F: Real, E: Escape<'t, F>> Escape<'t, F> for Vec<E> {
    fn keep(self, keep: &mut dyn FnMut(Var<'t, F>) -> Var<'t, F>) -> Self {
        self.into_iter().map(|e| e.keep(keep)).collect()
    }
}

impl<'t, F: Real, E: Escape<'t, F>> Escape<'t, F> for Option<E> {
    fn keep(self, keep: &mut dyn FnMut(Var<'t, F>) -> Var<'t, F>) -> Self {
        self.map(|e| e.keep(keep))
    }
}

impl<'t, F: Real, A: Escape<'t, F>, B: Escape<'t, F>> Escape<'t, F> for (A, B) {
    fn keep(self, keep: &mut dyn FnMut(Var<'t, F>) -> Var<'t, F>) -> Self {
        (self.0.keep(keep), self.1.keep(keep))
    }
}

macro_rules! plain {
    ($($plain:ty),*) => {$(
        impl<'t, F: Real> Escape<'t, F> for $plain {
            fn keep(self, _: &mut dyn FnMut(Var<'t, F>) -> Var<'t, F>) -> Self {
                self
            }
        }
    )*};
}

plain!((), bool, u32, u64, usize, f32, f64);

/// Says, while it lives, which layer is being computed; made by [`Graph::within`].
pub struct Within<'t, F: Real> {
    graph: &'t Graph<'t, F>,
    outer: Option<ParamId>,
}

impl<F: Real> Drop for Within<'_, F> {
    fn drop(&mut self) {
        // While a panic unwinds the innermost layer stays, for those who catch it and ask.
        if !std::thread::panicking() {
            self.graph.tape.layer.set(self.outer);
        }
    }
}

/// A place on the tape, up to which it can be emptied; made by [`Graph::open_scope`].
pub struct Scope<'t, F: Real> {
    graph: &'t Graph<'t, F>,
    mark: Cell<usize>,
}

impl<'t, F: Real> Scope<'t, F> {
    /// While nothing is recorded, gives back everything that was made since the scope began, except this, which is
    /// returned under new handles; the old ones are stale. While recording, just returns it, and in a training step gives
    /// back what no rule of differentiation reads.
    #[track_caller]
    pub fn keep<E: Escape<'t, F>>(&self, result: E) -> E {
        let (graph, mark) = (self.graph, self.mark.get());
        if graph.is_recording() {
            return if graph.tape.gives_back.get() { self.keep_what_is_read(result) } else { result };
        }
        if graph.node_count() <= mark {
            return result;
        }
        // The survivors are renumbered behind the mark, in the generation that begins when the rest is forgotten.
        let generation = graph.tape.generation.get() + 1;
        let mut survivors: Vec<(Stored<F>, Shape)> = std::mem::take(&mut *graph.tape.survivors.borrow_mut());
        let result = result.keep(&mut |var| {
            if (var.id() as usize) < mark {
                return var;
            }
            survivors.push((graph.stored(var), var.shape()));
            Var::new(graph, (mark + survivors.len() - 1) as u32, generation)
        });
        graph.truncate(mark);
        for (value, shape) in survivors.drain(..) {
            graph.push_leaf(value, shape, false);
        }
        *graph.tape.survivors.borrow_mut() = survivors;
        result
    }

    /// The next time begins with what is kept now: of what lies before, all has been decided.
    fn keep_what_is_read<E: Escape<'t, F>>(&self, result: E) -> E {
        let mut held = std::mem::take(&mut *self.graph.tape.held.borrow_mut());
        let result = result.keep(&mut |var| {
            held.push(var.id() as usize);
            var
        });
        let mark = self.mark.get();
        if self.graph.tape.has_large.get() {
            self.graph.release_unread(mark, held.iter().copied(), LEAST);
        }
        let first = held.drain(..).filter(|&id| id >= mark).min();
        self.mark.set(first.unwrap_or_else(|| self.graph.node_count().max(mark)));
        *self.graph.tape.held.borrow_mut() = held;
        result
    }
}

impl<'t, F: Real> Graph<'t, F> {
    /// While nothing is recorded (in [`Tape::eval`](crate::Tape::eval) or [`no_grad`](Graph::no_grad)), gives back
    /// everything that `f` made except what it returns, so that evaluating layer after layer needs the memory of two
    /// layers. While recording, just runs `f`, since the reverse sweep needs what it made; in a training step
    /// ([`Tape::grad`](crate::Tape::grad)) what no rule of differentiation [reads](crate::Op::reads) is given back, too.
    ///
    /// Handles of values that were given back are stale: using one panics.
    ///
    /// ```
    /// use retrograde_tape::{Params, Tape, Tensor};
    /// Tape::<f32>::new().eval(&Params::new(0), |t| {
    ///     let x = t.input(&Tensor::full([1000], 1.0));
    ///     let y = t.scope(|| (x * 2.0).exp().sum(..));
    ///     assert_eq!(y.shape().rank(), 0);
    /// });
    /// ```
    pub fn scope<E: Escape<'t, F>>(&'t self, f: impl FnOnce() -> E) -> E {
        let scope = self.open_scope();
        scope.keep(f())
    }

    /// A [`scope`](Graph::scope) that begins here and is emptied as often as one likes, by [`Scope::keep`].
    pub fn open_scope(&'t self) -> Scope<'t, F> {
        Scope { graph: self, mark: Cell::new(self.node_count()) }
    }

    /// Says, as long as the result lives, that the layer of this parameter is being computed: messages about misuse
    /// begin with its path (`in encoder.layers.1.attention: matmul: …`).
    ///
    /// # Panics
    /// When the id is of another store of parameters.
    #[track_caller]
    pub fn within(&'t self, id: ParamId) -> Within<'t, F> {
        self.params.check(id);
        Within { graph: self, outer: self.tape.layer.replace(Some(id)) }
    }

    /// The dotted name of the layer that is being computed.
    pub(crate) fn layer_path(&self) -> Option<&str> {
        let name = self.params.get(self.tape.layer.get()?).name();
        Some(name.rsplit_once('.').map_or(name, |(path, _)| path))
    }
}
