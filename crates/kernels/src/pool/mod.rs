//! Pooling: one number for each window of an image.

mod average;
mod max;
mod parts;
#[cfg(test)]
mod tests;
mod windows;

pub use average::{avg_pool2d, avg_pool2d_backward};
pub use max::max_pool2d;
pub use windows::{PoolShape, Windows};

use crate::shared::Shared;
use std::ops::Range;

/// Numbers of an image that make a task, about.
const GRAIN: usize = 1 << 14;

/// Calls `f` with numbers of planes and these planes' parts of two results, on all threads.
fn for_each_planes<A: Send, B: Send>(
    shape: &PoolShape,
    (a, a_length): (&mut [A], usize),
    (b, b_length): (&mut [B], usize),
    f: impl Fn(Range<usize>, &mut [A], &mut [B]) + Sync,
) {
    let (a, b) = (Shared::new(a), Shared::new(b));
    let together = (GRAIN / shape.in_pixels().max(1)).max(1);
    crate::for_each_index(shape.planes.div_ceil(together), |task| {
        let planes = task * together..((task + 1) * together).min(shape.planes);
        let part = |length: usize| (planes.start * length, planes.len() * length);
        let ((a_start, a_length), (b_start, b_length)) = (part(a_length), part(b_length));
        // SAFETY: every plane is with one thread, and the two results are different slices.
        let (a, b) = unsafe { (a.part(a_start, a_length), b.part(b_start, b_length)) };
        f(planes, a, b);
    });
}
