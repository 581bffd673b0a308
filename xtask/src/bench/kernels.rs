//! The kernels alone: matrix products of the shapes of training, elementwise functions, reductions, softmax.

use super::{Work, Workload};
use kernels::{Activation, Axes, Epilogue, Float, MatrixLayout, Shape};

/// Rows, inputs and outputs of linear layers of the translators: forward, by input and by weight are a product each.
const LINEAR_LAYERS: [[usize; 3]; 7] = [
    // The words of the recurrent ones, the gates of a step of theirs, and of all steps.
    [2560, 256, 6000],
    [128, 256, 1024],
    [2560, 128, 1024],
    // The whole transformer: projections, and the two layers behind the attention.
    [2560, 256, 256],
    [2560, 256, 1024],
    [2560, 1024, 256],
    // The words of the encoder.
    [5504, 128, 5000],
];

/// Those of this file.
pub(super) fn workloads() -> Vec<Workload> {
    let squares = [32, 64, 128, 256, 512, 1024].map(|n| gemm(n, n, n, Form::Plain));
    let thin = [
        gemm(64, 784, 128, Form::RightTransposed),
        gemm(64, 128, 10, Form::RightTransposed),
        gemm(64, 784, 10, Form::RightTransposed),
        gemm(128, 64, 784, Form::LeftTransposed),
        gemm(10, 64, 128, Form::LeftTransposed),
        gemm(64, 10, 128, Form::Plain),
        gemm(128, 512, 10, Form::Plain),
        gemm(1, 1024, 1024, Form::RightTransposed),
    ];
    let layers = LINEAR_LAYERS.into_iter().flat_map(|[rows, inputs, outputs]| {
        [
            gemm(rows, inputs, outputs, Form::RightTransposed),
            gemm(rows, outputs, inputs, Form::Plain),
            gemm(outputs, rows, inputs, Form::LeftTransposed),
        ]
    });
    let sizes = [1 << 12, 1 << 16, 1 << 20];
    let elementwise = sizes.into_iter().flat_map(|n| {
        [
            map("relu", n, |x| if x > 0.0 { x } else { 0.0 }),
            map("exp", n, Float::exp),
            map("tanh", n, Float::tanh),
            map("sigmoid", n, Float::sigmoid),
            multiply(n),
        ]
    });
    let reductions =
        [sum("all", [1024, 1024], &[0, 1]), sum("rows", [1024, 1024], &[1]), sum("columns", [1024, 1024], &[0])];
    let softmax = [softmax(64, 10), softmax(64, 1000), softmax(1024, 1024)];
    squares.into_iter().chain(thin).chain(layers).chain(elementwise).chain(reductions).chain(softmax).collect()
}

/// Numbers between −1 and 1 without a pattern that a predictor could learn.
pub(super) fn numbers(count: usize) -> Vec<f32> {
    (0..count as u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 8) as f32 / (1 << 23) as f32 - 1.0).collect()
}

/// How the operands of a product lie.
#[derive(Clone, Copy)]
enum Form {
    /// `A·B`.
    Plain,
    /// `A·Bᵀ`: a linear layer.
    RightTransposed,
    /// `Aᵀ·B`: the gradient of its weight.
    LeftTransposed,
}

/// `m × k` by `k × n`.
fn gemm(m: usize, k: usize, n: usize, form: Form) -> Workload {
    let (letters, a_layout, b_layout) = match form {
        Form::Plain => ("nn", MatrixLayout::row_major(k), MatrixLayout::row_major(n)),
        Form::RightTransposed => ("nt", MatrixLayout::row_major(k), MatrixLayout::row_major(k).transposed()),
        Form::LeftTransposed => ("tn", MatrixLayout::row_major(m).transposed(), MatrixLayout::row_major(n)),
    };
    Workload::new(format!("gemm {letters} {m}x{k}x{n}"), Work::Operations(2.0 * (m * k * n) as f64), move || {
        let (a, b, mut c) = (numbers(m * k), numbers(k * n), vec![0.0; m * n]);
        let epilogue = Epilogue { bias: None, activation: Activation::Identity };
        move || kernels::gemm(m, k, n, &a, a_layout, &b, b_layout, &mut c, n, false, epilogue)
    })
}

/// `f` of each of `n` numbers.
fn map(name: &str, n: usize, f: impl Fn(f32) -> f32 + Sync + Send + Copy + 'static) -> Workload {
    Workload::new(format!("{name} {n}"), Work::Bytes(8.0 * n as f64), move || {
        let (x, mut y) = (numbers(n), vec![0.0; n]);
        move || kernels::map(&x, &mut y, f)
    })
}

/// The product of `n` pairs.
fn multiply(n: usize) -> Workload {
    Workload::new(format!("mul {n}"), Work::Bytes(12.0 * n as f64), move || {
        let (a, b, mut y) = (numbers(n), numbers(n), vec![0.0; n]);
        move || kernels::zip(&a, &b, &mut y, |a, b| a * b)
    })
}

/// A sum over some axes of a matrix.
fn sum(what: &str, dims: [usize; 2], over: &'static [usize]) -> Workload {
    let count = dims[0] * dims[1];
    Workload::new(format!("sum {what} {}x{}", dims[0], dims[1]), Work::Bytes(4.0 * count as f64), move || {
        let axes = over.iter().fold(Axes::NONE, |axes, &axis| axes.with(axis));
        let kept: usize = (0..2).filter(|axis| !over.contains(axis)).map(|axis| dims[axis]).product();
        let (x, mut y) = (numbers(count), vec![0.0; kept]);
        move || kernels::sum(&x, Shape::from(dims), axes, &mut y)
    })
}

/// Softmax of each row.
fn softmax(rows: usize, columns: usize) -> Workload {
    let count = rows * columns;
    Workload::new(format!("softmax {rows}x{columns}"), Work::Bytes(8.0 * count as f64), move || {
        let (x, mut y) = (numbers(count), vec![0.0; count]);
        move || kernels::softmax(&x, rows, columns, 1, &mut y)
    })
}
