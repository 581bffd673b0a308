//! What parallel kernels share: an output written in disjoint strided parts, and the cutting of an output into tiles.

use crate::for_each_chunk;
use std::marker::PhantomData;

/// The widest tile of columns that a kernel handles at once. Its accumulators live on the stack.
pub(crate) const TILE: usize = 512;

/// How many elements a task reads at least, and from which size on a kernel uses several threads: below it, handing
/// work over costs about as much as it saves (measured: a sum of 2¹⁵ `f32` in the L2 cache takes about 2 µs).
pub(crate) const GRAIN: usize = 1 << 15;

/// A slice that several threads write, each its own elements.
pub(crate) struct Shared<'a, T> {
    start: *mut T,
    len: usize,
    owner: PhantomData<&'a mut [T]>,
}

// SAFETY: elements are only reached through `part`, whose callers promise that no two threads hold the same one.
unsafe impl<T: Send> Sync for Shared<'_, T> {}
// SAFETY: as above; a `Shared` is a `&mut [T]` in other words.
unsafe impl<T: Send> Send for Shared<'_, T> {}

impl<'a, T> Shared<'a, T> {
    pub(crate) fn new(slice: &'a mut [T]) -> Self {
        Shared { start: slice.as_mut_ptr(), len: slice.len(), owner: PhantomData }
    }

    /// Elements `start..start + len`; panics where they do not exist.
    ///
    /// # Safety
    /// While the part is held, no other part that overlaps it may be.
    #[inline(always)]
    #[allow(clippy::mut_from_ref)]
    pub(crate) unsafe fn part(&self, start: usize, len: usize) -> &mut [T] {
        assert!(start <= self.len && len <= self.len - start, "part {start}..{start}+{len} of {}", self.len);
        // SAFETY: in range by the assertion, borrowed for `'a` by `new`, and unshared by the caller's promise.
        unsafe { std::slice::from_raw_parts_mut(self.start.add(start), len) }
    }
}

/// Calls `f` with (outer index, first column, tile) for every tile of `out`, seen as rows of `inner` columns; a tile
/// lies in one row and has at most [`TILE`] columns. `work` is the number of elements read for one output; the tiles
/// run on all threads where there is enough of it.
pub(crate) fn for_each_tile<T: Send>(
    out: &mut [T],
    inner: usize,
    work: usize,
    f: impl Fn(usize, usize, &mut [T]) + Sync,
) {
    if out.is_empty() {
        return;
    }
    let work = work.max(1);
    let tiles = |outer: usize, column: usize, part: &mut [T]| {
        part.chunks_mut(TILE).enumerate().for_each(|(i, tile)| f(outer, column + i * TILE, tile));
    };
    if inner * work < GRAIN {
        let rows = GRAIN / (inner * work);
        for_each_chunk(out, rows * inner, |i, part| {
            part.chunks_mut(inner).enumerate().for_each(|(r, row)| tiles(i * rows + r, 0, row));
        });
    } else {
        let columns = TILE * (GRAIN / work).div_ceil(TILE).max(1);
        for_each_chunk(out, inner, |outer, row| {
            for_each_chunk(row, columns, |i, part| tiles(outer, i * columns, part));
        });
    }
}

/// How many rows a thread takes at a time that read `work` elements each: about [`GRAIN`] elements.
pub(crate) fn rows_of_a_group(work: usize) -> usize {
    (GRAIN / work.max(1)).max(1)
}

/// Calls `f` with (first row, number of rows) for groups of rows that read about [`GRAIN`] elements, `work` a row, on
/// all threads.
pub(crate) fn for_each_rows(rows: usize, work: usize, f: impl Fn(usize, usize) + Sync) {
    let group = rows_of_a_group(work);
    crate::for_each_index(rows.div_ceil(group), |i| f(i * group, group.min(rows - i * group)));
}
