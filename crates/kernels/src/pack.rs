//! Packing: operands copied into the order in which the micro-kernel reads them.

use crate::micro::prefetch;
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
                    V::transpose(from.add(i * along + p), along, square, to.add(p * row + i), row);
                }
            }
        } else if deep == 1 && 2 * width >= square && width < square && row == width && depth > square {
            // What is written too much lies in the next column, which is written next; the last one has none.
            for p in blocks(depth - 1, square) {
                // The rows of the next panel.
                for i in width..2 * width {
                    prefetch(from.wrapping_add(i * along + p));
                }
                V::transpose(from.add(p), along, width, to.add(p * row), row);
            }
            copy(Source { from: from.add(depth - 1), along, deep }, width, 1, to.add((depth - 1) * row), row);
        } else {
            copy(source, width, depth, to, row);
        }
    }
}

/// [`pack`], number by number.
///
/// # Safety
/// As [`pack`].
#[inline(always)]
unsafe fn copy<F: Copy>(source: Source<F>, width: usize, depth: usize, to: *mut F, row: usize) {
    let Source { from, along, deep } = source;
    for p in 0..depth {
        for i in 0..width {
            // SAFETY: the caller's promise.
            unsafe { *to.add(p * row + i) = *from.add(i * along + p * deep) };
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
    let whole = width / panel * panel;
    let mut begin = 0;
    // SAFETY: the caller's promise.
    unsafe {
        if source.along == 1 && panel.is_multiple_of(V::LANES) {
            // Along the rows of the source, as the processor fetches ahead.
            for p in 0..depth {
                let from = source.from.add(p * source.deep);
                for j in (0..whole).step_by(panel) {
                    let to = to.add(j * depth + p * panel);
                    for i in (0..panel).step_by(V::LANES) {
                        V::load(from.add(j + i)).store(to.add(i));
                    }
                }
            }
            begin = whole;
        } else if source.along == 1 && panel < V::LANES && 2 * panel >= V::LANES {
            let mask = V::mask(panel);
            for first in (0..whole).step_by(TOGETHER * panel) {
                for p in 0..depth {
                    let from = source.from.add(p * source.deep);
                    let ahead = from.wrapping_add(PREFETCHED * source.deep + first);
                    for line in (0..TOGETHER * panel * size_of::<V::Scalar>()).step_by(64) {
                        prefetch(ahead.cast::<u8>().wrapping_add(line));
                    }
                    for j in (first..whole.min(first + TOGETHER * panel)).step_by(panel) {
                        let (numbers, to) = (V::load_masked(from.add(j), mask), to.add(j * depth + p * panel));
                        // What is written too much lies in the next column, which is written next; the last one has none.
                        if p + 1 < depth { numbers.store(to) } else { numbers.store_masked(to, mask) }
                    }
                }
            }
            begin = whole;
        }
        for j in (begin..width).step_by(panel) {
            let from = source.from.add(j * source.along);
            let panel = panel.min(width - j);
            pack::<V>(Source { from, ..source }, panel, depth, to.add(j * depth), panel);
        }
    }
}

/// Panels that are packed together where each is narrower than a register: no more than a set of the first level of cache
/// has lines.
const TOGETHER: usize = 8;

/// How many rows ahead the numbers of such panels are asked for: their rows are short and far apart, so that the
/// processor does not fetch ahead by itself.
const PREFETCHED: usize = 8;

/// Where the blocks of `size` begin that cover `0..length`: the last one reaches back over its neighbour where the
/// length is not a multiple, which needs `length >= size`.
#[inline(always)]
fn blocks(length: usize, size: usize) -> impl Iterator<Item = usize> {
    (0..length.div_ceil(size)).map(move |i| (i * size).min(length - size))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::micro::Micro;
    use crate::simd::Work;
    use crate::{Float, Level};

    struct Packing<F> {
        source: Source<F>,
        panel: usize,
        width: usize,
        depth: usize,
        to: *mut F,
    }

    impl<F: Float> Work<F> for Packing<F> {
        #[inline(always)]
        unsafe fn run<V: Micro<Scalar = F>>(self) {
            let Packing { source, panel, width, depth, to } = self;
            // SAFETY: the caller's promise.
            unsafe { pack_panels::<V>(source, panel, width, depth, to) }
        }
    }

    /// The panels, and the numbers behind them, which were −1.
    fn packed<F: Float>(level: Level, along: usize, deep: usize, [panel, width, depth]: [usize; 3]) -> [Vec<F>; 2] {
        let from: Vec<F> = (0..(width - 1) * along + (depth - 1) * deep + 1).map(|i| F::from_f64(i as f64)).collect();
        let mut to = vec![-F::ONE; width * depth + 32];
        let source = Source { from: from.as_ptr(), along, deep };
        let packing = Packing { source, panel, width, depth, to: to.as_mut_ptr() };
        // SAFETY: the level is this machine's; operand and panels are as long as the sizes say.
        unsafe { F::enter(level, packing) };
        let behind = to.split_off(width * depth);
        [to, behind]
    }

    fn panels_hold_every_number<F: Float>() {
        for level in [Level::Baseline, Level::Avx2, Level::Avx512].into_iter().filter(|&level| level <= Level::detect())
        {
            for panel in [1, 2, 3, 4, 5, 6, 7, 8, 14, 16, 32] {
                for (width, depth) in [(1, 1), (5, 9), (6, 4), (13, 17), (37, 8), (100, 25)] {
                    for (along, deep) in [(1, width), (1, width + 3), (depth, 1), (depth + 5, 1), (3, 3 * width)] {
                        let [panels, behind] = packed::<F>(level, along, deep, [panel, width, depth]);
                        for i in 0..width {
                            let (first, rows) = (i / panel * panel, panel.min(width - i / panel * panel));
                            for p in 0..depth {
                                let found = panels[first * depth + p * rows + i - first];
                                let sizes = (panel, width, depth, along, deep);
                                assert!(
                                    found == F::from_f64((i * along + p * deep) as f64),
                                    "{level}: {i}, {p} of {sizes:?}"
                                );
                            }
                        }
                        assert!(behind.iter().all(|&number| number == -F::ONE), "{level}: {panel}, {width} × {depth}");
                    }
                }
            }
        }
    }

    #[test]
    fn panels_of_single_precision_hold_every_number() {
        panels_hold_every_number::<f32>();
    }

    #[test]
    fn panels_of_double_precision_hold_every_number() {
        panels_hold_every_number::<f64>();
    }
}
