//! The largest number of each window.

use super::for_each_plane;
use super::windows::{PoolShape, Windows};
use crate::Float;

/// How far apart windows are, known when the loop over them is compiled.
struct Step<const S: usize>;

vectorize! {
    /// One place of the windows of a row of results: those `S` apart in `row`, whose places in the plane begin at `place`.
    fn take_larger[F: Float, const S: usize](_apart: Step<S>, row: &[F], place: u32, best: &mut [F], index: &mut [u32]) {
        let (whole, rest) = row.as_chunks::<S>();
        let step = S as u32;
        for (i, ((number, best), index)) in whole.iter().zip(&mut *best).zip(&mut *index).enumerate() {
            take(number[0], place + i as u32 * step, best, index);
        }
        if let (Some(&number), Some(best), Some(index)) =
            (rest.first(), best.get_mut(whole.len()), index.get_mut(whole.len()))
        {
            take(number, place + whole.len() as u32 * step, best, index);
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
    let (pixels, results) = (shape.in_pixels(), shape.out_pixels());
    if y.is_empty() {
        return;
    }
    let [rows, columns] = shape.windows.map(|windows| windows.results());
    let empty = |i: usize, axis: usize| shape.windows[axis].window(i, shape.in_size[axis]).count == 0;
    let lost = (0..rows).any(|i| empty(i, 0)) || (0..columns).any(|j| empty(j, 1));
    assert!(!lost, "max_pool2d: a window lies outside the image: {shape:?}");
    for_each_plane(shape, (y, results), (index, results), |plane, y, index| {
        let x = &x[plane * pixels..][..pixels];
        for (i, (y, index)) in y.chunks_exact_mut(columns).zip(index.chunks_exact_mut(columns)).enumerate() {
            pool_row(shape, x, i, y, index);
        }
    });
}

/// One row of results.
fn pool_row<F: Float>(shape: &PoolShape, x: &[F], i: usize, y: &mut [F], index: &mut [u32]) {
    let width = shape.in_size[1];
    let down = shape.windows[0].window(i, shape.in_size[0]);
    y.fill(F::NEG_INFINITY);
    for (j, index) in index.iter_mut().enumerate() {
        *index = (down.start * width + shape.windows[1].window(j, width).start) as u32;
    }
    for k in 0..down.count {
        let first = (down.start + k * down.step) * width;
        let row = &x[first..][..width];
        match shape.windows[1] {
            Windows::Sliding { kernel, stride, padding, dilation, results } if stride <= 2 => {
                for tap in 0..kernel {
                    // Results j with 0 ≤ j · stride + tap · dilation − padding < width.
                    let begin = padding.saturating_sub(tap * dilation).div_ceil(stride).min(results);
                    let end = (width + padding).saturating_sub(tap * dilation).div_ceil(stride).clamp(begin, results);
                    if begin == end {
                        continue;
                    }
                    let start = begin * stride + tap * dilation - padding;
                    let row = &row[start..width.min(start + (end - begin) * stride)];
                    let (y, index, place) = (&mut y[begin..end], &mut index[begin..end], (first + start) as u32);
                    match stride {
                        1 => take_larger(Step::<1>, row, place, y, index),
                        _ => take_larger(Step::<2>, row, place, y, index),
                    }
                }
            }
            windows => {
                for (j, (best, index)) in y.iter_mut().zip(&mut *index).enumerate() {
                    let right = windows.window(j, width);
                    for at in (0..right.count).map(|l| right.start + l * right.step) {
                        take(row[at], (first + at) as u32, best, index);
                    }
                }
            }
        }
    }
}
