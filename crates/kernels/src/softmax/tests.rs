//! Softmax and its logarithm against naive loops, and where the numbers are extreme.

use super::*;
use crate::reduce::tests::numbers;
use crate::{Threads, layer_norm};
use proptest::prelude::*;

type Kernel<F> = fn(&[F], &[F], usize, usize, usize, &mut [F]);

/// Applies `want` to every slice along the middle axis and compares.
fn check<F: Float>(
    [outer, n, inner]: [usize; 3],
    a: &[F],
    b: &[F],
    kernel: Kernel<F>,
    want: impl Fn(&[f64], &[f64]) -> Vec<f64>,
) -> Result<(), TestCaseError> {
    let mut out = vec![F::from_f64(9.0); outer * n * inner];
    kernel(a, b, outer, n, inner, &mut out);
    for slice in 0..outer * inner {
        let at = |i: usize| (slice / inner * n + i) * inner + slice % inner;
        let [a, b] = [a, b].map(|x| (0..n).map(|i| x[at(i)].to_f64()).collect::<Vec<_>>());
        let scale = 1.0 + a.iter().map(|x| x.abs()).sum::<f64>();
        for (i, want) in want(&a, &b).into_iter().enumerate() {
            let got = out[at(i)].to_f64();
            let close = (got - want).abs() <= 20.0 * F::EPSILON.to_f64() * scale;
            prop_assert!(close, "{outer} x {n} x {inner}, slice {slice}, {i}: {got}, expected {want}");
        }
    }
    Ok(())
}

fn naive_softmax(x: &[f64]) -> Vec<f64> {
    let sum: f64 = x.iter().map(|x| x.exp()).sum();
    x.iter().map(|x| x.exp() / sum).collect()
}

fn check_all<F: Float>(sizes: [usize; 3]) -> Result<(), TestCaseError> {
    let [outer, n, inner] = sizes;
    let len = outer * n * inner;
    let (x, g) = (numbers::<F>(len, 1), numbers::<F>(len, 2));
    check(sizes, &x, &x, |x, _, o, n, i, out| softmax(x, o, n, i, out), |x, _| naive_softmax(x))?;
    let log = |x: &[f64]| naive_softmax(x).iter().map(|y| y.ln()).collect::<Vec<_>>();
    check(sizes, &x, &x, |x, _, o, n, i, out| log_softmax(x, o, n, i, out), |x, _| log(x))?;
    let mut y = vec![F::ZERO; len];
    softmax(&x, outer, n, inner, &mut y);
    // The derivative as the product with the full Jacobian.
    check(sizes, &g, &y, softmax_backward, |g, y| {
        let entry = |i: usize, j: usize| y[i] * (f64::from(i == j) - y[j]);
        (0..n).map(|i| (0..n).map(|j| g[j] * entry(j, i)).sum()).collect()
    })?;
    log_softmax(&x, outer, n, inner, &mut y);
    check(sizes, &g, &y, log_softmax_backward, |g, y| {
        let entry = |i: usize, j: usize| f64::from(i == j) - y[j].exp();
        (0..n).map(|i| (0..n).map(|j| g[j] * entry(j, i)).sum()).collect()
    })
}

proptest! {
    #[test]
    fn any_axis(outer in 0usize..6, n in 1usize..80, inner in prop_oneof![Just(1), 0usize..90]) {
        check_all::<f32>([outer, n, inner])?;
        check_all::<f64>([outer, n, inner])?;
    }

    #[test]
    fn layer_norm_of_rows(rows in 0usize..9, n in 1usize..300, eps in 0.0f64..0.1) {
        let x = numbers::<f64>(rows * n, 4);
        let (mut out, mut mean, mut rstd) = (vec![0.0; rows * n], vec![0.0; rows], vec![0.0; rows]);
        layer_norm(&x, rows, n, eps + 1e-5, None, &mut out, &mut mean, &mut rstd);
        for (r, x) in x.chunks(n).enumerate() {
            let m = x.iter().sum::<f64>() / n as f64;
            let s = 1.0 / (x.iter().map(|x| (x - m) * (x - m)).sum::<f64>() / n as f64 + eps + 1e-5).sqrt();
            prop_assert!((mean[r] - m).abs() < 1e-13 && (rstd[r] / s - 1.0).abs() < 1e-12);
            prop_assert!(x.iter().zip(&out[r * n..]).all(|(x, y)| ((x - m) * s - y).abs() < 1e-10));
        }
        let (weight, bias) = (numbers::<f64>(n, 5), numbers::<f64>(n, 6));
        let mut affine = vec![0.0; rows * n];
        layer_norm(&x, rows, n, eps + 1e-5, Some((&weight, &bias)), &mut affine, &mut mean, &mut rstd);
        prop_assert!((0..rows * n).all(|i| affine[i] == out[i] * weight[i % n] + bias[i % n]));
    }
}

