//! A loss that contains a gradient: the penalty on the slope of a network (Gulrajani et al. 2017, *Improved training of
//! Wasserstein GANs*), differentiated by the parameters in a training step.

use retrograde_tape::{Activation, Graph, ParamId, Params, Tape, Tensor, Var, gradcheck::sample};

struct Critic {
    ids: [ParamId; 5],
}

impl Critic {
    fn new(params: &mut Params<f64>) -> Critic {
        let mut root = params.root();
        let numbers = |count: usize, draw| sample([count], -1.0..1.0, draw).into_vec();
        let ids = [
            root.param("hidden.weight", [5, 3], numbers(15, 1).as_slice()),
            root.param("hidden.bias", [5], numbers(5, 2).as_slice()),
            root.param("norm.weight", [5], numbers(5, 3).as_slice()),
            root.param("norm.bias", [5], numbers(5, 4).as_slice()),
            root.param("out.weight", [1, 5], numbers(5, 5).as_slice()),
        ];
        Critic { ids }
    }

    /// The mean of the critic, plus 10 · the mean of (‖slope‖² − 1)² over the samples.
    fn loss<'t>(&self, t: &'t Graph<'t, f64>, x: &Tensor<f64>) -> Var<'t, f64> {
        let [w, b, scale, shift, out] = self.ids.map(|id| t.param(id));
        let x = t.leaf(x);
        let hidden = x.linear_activated(w, Some(b), Activation::Tanh).layer_norm(1, Some(scale), Some(shift), 1e-2);
        let score = hidden.sigmoid().linear(out, None);
        let [slope] = score.sum(..).grad_recorded([x]);
        let excess = (slope * slope).sum(1) - 1.0;
        score.mean(..) + (excess * excess).mean(..) * 10.0
    }
}

#[test]
fn gradient_penalty_agrees_with_central_differences() {
    const H: f64 = 1e-5;
    let mut params = Params::new(0);
    let critic = Critic::new(&mut params);
    let x = sample([4, 3], -1.0..1.0, 9);
    let mut tape = Tape::new();
    let (loss, step) = tape.grad(&params, |t| critic.loss(t, &x));
    let gradients = critic.ids.map(|id| step.gradient(&params, id).expect("every parameter counts").clone());
    // In `run`, where layers are in evaluation, the loss is the same.
    assert_eq!(tape.run(&params, |t| critic.loss(t, &x).item()), loss);
    for (id, gradient) in critic.ids.into_iter().zip(&gradients) {
        for (i, &analytic) in gradient.as_slice().iter().enumerate() {
            let mut moved = |h: f64| {
                params.get_mut(id).as_mut_slice()[i] += h;
                tape.run(&params, |t| critic.loss(t, &x).item())
            };
            let (ahead, behind) = (moved(H), moved(-2.0 * H));
            moved(H);
            let numeric = (ahead - behind) / (2.0 * H);
            let name = params.get(id).name();
            assert!((analytic - numeric).abs() < 1e-6 * (1.0 + numeric.abs()), "{name}[{i}]: {analytic} {numeric}");
        }
    }
}

#[test]
fn a_penalty_by_a_first_order_gradient_is_refused() {
    let mut params = Params::<f64>::new(0);
    let w = params.root().param("w", [2], 0.5);
    let refused = std::panic::catch_unwind(|| {
        Tape::new().grad(&params, |t| {
            let x = t.leaf(&Tensor::full([2], 1.0));
            let [slope] = (x * x * t.param(w)).sum(..).grad([x]);
            (slope * slope).sum(..)
        });
    });
    let message = *refused.expect_err("a silent zero").downcast::<String>().expect("a message");
    assert!(message.contains("grad_recorded"), "{message}");
}
