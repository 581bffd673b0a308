//! What a step needs: evaluation keeps about two layers, and the depth of a graph costs no stack.

use retrograde_tape::{Params, Tape, Tensor, Var};

const WIDTH: usize = 4096;

/// A layer that makes three values of `WIDTH` numbers.
fn layer(x: Var<'_>) -> Var<'_> {
    (x * 0.9 + 0.1).tanh()
}

/// The layer number `depth` after all before it, each in a scope that ends with it.
fn nested(x: Var<'_>, depth: usize) -> Var<'_> {
    if depth == 0 { x } else { x.graph().scope(|| layer(nested(x, depth - 1))) }
}

#[test]
fn evaluation_in_scopes_needs_the_memory_of_two_layers() {
    let (params, input) = (Params::new(0), Tensor::from_fn([WIDTH], |i| i as f32 / WIDTH as f32));
    let bytes_and_result = |scoped: bool| {
        let mut tape = Tape::<f32>::new();
        let result = tape.eval(&params, |t| {
            let x = t.input(&input);
            let y = if scoped { nested(x, 50) } else { (0..50).fold(x, |x, _| layer(x)) };
            y.to_tensor()
        });
        (tape.bytes(), result)
    };
    let (scoped, y) = bytes_and_result(true);
    let (unscoped, z) = bytes_and_result(false);
    assert_eq!(y, z);
    let layer_bytes = 3 * WIDTH * size_of::<f32>();
    assert!(scoped <= 2 * layer_bytes, "{scoped} bytes, a layer has {layer_bytes}");
    assert!(unscoped >= 50 * layer_bytes, "without scopes everything stays: {unscoped}");
}

#[test]
fn scopes_give_nothing_back_while_recording() {
    Tape::<f32>::new().run(&Params::new(0), |t| {
        let x = t.leaf(&Tensor::full([3], 0.5));
        let mut inside = x;
        let y = t.scope(|| {
            inside = x * 3.0;
            inside * inside
        });
        let [dx] = y.sum(..).grad([x]);
        assert_eq!(*dx.value(), [9.0; 3]);
        assert_eq!(*inside.value(), [1.5; 3]);
    });
}

#[test]
fn memory_does_not_grow_from_step_to_step() {
    let mut params = Params::<f32>::new(0);
    let w = params.root().param("w", [64, 64], 0.01);
    let mut tape = Tape::new();
    let step = |tape: &mut Tape| {
        tape.grad(&params, |t| {
            let x = t.full([32, 64], 1.0);
            x.matmul(t.param(w)).dropout(0.5).layer_norm(1, None, None, 1e-5).tanh().sum(..)
        });
        tape.bytes()
    };
    let first: Vec<usize> = (0..3).map(|_| step(&mut tape)).collect();
    for _ in 0..20 {
        assert_eq!(step(&mut tape), first[2], "{first:?}");
    }
}

#[test]
fn a_chain_of_20_000_operations_needs_no_stack() {
    const DEPTH: usize = 20_000;
    const FACTOR: f64 = 1.0001;
    let small_stack = std::thread::Builder::new().stack_size(256 << 10);
    let run = || {
        let mut params = Params::<f64>::new(0);
        let w = params.root().param("w", [], 2.0);
        let mut tape = Tape::new();
        let (loss, step) = tape.grad(&params, |t| (0..DEPTH).fold(t.param(w), |x, _| x * FACTOR));
        let expected = FACTOR.powi(DEPTH as i32);
        assert!((loss / (2.0 * expected) - 1.0).abs() < 1e-9);
        let gradient = step.gradient(&params, w).expect("used").item();
        assert!((gradient / expected - 1.0).abs() < 1e-9, "{gradient} {expected}");
        // The same recorded, and through a square, so that the second order is 2 · factor².
        tape.run(&params, |t| {
            let x = t.param(w);
            let y = (0..DEPTH).fold(x, |x, _| x * FACTOR);
            let [d] = (y * y).grad_recorded([x]);
            let [dd] = d.grad([x]);
            assert!((dd.item() / (2.0 * expected * expected) - 1.0).abs() < 1e-9);
        });
    };
    small_stack.spawn(run).expect("a thread starts").join().expect("nothing overflows");
}
