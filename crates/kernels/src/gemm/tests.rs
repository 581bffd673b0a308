//! Every level against a triple loop at double precision; the same bits for any number of threads.

use proptest::prelude::*;

use super::{Activation, Epilogue, MatrixLayout, gemm, gemm_batched, run, run_batched};
use crate::{Float, Level, Threads};

const LEVELS: [Level; 3] = [Level::Baseline, Level::Avx2, Level::Avx512];

fn levels() -> impl Iterator<Item = Level> {
    LEVELS.into_iter().filter(|&level| level <= Level::detect())
}

/// Numbers in -1..1 without pattern.
fn numbers<F: Float>(count: usize, seed: u64) -> Vec<F> {
    let mix = |x: u64| {
        let x = (x ^ x >> 31).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        (x ^ x >> 29).wrapping_mul(0xBF58_476D_1CE4_E5B9) >> 11
    };
    (0..count as u64).map(|i| F::from_f64(mix(i ^ seed << 32) as f64 / (1u64 << 52) as f64 - 1.0)).collect()
}

/// The ways in which a test lays out a `rows` × `columns` matrix.
#[derive(Clone, Copy, Debug)]
enum Lay {
    RowMajor,
    Transposed,
    RowMajorPadded,
    TransposedPadded,
    /// No stride is 1.
    Sparse,
    RepeatedRow,
    RepeatedColumn,
    Constant,
}

impl Lay {
    const ALL: [Lay; 8] = [
        Lay::RowMajor,
        Lay::Transposed,
        Lay::RowMajorPadded,
        Lay::TransposedPadded,
        Lay::Sparse,
        Lay::RepeatedRow,
        Lay::RepeatedColumn,
        Lay::Constant,
    ];

    fn layout(self, rows: usize, columns: usize) -> MatrixLayout {
        let (row_stride, column_stride) = match self {
            Lay::RowMajor => (columns, 1),
            Lay::Transposed => (1, rows),
            Lay::RowMajorPadded => (columns + 3, 1),
            Lay::TransposedPadded => (1, rows + 5),
            Lay::Sparse => (2, 2 * rows + 1),
            Lay::RepeatedRow => (0, 1),
            Lay::RepeatedColumn => (1, 0),
            Lay::Constant => (0, 0),
        };
        MatrixLayout { row_stride, column_stride }
    }

    /// Exactly as many numbers as the matrix needs, so that reading further is seen.
    fn matrix<F: Float>(self, rows: usize, columns: usize, seed: u64) -> (Vec<F>, MatrixLayout) {
        let layout = self.layout(rows, columns);
        (numbers(layout.extent(rows, columns).unwrap(), seed), layout)
    }
}

#[derive(Clone, Debug)]
struct Case {
    m: usize,
    k: usize,
    n: usize,
    a: Lay,
    b: Lay,
    padding: usize,
    accumulate: bool,
    bias: bool,
    activation: Activation,
    threads: usize,
}

fn case() -> impl Strategy<Value = Case> {
    let lay = || prop::sample::select(Lay::ALL.to_vec());
    let size = || prop_oneof![3 => 0..70_usize, 1 => Just(1_usize), 1 => 70..200_usize];
    let depth = prop_oneof![4 => 0..70_usize, 1 => 300..700_usize];
    let activation = prop::sample::select(ACTIVATIONS.to_vec());
    let rest = (0..3_usize, any::<bool>(), any::<bool>(), activation, 1..4_usize);
    (size(), depth, size(), lay(), lay(), rest).prop_map(
        |(m, k, n, a, b, (padding, accumulate, bias, activation, threads))| Case {
            m,
            k,
            n,
            a,
            b,
            padding,
            accumulate,
            bias,
            activation,
            threads,
        },
    )
}

const ACTIVATIONS: [Activation; 4] = [Activation::Identity, Activation::Relu, Activation::Sigmoid, Activation::Tanh];

fn activate(activation: Activation, x: f64) -> f64 {
    match activation {
        Activation::Identity => x,
        Activation::Relu if x < 0.0 => 0.0,
        Activation::Relu => x,
        Activation::Sigmoid => 1.0 / (1.0 + (-x).exp()),
        Activation::Tanh => x.tanh(),
    }
}

