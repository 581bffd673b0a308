//! Attention against plain loops, and the bits that decoding relies on.

use super::*;
use crate::{Threads, reduce};

fn numbers<F: Float>(count: usize, seed: u64) -> Vec<F> {
    reduce::tests::numbers::<F>(count, seed).into_iter().map(|x| x * F::from_f64(0.5)).collect()
}

/// Each operand in a slice of its own, or all in one.
fn shape([batch, heads, queries, keys, key_width, value_width]: [usize; 6], packed: bool) -> AttentionShape {
    let (k, v) = (heads * key_width, heads * value_width);
    let row = |offset, stride| {
        if packed { AttentionRows { offset, stride: 2 * k + v } } else { AttentionRows { offset: 0, stride } }
    };
    let rows = [row(0, k), row(k, k), row(2 * k, v)];
    AttentionShape { batch, heads, queries, keys, key_width, value_width, rows }
}

struct Case {
    shape: AttentionShape,
    operands: [Vec<f64>; 3],
    keys: Option<Vec<u8>>,
    pairs: Option<Vec<u8>>,
    causal: bool,
    kept: Option<Vec<u8>>,
}

fn case(sizes: [usize; 6], packed: bool, masks: [bool; 3], dropout: bool) -> Case {
    let shape = shape(sizes, packed);
    let length = |i: usize| shape.batch * shape.sizes()[i].0 * shape.rows[i].stride;
    let mask = |count: usize, every: usize| (0..count).map(|i| u8::from(i % every == 1)).collect::<Vec<u8>>();
    Case {
        shape,
        operands: if packed {
            std::array::from_fn(|_| numbers(length(0), 1))
        } else {
            std::array::from_fn(|i| numbers(length(i), i as u64))
        },
        keys: masks[0].then(|| mask(shape.batch * shape.keys, 3)),
        pairs: masks[1].then(|| mask(shape.queries * shape.keys, 4)),
        causal: masks[2],
        kept: dropout.then(|| (0..shape.weights()).map(|i| u8::from(i % 5 != 2)).collect()),
    }
}

const SCALE: f64 = 0.6;
const KEEP: f64 = 1.25;

fn run(case: &Case) -> [Vec<f64>; 3] {
    let Case { shape, operands, keys, pairs, causal, kept } = case;
    let excluded = Excluded { keys: keys.as_deref(), pairs: pairs.as_deref(), causal: *causal };
    let kept = kept.as_deref().map(|mask| Kept { mask, scale: KEEP });
    let mut dropped = vec![9.0; if kept.is_some() { shape.weights() } else { 0 }];
    let (mut weights, mut out) = (vec![9.0; shape.weights()], vec![9.0; shape.output()]);
    let operands = [&operands[0][..], &operands[1][..], &operands[2][..]];
    attention(shape, operands, SCALE, excluded, kept, &mut weights, &mut dropped, &mut out);
    [weights, dropped, out]
}

fn naive(case: &Case) -> Vec<f64> {
    let s = &case.shape;
    let at = |i: usize, b: usize, row: usize, column: usize| {
        case.operands[i][s.rows[i].offset + (b * s.sizes()[i].0 + row) * s.rows[i].stride + column]
    };
    let mut out = vec![0.0; s.output()];
    for number in 0..s.batch * s.heads {
        let (b, head) = (number / s.heads, number % s.heads);
        for i in 0..s.queries {
            let sees = |j: usize| {
                !(case.causal && j > i
                    || case.keys.as_ref().is_some_and(|mask| mask[b * s.keys + j] == 1)
                    || case.pairs.as_ref().is_some_and(|mask| mask[i * s.keys + j] == 1))
            };
            let score = |j: usize| {
                let product = |d: usize| at(0, b, i, head * s.key_width + d) * at(1, b, j, head * s.key_width + d);
                (SCALE * (0..s.key_width).map(product).sum::<f64>()).exp()
            };
            let total: f64 = (0..s.keys).filter(|&j| sees(j)).map(score).sum();
            for d in 0..s.value_width {
                let column = head * s.value_width + d;
                let term = |j: usize| {
                    let place = (number * s.queries + i) * s.keys + j;
                    let kept = case.kept.as_ref().map_or(1.0, |kept| f64::from(kept[place]) * KEEP);
                    kept * score(j) / total * at(2, b, j, column)
                };
                out[(b * s.queries + i) * s.heads * s.value_width + column] =
                    (0..s.keys).filter(|&j| sees(j)).map(term).sum();
            }
        }
    }
    out
}

