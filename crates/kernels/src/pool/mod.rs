//! Pooling: one number for each window of an image.

mod average;
mod max;
#[cfg(test)]
mod tests;
mod windows;

pub use average::{avg_pool2d, avg_pool2d_backward};
pub use max::max_pool2d;
pub use windows::{PoolShape, Windows};

/// Numbers of an image that make a task, about.
const GRAIN: usize = 1 << 14;

/// Calls `f` with the number of the plane and the planes' parts of two results, on all threads.
fn for_each_plane<A: Send, B: Send>(
    shape: &PoolShape,
    a: (&mut [A], usize),
    b: (&mut [B], usize),
    f: impl Fn(usize, &mut [A], &mut [B]) + Sync,
) {
    use crate::shared::Shared;
    let planes = shape.planes;
    let (a_length, b_length) = (a.1, b.1);
    let (a, b) = (Shared::new(a.0), Shared::new(b.0));
    let together = (GRAIN / shape.in_pixels().max(1)).max(1);
    crate::for_each_index(planes.div_ceil(together), |task| {
        for plane in task * together..((task + 1) * together).min(planes) {
            // SAFETY: every plane is with one thread, and the two results are different slices.
            let (a, b) = unsafe { (a.part(plane * a_length, a_length), b.part(plane * b_length, b_length)) };
            f(plane, a, b);
        }
    });
}
