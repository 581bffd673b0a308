//! Recurrent layers against plain loops, the formulas written out.

use super::*;
use crate::{Threads, reduce};

/// Numbers between −1 and 1, where no gate is saturated.
fn numbers(count: usize, seed: u64) -> Vec<f64> {
    reduce::tests::numbers::<f64>(count, seed).into_iter().map(|x| x / 4.0).collect()
}

fn sigmoid(x: f64) -> f64 {
    1.0 / (1.0 + (-x).exp())
}

/// `a·Wᵀ + b` for one vector.
fn linear(a: &[f64], weight: &[f64], bias: &[f64]) -> Vec<f64> {
    weight.chunks(a.len()).zip(bias).map(|(w, b)| w.iter().zip(a).map(|(w, a)| w * a).sum::<f64>() + b).collect()
}

/// One step by the formulas of [`Cell`].
fn step(cell: Cell, x: &[f64], r: &[f64], h: &mut [f64], c: &mut [f64]) {
    let n = h.len();
    for j in 0..n {
        let sum = |gate: usize| x[gate * n + j] + r[gate * n + j];
        match cell {
            Cell::Rnn => h[j] = sum(0).tanh(),
            Cell::Lstm => {
                let (i, f, g, o) = (sigmoid(sum(0)), sigmoid(sum(1)), sum(2).tanh(), sigmoid(sum(3)));
                c[j] = f * c[j] + i * g;
                h[j] = o * c[j].tanh();
            }
            Cell::Gru => {
                let (reset, z) = (sigmoid(sum(0)), sigmoid(sum(1)));
                let new = (x[2 * n + j] + reset * r[2 * n + j]).tanh();
                h[j] = (1.0 - z) * new + z * h[j];
            }
        }
    }
}

struct Case {
    shape: RecurrentShape,
    lengths: Option<Vec<u32>>,
    x: Vec<f64>,
    weight: Vec<f64>,
    bias: Vec<f64>,
    state: [Vec<f64>; 2],
}

fn case(cell: Cell, [batch, time, hidden]: [usize; 3], reverse: bool, ragged: bool) -> Case {
    let shape = RecurrentShape { cell, batch, time, hidden, reverse };
    Case {
        shape,
        lengths: ragged.then(|| (0..batch).map(|b| (b * 2 % (time + 1)) as u32).collect()),
        x: numbers(batch * time * shape.width(), 1),
        weight: numbers(shape.width() * hidden, 2),
        bias: numbers(shape.width(), 3),
        state: [numbers(batch * hidden, 4), numbers(batch * hidden * (cell.states() - 1), 5)],
    }
}

/// Everything that a pass forward writes.
struct Forward {
    out: Vec<f64>,
    gates: Vec<f64>,
    before: Vec<f64>,
    extra: Vec<f64>,
}

fn forward(case: &Case) -> Forward {
    let Case { shape, lengths, x, weight, bias, state } = case;
    let rows = shape.batch * shape.time;
    let full = |size: usize| vec![9.0; size];
    let (mut out, mut gates) = (full(shape.rows() * shape.hidden), full(rows * shape.width()));
    let (mut before, mut extra) = (full(rows * shape.hidden), full(shape.extra()));
    let mut scratch = full(shape.batch * shape.width());
    let recalled = Recalled { gates: &mut gates[..], before: &mut before[..], extra: &mut extra[..] };
    let state = [&state[0][..], &state[1][..]];
    recurrent(shape, lengths.as_deref(), x, weight, Some(bias), state, recalled, &mut out, &mut scratch);
    Forward { out, gates, before, extra }
}

const CELLS: [Cell; 3] = [Cell::Rnn, Cell::Lstm, Cell::Gru];

