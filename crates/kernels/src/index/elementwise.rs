//! One index for every element: `gather` and its transpose `scatter_add`.

use super::{IndexOutOfRange, check};
use crate::shared::GRAIN;
use crate::{Float, Shape, for_each_chunk};

/// How the elements of an array of indices lie in the array they point into.
struct Walk {
    index_shape: Shape,
    strides: [usize; crate::MAX_RANK],
    axis: usize,
    /// How far the place moves from one index to the next, besides what the index says.
    step: usize,
    /// The length of the last axis of the indices.
    run: usize,
}

impl Walk {
    #[track_caller]
    fn new(op: &str, shape: Shape, axis: usize, index_shape: Shape) -> Walk {
        let rank = shape.rank();
        assert!(rank == index_shape.rank(), "{op}: ranks: left {shape}, right {index_shape}");
        assert!(axis < rank, "{op}: axis {axis} of shape {shape}");
        let fits = (0..rank).all(|a| a == axis || index_shape.dims()[a] <= shape.dims()[a]);
        assert!(fits, "{op}: indices reach beyond the other axes than {axis}: left {shape}, right {index_shape}");
        let step = usize::from(axis + 1 != rank);
        Walk { index_shape, strides: shape.strides(), axis, step, run: index_shape.dims()[rank - 1] }
    }

    /// Where the elements of row `row` start; a row is a run along the last axis of the indices.
    fn base(&self, mut row: usize) -> usize {
        let mut base = 0;
        for a in (0..self.index_shape.rank() - 1).rev() {
            let size = self.index_shape.dims()[a];
            if a != self.axis {
                base += row % size * self.strides[a];
            }
            row /= size;
        }
        base
    }
}

/// `out[i₀, …, i_axis, …] = x[i₀, …, indices[i₀, …, i_axis, …], …]`, as `torch.gather`: `out` and `indices` have
/// `index_shape`, which is at most `x_shape` along the other axes than `axis`.
///
/// ```
/// use retrograde_kernels::{Shape, gather};
/// let mut out = [0; 2];
/// gather(&[1, 2, 3, 4, 5, 6], Shape::from([2, 3]), 1, &[2, 0], Shape::from([2, 1]), &mut out)?;
/// assert_eq!(out, [3, 4]);
/// # Ok::<(), retrograde_kernels::IndexOutOfRange>(())
/// ```
///
/// # Errors
/// When an index is not below the size of the axis; `out` is then as it was.
///
/// # Panics
/// When the shapes do not fit together, and when a slice does not have the length that its shape says.
#[track_caller]
pub fn gather<T: Copy + Send + Sync>(
    x: &[T],
    x_shape: Shape,
    axis: usize,
    indices: &[u32],
    index_shape: Shape,
    out: &mut [T],
) -> Result<(), IndexOutOfRange> {
    let walk = Walk::new("gather", x_shape, axis, index_shape);
    assert!(x.len() == x_shape.len(), "gather: length of x: left {}, right {x_shape}", x.len());
    assert!(
        indices.len() == index_shape.len(),
        "gather: length of indices: left {}, right {index_shape}",
        indices.len()
    );
    assert!(out.len() == index_shape.len(), "gather: length of out: left {}, right {index_shape}", out.len());
    check(indices, x_shape.dims()[axis])?;
    if out.is_empty() {
        return Ok(());
    }
    let rows = (GRAIN / walk.run).max(1);
    for_each_chunk(out, rows * walk.run, |chunk, part| {
        let first = chunk * rows;
        let indices = indices[first * walk.run..].chunks_exact(walk.run);
        for (r, (out, indices)) in part.chunks_exact_mut(walk.run).zip(indices).enumerate() {
            let x = &x[walk.base(first + r)..];
            for (j, (out, &index)) in out.iter_mut().zip(indices).enumerate() {
                *out = x[index as usize * walk.strides[axis] + j * walk.step];
            }
        }
    });
    Ok(())
}

/// `out[i₀, …, indices[i₀, …, i_axis, …], …] += g[i₀, …, i_axis, …]`, the transpose of [`gather`], as
/// `torch.Tensor.scatter_add_`: `g` and `indices` have `index_shape`, which is at most `out_shape` along the other axes
/// than `axis`.
///
/// What falls on the same place is added in the order of the indices, whatever the number of threads.
///
/// ```
/// use retrograde_kernels::{Shape, scatter_add};
/// let mut out = [0.0; 3];
/// scatter_add(&[1.0, 2.0, 4.0], Shape::from([3]), 0, &[2, 0, 2], &mut out, Shape::from([3]))?;
/// assert_eq!(out, [2.0, 0.0, 5.0]);
/// # Ok::<(), retrograde_kernels::IndexOutOfRange>(())
/// ```
///
/// # Errors
/// When an index is not below the size of the axis; `out` is then as it was.
///
/// # Panics
/// When the shapes do not fit together, and when a slice does not have the length that its shape says.
#[track_caller]
pub fn scatter_add<F: Float>(
    g: &[F],
    index_shape: Shape,
    axis: usize,
    indices: &[u32],
    out: &mut [F],
    out_shape: Shape,
) -> Result<(), IndexOutOfRange> {
    let walk = Walk::new("scatter_add", out_shape, axis, index_shape);
    assert!(g.len() == index_shape.len(), "scatter_add: length of g: left {}, right {index_shape}", g.len());
    assert!(
        indices.len() == index_shape.len(),
        "scatter_add: length of indices: left {}, right {index_shape}",
        indices.len()
    );
    assert!(out.len() == out_shape.len(), "scatter_add: length of out: left {}, right {out_shape}", out.len());
    check(indices, out_shape.dims()[axis])?;
    if g.is_empty() {
        return Ok(());
    }
    // Different indices of the first axis never meet, unless it is the axis that the indices point along.
    let (blocks, block) = if axis > 0 { (index_shape.dims()[0], walk.strides[0]) } else { (1, out.len()) };
    let rows = g.len() / walk.run / blocks;
    let together = (GRAIN / (rows * walk.run)).max(1);
    for_each_chunk(&mut out[..blocks * block], together * block, |chunk, part| {
        let first = chunk * together * rows;
        let count = part.len() / block * rows;
        let start = chunk * together * block;
        for row in first..first + count {
            let out = &mut part[walk.base(row) - start..];
            let run = row * walk.run..(row + 1) * walk.run;
            for (j, (&g, &index)) in g[run.clone()].iter().zip(&indices[run]).enumerate() {
                out[index as usize * walk.strides[axis] + j * walk.step] += g;
            }
        }
    });
    Ok(())
}
