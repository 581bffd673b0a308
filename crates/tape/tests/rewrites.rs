//! Rewrites of a sweep: guided backpropagation, deconvolution and probes, against formulas written out by hand.

use retrograde_tape::{Activation, Params, Rewrite, Tape, Tensor, Var, gradcheck::sample};

const N: usize = 6;

/// `v · relu(W₂ · relu(W₁ · x))`, with the same ReLU op used twice, fused into the layers or not.
struct Network {
    x: Tensor<f64>,
    first: Tensor<f64>,
    second: Tensor<f64>,
    last: Tensor<f64>,
}

impl Network {
    fn new() -> Network {
        let weights = |draw| sample([N, N], -1.0..1.0, draw);
        Network {
            x: sample([1, N], -1.0..1.0, 1),
            first: weights(2),
            second: weights(3),
            last: sample([N], -1.0..1.0, 4),
        }
    }

    /// The input, both hidden layers, the result.
    fn record<'t>(&self, t: &'t retrograde_tape::Graph<'t, f64>, fused: bool) -> [Var<'t, f64>; 4] {
        let layer = |x: Var<'t, f64>, w: &Tensor<f64>| match fused {
            true => x.linear_activated(t.input(w), None, Activation::Relu),
            false => x.linear(t.input(w), None).relu(),
        };
        let x = t.leaf(&self.x);
        let h1 = layer(x, &self.first);
        let h2 = layer(h1, &self.second);
        [x, h1, h2, (h2 * t.input(&self.last)).sum(..)]
    }

    /// The backward pass by hand: `rule(y, g)` is what a ReLU makes of the cotangent `g` of its output `y`.
    fn by_hand(&self, rule: impl Fn(f64, f64) -> f64) -> Vec<f64> {
        let forward = |w: &Tensor<f64>, x: &[f64]| -> Vec<f64> {
            w.as_slice().chunks(N).map(|w| w.iter().zip(x).map(|(w, x)| w * x).sum::<f64>().max(0.0)).collect()
        };
        let backward = |w: &Tensor<f64>, g: &[f64]| -> Vec<f64> {
            (0..N).map(|j| (0..N).map(|i| w.as_slice()[i * N + j] * g[i]).sum()).collect()
        };
        let h1 = forward(&self.first, self.x.as_slice());
        let h2 = forward(&self.second, &h1);
        let through = |y: &[f64], g: &[f64]| -> Vec<f64> { y.iter().zip(g).map(|(&y, &g)| rule(y, g)).collect() };
        let g = backward(&self.second, &through(&h2, self.last.as_slice()));
        backward(&self.first, &through(&h1, &g))
    }
}

fn assert_close(left: &[f64], right: &[f64]) {
    assert_eq!(left.len(), right.len());
    assert!(left.iter().zip(right).all(|(a, b)| (a - b).abs() < 1e-12), "left {left:?}, right {right:?}");
}

/// The gradient by the input with every ReLU rewritten.
fn rewritten(fused: bool, rewrite: impl for<'t> Fn(Var<'t, f64>, Var<'t, f64>) -> Rewrite<'t, f64>) -> Vec<f64> {
    Tape::<f64>::new().run(&Params::new(0), |t| {
        let [x, _, _, y] = Network::new().record(t, fused);
        let mut seen = 0;
        let [dx] = y.grad_with([x], |op, y, g| match op {
            "relu" => {
                seen += 1;
                rewrite(y, g)
            }
            _ => Rewrite::Keep,
        });
        assert_eq!(seen, 2, "both uses are seen, fused: {fused}");
        dx.value().to_vec()
    })
}

#[test]
fn keeping_every_rule_is_the_gradient() {
    let expected = Network::new().by_hand(|y, g| if y > 0.0 { g } else { 0.0 });
    assert!(expected.iter().any(|&g| g != 0.0));
    for fused in [false, true] {
        assert_close(&rewritten(fused, |_, _| Rewrite::Keep), &expected);
    }
}

/// Springenberg et al. 2015, *Striving for simplicity*.
#[test]
fn guided_backpropagation() {
    let expected = Network::new().by_hand(|y, g| if y > 0.0 && g > 0.0 { g } else { 0.0 });
    let plain = Network::new().by_hand(|y, g| if y > 0.0 { g } else { 0.0 });
    assert!(expected.iter().zip(&plain).any(|(a, b)| (a - b).abs() > 1e-3), "the rewrite changes something");
    for fused in [false, true] {
        assert_close(&rewritten(fused, |_, g| Rewrite::Cotangent(g.relu())), &expected);
    }
}

/// Zeiler and Fergus 2014, *Visualizing and understanding convolutional networks*.
#[test]
fn deconvolution() {
    let expected = Network::new().by_hand(|_, g| g.max(0.0));
    let guided = Network::new().by_hand(|y, g| if y > 0.0 && g > 0.0 { g } else { 0.0 });
    assert!(expected.iter().zip(&guided).any(|(a, b)| (a - b).abs() > 1e-3), "the two differ");
    for fused in [false, true] {
        assert_close(&rewritten(fused, |_, g| Rewrite::Replace(g.relu())), &expected);
    }
}

#[test]
fn a_probe_sees_values_and_cotangents_and_changes_nothing() {
    for fused in [false, true] {
        Tape::<f64>::new().run(&Params::new(0), |t| {
            let [x, h1, h2, y] = Network::new().record(t, fused);
            let mut seen = Vec::new();
            let [dx] = y.grad_with([x], |op, y, g| {
                if op == "relu" {
                    seen.push((y.to_tensor(), g.to_tensor()));
                }
                Rewrite::Keep
            });
            let [plain, g1, g2] = y.grad([x, h1, h2]);
            assert_eq!(*dx.value(), *plain.value());
            // From the last to the first.
            assert_eq!(seen, [(h2.to_tensor(), g2.to_tensor()), (h1.to_tensor(), g1.to_tensor())]);
        });
    }
}

#[test]
fn one_relu_used_twice_on_the_same_value_is_seen_twice() {
    Tape::<f64>::new().run(&Params::new(0), |t| {
        let x = t.leaf(&Tensor::from_vec([3], vec![-1.0, 2.0, 3.0]));
        let y = (x.relu() * 2.0 - x.relu() * 5.0).sum(..);
        let mut seen = 0;
        let [guided] = y.grad_with([x], |op, _, g| {
            seen += usize::from(op == "relu");
            if op == "relu" { Rewrite::Cotangent(g.relu()) } else { Rewrite::Keep }
        });
        assert_eq!((seen, &*guided.value()), (2, &[0.0, 2.0, 2.0][..]), "only the positive cotangent passes");
    });
}

#[test]
#[should_panic(expected = "grad_with: replacing a cotangent needs one input, mul has 2")]
fn an_op_of_two_inputs_cannot_be_replaced() {
    Tape::<f64>::new().run(&Params::new(0), |t| {
        let x = t.leaf(&Tensor::full([2], 1.0));
        (x * x).sum(..).grad_with([x], |op, _, g| if op == "mul" { Rewrite::Replace(g) } else { Rewrite::Keep });
    });
}
