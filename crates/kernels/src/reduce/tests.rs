//! Reductions against naive loops over random shapes and axes.

use super::*;
use crate::Threads;
use proptest::prelude::*;

/// Numbers in [−4, 4) that look random and depend on the seed.
pub(crate) fn numbers<F: Float>(len: usize, seed: u64) -> Vec<F> {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let mut next = || {
        state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        F::from_f64((state >> 40) as f64 / (1u64 << 21) as f64 - 4.0)
    };
    (0..len).map(|_| next()).collect()
}

/// Shapes of up to six axes, some of them empty or of one element.
pub(crate) fn shapes() -> impl Strategy<Value = Shape> {
    let dims =
        prop::collection::vec(prop_oneof![1 => Just(0usize), 3 => Just(1), 12 => 2usize..9, 1 => 30usize..70], 0..=6);
    dims.prop_filter_map("too many elements", |dims| {
        let shape = Shape::new(&dims);
        (shape.len() <= 60_000).then_some(shape)
    })
}

/// The numbers that fall on each output, in f64, by looking at every element.
fn naive<F: Float>(x: &[F], shape: Shape, axes: Axes) -> Vec<Vec<f64>> {
    let kept = shape.reduced(axes, true);
    let strides = shape.strides();
    let to = kept.broadcast_strides(shape);
    let mut outputs = vec![Vec::new(); kept.len()];
    for (flat, &v) in x.iter().enumerate() {
        let output: usize = (0..shape.rank()).map(|a| flat / strides[a] % shape.dims()[a] * to[a]).sum();
        outputs[output].push(v.to_f64());
    }
    outputs
}

fn check<F: Float>(
    shape: Shape,
    axes: Axes,
    kernel: impl Fn(&[F], &mut [F]),
    want: impl Fn(&[f64]) -> f64,
) -> Result<(), TestCaseError> {
    let x = numbers::<F>(shape.len(), 7);
    let mut out = vec![F::from_f64(123.0); shape.reduced(axes, false).len()];
    kernel(&x, &mut out);
    for (k, (got, terms)) in out.iter().zip(naive(&x, shape, axes)).enumerate() {
        let (got, want) = (got.to_f64(), want(&terms));
        let scale: f64 = terms.iter().map(|t| t.abs()).sum::<f64>() + 1.0;
        let close = (got - want).abs() <= 40.0 * F::EPSILON.to_f64() * scale;
        prop_assert!(
            close || got == want || got.is_nan() && want.is_nan(),
            "{shape} {axes:?} output {k}: {got}, {want}"
        );
    }
    Ok(())
}

fn variance_of(terms: &[f64], correction: usize) -> f64 {
    let n = terms.len() as f64;
    if terms.len() <= correction {
        return f64::NAN;
    }
    let mean = terms.iter().sum::<f64>() / n;
    terms.iter().map(|t| (t - mean) * (t - mean)).sum::<f64>() / (n - correction as f64)
}

fn check_all<F: Float>(shape: Shape, axes: Axes) -> Result<(), TestCaseError> {
    check::<F>(shape, axes, |x, out| sum(x, shape, axes, out), |t| t.iter().sum())?;
    if statistic::reduced_count(shape, axes) > 0 {
        check::<F>(shape, axes, |x, out| max(x, shape, axes, out), |t| t.iter().fold(f64::MIN, |a, &b| a.max(b)))?;
        check::<F>(shape, axes, |x, out| min(x, shape, axes, out), |t| t.iter().fold(f64::MAX, |a, &b| a.min(b)))?;
    }
    for correction in [0, 1] {
        let kernel = |x: &[F], out: &mut [F]| variance(x, shape, axes, correction, out);
        check::<F>(shape, axes, kernel, |t| variance_of(t, correction))?;
    }
    let log_sum_exp = |t: &[f64]| t.iter().map(|x| x.exp()).sum::<f64>().ln();
    check::<F>(shape, axes, |x, out| logsumexp(x, shape, axes, out), log_sum_exp)
}

proptest! {
    #[test]
    fn random_shapes_and_axes(shape in shapes(), bits in 0usize..64) {
        let axes = (0..shape.rank()).filter(|a| bits >> a & 1 == 1).fold(Axes::NONE, Axes::with);
        check_all::<f32>(shape, axes)?;
        check_all::<f64>(shape, axes)?;
    }

    #[test]
    fn positions(outer in 0usize..5, n in 1usize..150, inner in 0usize..70, levels in 2u32..1000) {
        // Few levels give many ties; the lowest level becomes NaN in some runs.
        let mut x = numbers::<f32>(outer * n * inner, 3);
        x.iter_mut().for_each(|v| *v = (*v * levels as f32 / 8.0).round());
        if levels % 3 == 0 {
            x.iter_mut().for_each(|v| if *v == 0.0 { *v = f32::NAN });
        }
        let mut got = vec![u32::MAX; outer * inner];
        for largest in [true, false] {
            if largest { argmax(&x, outer, n, inner, &mut got) } else { argmin(&x, outer, n, inner, &mut got) }
            for (k, &got) in got.iter().enumerate() {
                let at = |i: usize| x[(k / inner * n + i) * inner + k % inner];
                let better = |a: f32, b: f32| if largest { a > b } else { a < b };
                let mut want = 0;
                for i in 1..n {
                    if !at(want).is_nan() && (at(i).is_nan() || better(at(i), at(want))) {
                        want = i;
                    }
                }
                prop_assert_eq!(got as usize, want, "output {} of {} x {} x {}", k, outer, n, inner);
            }
        }
    }
}

