//! The largest number of each window.

use super::for_each_planes;
use super::parts::{LANES, Parts, store};
use super::windows::{PoolShape, Windows};
use crate::{Float, scratch};

vectorize_narrow! {
    /// Planes of windows that slide. `memory` has room for the rows of a window, dealt out; −∞ where no image is.
    fn pool_planes[F: Float](
        shape: &PoolShape, parts: &Parts, memory: &mut [F], x: &[F], y: &mut [F], index: &mut [u32],
    ) {
        let ([_, width], [_, columns]) = (shape.in_size, shape.windows.map(|windows| windows.results()));
        let padded = parts.padding.div_ceil(parts.stride).min(columns);
        let results = y.chunks_exact_mut(shape.out_pixels()).zip(index.chunks_exact_mut(shape.out_pixels()));
        for (x, (y, index)) in x.chunks_exact(shape.in_pixels()).zip(results) {
            for (i, (y, index)) in y.chunks_exact_mut(columns).zip(index.chunks_exact_mut(columns)).enumerate() {
                let down = shape.windows[0].window(i, shape.in_size[0]);
                let first = down.start * width;
                for k in 0..down.count {
                    let row = &x[first + k * down.step * width..][..width];
                    parts.deal(row, &mut memory[k * parts.len()..][..parts.len()]);
                }
                let mut j = 0;
                while j < columns {
                    let (mut best, mut distance) = ([F::NEG_INFINITY; LANES], [0; LANES]);
                    for k in 0..down.count {
                        for (right, at) in parts.taps() {
                            let numbers: &[F; LANES] = memory[k * parts.len() + at + j..].first_chunk().unwrap();
                            let there = (k * down.step * width + right) as u32;
                            for lane in 0..LANES {
                                take(numbers[lane], there, &mut best[lane], &mut distance[lane]);
                            }
                        }
                    }
                    let start = (first + j * parts.stride).wrapping_sub(parts.padding) as u32;
                    for (lane, place) in distance.iter_mut().enumerate() {
                        *place = place.wrapping_add(start).wrapping_add((lane * parts.stride) as u32);
                    }
                    store(&best, &mut y[j..]);
                    store(&distance, &mut index[j..]);
                    j += LANES;
                }
                // Where nothing is larger than −∞, it is the first place of the image.
                for j in 0..padded {
                    if y[j] == F::NEG_INFINITY {
                        index[j] = (first + shape.windows[1].window(j, width).start) as u32;
                    }
                }
            }
        }
    }
}

vectorize_narrow! {
    /// Planes of windows of 2×2, two apart, without padding: so frequent that no row is dealt out.
    fn pool_twos[F: Float](in_size: [usize; 2], windows: [usize; 2], x: &[F], y: &mut [F], index: &mut [u32]) {
        let ([height, width], [rows, columns]) = (in_size, windows);
        let results = y.chunks_exact_mut(columns).zip(index.chunks_exact_mut(columns));
        for (at, (y, index)) in results.enumerate() {
            let (plane, first) = (at / rows * height * width, at % rows * 2 * width);
            let pairs = |row: usize| x[plane + first + row * width..][..width].as_chunks::<2>().0.iter();
            let (mut start, width) = (first as u32, width as u32);
            for ((upper, lower), (y, index)) in pairs(0).zip(pairs(1)).zip(y.iter_mut().zip(index)) {
                let (mut best, mut place) = (upper[0], start);
                take(upper[1], start.wrapping_add(1), &mut best, &mut place);
                take(lower[0], start.wrapping_add(width), &mut best, &mut place);
                take(lower[1], start.wrapping_add(width + 1), &mut best, &mut place);
                (*y, *index) = (best, place);
                start = start.wrapping_add(2);
            }
        }
    }

    /// The same for windows of 3×3, two apart.
    fn pool_threes[F: Float](in_size: [usize; 2], windows: [usize; 2], x: &[F], y: &mut [F], index: &mut [u32]) {
        let ([height, width], [rows, columns]) = (in_size, windows);
        let results = y.chunks_exact_mut(columns).zip(index.chunks_exact_mut(columns));
        for (at, (y, index)) in results.enumerate() {
            let (plane, first) = (at / rows * height * width, at % rows * 2 * width);
            // For each window the first number of a row, and the other two.
            let triples = |row: usize| {
                let row = &x[plane + first + row * width..][..width];
                row.as_chunks::<2>().0.iter().zip(row[1..].as_chunks::<2>().0)
            };
            let numbers = triples(0).zip(triples(1)).zip(triples(2));
            let (mut start, width) = (first as u32, width as u32);
            for (((upper, middle), lower), (y, index)) in numbers.zip(y.iter_mut().zip(index)) {
                let (mut best, mut place) = (upper.0[0], start);
                take(upper.1[0], start.wrapping_add(1), &mut best, &mut place);
                take(upper.1[1], start.wrapping_add(2), &mut best, &mut place);
                take(middle.0[0], start.wrapping_add(width), &mut best, &mut place);
                take(middle.1[0], start.wrapping_add(width + 1), &mut best, &mut place);
                take(middle.1[1], start.wrapping_add(width + 2), &mut best, &mut place);
                take(lower.0[0], start.wrapping_add(2 * width), &mut best, &mut place);
                take(lower.1[0], start.wrapping_add(2 * width + 1), &mut best, &mut place);
                take(lower.1[1], start.wrapping_add(2 * width + 2), &mut best, &mut place);
                (*y, *index) = (best, place);
                start = start.wrapping_add(2);
            }
        }
    }
}

