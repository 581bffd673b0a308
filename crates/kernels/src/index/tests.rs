//! Gathering and scattering against naive loops.

use super::*;
use crate::reduce::tests::{numbers, shapes};
use crate::{Shape, Threads};
use proptest::prelude::*;

fn indices(count: usize, size: usize) -> Vec<u32> {
    numbers::<f64>(count, 11).iter().map(|x| ((x + 4.0) / 8.0 * size as f64) as u32).collect()
}

/// The coordinates of a flat index.
fn coordinates(flat: usize, shape: Shape) -> Vec<usize> {
    (0..shape.rank()).map(|a| flat / shape.strides()[a] % shape.dims()[a]).collect()
}

fn flat(coordinates: &[usize], shape: Shape) -> usize {
    coordinates.iter().zip(shape.strides()).map(|(c, s)| c * s).sum()
}

proptest! {
    #[test]
    fn select_and_add(outer in 0usize..5, n in 1usize..9, inner in 0usize..80, count in 0usize..40) {
        let picks = indices(count, n);
        let x = numbers::<f64>(outer * n * inner, 1);
        let mut out = vec![0.0; outer * count * inner];
        index_select(&x, outer, n, inner, &picks, &mut out).unwrap();
        let mut sums = x.clone();
        index_add(&out, outer, n, inner, &picks, &mut sums).unwrap();
        let mut want = x.clone();
        for o in 0..outer {
            for (p, &pick) in picks.iter().enumerate() {
                for i in 0..inner {
                    let (from, to) = ((o * n + pick as usize) * inner + i, (o * count + p) * inner + i);
                    prop_assert_eq!(out[to], x[from]);
                    want[from] += x[from];
                }
            }
        }
        prop_assert_eq!(sums, want);
    }

    #[test]
    fn gather_and_scatter(shape in shapes(), axis in 0usize..6, count in 0usize..12, cut in 0usize..64) {
        prop_assume!(shape.rank() > 0);
        let axis = axis % shape.rank();
        prop_assume!(shape.dims()[axis] > 0);
        let mut index_shape = shape;
        for (a, size) in index_shape.dims_mut().iter_mut().enumerate() {
            *size = if a == axis { count } else { size.saturating_sub(cut >> a & 1) };
        }
        let picks = indices(index_shape.len(), shape.dims()[axis]);
        let x = numbers::<f64>(shape.len(), 1);
        let mut out = vec![0.0; index_shape.len()];
        gather(&x, shape, axis, &picks, index_shape, &mut out).unwrap();
        let mut sums = x.clone();
        scatter_add(&out, index_shape, axis, &picks, &mut sums, shape).unwrap();
        let mut want = x.clone();
        for (to, &pick) in picks.iter().enumerate() {
            let mut from = coordinates(to, index_shape);
            from[axis] = pick as usize;
            let from = flat(&from, shape);
            prop_assert_eq!(out[to], x[from]);
            want[from] += x[from];
        }
        prop_assert_eq!(sums, want);
    }
}

#[test]
fn bits_do_not_depend_on_threads() {
    let (outer, n, inner) = (3, 50, 300);
    let picks = indices(400, n);
    let g = numbers::<f32>(outer * picks.len() * inner, 1);
    let narrow = indices(80_000, 100);
    let shape = Shape::from([200, 30, 20]);
    let places = indices(shape.len(), 30);
    let run = |threads: usize| {
        let mut sums = vec![0.1f32; outer * n * inner];
        let (mut few, mut spread) = (vec![0.1f32; 100], vec![0.1f32; shape.len()]);
        let (mut read, mut gathered) = (vec![0.0f32; g.len()], vec![0.0f32; shape.len()]);
        Threads::new(threads).unwrap().run(|| {
            index_add(&g, outer, n, inner, &picks, &mut sums).unwrap();
            index_add(&g[..80_000], 1, 100, 1, &narrow, &mut few).unwrap();
            index_select(&sums, outer, n, inner, &picks, &mut read).unwrap();
            scatter_add(&g[..shape.len()], shape, 1, &places, &mut spread, shape).unwrap();
            gather(&g[..shape.len()], shape, 1, &places, shape, &mut gathered).unwrap();
        });
        [sums, few, spread, read, gathered].concat().into_iter().map(f32::to_bits).collect::<Vec<_>>()
    };
    let one = run(1);
    for threads in [2, 3, 7] {
        assert!(run(threads) == one, "{threads} threads");
    }
}

#[test]
fn a_wrong_index_leaves_everything_as_it_was() {
    let wrong = IndexOutOfRange { index: 3, position: 1, size: 3 };
    assert_eq!(wrong.to_string(), "index 3 at position 1 is out of range for size 3");
    let shape = Shape::from([3]);
    let mut out = [7.0; 3];
    assert_eq!(index_select(&[1.0, 2.0, 3.0], 1, 3, 1, &[0, 3, 9], &mut out), Err(wrong));
    assert_eq!(index_add(&[1.0, 2.0, 3.0], 1, 3, 1, &[0, 3, 9], &mut out), Err(wrong));
    assert_eq!(gather(&[1.0, 2.0, 3.0], shape, 0, &[0, 3, 9], shape, &mut out), Err(wrong));
    assert_eq!(scatter_add(&[1.0, 2.0, 3.0], shape, 0, &[0, 3, 9], &mut out, shape), Err(wrong));
    assert_eq!(out, [7.0; 3]);
    let empty = IndexOutOfRange { index: 0, position: 0, size: 0 };
    assert_eq!(index_select::<f32>(&[], 1, 0, 1, &[0], &mut [1.0]), Err(empty));
}

#[test]
#[should_panic(expected = "gather: indices reach beyond the other axes than 1: left [2, 3], right [3, 1]")]
fn indices_of_a_wrong_shape() {
    let _ = gather(&[0.0; 6], Shape::from([2, 3]), 1, &[0; 3], Shape::from([3, 1]), &mut [0.0; 3]);
}