/// Large enough for every parallel path: rows, columns, both at once, narrow columns, one number.
#[test]
fn bits_do_not_depend_on_threads() {
    let cases = [
        (Shape::from([1 << 18]), Axes::all(1)),
        (Shape::from([700, 300]), Axes::one(0)),
        (Shape::from([700, 300]), Axes::one(1)),
        (Shape::from([300_001, 3]), Axes::one(0)),
        (Shape::from([40, 16, 500]), Axes::one(0).with(2)),
        (Shape::from([40, 16, 500]), Axes::one(1)),
        (Shape::from([40, 3, 50, 37]), Axes::one(0).with(2)),
        (Shape::from([100_000, 3, 2]), Axes::one(0).with(2)),
    ];
    for (shape, axes) in cases {
        let x = numbers::<f32>(shape.len(), 1);
        let run = |threads: usize| {
            let len = shape.reduced(axes, false).len();
            let mut outs = vec![vec![0.0f32; len]; 4];
            let (outer, n, inner) = shape.around(shape.rank() / 2);
            let mut positions = vec![0; outer * inner];
            Threads::new(threads).unwrap().run(|| {
                sum(&x, shape, axes, &mut outs[0]);
                max(&x, shape, axes, &mut outs[1]);
                variance(&x, shape, axes, 1, &mut outs[2]);
                logsumexp(&x, shape, axes, &mut outs[3]);
                argmax(&x, outer, n, inner, &mut positions);
            });
            (outs.concat().iter().map(|v| v.to_bits()).collect::<Vec<_>>(), positions)
        };
        let one = run(1);
        for threads in [2, 3, 7] {
            assert!(run(threads) == one, "{shape} {axes:?}, {threads} threads");
        }
    }
}

/// A naive f32 sum of these is off by about 0.1 %.
#[test]
fn long_sums_are_accurate() {
    let n = 1 << 22;
    let x = vec![0.1f32; n];
    let want = f64::from(0.1f32) * n as f64;
    for shape in [Shape::from([n]), Shape::from([n / 2, 2]), Shape::from([n / 2048, 2048])] {
        let mut out = vec![0.0; shape.len() / shape.dims()[0]];
        sum(&x, shape, Axes::one(0), &mut out);
        let want = want / out.len() as f64;
        assert!(out.iter().all(|&s| (f64::from(s) / want - 1.0).abs() < 4e-7), "{shape}: {} for {want}", out[0]);
    }
}

#[test]
fn special_values() {
    let (inf, nan) = (f32::INFINITY, f32::NAN);
    type Kernel = fn(&[f32], Shape, Axes, &mut [f32]);
    let check = |kernel: Kernel, x: &[f32], want: f32| {
        // As a row, and repeated as 40 columns.
        let columns: Vec<f32> = x.iter().flat_map(|&v| [v; 40]).collect();
        let (mut one, mut many) = ([7.0], [7.0; 40]);
        kernel(x, Shape::from([x.len()]), Axes::one(0), &mut one);
        kernel(&columns, Shape::from([x.len(), 40]), Axes::one(0), &mut many);
        for got in one.into_iter().chain(many) {
            assert!(got == want || got.is_nan() && want.is_nan(), "{x:?}: {got}, expected {want}");
        }
    };
    check(logsumexp, &[-inf, -inf], -inf);
    check(logsumexp, &[inf, 1.0], inf);
    check(logsumexp, &[inf, -inf], inf);
    check(logsumexp, &[nan, inf], nan);
    check(logsumexp, &[nan, -inf], nan);
    check(logsumexp, &[-inf, 2.0], 2.0);
    check(logsumexp, &[], -inf);
    check(max, &[1.0, nan, 2.0], nan);
    check(max, &[nan; 40], nan);
    check(max, &[-inf, -inf], -inf);
    check(min, &[nan, -inf], nan);
    check(min, &[inf, 3.0], 3.0);
    check(sum, &[], 0.0);
    check(sum, &[inf, -inf], nan);
    check(|x, shape, axes, out| variance(x, shape, axes, 1, out), &[5.0], nan);
    check(|x, shape, axes, out| variance(x, shape, axes, 0, out), &[5.0], 0.0);
    check(|x, shape, axes, out| variance(x, shape, axes, 2, out), &[5.0], nan);
    check(|x, shape, axes, out| variance(x, shape, axes, 0, out), &[], nan);
}

#[test]
fn a_nan_is_found_wherever_it_is() {
    for n in [1, 7, 31, 33, 1023, 1025, 5000] {
        for at in [0, n / 2, n - 1] {
            let mut x = numbers::<f32>(n, 5);
            x[at] = f32::NAN;
            let (mut out, mut position) = ([0.0], [0]);
            max(&x, Shape::from([n]), Axes::one(0), &mut out);
            argmax(&x, 1, n, 1, &mut position);
            assert!(out[0].is_nan() && position[0] as usize == at, "{n} numbers, NaN at {at}");
        }
    }
}

#[test]
#[should_panic(expected = "max: no numbers to reduce: shape [2, 0]")]
fn the_largest_of_nothing() {
    max(&[], Shape::from([2, 0]), Axes::one(1), &mut [0.0f32; 2]);
}

#[test]
#[should_panic(expected = "sum: length of out: left 3, right [2]")]
fn a_wrong_length() {
    sum(&[0.0f32; 6], Shape::from([2, 3]), Axes::one(1), &mut [0.0; 3]);
}