/// Keeps the larger; the first of several, and not a number before all.
#[inline(always)]
fn take<F: Float>(number: F, place: u32, best: &mut F, index: &mut u32) {
    let better = number > *best || number.is_nan();
    *best = if better { number } else { *best };
    *index = if better { place } else { *index };
}

/// The largest number of each window, and where in its plane it stands: `index` is `row · width + column`, of the first
/// where several are largest. Not a number is larger than all. The padding counts for nothing.
///
/// ```
/// use retrograde_kernels::{PoolShape, Windows, max_pool2d};
/// let windows = Windows::sliding(2, 2, 2, 0, 1, false).unwrap();
/// let shape = PoolShape { planes: 1, in_size: [2, 2], windows: [windows; 2] };
/// let (mut y, mut index) = ([0.0], [0]);
/// max_pool2d(&shape, &[1.0, 2.0, 5.0, 3.0], &mut y, &mut index);
/// assert_eq!((y, index), ([5.0], [2]));
/// ```
///
/// # Panics
/// When a slice does not have the length that the sizes say, or a window has no place inside the image.
#[track_caller]
pub fn max_pool2d<F: Float>(shape: &PoolShape, x: &[F], y: &mut [F], index: &mut [u32]) {
    shape.check("max_pool2d", x.len(), y.len());
    assert_eq!(y.len(), index.len(), "max_pool2d: length of the places {shape:?}");
    if y.is_empty() {
        return;
    }
    let [rows, columns] = shape.windows.map(|windows| windows.results());
    let empty = |i: usize, axis: usize| shape.windows[axis].window(i, shape.in_size[axis]).count == 0;
    let lost = (0..rows).any(|i| empty(i, 0)) || (0..columns).any(|j| empty(j, 1));
    assert!(!lost, "max_pool2d: a window lies outside the image: {shape:?}");
    let (pixels, results) = (shape.in_pixels(), shape.out_pixels());
    let parts = Parts::new(shape);
    let two_apart = |kernel: usize| {
        let sliding = |axis: usize| Windows::sliding(shape.in_size[axis], kernel, 2, 0, 1, false);
        [0, 1].into_iter().all(|axis| sliding(axis) == Some(shape.windows[axis]))
    };
    let (twos, threes) = (two_apart(2), two_apart(3));
    for_each_planes(shape, (y, results), (index, results), |planes, y, index| {
        let x = &x[planes.start * pixels..planes.end * pixels];
        if twos {
            pool_twos(shape.in_size, [rows, columns], x, y, index);
        } else if threes {
            pool_threes(shape.in_size, [rows, columns], x, y, index);
        } else if let Some(parts) = &parts {
            scratch::with_filled(parts.len() * shape.windows[0].longest(shape.in_size[0]), F::NEG_INFINITY, |memory| {
                pool_planes(shape, parts, memory, x, y, index);
            });
        } else {
            for (at, (y, index)) in y.iter_mut().zip(index).enumerate() {
                let (plane, at) = (at / results, at % results);
                pool_window(shape, &x[plane * pixels..][..pixels], [at / columns, at % columns], y, index);
            }
        }
    });
}

/// One window of any kind.
fn pool_window<F: Float>(shape: &PoolShape, x: &[F], [i, j]: [usize; 2], best: &mut F, index: &mut u32) {
    let width = shape.in_size[1];
    let [down, right] = shape.window(i, j);
    (*best, *index) = (F::NEG_INFINITY, (down.start * width + right.start) as u32);
    for k in 0..down.count {
        for l in 0..right.count {
            let place = (down.start + k * down.step) * width + right.start + l * right.step;
            take(x[place], place as u32, best, index);
        }
    }
}
