//! Patches of an image, packed for the micro-kernel: for each channel and tap, the numbers that a panel of results reads.

use super::correlate::Correlation;
use crate::Float;
use crate::simd::Simd;

/// Some results side by side: pixels `pixel..pixel + columns` of the grid, in packed rows of `width` numbers.
#[derive(Clone, Copy)]
pub(super) struct Panel {
    pub(super) pixel: usize,
    pub(super) columns: usize,
    pub(super) width: usize,
}

/// The most pixels of a panel.
const MOST: usize = 32;

/// Neighbors in one row of the grid: which columns of the panel they are, and where the first reads without a tap.
#[derive(Clone, Copy, Default)]
struct Run {
    column: usize,
    length: usize,
    row: isize,
    start: isize,
}

/// What is copied of a run for one tap, in every channel.
#[derive(Clone, Copy, Default)]
struct Copied {
    to: usize,
    from: usize,
    length: usize,
}

/// Writes the patches of a panel, from `p` on along the depth: `to[d · width + column]`, zeros outside the image.
///
/// # Safety
/// The processor has the instruction set of `V`, for which the caller is compiled; `x` is valid for an image of a group,
/// `to` for `depth · width` numbers.
#[inline(always)]
pub(super) unsafe fn pack_patches<V: Simd>(
    all: &Correlation<V::Scalar>,
    x: *const V::Scalar,
    panel: Panel,
    p: usize,
    depth: usize,
    to: *mut V::Scalar,
) {
    let [height, width] = all.size;
    let mut runs = [Run::default(); MOST];
    let runs = find_runs(all, panel, &mut runs);
    let [down, right] = all.taps;
    let taps = down.count * right.count;
    for tap in 0..taps {
        // The first place of this tap that is not before p.
        let first = p - p % taps + tap + if tap < p % taps { taps } else { 0 };
        if first >= p + depth {
            continue;
        }
        let (row, column) = (down.offset(tap / right.count), right.offset(tap % right.count));
        let mut copied = [Copied::default(); MOST];
        let (mut count, mut covered) = (0, 0);
        for run in runs.iter() {
            let (row, start, step) = (run.row + row, run.start + column, all.step[1] as isize);
            if row < 0 || row >= height as isize {
                continue;
            }
            let before =
                |limit: isize| (limit - start + step - 1).div_euclid(step).clamp(0, run.length as isize) as usize;
            let (begin, end) = (before(0), before(width as isize));
            if begin < end {
                let from = (row * width as isize + start + begin as isize * step) as usize;
                copied[count] = Copied { to: run.column + begin, from, length: end - begin };
                count += 1;
                covered += end - begin;
            }
        }
        for place in (first..p + depth).step_by(taps) {
            // SAFETY: the caller's promise; what is copied lies inside the image.
            unsafe {
                let (from, to) = (x.add(place / taps * height * width), to.add((place - p) * panel.width));
                if covered < panel.width {
                    for i in (0..panel.width).step_by(V::LANES) {
                        V::zero().store(to.add(i));
                    }
                }
                for copied in &copied[..count] {
                    copy::<V>(from.add(copied.from), all.step[1], to.add(copied.to), copied.length);
                }
            }
        }
    }
}

/// The runs of a panel.
#[inline(always)]
fn find_runs<'r, F: Float>(all: &Correlation<F>, panel: Panel, runs: &'r mut [Run; MOST]) -> &'r [Run] {
    let (mut i, mut j) = (panel.pixel / all.grid[1], panel.pixel % all.grid[1]);
    let (mut column, mut count) = (0, 0);
    while column < panel.columns {
        let length = (all.grid[1] - j).min(panel.columns - column);
        runs[count] = Run { column, length, row: (i * all.step[0]) as isize, start: (j * all.step[1]) as isize };
        (i, j, column, count) = (i + 1, 0, column + length, count + 1);
    }
    &runs[..count]
}

/// `to[i] = from[i · step]`.
///
/// # Safety
/// As [`pack_patches`].
#[inline(always)]
unsafe fn copy<V: Simd>(from: *const V::Scalar, step: usize, to: *mut V::Scalar, length: usize) {
    // SAFETY: the caller's promise.
    unsafe {
        if step != 1 {
            for i in 0..length {
                *to.add(i) = *from.add(i * step);
            }
            return;
        }
        let mut i = 0;
        while i + V::LANES <= length {
            V::load(from.add(i)).store(to.add(i));
            i += V::LANES;
        }
        if i < length {
            let mask = V::mask(length - i);
            V::load_masked(from.add(i), mask).store_masked(to.add(i), mask);
        }
    }
}
