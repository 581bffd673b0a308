//! A crate of a user: defines an operation of its own, checks it, and trains with it.

use retrograde::prelude::*;

/// Softsign: `y = x / (1 + |x|)`, `dx = g · (1 − |y|)²`.
#[derive(Clone, Copy)]
struct Softsign;

impl<F: Real> Op<F> for Softsign {
    fn name(&self) -> &'static str {
        "softsign"
    }

    fn vjp<'t>(&self, cx: &mut Vjp<'_, 't, F>) {
        cx.give(0, |c| c.g * (1.0 - c.y.abs()).powi(2));
    }
}

fn softsign<F: Real>(x: Var<'_, F>) -> Var<'_, F> {
    x.map(Softsign, |x| x / (F::ONE + x.abs()))
}

fn main() {
    gradcheck::unary(softsign, -2.0..2.0);
    let digits = digits();
    let mut params = Params::new(0);
    let (hidden, output) = {
        let mut root = params.root();
        (Linear::new(root.at("hidden"), 64, 32), Linear::new(root.at("output"), 32, 10))
    };
    let mut loader = Loader::shuffled(&digits.train, 32, params.seed());
    let (mut sgd, mut tape) = (Sgd::new(0.2).momentum(0.9), Tape::new());
    let mut losses = Vec::new();
    for epoch in 0..10 {
        for batch in loader.epoch(epoch) {
            let (loss, step) = tape.grad(&params, |t| {
                let h = softsign(hidden.forward(t.input(&batch.images).flatten(1)));
                output.forward(h).cross_entropy(t.indices(&batch.labels))
            });
            sgd.step(&mut params, step);
            losses.push(loss);
        }
    }
    let (first, last) = (losses[0], losses[losses.len() - 1]);
    println!("softsign checked; loss {first:.3} -> {last:.3}");
    assert!(last < 0.2 * first, "the loss falls");
}
