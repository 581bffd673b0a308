//! Against loops over every place of the padded image; the same bits for any number of threads.

use proptest::prelude::*;

use super::{PoolShape, Windows, avg_pool2d, avg_pool2d_backward, max_pool2d};
use crate::Threads;

/// The places that result `i` reads, `None` in the padding.
fn places(windows: Windows, i: usize, size: usize) -> Vec<Option<usize>> {
    match windows {
        Windows::Sliding { kernel, stride, padding, dilation, .. } => (0..kernel)
            .map(|k| (i * stride + k * dilation) as isize - padding as isize)
            .filter(|&at| at < (size + padding) as isize)
            .map(|at| (at >= 0 && at < size as isize).then_some(at as usize))
            .collect(),
        Windows::Adaptive { results } => {
            let (start, end) = (i as f64 * size as f64 / results as f64, (i + 1) as f64 * size as f64 / results as f64);
            (start.floor() as usize..end.ceil() as usize).map(Some).collect()
        }
    }
}

fn axis() -> impl Strategy<Value = (usize, Windows)> {
    let sliding = (1..70_usize, 1..5_usize, 1..5_usize, 0..3_usize, 1..3_usize, any::<bool>()).prop_filter_map(
        "windows that lie in the image",
        |(size, kernel, stride, padding, dilation, ceil_mode)| {
            let windows = Windows::sliding(size, kernel, stride, padding.min(kernel / 2), dilation, ceil_mode)?;
            let inside = |i: usize| places(windows, i, size).iter().any(Option::is_some);
            (0..windows.results()).all(inside).then_some((size, windows))
        },
    );
    let adaptive = (1..20_usize, 1..8_usize).prop_map(|(size, results)| (size, Windows::Adaptive { results }));
    prop_oneof![3 => sliding, 1 => adaptive]
}

fn numbers(count: usize) -> Vec<f64> {
    // Few different ones, so that the largest is often not alone.
    (0..count).map(|i| ((i * 7919 + i * i) % 23) as f64 - 11.0).collect()
}

fn agrees(planes: usize, axes: [(usize, Windows); 2], count_padding: bool) -> Result<(), TestCaseError> {
    let [(height, down), (width, right)] = axes;
    let shape = PoolShape { planes, in_size: [height, width], windows: [down, right] };
    let (pixels, results) = (height * width, down.results() * right.results());
    let (x, g) = (numbers(planes * pixels), numbers(planes * results));
    let run = |threads| {
        Threads::new(threads).unwrap().run(|| {
            let (mut y, mut index) = (vec![f64::NAN; g.len()], vec![9; g.len()]);
            let (mut mean, mut dx) = (vec![f64::NAN; g.len()], vec![f64::NAN; x.len()]);
            max_pool2d(&shape, &x, &mut y, &mut index);
            avg_pool2d(&shape, count_padding, &x, &mut mean);
            avg_pool2d_backward(&shape, count_padding, &g, &mut dx);
            (y, index, mean, dx)
        })
    };
    let (y, index, mean, dx) = run(1);
    prop_assert_eq!(&run(3), &(y.clone(), index.clone(), mean.clone(), dx.clone()));
    let mut expected_dx = vec![0.0; x.len()];
    for at in 0..g.len() {
        let (plane, i, j) = (at / results, at % results / right.results(), at % right.results());
        let (rows, columns) = (places(down, i, height), places(right, j, width));
        let all: Vec<Option<usize>> =
            rows.iter().flat_map(|row| columns.iter().map(move |column| Some((*row)? * width + (*column)?))).collect();
        let inside: Vec<usize> = all.iter().flatten().copied().collect();
        let best = inside
            .iter()
            .copied()
            .reduce(|a, b| if x[plane * pixels + b] > x[plane * pixels + a] { b } else { a })
            .unwrap();
        prop_assert_eq!((index[at] as usize, y[at]), (best, x[plane * pixels + best]), "result {} of {:?}", at, shape);
        let count = if count_padding { all.len() } else { inside.len() } as f64;
        let want = inside.iter().map(|&at| x[plane * pixels + at]).sum::<f64>() / count;
        prop_assert!((mean[at] - want).abs() < 1e-12, "{} {want}", mean[at]);
        inside.iter().for_each(|&to| expected_dx[plane * pixels + to] += g[at] / count);
    }
    prop_assert!(dx.iter().zip(&expected_dx).all(|(a, b)| (a - b).abs() < 1e-12));
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn agrees_with_the_definition(axes in [axis(), axis()], planes in 0..5_usize, count_padding: bool) {
        agrees(planes, axes, count_padding)?;
    }

    #[test]
    fn agrees_with_the_definition_where_windows_are_two_apart(
        sizes in [3..70_usize, 3..70_usize], kernel in 2..4_usize, planes in 0..5_usize,
    ) {
        agrees(planes, sizes.map(|size| (size, Windows::sliding(size, kernel, 2, 0, 1, false).unwrap())), false)?;
    }
}

#[test]
fn not_a_number_is_the_largest() {
    for stride in [1, 2, 3] {
        let windows = Windows::sliding(3, 3, stride, 0, 1, false).unwrap();
        let shape = PoolShape { planes: 1, in_size: [3, 3], windows: [windows; 2] };
        let (mut y, mut index) = ([0.0f32], [0]);
        max_pool2d(&shape, &[1.0, 9.0, 2.0, 3.0, f32::NAN, 4.0, 5.0, 8.0, 7.0], &mut y, &mut index);
        assert!(y[0].is_nan() && index == [4], "{y:?} {index:?}");
        max_pool2d(&shape, &[f32::NEG_INFINITY; 9], &mut y, &mut index);
        assert_eq!((y, index), ([f32::NEG_INFINITY], [0]));
    }
}

#[test]
fn the_first_of_several_and_not_a_number_before_all() {
    for kernel in [2, 3] {
        let windows = Windows::sliding(kernel, kernel, 2, 0, 1, false).unwrap();
        let shape = PoolShape { planes: 1, in_size: [kernel; 2], windows: [windows; 2] };
        let (mut y, mut index) = ([0.0f32], [9]);
        max_pool2d(&shape, &vec![3.0; kernel * kernel], &mut y, &mut index);
        assert_eq!((y, index), ([3.0], [0]));
        for at in 0..kernel * kernel {
            let mut x = vec![3.0; kernel * kernel];
            x[at] = f32::NAN;
            max_pool2d(&shape, &x, &mut y, &mut index);
            assert!(y[0].is_nan() && index == [at as u32], "{y:?} {index:?}");
        }
    }
}

#[test]
fn padding_is_never_the_largest() {
    let windows = Windows::sliding(4, 3, 2, 1, 1, false).unwrap();
    let shape = PoolShape { planes: 1, in_size: [4, 4], windows: [windows; 2] };
    let (mut y, mut index) = ([0.0f32; 4], [9; 4]);
    max_pool2d(&shape, &[f32::NEG_INFINITY; 16], &mut y, &mut index);
    assert_eq!((y, index), ([f32::NEG_INFINITY; 4], [0, 1, 4, 5]));
}
