//! Activations that another op may apply to its result. Each is differentiable by its output alone: with `y` the output,
//! ReLU `dx = g · (y > 0)`, sigmoid `dx = g · y (1 − y)`, tanh `dx = g · (1 − y²)`. Their gradient checks are those of the
//! ops of the same name and of `linear`, which fuses them.

use super::{relu, sigmoid, tanh};
use crate::node::Stored;
use crate::{Real, Var};
pub use kernels::Activation;
use triomphe::Arc;

/// The name of the op that the activation is.
pub(crate) fn activation_name(activation: Activation) -> &'static str {
    match activation {
        Activation::Identity => "identity",
        Activation::Relu => "relu",
        Activation::Sigmoid => "sigmoid",
        Activation::Tanh => "tanh",
    }
}

/// The cotangent of what the activation was applied to, from its output `y` and the cotangent `g` of that.
#[track_caller]
pub(crate) fn activation_vjp<'t, F: Real>(activation: Activation, y: Var<'t, F>, g: Var<'t, F>) -> Var<'t, F> {
    match activation {
        Activation::Identity => g,
        Activation::Relu => g.relu_backward(y),
        Activation::Sigmoid => g.sigmoid_backward(y),
        Activation::Tanh => g.tanh_backward(y),
    }
}

/// As [`activation_vjp`], for a sweep of first order: in the buffer of `g`, unless something else holds that as well.
#[track_caller]
pub(crate) fn activation_vjp_in_place<'t, F: Real>(activation: Activation, y: Var<'t, F>, g: Var<'t, F>) -> Var<'t, F> {
    let id = g.id() as usize;
    let mut nodes = g.graph().tape.nodes.borrow_mut();
    let mut taken = std::mem::replace(&mut nodes.list[id].value, Stored::Released);
    let buffer = match &mut taken {
        Stored::Float(buffer) => Arc::get_mut(buffer),
        _ => None,
    };
    let in_place = buffer.is_some();
    if let Some(buffer) = buffer {
        let y = nodes.floats(y.id());
        let g = &mut buffer[..y.len()];
        match activation {
            Activation::Identity => {}
            Activation::Relu => kernels::update(g, y, |g, y| *g = relu::slope(*g, y)),
            Activation::Sigmoid => kernels::update(g, y, |g, y| *g = sigmoid::slope(*g, y)),
            Activation::Tanh => kernels::update(g, y, |g, y| *g = tanh::slope(*g, y)),
        }
    }
    nodes.list[id].value = taken;
    drop(nodes);
    if in_place { g } else { activation_vjp(activation, y, g) }
}

impl<'t, F: Real> Var<'t, F> {
    /// The activation, as the op of its name.
    #[track_caller]
    pub fn activate(self, activation: Activation) -> Self {
        match activation {
            Activation::Identity => self,
            Activation::Relu => self.relu(),
            Activation::Sigmoid => self.sigmoid(),
            Activation::Tanh => self.tanh(),
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::{Activation, Params, Rewrite, Tape, Tensor, gradcheck};

    #[test]
    fn fused() {
        for activation in [Activation::Relu, Activation::Sigmoid, Activation::Tanh] {
            gradcheck::pair(move |x, w| x.linear_activated(w, None, activation), -1.0..1.0, &[3, 4], &[5, 4]);
        }
    }

    /// The numbers of a cotangent that is asked for, or was given to two, stay what they are.
    #[test]
    fn a_cotangent_that_others_hold_is_not_overwritten() {
        let x = gradcheck::sample([3, 4], -1.0..1.0, 1);
        let w = gradcheck::sample([5, 4], -1.0..1.0, 2);
        for activation in [Activation::Relu, Activation::Sigmoid, Activation::Tanh] {
            Tape::<f64>::new().run(&Params::new(0), |t| {
                let (x, w) = (t.leaf(&x), t.input(&w));
                let h = x.linear_activated(w, None, activation);
                let y = (h + x.linear_activated(w * 2.0, None, activation)).powi(2).sum(..);
                let [dx, dh] = y.grad([x, h]);
                let [want_dx, want_dh] = y.grad_recorded([x, h]);
                for (got, want) in [(dx, want_dx), (dh, want_dh)] {
                    assert!(got.value().iter().zip(&*want.value()).all(|(a, b)| (a - b).abs() < 1e-14));
                }
            });
        }
    }

    #[test]
    fn a_rewrite_sees_a_fused_activation_as_the_op_that_it_is() {
        let x = Tensor::from_vec([1, 2], vec![1.0, -2.0]);
        let w = Tensor::from_vec([3, 2], vec![2.0, 0.5, -1.0, 0.25, 2.0, 0.5]);
        let guided = |fused: bool| {
            Tape::<f64>::new().run(&Params::new(0), |t| {
                let (x, w) = (t.leaf(&x), t.input(&w));
                let h = if fused { x.linear_activated(w, None, Activation::Relu) } else { x.linear(w, None).relu() };
                let y = (h * t.input(&Tensor::from_vec([3], vec![-1.0, 1.0, 2.0]))).sum(..);
                let mut seen = Vec::new();
                let [dx] = y.grad_with([x], |op, y, g| {
                    seen.push((op, y.shape()));
                    if op == "relu" { Rewrite::Cotangent(g.relu()) } else { Rewrite::Keep }
                });
                assert_eq!(seen.iter().filter(|(op, _)| *op == "relu").count(), 1, "fused: {fused}, {seen:?}");
                (dx.to_tensor(), y.grad([x])[0].to_tensor())
            })
        };
        assert_eq!(guided(true), guided(false));
        assert_ne!(guided(true).0, guided(true).1, "the rewrite changes something");
    }
}
