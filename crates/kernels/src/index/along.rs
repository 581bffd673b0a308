//! One index for a whole slice: `index_select` and its transpose `index_add`.

use super::{IndexOutOfRange, check};
use crate::shared::{GRAIN, Shared};
use crate::{Float, for_each_chunk, for_each_index};

/// `out[o, p, i] = x[o, indices[p], i]`: `x` is outer × n × inner, `out` is outer × `indices.len()` × inner.
///
/// ```
/// use retrograde_kernels::index_select;
/// let mut out = [0; 4];
/// index_select(&[1, 2, 3, 4, 5, 6], 1, 3, 2, &[2, 0], &mut out)?;
/// assert_eq!(out, [5, 6, 1, 2]);
/// # Ok::<(), retrograde_kernels::IndexOutOfRange>(())
/// ```
///
/// # Errors
/// When an index is not below `n`; `out` is then as it was.
///
/// # Panics
/// When a slice does not have the length that the sizes say.
#[track_caller]
pub fn index_select<T: Copy + Send + Sync>(
    x: &[T],
    outer: usize,
    n: usize,
    inner: usize,
    indices: &[u32],
    out: &mut [T],
) -> Result<(), IndexOutOfRange> {
    let count = indices.len();
    assert!(x.len() == outer * n * inner, "index_select: length of x: left {}, right [{outer}, {n}, {inner}]", x.len());
    assert!(
        out.len() == outer * count * inner,
        "index_select: length of out: left {}, right [{outer}, {count}, {inner}]",
        out.len()
    );
    check(indices, n)?;
    if out.is_empty() {
        return Ok(());
    }
    let rows = (GRAIN / inner).max(1);
    for_each_chunk(out, rows * inner, |chunk, part| {
        let first = chunk * rows;
        let (mut o, mut p) = (first / count, first % count);
        for out in part.chunks_exact_mut(inner) {
            let row = (o * n + indices[p] as usize) * inner;
            match inner {
                1 => out[0] = x[row],
                _ => out.copy_from_slice(&x[row..][..inner]),
            }
            p += 1;
            if p == count {
                (o, p) = (o + 1, 0);
            }
        }
    });
    Ok(())
}

vectorize! {
    /// `out += g`.
    fn add[F: Float](g: &[F], out: &mut [F]) {
        for (out, &g) in out.iter_mut().zip(g) {
            *out += g;
        }
    }
}

/// `out[o, indices[p], i] += g[o, p, i]`, the transpose of [`index_select`]: `g` is outer × `indices.len()` × inner,
/// `out` is outer × n × inner.
///
/// What falls on the same place is added in the order of the indices, whatever the number of threads.
///
/// ```
/// use retrograde_kernels::index_add;
/// let mut out = [0.0; 3];
/// index_add(&[1.0, 2.0, 4.0], 1, 3, 1, &[2, 0, 2], &mut out)?;
/// assert_eq!(out, [2.0, 0.0, 5.0]);
/// # Ok::<(), retrograde_kernels::IndexOutOfRange>(())
/// ```
///
/// # Errors
/// When an index is not below `n`; `out` is then as it was.
///
/// # Panics
/// When a slice does not have the length that the sizes say.
#[track_caller]
pub fn index_add<F: Float>(
    g: &[F],
    outer: usize,
    n: usize,
    inner: usize,
    indices: &[u32],
    out: &mut [F],
) -> Result<(), IndexOutOfRange> {
    let count = indices.len();
    assert!(
        g.len() == outer * count * inner,
        "index_add: length of g: left {}, right [{outer}, {count}, {inner}]",
        g.len()
    );
    assert!(
        out.len() == outer * n * inner,
        "index_add: length of out: left {}, right [{outer}, {n}, {inner}]",
        out.len()
    );
    check(indices, n)?;
    if g.is_empty() {
        return Ok(());
    }
    // Strips of columns may run at the same time, since they never share an element; at least a cache line wide.
    let width = if g.len() > GRAIN { (GRAIN / count).max(64).min(inner) } else { inner };
    let strips = inner.div_ceil(width);
    let together = (GRAIN / (count * width)).max(1);
    let out = Shared::new(out);
    for_each_index((outer * strips).div_ceil(together), |group| {
        for strip in group * together..((group + 1) * together).min(outer * strips) {
            let (o, column) = (strip / strips, strip % strips * width);
            let width = width.min(inner - column);
            for (p, &index) in indices.iter().enumerate() {
                let g = &g[(o * count + p) * inner + column..][..width];
                // SAFETY: strips are disjoint, each is with one thread, and one part is held at a time.
                let out = unsafe { out.part((o * n + index as usize) * inner + column, width) };
                match width {
                    1 => out[0] += g[0],
                    _ => add(g, out),
                }
            }
        }
    });
    Ok(())
}
