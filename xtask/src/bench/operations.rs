//! Single operations of the tape, forward and backward, on matrices that no cache of a core holds.

use super::{Work, Workload};
use tape::{Indices, Params, Tape, Tensor, Var};

const SIZE: usize = 1024;

/// Those of this file.
pub(super) fn workloads() -> Vec<Workload> {
    let matrix = (SIZE * SIZE) as f64;
    let row = SIZE as f64;
    vec![
        matmul(),
        operation("exp", matrix, |x| x.exp()),
        operation("tanh", matrix, |x| x.tanh()),
        operation("sigmoid", matrix, |x| x.sigmoid()),
        operation("gelu", matrix, |x| x.gelu()),
        operation("softmax", matrix, |x| x.softmax(1)),
        operation("layer_norm", matrix, |x| x.layer_norm(1, None, None, 1e-5)),
        operation("cross_entropy", 0.0, |x| {
            let targets = Indices::from_fn([SIZE], |i| (i * 37 % SIZE) as u32);
            x.cross_entropy(x.graph().indices(&targets))
        }),
        operation("sum_rows", row, |x| x.sum(1)),
        operation("max_columns", row, |x| x.max(0)),
        operation("transpose", matrix, |x| x.transpose(0, 1)),
    ]
}

/// `f` of a matrix, and the gradient by it, of which `results` numbers come out. Forward reads the matrix; backward reads
/// it, or the result, once more, and the cotangent; each writes what it gives.
fn operation(name: &str, results: f64, f: impl for<'t> Fn(Var<'t>) -> Var<'t> + Send + 'static) -> Workload {
    let bytes = 4.0 * (3.0 * (SIZE * SIZE) as f64 + 2.0 * results);
    Workload::new(format!("{name} {SIZE}, forward and backward"), Work::Bytes(bytes), move || {
        let x = Tensor::from_fn([SIZE; 2], |i| ((i * 37) % 101) as f32 / 25.0 - 2.0);
        let (params, mut tape) = (Params::new(0), Tape::new());
        let shape = tape.run(&params, |t| f(t.input(&x)).shape());
        let g = Tensor::from_fn(shape, |i| ((i * 31) % 101) as f32 / 101.0);
        move || {
            tape.run(&params, |t| {
                let x = t.leaf(&x);
                let [_dx] = f(x).vjp([x], t.input(&g));
            });
        }
    })
}

/// A product of matrices and both its gradients.
fn matmul() -> Workload {
    const SIZE: usize = 512;
    let work = Work::Operations(6.0 * (SIZE * SIZE * SIZE) as f64);
    Workload::new("matmul 512, forward and backward", work, || {
        let matrix = |seed: usize| Tensor::from_fn([SIZE; 2], move |i| ((i * 37 + seed) % 101) as f32 / 101.0);
        let [a, b, g] = [matrix(1), matrix(2), matrix(3)];
        let (params, mut tape) = (Params::new(0), Tape::new());
        move || {
            tape.run(&params, |t| {
                let (a, b) = (t.leaf(&a), t.leaf(&b));
                let [_da, _db] = a.matmul(b).vjp([a, b], t.input(&g));
            });
        }
    })
}