fn cases() -> impl Iterator<Item = Case> {
    let sizes = [[2, 3, 4, 4, 5, 5], [1, 1, 1, 1, 1, 1], [3, 2, 7, 7, 8, 8], [2, 1, 3, 3, 2, 2]];
    let apart = [[2, 2, 3, 5, 4, 6], [1, 3, 1, 300, 2, 1], [2, 2, 0, 3, 2, 2], [2, 2, 3, 1, 2, 2]];
    let masks = [[false; 3], [true, false, false], [false, true, false], [false, false, true], [true; 3]];
    let all = sizes.map(|sizes| (sizes, true)).into_iter().chain(apart.map(|sizes| (sizes, false)));
    all.flat_map(move |(sizes, packed)| masks.map(|masks| (sizes, packed, masks)))
        .flat_map(|(sizes, packed, masks)| [false, true].map(|dropout| case(sizes, packed, masks, dropout)))
}

#[test]
fn agrees_with_plain_loops() {
    for case in cases() {
        let [_, _, out] = run(&case);
        let close = out.iter().zip(naive(&case)).all(|(a, b)| (a - b).abs() < 1e-13);
        assert!(close, "{:?} {:?} {:?} {}", case.shape, case.keys, case.pairs, case.causal);
    }
}

#[test]
fn the_derivative_agrees_with_differences() {
    for mut case in cases().filter(|case| case.shape.weights() < 200) {
        let shape = case.shape;
        let g = numbers::<f64>(shape.output(), 7);
        let packed = shape.rows[1].offset > 0;
        let mut d: [Vec<f64>; 3] = std::array::from_fn(|i| vec![0.0; case.operands[i].len()]);
        {
            let [weights, dropped, _] = run(&case);
            let kept = case.kept.as_deref().map(|mask| Kept { mask, scale: KEEP });
            let operands = [&case.operands[0][..], &case.operands[1][..], &case.operands[2][..]];
            let [dq, dk, dv] = &mut d;
            let to = if packed { Gradients::Packed(dq) } else { Gradients::Apart([dq, dk, dv]) };
            attention_backward(&shape, operands, SCALE, kept, &weights, &dropped, &g, to);
        }
        let weighted = |case: &Case| run(case)[2].iter().zip(&g).map(|(a, b)| a * b).sum::<f64>();
        for (i, d) in d.iter().enumerate().take(if packed { 1 } else { 3 }) {
            for (j, &analytic) in d.iter().enumerate() {
                let mut at = |h: f64| {
                    let operands = if packed { 0..3 } else { i..i + 1 };
                    operands.clone().for_each(|i| case.operands[i][j] += h);
                    let value = weighted(&case);
                    operands.for_each(|i| case.operands[i][j] -= h);
                    value
                };
                let numeric = (at(1e-6) - at(-1e-6)) / 2e-6;
                assert!((analytic - numeric).abs() < 1e-8, "{shape:?} {i} {j}: {analytic} {numeric}");
            }
        }
    }
}

#[test]
fn a_query_that_sees_nothing_has_result_and_gradient_zero() {
    let mut case = case([1, 1, 2, 3, 2, 2], false, [false; 3], false);
    case.pairs = Some(vec![1, 1, 1, 0, 0, 1]);
    let [weights, _, out] = run(&case);
    assert!(weights[..3] == [0.0; 3] && out[..2] == [0.0; 2] && weights[3] > 0.0);
}

/// Whichever key has it: e³⁰⁰ is no number of single precision.
#[test]
fn the_largest_score_may_be_any_size() {
    for keys in [1, 2, 5, 16, 37] {
        let shape = shape([1, 1, 2, keys, 1, 1], false);
        for largest in 0..keys {
            let mut k = vec![-300.0_f32; keys];
            k[largest] = 300.0;
            let (mut weights, mut out) = (vec![0.0; 2 * keys], vec![0.0; 2]);
            let operands = [&[1.0, 2.0][..], &k, &vec![1.0; keys]];
            attention(&shape, operands, 1.0, Excluded::default(), None, &mut weights, &mut [], &mut out);
            let want = |(place, &weight): (usize, &f32)| weight == f32::from(place % keys == largest);
            assert!(weights.iter().enumerate().all(want) && out == [1.0; 2], "{largest} of {keys}: {weights:?}");
        }
    }
}

