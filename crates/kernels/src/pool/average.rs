//! The mean of each window.

use super::for_each_planes;
use super::parts::{LANES, Parts, store};
use super::windows::{PoolShape, Window};
use crate::reduce::{Sum, fold_run};
use crate::{Float, scratch};
use std::ops::Range;

vectorize_narrow! {
    fn add_to_all[F: Float](value: F, row: &mut [F]) {
        row.iter_mut().for_each(|number| *number += value);
    }

    /// Planes of windows that slide. `memory` has room for the rows of a window, dealt out; zero where no image is.
    fn average_planes[F: Float](
        shape: &PoolShape, parts: &Parts, count_padding: bool, memory: &mut [F], x: &[F], y: &mut [F],
    ) {
        let ([_, width], [_, columns]) = (shape.in_size, shape.windows.map(|windows| windows.results()));
        let whole = shape.windows[1].whole(width);
        for (x, y) in x.chunks_exact(shape.in_pixels()).zip(y.chunks_exact_mut(shape.out_pixels())) {
            for (i, y) in y.chunks_exact_mut(columns).enumerate() {
                let down = shape.windows[0].window(i, shape.in_size[0]);
                for k in 0..down.count {
                    let row = &x[(down.start + k * down.step) * width..][..width];
                    parts.deal(row, &mut memory[k * parts.len()..][..parts.len()]);
                }
                let mut j = 0;
                while j < columns {
                    let mut sums = [F::ZERO; LANES];
                    for k in 0..down.count {
                        for (_, at) in parts.taps() {
                            let numbers: &[F; LANES] = memory[k * parts.len() + at + j..].first_chunk().unwrap();
                            for lane in 0..LANES {
                                sums[lane] += numbers[lane];
                            }
                        }
                    }
                    store(&sums, &mut y[j..]);
                    j += LANES;
                }
                divide_row(shape, down, &whole, count_padding, y);
            }
        }
    }

    /// The transpose of [`average_planes`]. `memory` has room for a row of shares and a row dealt out, all zero.
    fn spread_planes[F: Float](
        shape: &PoolShape, parts: &Parts, count_padding: bool, memory: &mut [F], g: &[F], dx: &mut [F],
    ) {
        let ([_, width], [_, columns]) = (shape.in_size, shape.windows.map(|windows| windows.results()));
        let whole = shape.windows[1].whole(width);
        let (dealt, shares) = memory.split_at_mut(parts.len());
        for (g, dx) in g.chunks_exact(shape.out_pixels()).zip(dx.chunks_exact_mut(shape.in_pixels())) {
            dx.fill(F::ZERO);
            for (i, g) in g.chunks_exact(columns).enumerate() {
                let down = shape.windows[0].window(i, shape.in_size[0]);
                shares[..columns].copy_from_slice(g);
                divide_row(shape, down, &whole, count_padding, &mut shares[..columns]);
                dealt.fill(F::ZERO);
                for (_, at) in parts.taps() {
                    let sums = dealt[at..].as_chunks_mut::<LANES>().0.iter_mut();
                    for (sums, shares) in sums.zip(shares.as_chunks::<LANES>().0) {
                        for lane in 0..LANES {
                            sums[lane] += shares[lane];
                        }
                    }
                }
                for k in 0..down.count {
                    parts.add_to(&mut dx[(down.start + k * down.step) * width..][..width], dealt);
                }
            }
        }
    }
}

/// What the sum of a window is divided by.
#[inline(always)]
fn divisor<F: Float>([down, right]: [Window; 2], count_padding: bool) -> F {
    let places = if count_padding { down.padded * right.padded } else { down.count * right.count };
    F::from_f64(places as f64)
}