#[test]
fn agrees_with_plain_loops() {
    for cell in CELLS {
        for (reverse, ragged) in [(false, false), (true, false), (false, true), (true, true)] {
            for sizes in [[3, 4, 5], [1, 1, 1], [4, 3, 9], [2, 0, 3], [0, 2, 3]] {
                let case = case(cell, sizes, reverse, ragged);
                let [batch, time, n] = sizes;
                let mut want = vec![0.0; case.shape.rows() * n];
                for b in 0..batch {
                    let mut h = case.state[0][b * n..][..n].to_vec();
                    let mut c = case.state[1].get(b * n..(b + 1) * n).map_or(vec![], <[f64]>::to_vec);
                    let length = case.lengths.as_ref().map_or(time, |lengths| lengths[b] as usize);
                    for s in 0..length {
                        let row = b * time + if reverse { length - 1 - s } else { s };
                        let width = case.shape.width();
                        let r = linear(&h, &case.weight, &case.bias);
                        step(cell, &case.x[row * width..][..width], &r, &mut h, &mut c);
                        want[row * n..][..n].copy_from_slice(&h);
                    }
                    want[(batch * time + b) * n..][..n].copy_from_slice(&h);
                    if cell == Cell::Lstm {
                        want[(batch * time + batch + b) * n..][..n].copy_from_slice(&c);
                    }
                }
                let got = forward(&case).out;
                let close = got.iter().zip(&want).all(|(a, b)| (a - b).abs() < 1e-13);
                assert!(close && got.len() == want.len(), "{cell:?} {sizes:?} {reverse} {ragged}: {got:?} {want:?}");
            }
        }
    }
}

/// `Σ weights · out` as a function of everything that is differentiated by.
fn weighted(case: &Case, weights: &[f64]) -> f64 {
    forward(case).out.iter().zip(weights).map(|(a, b)| a * b).sum()
}

#[test]
fn the_derivative_agrees_with_differences() {
    for cell in CELLS {
        for (reverse, ragged) in [(false, false), (true, true), (false, true)] {
            let mut case = case(cell, [3, 4, 5], reverse, ragged);
            let shape = case.shape;
            let (rows, width, n) = (shape.batch * shape.time, shape.width(), shape.hidden);
            let g = numbers(shape.rows() * n, 7);
            let Forward { gates, before, extra, .. } = forward(&case);
            let recalled = Recalled { gates: &gates[..], before: &before[..], extra: &extra[..] };
            let mut dx = vec![9.0; rows * width];
            let mut dr = vec![9.0; if cell == Cell::Gru { rows * width } else { 0 }];
            let mut d_state = vec![9.0; shape.batch * n * cell.states()];
            let lengths = case.lengths.clone();
            let weight = case.weight.clone();
            recurrent_backward(&shape, lengths.as_deref(), &weight, recalled, &g, &mut dx, &mut dr, &mut d_state);
            let through = if cell == Cell::Gru { &dr } else { &dx };
            let mut dw = vec![0.0; width * n];
            let (tall, wide) = (MatrixLayout::row_major(width).transposed(), MatrixLayout::row_major(n));
            gemm(width, rows, n, through, tall, &before, wide, &mut dw, n, false, Epilogue::none());
            let db: Vec<f64> = (0..width).map(|j| through.iter().skip(j).step_by(width).sum()).collect();
            let (dh, dc) = d_state.split_at(shape.batch * n);
            let mut check = |what: &str, analytic: &[f64], field: fn(&mut Case) -> &mut Vec<f64>| {
                for (i, &analytic) in analytic.iter().enumerate() {
                    const H: f64 = 1e-6;
                    let mut at = |h: f64| {
                        field(&mut case)[i] += h;
                        let value = weighted(&case, &g);
                        field(&mut case)[i] -= h;
                        value
                    };
                    let numeric = (at(H) - at(-H)) / (2.0 * H);
                    assert!((analytic - numeric).abs() < 1e-8, "{cell:?} {what} {i}: {analytic} {numeric}");
                }
            };
            check("x", &dx, |case| &mut case.x);
            check("weight", &dw, |case| &mut case.weight);
            check("bias", &db, |case| &mut case.bias);
            check("h", dh, |case| &mut case.state[0]);
            check("c", dc, |case| &mut case.state[1]);
        }
    }
}

#[test]
fn the_number_of_threads_does_not_change_a_bit() {
    for cell in CELLS {
        let case = case(cell, [70, 3, 65], false, true);
        let one = Threads::new(1).unwrap().run(|| forward(&case).out);
        for threads in [2, 3] {
            assert!(Threads::new(threads).unwrap().run(|| forward(&case).out) == one, "{cell:?}, {threads} threads");
        }
    }
}

#[test]
#[should_panic(expected = "recurrent: lengths of the sequences: left [5, 0], right")]
fn a_length_beyond_the_steps() {
    let mut case = case(Cell::Rnn, [2, 4, 3], false, true);
    case.lengths = Some(vec![5, 0]);
    forward(&case);
}
