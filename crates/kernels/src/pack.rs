//! Packing: operands copied into the order in which the micro-kernel reads them.

use crate::simd::Simd;

/// Where the elements of an operand lie: one stride along the tile (rows of A, columns of B), one along the depth.
#[derive(Clone, Copy)]
pub(crate) struct Source<F> {
    pub(crate) from: *const F,
    pub(crate) along: usize,
    pub(crate) deep: usize,
}

/// Writes element (i, p) of `width` × `depth` elements to `to[p · row + i]`.
///
/// # Safety
/// The processor has the instruction set of `V`; `source` is valid for the elements, `to` for what is written.
#[inline(always)]
pub(crate) unsafe fn pack<V: Simd>(
    source: Source<V::Scalar>,
    width: usize,
    depth: usize,
    to: *mut V::Scalar,
    row: usize,
) {
    let Source { from, along, deep } = source;
    let square = V::SQUARE;
    // SAFETY: the caller's promise; every index below is at most that of element (width - 1, depth - 1).
    unsafe {
        if along == 1 && width >= V::LANES {
            for p in 0..depth {
                let (from, to) = (from.add(p * deep), to.add(p * row));
                for i in blocks(width, V::LANES) {
                    V::load(from.add(i)).store(to.add(i));
                }
            }
        } else if deep == 1 && width >= square && depth >= square {
            for i in blocks(width, square) {
                for p in blocks(depth, square) {
                    V::transpose(from.add(i * along + p), along, to.add(p * row + i), row);
                }
            }
        } else {
            for p in 0..depth {
                for i in 0..width {
                    *to.add(p * row + i) = *from.add(i * along + p * deep);
                }
            }
        }
    }
}

/// Packs panels of `panel` each, side by side: that of element i begins at `to[i · depth]`.
///
/// # Safety
/// As [`pack`], for `width` × `depth` elements.
#[inline(always)]
pub(crate) unsafe fn pack_panels<V: Simd>(
    source: Source<V::Scalar>,
    panel: usize,
    width: usize,
    depth: usize,
    to: *mut V::Scalar,
) {
    // SAFETY: the caller's promise.
    unsafe {
        let whole = if source.along == 1 && panel.is_multiple_of(V::LANES) { width / panel * panel } else { 0 };
        // Along the rows of the source, as the processor fetches ahead.
        for p in 0..if whole > 0 { depth } else { 0 } {
            let from = source.from.add(p * source.deep);
            for j in (0..whole).step_by(panel) {
                let to = to.add(j * depth + p * panel);
                for i in (0..panel).step_by(V::LANES) {
                    V::load(from.add(j + i)).store(to.add(i));
                }
            }
        }
        for j in (whole..width).step_by(panel) {
            let from = source.from.add(j * source.along);
            let panel = panel.min(width - j);
            pack::<V>(Source { from, ..source }, panel, depth, to.add(j * depth), panel);
        }
    }
}

/// Where the blocks of `size` begin that cover `0..length`: the last one reaches back over its neighbour where the
/// length is not a multiple, which needs `length >= size`.
#[inline(always)]
fn blocks(length: usize, size: usize) -> impl Iterator<Item = usize> {
    (0..length.div_ceil(size)).map(move |i| (i * size).min(length - size))
}
