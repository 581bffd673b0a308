//! The mean of each window.

use super::for_each_plane;
use super::windows::{PoolShape, Window};
use crate::Float;
use crate::reduce::{Sum, fold_run};

vectorize! {
    fn add_to_all[F: Float](value: F, row: &mut [F]) {
        row.iter_mut().for_each(|number| *number += value);
    }
}

/// What the sum of a window is divided by.
fn divisor<F: Float>([down, right]: [Window; 2], count_padding: bool) -> F {
    let places = if count_padding { down.padded * right.padded } else { down.count * right.count };
    F::from_f64(places as f64)
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
    for_each_plane::<F, F>(shape, (y, results), (&mut [], 0), |plane, y, _| {
        let x = &x[plane * pixels..][..pixels];
        for (at, y) in y.iter_mut().enumerate() {
            let window @ [down, right] = shape.window(at / columns, at % columns);
            let row = |k: usize| &x[(down.start + k * down.step) * shape.in_size[1]..][..shape.in_size[1]];
            let sum = if right.step == 1 {
                (0..down.count).map(|k| fold_run(Sum, &row(k)[right.start..][..right.count], F::ZERO)).sum::<F>()
            } else {
                let places = |k: usize| (0..right.count).map(move |l| row(k)[right.start + l * right.step]);
                (0..down.count).flat_map(places).sum()
            };
            *y = sum / divisor(window, count_padding);
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
    for_each_plane::<F, F>(shape, (dx, pixels), (&mut [], 0), |plane, dx, _| {
        dx.fill(F::ZERO);
        for (at, &g) in g[plane * results..][..results].iter().enumerate() {
            let window @ [down, right] = shape.window(at / columns, at % columns);
            let share = g / divisor(window, count_padding);
            for k in 0..down.count {
                let row = &mut dx[(down.start + k * down.step) * shape.in_size[1]..][..shape.in_size[1]];
                if right.step == 1 {
                    add_to_all(share, &mut row[right.start..][..right.count]);
                } else {
                    (0..right.count).for_each(|l| row[right.start + l * right.step] += share);
                }
            }
        }
    });
}
