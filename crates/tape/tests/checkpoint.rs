//! Activation checkpointing, written as a user would: an op that keeps its inputs only, and computes its inside again,
//! with the same random numbers, when it is differentiated.

use retrograde_tape::{Init, Op, Params, Random, Real, ReplayPoint, Shape, Tape, Tensor, Var, Vjp, gradcheck};

/// What is computed twice.
fn region<'t, F: Real>(x: Var<'t, F>, w: Var<'t, F>) -> Var<'t, F> {
    x.matmul(w).dropout(0.5).tanh()
}

/// The op: where its inside began is all that it keeps.
#[derive(Clone, Copy)]
struct Checkpoint {
    start: ReplayPoint,
}

impl<F: Real> Op<F> for Checkpoint {
    fn name(&self) -> &'static str {
        "checkpoint"
    }

    fn vjp<'t>(&self, cx: &mut Vjp<'_, 't, F>) {
        let [dx, dw] = cx.graph().replay(self.start, || {
            // Copies, so that a sweep of the inside ends here even if one input depends on the other.
            let (x, w) = (cx.x(0).affine(1.0, 0.0), cx.x(1).affine(1.0, 0.0));
            let y = region(x, w);
            if cx.is_recorded() { y.vjp_recorded([x, w], cx.g) } else { y.vjp([x, w], cx.g) }
        });
        cx.give(0, |_| dx);
        cx.give(1, |_| dw);
    }
}

fn checkpoint<'t, F: Real>(x: Var<'t, F>, w: Var<'t, F>) -> Var<'t, F> {
    let graph = x.graph();
    let op = Checkpoint { start: graph.replay_point() };
    let (mut shape, mut out) = (Shape::SCALAR, None);
    // Of the inside only this copy of its result stays.
    graph.no_grad(|| {
        graph.scope(|| {
            let y = region(x, w);
            shape = y.shape();
            out.insert(graph.output(shape)).as_mut_slice().copy_from_slice(&y.value());
        })
    });
    graph.record(op, &[x.into(), w.into()], shape, out.expect("the scope ran"))
}

/// Numbers between −½ and ½ that differ.
struct Spread;

impl Init for Spread {
    fn fill<F: Real>(&self, _: Shape, _: &mut Random, out: &mut [F]) {
        let numbers = gradcheck::sample([out.len()], -0.5..0.5, 1);
        out.iter_mut().zip(numbers.as_slice()).for_each(|(out, &x)| *out = F::from_f64(x));
    }
}

const WIDTH: usize = 32;
const DEPTH: usize = 12;

/// Loss, gradients of the weights, draws, and bytes, of a chain of regions that is checkpointed or not. Draws come
/// before and after, so that the numbers of the inside matter.
fn train(checkpointed: bool) -> (f32, Vec<Tensor>, ReplayPoint, usize) {
    let mut params = Params::<f32>::new(5);
    params.set_step(3);
    let mut root = params.root();
    let input = root.param("input", [WIDTH, WIDTH], Spread);
    let weights: Vec<_> = (0..DEPTH).map(|i| root.at(i).param("w", [WIDTH, WIDTH], Spread)).collect();
    let mut tape = Tape::new();
    let (loss, draws, step) = tape.grad_aux(&params, |t| {
        let mut x = t.param(input).dropout(0.1);
        for &w in &weights {
            x = if checkpointed { checkpoint(x, t.param(w)) } else { region(x, t.param(w)) };
        }
        let loss = (x.dropout(0.1) * x).sum(..);
        (loss, t.replay_point())
    });
    let gradients = step.iter().map(|(_, g)| Tensor::from_slice(g.shape(), g.as_slice())).collect();
    (loss, gradients, draws, tape.bytes())
}

#[test]
fn gradients_are_the_same_bit_for_bit_and_memory_is_less() {
    let (loss, gradients, draws, bytes) = train(false);
    let (loss_again, gradients_again, draws_again, bytes_checkpointed) = train(true);
    assert_eq!((loss, draws), (loss_again, draws_again));
    assert_eq!(gradients.len(), DEPTH + 1);
    assert!(gradients.iter().all(|g| g.as_slice().iter().any(|&g| g != 0.0)), "something is compared");
    assert_eq!(gradients, gradients_again);
    assert!(bytes_checkpointed < bytes * 2 / 3, "{bytes_checkpointed} of {bytes} bytes");
}

#[test]
fn a_checkpoint_is_differentiable_to_second_order() {
    let inputs = [gradcheck::sample([3, 4], -1.0..1.0, 1), gradcheck::sample([4, 5], -1.0..1.0, 2)];
    let checked = gradcheck::check(
        |t, x| {
            t.set_training(true);
            // The first input of the region depends on its second.
            checkpoint(x[0] * x[1].sum(..), x[1])
        },
        &inputs,
        gradcheck::Order::Second,
    );
    checked.unwrap();
}
