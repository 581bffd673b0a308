//! [`Sequential`]: one layer after the other.

use crate::{DynLayer, Layer};
use tape::{Real, Var};

/// Layers applied one after the other. It is a layer itself, so it nests.
///
/// In evaluation each layer gives its memory back, so that the whole needs the memory of two layers.
#[derive(Default)]
pub struct Sequential {
    layers: Vec<Box<dyn DynLayer + Send + Sync>>,
}

impl Sequential {
    /// No layers: the identity.
    pub fn new() -> Self {
        Sequential::default()
    }

    /// The same with one layer more at the end.
    pub fn then(mut self, layer: impl Layer + Send + Sync + 'static) -> Self {
        self.layers.push(Box::new(layer));
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
}

impl Layer for Sequential {
    fn forward<'t, F: Real>(&self, x: Var<'t, F>) -> Var<'t, F> {
        let scope = x.graph().open_scope();
        self.layers.iter().fold(x, |x, layer| match F::restore(layer.forward_any(F::erase(x))) {
            Some(y) => scope.keep(y),
            None => unreachable!("a layer keeps the precision of its input"),
        })
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