/// A row of sums, each divided by the places of its window; those that are `whole` have the same.
#[inline(always)]
fn divide_row<F: Float>(shape: &PoolShape, down: Window, whole: &Range<usize>, count_padding: bool, row: &mut [F]) {
    let window = |j: usize| shape.windows[1].window(j, shape.in_size[1]);
    for j in (0..whole.start).chain(whole.end..row.len()) {
        row[j] /= divisor([down, window(j)], count_padding);
    }
    if !whole.is_empty() {
        let divisor = divisor([down, window(whole.start)], count_padding);
        row[whole.clone()].iter_mut().for_each(|sum| *sum /= divisor);
    }
}

/// The mean of each window; where `count_padding`, the padding counts as zeros.
///
/// ```
/// use retrograde_kernels::{PoolShape, Windows, avg_pool2d};
/// let shape = PoolShape { planes: 1, in_size: [1, 3], windows: [Windows::Adaptive { results: 1 }; 2] };
/// let mut y = [0.0];
/// avg_pool2d(&shape, true, &[1.0, 2.0, 6.0], &mut y);
/// assert_eq!(y, [3.0]);
/// ```
///
/// # Panics
/// When a slice does not have the length that the sizes say.
#[track_caller]
pub fn avg_pool2d<F: Float>(shape: &PoolShape, count_padding: bool, x: &[F], y: &mut [F]) {
    shape.check("avg_pool2d", x.len(), y.len());
    let (pixels, results, columns) = (shape.in_pixels(), shape.out_pixels(), shape.windows[1].results());
    let parts = Parts::new(shape);
    for_each_planes::<F, F>(shape, (y, results), (&mut [], 0), |planes, y, _| {
        let x = &x[planes.start * pixels..planes.end * pixels];
        if let Some(parts) = &parts {
            scratch::with_filled(parts.len() * shape.windows[0].longest(shape.in_size[0]), F::ZERO, |memory| {
                average_planes(shape, parts, count_padding, memory, x, y);
            });
        } else {
            for (at, y) in y.iter_mut().enumerate() {
                let (x, at) = (&x[at / results * pixels..][..pixels], at % results);
                let window = shape.window(at / columns, at % columns);
                let sum = runs(shape, window).map(|run| fold_run(Sum, &x[run], F::ZERO)).sum::<F>();
                *y = sum / divisor(window, count_padding);
            }
        }
    });
}

/// The gradient of [`avg_pool2d`]: every place of a window gets its share of `g`.
///
/// # Panics
/// When a slice does not have the length that the sizes say.
#[track_caller]
pub fn avg_pool2d_backward<F: Float>(shape: &PoolShape, count_padding: bool, g: &[F], dx: &mut [F]) {
    shape.check("avg_pool2d_backward", dx.len(), g.len());
    let (pixels, results, columns) = (shape.in_pixels(), shape.out_pixels(), shape.windows[1].results());
    let parts = Parts::new(shape);
    for_each_planes::<F, F>(shape, (dx, pixels), (&mut [], 0), |planes, dx, _| {
        let g = &g[planes.start * results..planes.end * results];
        if let Some(parts) = &parts {
            scratch::with_filled(parts.len() + columns.next_multiple_of(LANES), F::ZERO, |memory| {
                spread_planes(shape, parts, count_padding, memory, g, dx);
            });
        } else {
            dx.fill(F::ZERO);
            for (at, &g) in g.iter().enumerate() {
                let (dx, at) = (&mut dx[at / results * pixels..][..pixels], at % results);
                let window = shape.window(at / columns, at % columns);
                let share = g / divisor(window, count_padding);
                runs(shape, window).for_each(|run| add_to_all(share, &mut dx[run]));
            }
        }
    });
}

/// The places of a window whose places lie side by side, row by row, or all together where they make whole rows.
fn runs(shape: &PoolShape, [down, right]: [Window; 2]) -> impl Iterator<Item = Range<usize>> {
    let width = shape.in_size[1];
    let together = right.count == width && down.step == 1;
    let (rows, run) = if together { (1, down.count * width) } else { (down.count, right.count) };
    (0..rows).map(move |k| {
        let start = (down.start + k * down.step) * width + right.start;
        start..start + run
    })
}
