//! The kernels alone: matrix products of the shapes of training, elementwise functions, reductions, softmax, attention.

use super::{Work, Workload};
use kernels::{
    Activation, Array, AttentionRows, AttentionShape, Axes, Epilogue, Excluded, Float, Gradients, MatrixLayout, Shape,
};

/// Rows, inputs and outputs of linear layers of the translators: forward, by input and by weight are a product each.
const LINEAR_LAYERS: [[usize; 3]; 11] = [
    // The words of the recurrent ones, the gates of a step of theirs, and of all steps.
    [2560, 256, 6000],
    [128, 256, 1024],
    [2560, 128, 1024],
    // The whole transformer: projections, and the two layers behind the attention.
    [2560, 256, 256],
    [2560, 256, 1024],
    [2560, 1024, 256],
    // The encoder: projections, the two layers behind the attention, words.
    [5504, 128, 384],
    [5504, 128, 128],
    [5504, 128, 2048],
    [5504, 2048, 128],
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
    // The whole transformer's, and the encoder's.
    let attention = [[8, 20, 32], [2, 43, 64]].into_iter().flat_map(attention);
    let products = squares.into_iter().chain(thin).chain(layers).chain(attention);
    products.chain(elementwise).chain(reductions).chain(softmax).collect()
}

/// Numbers between −1 and 1 without a pattern that a predictor could learn.
pub(super) fn numbers(count: usize) -> Array<f32> {
    let mut numbers = Array::filled(0.0, count);
    for (number, i) in numbers.iter_mut().zip(0_u32..) {
        *number = (i.wrapping_mul(2_654_435_761) >> 8) as f32 / (1 << 23) as f32 - 1.0;
    }
    numbers
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
        let (a, b, mut c) = (numbers(m * k), numbers(k * n), Array::filled(0.0, m * n));
        let epilogue = Epilogue { bias: None, activation: Activation::Identity };
        move || kernels::gemm(m, k, n, &a, a_layout, &b, b_layout, &mut c, n, false, epilogue)
    })
}

/// `f` of each of `n` numbers.
fn map(name: &str, n: usize, f: impl Fn(f32) -> f32 + Sync + Send + Copy + 'static) -> Workload {
    Workload::new(format!("{name} {n}"), Work::Bytes(8.0 * n as f64), move || {
        let (x, mut y) = (numbers(n), Array::filled(0.0, n));
        move || kernels::map(&x, &mut y, f)
    })
}

/// The product of `n` pairs.
fn multiply(n: usize) -> Workload {
    Workload::new(format!("mul {n}"), Work::Bytes(12.0 * n as f64), move || {
        let (a, b, mut y) = (numbers(n), numbers(n), Array::filled(0.0, n));
        move || kernels::zip(&a, &b, &mut y, |a, b| a * b)
    })
}

/// A sum over some axes of a matrix.
fn sum(what: &str, dims: [usize; 2], over: &'static [usize]) -> Workload {
    let count = dims[0] * dims[1];
    Workload::new(format!("sum {what} {}x{}", dims[0], dims[1]), Work::Bytes(4.0 * count as f64), move || {
        let axes = over.iter().fold(Axes::NONE, |axes, &axis| axes.with(axis));
        let kept: usize = (0..2).filter(|axis| !over.contains(axis)).map(|axis| dims[axis]).product();
        let (x, mut y) = (numbers(count), Array::filled(0.0, kept));
        move || kernels::sum(&x, Shape::from(dims), axes, &mut y)
    })
}

/// Softmax of each row.
fn softmax(rows: usize, columns: usize) -> Workload {
    let count = rows * columns;
    Workload::new(format!("softmax {rows}x{columns}"), Work::Bytes(8.0 * count as f64), move || {
        let (x, mut y) = (numbers(count), Array::filled(0.0, count));
        move || kernels::softmax(&x, rows, columns, 1, &mut y)
    })
}

/// Attention of 128 sequences to themselves, and its derivative, counted by their products.
fn attention([heads, time, width]: [usize; 3]) -> [Workload; 2] {
    let row = heads * width;
    let rows = [0, row, 2 * row].map(|offset| AttentionRows { offset, stride: 3 * row });
    let shape =
        AttentionShape { batch: 128, heads, queries: time, keys: time, key_width: width, value_width: width, rows };
    let name = format!("attention {heads} heads {time}x{width}");
    let (packed, scale) = (128 * time * 3 * row, (width as f32).powf(-0.5));
    let work = |products: usize| Work::Operations(2.0 * (products * shape.weights() * width) as f64);
    let forward = Workload::new(name.clone(), work(2), move || {
        let (x, mut weights, mut out) =
            (numbers(packed), Array::filled(0.0, shape.weights()), Array::filled(0.0, shape.output()));
        move || {
            kernels::attention(&shape, [&x[..]; 3], scale, Excluded::default(), None, &mut weights, &mut [], &mut out)
        }
    });
    let backward = Workload::new(format!("{name} backward"), work(4), move || {
        let (x, weights, g) = (numbers(packed), numbers(shape.weights()), numbers(shape.output()));
        let mut d = Array::filled(0.0, packed);
        move || {
            let d = Gradients::Packed(&mut d);
            kernels::attention_backward(&shape, [&x[..]; 3], scale, None, &weights, &[], &g, d)
        }
    });
    [forward, backward]
}