#[test]
fn long_rows() {
    for sizes in [[3, 1025, 1], [2, 6000, 1], [1, 2000, 3], [2, 33, 700]] {
        check_large(sizes);
    }
}

fn check_large(sizes: [usize; 3]) {
    let [outer, n, inner] = sizes;
    let x = numbers::<f32>(outer * n * inner, 1);
    check(sizes, &x, &x, |x, _, o, n, i, out| softmax(x, o, n, i, out), |x, _| naive_softmax(x)).unwrap();
    let log = |x: &[f64]| naive_softmax(x).iter().map(|y| y.ln()).collect::<Vec<_>>();
    check(sizes, &x, &x, |x, _, o, n, i, out| log_softmax(x, o, n, i, out), |x, _| log(x)).unwrap();
}

#[test]
fn special_values_give_nan_in_their_slice_alone() {
    let (inf, nan) = (f32::INFINITY, f32::NAN);
    for bad in [[-inf, -inf, -inf], [inf, 0.0, 1.0], [nan, 0.0, -inf]] {
        for inner in [1, 40] {
            let mut x = vec![1.0; 2 * 3 * inner];
            (0..3).for_each(|i| x[i * inner] = bad[i]);
            let mut out = vec![0.0; x.len()];
            for kernel in [softmax::<f32>, log_softmax::<f32>] {
                kernel(&x, 2, 3, inner, &mut out);
                for (at, v) in out.iter().enumerate() {
                    let in_slice = at < 3 * inner && at % inner == 0;
                    assert!(v.is_nan() == in_slice, "{bad:?}, {inner}: {out:?}");
                }
            }
        }
    }
    // Masked entries are exactly 0, and large inputs do not overflow.
    let mut out = [0.0; 3];
    softmax(&[-inf, 3e38, 3e38], 1, 3, 1, &mut out);
    assert_eq!(out, [0.0, 0.5, 0.5]);
}

#[test]
fn bits_do_not_depend_on_threads() {
    for [outer, n, inner] in [[8000, 10, 1], [40, 6000, 1], [1, 600, 600], [30, 40, 100], [2, 100_000, 1]] {
        let len = outer * n * inner;
        let (x, g) = (numbers::<f32>(len, 1), numbers::<f32>(len, 2));
        let run = |threads: usize| {
            let mut outs = vec![vec![0.0f32; len]; 5];
            let (mut mean, mut rstd) = (vec![0.0; outer * inner], vec![0.0; outer * inner]);
            Threads::new(threads).unwrap().run(|| {
                let [y, log_y, a, b, c] = &mut outs[..] else { unreachable!() };
                softmax(&x, outer, n, inner, y);
                log_softmax(&x, outer, n, inner, log_y);
                softmax_backward(&g, y, outer, n, inner, a);
                log_softmax_backward(&g, log_y, outer, n, inner, b);
                layer_norm(&x, outer * inner, n, 1e-5, None, c, &mut mean, &mut rstd);
            });
            outs.concat().into_iter().chain(mean).chain(rstd).map(f32::to_bits).collect::<Vec<_>>()
        };
        let one = run(1);
        for threads in [2, 3, 7] {
            assert!(run(threads) == one, "{outer} x {n} x {inner}, {threads} threads");
        }
    }
}
