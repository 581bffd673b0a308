//! A crate of a user: defines an operation, trains with it, and predicts with weights from a file.
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
fn main() -> Result<(), Box<dyn std::error::Error>> {
    gradcheck::unary(softsign, -2.0..2.0);
    let (digits, mut params, mut tape) = (digits(), Params::new(0), Tape::new());
    let hidden = Linear::new(params.root().at("hidden"), 64, 32);
    let output = Linear::new(params.root().at("output"), 32, 10);
    let (mut loader, mut sgd) = (Loader::shuffled(&digits.train, 32, 0), Sgd::new(0.2).momentum(0.9));
    for batch in (0..10).flat_map(|epoch| loader.epoch(epoch).collect::<Vec<_>>()) {
        let (_loss, step) = tape.grad(&params, |t| {
            let h = softsign(hidden.forward(t.input(&batch.images).flatten(1)));
            output.forward(h).cross_entropy(t.indices(&batch.labels))
        });
        sgd.step(&mut params, step);
    }
    let path = std::env::temp_dir().join(format!("external-{}.safetensors", std::process::id()));
    std::fs::write(&path, weights::to_bytes(&params))?;
    params.tensors_mut().for_each(|(_, tensor)| tensor.as_mut_slice().fill(0.0));
    weights::load(&mut params, &path)?;
    let test = Loader::sequential(&digits.test, 360).epoch(0).next().ok_or("no digits")?;
    let logits = |t: Var<'_>| output.forward(softsign(hidden.forward(t.flatten(1)))).argmax(1).to_tensor();
    let predicted = tape.eval(&params, |t| logits(t.input(&test.images)));
    let right = predicted.as_slice().iter().zip(test.labels.as_slice()).filter(|(a, b)| a == b).count();
    Ok(println!("softsign checked; {right} of 360 digits right"))
}
