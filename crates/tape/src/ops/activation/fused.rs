//! Activations that another op may apply to its result. Each is differentiable by its output alone: with `y` the output,
//! ReLU `dx = g · (y > 0)`, sigmoid `dx = g · y (1 − y)`, tanh `dx = g · (1 − y²)`. Their gradient checks are those of the
//! ops of the same name and of `linear`, which fuses them.

use crate::{Real, Var};
pub use kernels::Activation;

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

#[cfg(test)]
mod tests {
    use crate::{Activation, Params, Rewrite, Tape, Tensor, gradcheck};

    #[test]
    fn fused() {
        for activation in [Activation::Relu, Activation::Sigmoid, Activation::Tanh] {
            gradcheck::pair(move |x, w| x.linear_activated(w, None, activation), -1.0..1.0, &[3, 4], &[5, 4]);
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