/// One element by a plain loop that begins with C and the bias at double precision, and how far from it a result may be.
fn expected<F: Float>(
    (a, a_layout): (&[F], MatrixLayout),
    (b, b_layout): (&[F], MatrixLayout),
    (i, k, j): (usize, usize, usize),
    start: [f64; 2],
    activation: Activation,
) -> (f64, f64) {
    let (mut sum, mut magnitude) = (start[0] + start[1], start[0].abs() + start[1].abs());
    for p in 0..k {
        let x = a[i * a_layout.row_stride + p * a_layout.column_stride].to_f64();
        let y = b[p * b_layout.row_stride + j * b_layout.column_stride].to_f64();
        sum += x * y;
        magnitude += (x * y).abs();
    }
    // All activations have slopes of at most 1; the last term is the rounding of the activation itself.
    let y = activate(activation, sum);
    (y, F::EPSILON.to_f64() * ((k as f64 + 3.0) * magnitude + 4.0 * y.abs()))
}

fn check_case<F: Float>(case: &Case) {
    let &Case { m, k, n, accumulate, activation, .. } = case;
    let ((a, a_layout), (b, b_layout)) = (case.a.matrix::<F>(m, k, 1), case.b.matrix::<F>(k, n, 2));
    let bias = case.bias.then(|| numbers::<F>(n, 3));
    let c_row = n + case.padding;
    let before = numbers::<F>((m * c_row).saturating_sub(case.padding), 4);
    for level in levels() {
        let mut c = before.clone();
        let epilogue = Epilogue { bias: bias.as_deref(), activation };
        Threads::new(case.threads).unwrap().run(|| {
            run(level, (m, k, n), (&a, a_layout), (&b, b_layout), &mut c, c_row, accumulate, epilogue);
        });
        for (index, (&c, &before)) in c.iter().zip(&before).enumerate() {
            let (i, j) = (index / c_row, index % c_row);
            if j >= n {
                assert!(c == before, "{level:?}: padding ({i}, {j}) was written");
                continue;
            }
            let bias = bias.as_ref().map_or(0.0, |bias| bias[j].to_f64());
            let start = [if accumulate { before.to_f64() } else { 0.0 }, bias];
            let (y, error) = expected((&a, a_layout), (&b, b_layout), (i, k, j), start, activation);
            assert!((c.to_f64() - y).abs() <= error, "{level:?}: ({i}, {j}) is {c}, not {y} ± {error:e}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(160))]

    #[test]
    fn single_precision_agrees_with_a_plain_loop(case in case()) {
        check_case::<f32>(&case);
    }

    #[test]
    fn double_precision_agrees_with_a_plain_loop(case in case()) {
        check_case::<f64>(&case);
    }

    #[test]
    fn batches_broadcast(
        (batch, m, k, n) in (0..40_usize, 0..24_usize, 0..24_usize, 0..24_usize),
        (a_repeats, b_repeats) in (1..4_usize, 1..4_usize),
        b_lay in prop::sample::select(vec![Lay::RowMajor, Lay::Transposed]),
    ) {
        let (a, b) = (numbers::<f32>(batch * m * k, 1), numbers::<f32>(batch * k * n, 2));
        let bias = numbers::<f32>(n, 3);
        let (a_layout, b_layout) = (MatrixLayout::row_major(k), b_lay.layout(k, n));
        let offsets = |i: usize| (i / a_repeats * m * k, i % b_repeats * k * n);
        let epilogue = Epilogue { bias: Some(&bias), activation: Activation::Tanh };
        for level in levels() {
            let mut c = vec![f32::NAN; batch * m * n];
            Threads::new(2).unwrap().run(|| {
                run_batched(level, batch, (m, k, n), (&a, a_layout), (&b, b_layout), offsets, &mut c, epilogue);
            });
            for (index, &c) in c.iter().enumerate() {
                let (which, i, j) = (index / (m * n), index / n % m, index % n);
                let (a_offset, b_offset) = offsets(which);
                let (a, b) = ((&a[a_offset..], a_layout), (&b[b_offset..], b_layout));
                let (y, error) = expected(a, b, (i, k, j), [0.0, bias[j] as f64], Activation::Tanh);
                prop_assert!((c as f64 - y).abs() <= error, "{:?}: ({}, {}, {}) is {}, not {}", level, which, i, j, c, y);
            }
        }
    }
}

/// More rows, depth and columns than are packed at a time.
#[test]
fn large_products_agree_with_a_plain_loop() {
    let (m, k, n, padding, threads) = (230, 385, 1130, 1, 1);
    let (accumulate, bias, activation) = (true, true, Activation::Relu);
    for (a, b) in [(Lay::RowMajor, Lay::RowMajor), (Lay::Transposed, Lay::Transposed)] {
        check_case::<f32>(&Case { m, k, n, a, b, padding, accumulate, bias, activation, threads });
    }
}

/// Those that are computed as their transpose, in several parts; whose rows of A share sets of a cache; whose B is packed
/// just before it is used.
#[test]
fn products_of_large_second_operands_and_of_rows_a_page_apart_agree_with_a_plain_loop() {
    let (activation, accumulate, padding, threads) = (Activation::Relu, false, 1, 1);
    let cases = [
        (Lay::TransposedPadded, Lay::RowMajorPadded, [90, 391, 1500], false),
        (Lay::RowMajor, Lay::RowMajorPadded, [45, 1024, 70], false),
        (Lay::RowMajorPadded, Lay::TransposedPadded, [45, 390, 700], true),
        (Lay::TransposedPadded, Lay::TransposedPadded, [45, 390, 700], false),
    ];
    for (a, b, [m, k, n], bias) in cases {
        let activation = if bias { activation } else { Activation::Identity };
        let case = Case { m, k, n, a, b, padding, accumulate, bias, activation, threads };
        check_case::<f32>(&case);
        check_case::<f64>(&case);
    }
}

#[test]
fn the_number_of_threads_does_not_change_a_bit() {
    let shapes = [
        (64, 784, 128),
        (784, 64, 128),
        (301, 333, 299),
        (1, 700, 3000),
        (3000, 700, 1),
        (3, 3000, 100),
        (700, 400, 10),
        (100, 500, 2000),
        (50, 1024, 60),
    ];
    let lays = [(Lay::RowMajor, Lay::RowMajor), (Lay::Transposed, Lay::Transposed), (Lay::Transposed, Lay::RowMajor)];
    for (m, k, n) in shapes {
        for (a_lay, b_lay) in lays {
            let ((a, a_layout), (b, b_layout)) = (a_lay.matrix::<f32>(m, k, 1), b_lay.matrix::<f32>(k, n, 2));
            for level in levels() {
                let product = |threads| {
                    let mut c = vec![0.0; m * n];
                    let none = Epilogue::none();
                    let threads = Threads::new(threads).unwrap();
                    threads.run(|| run(level, (m, k, n), (&a, a_layout), (&b, b_layout), &mut c, n, false, none));
                    c.into_iter().map(f32::to_bits).collect::<Vec<u32>>()
                };
                let one = product(1);
                for threads in [2, 3, 7] {
                    assert!(product(threads) == one, "{level:?}, {m} × {k} × {n}, {threads} threads");
                }
            }
        }
    }
}

#[test]
fn the_number_of_threads_does_not_change_a_bit_of_a_batch() {
    let (batch, m, k, n) = (50, 20, 64, 20);
    let (a, b) = (numbers::<f32>(batch * m * k, 1), numbers::<f32>(k * n, 2));
    let (a_layout, b_layout) = (MatrixLayout::row_major(k), MatrixLayout::row_major(n));
    let product = |threads| {
        let mut c = vec![0.0; batch * m * n];
        let offsets = |i| (i * m * k, 0);
        Threads::new(threads).unwrap().run(|| {
            gemm_batched(batch, m, k, n, &a, a_layout, &b, b_layout, offsets, &mut c, Epilogue::none());
        });
        c
    };
    let one = product(1);
    let mut each = vec![0.0; m * n];
    gemm(m, k, n, &a[7 * m * k..], a_layout, &b, b_layout, &mut each, n, false, Epilogue::none());
    assert_eq!(one[7 * m * n..8 * m * n], each[..]);
    for threads in [2, 3, 7] {
        assert!(product(threads) == one, "{threads} threads");
    }
}

#[test]
fn the_number_of_rows_does_not_change_a_bit() {
    for (k, n) in [(1, 1), (7, 1), (40, 1), (5, 3), (64, 33), (300, 100), (900, 17)] {
        for transposed in [false, true] {
            let (a, b, bias) = (numbers::<f32>(9 * k, 1), numbers::<f32>(k * n, 2), numbers::<f32>(n, 3));
            let layout = if transposed { MatrixLayout::row_major(k).transposed() } else { MatrixLayout::row_major(n) };
            for level in levels() {
                let product = |first: usize, rows: usize| {
                    let mut c = vec![9.0; rows * n];
                    let epilogue = Epilogue { bias: Some(&bias[..]), activation: Activation::Tanh };
                    let a = (&a[first * k..][..rows * k], MatrixLayout::row_major(k));
                    run(level, (rows, k, n), a, (&b, layout), &mut c, n, false, epilogue);
                    c
                };
                let together = product(0, 9);
                for (first, rows) in [(0, 1), (4, 1), (8, 1), (2, 2), (1, 7)] {
                    let part = &together[first * n..][..rows * n];
                    assert_eq!(product(first, rows), part, "{level}: {k} × {n}, {transposed}, rows {first}, {rows}");
                }
            }
        }
    }
}

#[test]
fn nan_and_infinity_propagate() {
    for level in levels() {
        for n in [1, 5, 40] {
            let mut a = vec![0.0_f32; 9 * 4];
            let mut b = vec![0.0_f32; 4 * n];
            a[2 * 4 + 1] = f32::INFINITY;
            b[3 * n] = f32::NAN;
            let layouts = (MatrixLayout::row_major(4), MatrixLayout::row_major(n));
            for activation in ACTIVATIONS {
                let mut c = vec![1.0; 9 * n];
                let epilogue = Epilogue { bias: None, activation };
                run(level, (9, 4, n), (&a, layouts.0), (&b, layouts.1), &mut c, n, false, epilogue);
                for (index, c) in c.iter().enumerate() {
                    // Zero times infinity in row 2, zero times not-a-number in column 0.
                    let wanted = index / n == 2 || index % n == 0;
                    assert!(c.is_nan() == wanted, "{level:?}, {activation:?}: element {index} of {n} columns is {c}");
                }
            }
        }
    }
}

#[test]
fn no_depth_gives_zeros_or_keeps_c() {
    let layout = MatrixLayout::row_major(0);
    let bias = [1.0, -2.0];
    let epilogue = Epilogue { bias: Some(&bias), activation: Activation::Relu };
    for (accumulate, result) in [(false, [1.0, 0.0, f64::NAN, 1.0, 0.0]), (true, [4.0, 1.0, f64::NAN, 4.0, 1.0])] {
        let mut c = [3.0, 3.0, f64::NAN, 3.0, 3.0];
        gemm(2, 0, 2, &[], layout, &[], MatrixLayout::row_major(2), &mut c, 3, accumulate, epilogue);
        assert!(c.iter().zip(&result).all(|(x, y)| x == y || x.is_nan() && y.is_nan()), "{c:?}");
    }
}

fn square_product(a: usize, b: usize, c: usize, c_row: usize, bias: usize) {
    let (a, b, mut c, bias) = (vec![0.0_f32; a], vec![0.0; b], vec![0.0; c], vec![0.0; bias]);
    let layout = MatrixLayout::row_major(4);
    let epilogue = Epilogue { bias: Some(&bias), activation: Activation::Identity };
    gemm(4, 4, 4, &a, layout, &b, layout, &mut c, c_row, false, epilogue);
}

#[test]
#[should_panic = "gemm: a: 15 elements, 4 × 4 from element 0 on with strides 4, 1"]
fn a_too_short() {
    square_product(15, 16, 16, 4, 4);
}

#[test]
#[should_panic = "gemm: b: 15 elements, 4 × 4"]
fn b_too_short() {
    square_product(16, 15, 16, 4, 4);
}

#[test]
#[should_panic = "gemm: c: 15 elements, 4 × 4"]
fn c_too_short() {
    square_product(16, 16, 15, 4, 4);
}

#[test]
#[should_panic = "gemm: c: rows overlap: 4 columns, row stride 3"]
fn overlapping_rows_of_c() {
    square_product(16, 16, 16, 3, 4);
}

#[test]
#[should_panic = "gemm: bias: 3 elements, 4 columns"]
fn bias_too_short() {
    square_product(16, 16, 16, 4, 3);
}

#[test]
#[should_panic = "gemm_batched: a: 8 elements, 2 × 2 from element 6 on"]
fn offset_too_large() {
    let layout = MatrixLayout::row_major(2);
    let (a, b) = ([0.0_f32; 8], [0.0; 8]);
    gemm_batched(2, 2, 2, 2, &a, layout, &b, layout, |i| (6 * i, 0), &mut [0.0; 8], Epilogue::none());
}

#[test]
fn strides_too_large_for_a_slice_are_refused() {
    let layout = MatrixLayout { row_stride: usize::MAX, column_stride: usize::MAX };
    assert_eq!(layout.extent(2, 2), None);
    assert_eq!(layout.extent(1, 1), Some(1));
    let mut c = [0.0];
    gemm(1, 1, 1, &[3.0_f32], layout, &[2.0], layout, &mut c, 1, false, Epilogue::none());
    assert_eq!(c, [6.0]);
}
