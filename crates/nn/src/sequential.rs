//! [`Sequential`]: one layer after the other.

use crate::{DynLayer, Layer};
use tape::{Real, Var};

/// Layers applied one after the other, each with a name. It is a layer itself, so it nests.
///
/// In evaluation each layer gives its memory back, so that the whole needs the memory of two layers.
///
/// What the layers compute on the way can be had, and gone on from, by their places:
///
/// ```
/// use retrograde_nn::{Layer, Relu, Sequential, Tanh};
/// # extern crate tape as retrograde_tape;
/// use retrograde_tape::{Params, Tape, Tensor};
/// let model = Sequential::new().then(Relu).named("squashed", Tanh);
/// let names: Vec<&str> = model.names().collect();
/// assert_eq!(names, ["0", "squashed"]);
/// Tape::<f32>::new().run(&Params::new(0), |t| {
///     let x = t.input(&Tensor::from_vec([2], vec![-1.0, 1.0]));
///     let half_way = model.forward_to(x, model.position("0").unwrap());
///     assert_eq!(*half_way.value(), [0.0, 1.0]);
///     assert_eq!(*model.forward_from(half_way, 0).value(), *model.forward(x).value());
/// });
/// ```
#[derive(Default)]
pub struct Sequential {
    layers: Vec<(String, Box<dyn DynLayer + Send + Sync>)>,
}

impl Sequential {
    /// No layers: the identity.
    pub fn new() -> Self {
        Sequential::default()
    }

    /// The same with one layer more at the end, whose name is its number, from 0.
    pub fn then(self, layer: impl Layer + Send + Sync + 'static) -> Self {
        let name = self.layers.len().to_string();
        self.named(name, layer)
    }

    /// The same with one layer more at the end.
    pub fn named(mut self, name: impl Into<String>, layer: impl Layer + Send + Sync + 'static) -> Self {
        self.layers.push((name.into(), Box::new(layer)));
        self
    }

    /// How many layers there are.
    pub fn len(&self) -> usize {
        self.layers.len()
    }

    /// Whether there is no layer.
    pub fn is_empty(&self) -> bool {
        self.layers.is_empty()
    }

    /// What the layers are called.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.layers.iter().map(|(name, _)| name.as_str())
    }

    /// The place of the layer of that name, from 0.
    pub fn position(&self, name: &str) -> Option<usize> {
        self.names().position(|other| other == name)
    }

    /// The result of the layer at a place.
    ///
    /// # Panics
    /// When there is no such layer.
    #[track_caller]
    pub fn forward_to<'t, F: Real>(&self, x: Var<'t, F>, last: usize) -> Var<'t, F> {
        assert!(last < self.len(), "forward_to: layer {last} of {}", self.len());
        self.run(x, 0..last + 1)
    }

    /// The result of the whole, from that of the layer at a place.
    ///
    /// # Panics
    /// When there is no such layer.
    #[track_caller]
    pub fn forward_from<'t, F: Real>(&self, y: Var<'t, F>, last: usize) -> Var<'t, F> {
        assert!(last < self.len(), "forward_from: layer {last} of {}", self.len());
        self.run(y, last + 1..self.len())
    }

    /// Calls `see` with the results of the layers at some places, in ascending order; layers behind the last one do not
    /// run.
    ///
    /// # Panics
    /// When there is no such layer, or the places do not ascend.
    #[track_caller]
    pub fn activations<'t, F: Real>(&self, x: Var<'t, F>, places: &[usize], mut see: impl FnMut(Var<'t, F>)) {
        let (mut done, mut y) = (0, x);
        for &place in places {
            assert!(done <= place && place < self.len(), "activations: layer {place} of {}, after {done}", self.len());
            y = self.run(y, done..place + 1);
            done = place + 1;
            see(y);
        }
    }

    fn run<'t, F: Real>(&self, x: Var<'t, F>, range: std::ops::Range<usize>) -> Var<'t, F> {
        let scope = x.graph().open_scope();
        self.layers[range].iter().fold(x, |x, (_, layer)| match F::restore(layer.forward_any(F::erase(x))) {
            Some(y) => scope.keep(y),
            None => unreachable!("a layer keeps the precision of its input"),
        })
    }
}

impl Layer for Sequential {
    fn forward<'t, F: Real>(&self, x: Var<'t, F>) -> Var<'t, F> {
        self.run(x, 0..self.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Linear, Relu, Tanh};
    use tape::{Params, Tape, Tensor};

    #[test]
    fn evaluation_needs_the_memory_of_two_layers() {
        const WIDTH: usize = 512;
        let bytes = |layers: usize| {
            let mut model = Sequential::new();
            for _ in 0..layers {
                model = model.then(Tanh);
            }
            let mut tape = Tape::<f32>::new();
            tape.eval(&Params::new(0), |t| model.forward(t.input(&Tensor::full([WIDTH], 0.5))).shape().len());
            tape.bytes()
        };
        assert_eq!(bytes(2), 2 * WIDTH * size_of::<f32>());
        assert_eq!(bytes(20), bytes(2));
    }

    #[test]
    fn the_same_model_at_both_precisions() {
        let mut params = Params::<f32>::new(3);
        let mut root = params.root();
        let hidden = Linear::new(root.at("hidden"), 4, 4);
        // Tied on purpose: the same layer twice.
        let inner = Sequential::new().then(hidden).then(Tanh).then(hidden);
        let model = Sequential::new().then(inner).then(Relu).then(Linear::new(root.at("out"), 4, 2));
        let x = Tensor::from_fn([3, 4], |i| i as f32 * 0.1 - 0.5);
        let mut tape = Tape::new();
        let (loss, step) = tape.grad(&params, |t| model.forward(t.input(&x)).sum(..));
        let x64 = Tensor::from_fn([3, 4], |i| x.as_slice()[i] as f64);
        let params64 = params.cast::<f64>();
        let mut tape64 = Tape::new();
        let (loss64, step64) = tape64.grad(&params64, |t| model.forward(t.input(&x64)).sum(..));
        assert!((loss as f64 - loss64).abs() < 1e-5);
        assert_eq!((step.iter().count(), step64.iter().count()), (4, 4));
        for ((_, a), (_, b)) in step.iter().zip(step64.iter()) {
            assert!(a.as_slice().iter().zip(b.as_slice()).all(|(&a, b)| (a as f64 - b).abs() < 1e-5));
        }
    }
}