/// Heads that a thread computes one after the other share the place of the scores.
#[test]
fn what_is_not_a_number_stays_in_its_query() {
    let shape = shape([1, 3, 5, 5, 4, 4], false);
    let run = |poisoned: Option<usize>| {
        let operands: [Vec<f32>; 3] = std::array::from_fn(|i| numbers(5 * 12, i as u64));
        let (mut q, mut g) = (operands[0].clone(), numbers::<f32>(5 * 12, 3));
        if let Some(place) = poisoned {
            (q[place], g[place]) = (f32::NAN, f32::NAN);
        }
        let operands = [&q[..], &operands[1][..], &operands[2][..]];
        let (mut weights, mut out) = (vec![0.0; shape.weights()], vec![0.0; shape.output()]);
        attention(&shape, operands, 0.5, Excluded::default(), None, &mut weights, &mut [], &mut out);
        let mut d: [Vec<f32>; 3] = std::array::from_fn(|_| vec![0.0; 5 * 12]);
        let to = Gradients::Apart(d.each_mut().map(|d| &mut d[..]));
        attention_backward(&shape, operands, 0.5, None, &weights, &[], &g, to);
        (out, d)
    };
    let (out, [dq, dk, dv]) = run(None);
    // The second query of the second head.
    let (bad_out, [bad_dq, bad_dk, bad_dv]) = run(Some(12 + 4));
    for place in 0..5 * 12 {
        let (query, head) = (place / 12, place % 12 / 4);
        assert_eq!(bad_out[place].is_nan(), (query, head) == (1, 1), "{place}");
        assert_eq!(bad_dq[place].is_nan(), (query, head) == (1, 1), "{place}");
        assert!(head == 1 || bad_dk[place] == dk[place] && bad_dv[place] == dv[place], "{place}");
        assert!((query, head) == (1, 1) || bad_out[place] == out[place] && bad_dq[place] == dq[place], "{place}");
    }
}

/// What decoding step by step relies on: the last query alone, before the later keys exist, has the same bits.
#[test]
fn later_queries_and_excluded_keys_do_not_change_a_bit() {
    for (total, value_width) in [(9, 4), (70, 1), (300, 8)] {
        let whole = shape([1, 2, total, total, 4, value_width], false);
        let q = numbers::<f32>(total * 8, 1);
        let (k, v) = (numbers::<f32>(total * 8, 2), numbers::<f32>(total * 2 * value_width, 3));
        let run = |shape: &AttentionShape, q: &[f32], k: &[f32], v: &[f32], causal: bool| {
            let (mut weights, mut out) = (vec![0.0; shape.weights()], vec![0.0; shape.output()]);
            let excluded = Excluded { causal, ..Excluded::default() };
            attention(shape, [q, k, v], 0.5, excluded, None, &mut weights, &mut [], &mut out);
            out
        };
        let all = run(&whole, &q, &k, &v, true);
        for t in 0..total {
            let one = AttentionShape { queries: 1, keys: t + 1, ..whole };
            let width = 2 * value_width;
            let alone = run(&one, &q[t * 8..][..8], &k[..(t + 1) * 8], &v[..(t + 1) * width], false);
            assert!(alone == all[t * width..][..width], "step {t} of {total}: {alone:?}");
        }
    }
}

#[test]
fn the_number_of_threads_does_not_change_a_bit() {
    let case = case([9, 3, 40, 40, 16, 16], true, [true; 3], true);
    let one = Threads::new(1).unwrap().run(|| run(&case));
    for threads in [2, 3] {
        assert!(Threads::new(threads).unwrap().run(|| run(&case)) == one, "{threads} threads");
    }
}

#[test]
#[should_panic(expected = "attention: operand 1: 10 elements")]
fn keys_too_short() {
    let shape = shape([1, 1, 2, 3, 4, 4], false);
    let (mut weights, mut out) = (vec![0.0; 6], vec![0.0; 8]);
    let operands = [&[0.0; 8][..], &[0.0; 10][..], &[0.0; 12][..]];
    attention(&shape, operands, 1.0, Excluded::default(), None, &mut weights, &mut [], &mut out);
}
