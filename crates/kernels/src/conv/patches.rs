//! Patches of an image, packed for the micro-kernel: for each channel and tap, the numbers that a panel of results reads.
//!
//! They are copied from a frame, the part of the image that some rows of results read with zeros around it, so that
//! nothing is asked about edges where the most is copied, and all copies are of whole registers: what one of them writes
//! too much, the next overwrites.
//!
//! ```text
//!   frame of a channel, stride 1           a panel of 16 results, kernel 3 wide
//!   0 0 0 0 0 0                            tap 0: ├── 8 ──┤├── 8 ──┤
//!   0 a b c d 0                            tap 1: the same from one column further on
//!   0 e f g h 0                            …
//!   stride 2: even columns, then odd ones: 0 b d │ a c 0
//! ```

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

/// Numbers that a copy may read or write beyond the end: a register of any level.
pub(super) const SLACK: usize = 16;

/// Bytes of a frame, about: a quarter of a second level of cache of 1 MiB.
const FRAME_BYTES: usize = 256 << 10;

/// What all frames of a correlation have in common.
#[derive(Clone, Copy)]
pub(super) struct Frames {
    /// Along each axis, where the first tap reads, and from it to the last.
    least: [isize; 2],
    reach: [usize; 2],
    /// The most rows of results of a frame.
    pub(super) rows: usize,
    /// Columns with the same remainder by the step, which are adjacent.
    phase: usize,
    /// Whether everything lies inside the image, in order, so that no frame is needed.
    in_place: bool,
}

/// A frame: that of channel c begins at `from[c · channel]`.
#[derive(Clone, Copy)]
pub(super) struct Frame<F> {
    from: *const F,
    /// Where reading must end.
    end: *const F,
    channel: usize,
    row: usize,
    /// The first row of results.
    first_row: usize,
}

impl<F> Frame<F> {
    /// Pixels from `pixel` on, of all channels of a frame with a single row, and from a channel to the next.
    pub(super) fn in_place(&self, pixel: usize) -> (*const F, usize) {
        (self.from.wrapping_add(pixel), self.channel)
    }
}

impl Frames {
    /// For so many channels at a time.
    #[inline(always)]
    pub(super) fn new<F: Float>(all: &Correlation<F>, channels: usize) -> Frames {
        let (mut least, mut reach, mut inside) = ([0; 2], [0; 2], true);
        for axis in 0..2 {
            let taps = all.taps[axis];
            if taps.count > 0 {
                let ends = [taps.offset(0), taps.offset(taps.count - 1)];
                least[axis] = ends[0].min(ends[1]);
                reach[axis] = ends[0].abs_diff(ends[1]) + 1;
            }
            let last = least[axis] + ((all.grid[axis] - 1) * all.step[axis] + reach[axis]) as isize;
            inside &= least[axis] >= 0 && last <= all.size[axis] as isize;
        }
        let phase = ((all.grid[1] - 1) * all.step[1] + reach[1]).div_ceil(all.step[1]);
        let row_bytes = (phase * all.step[1] * channels * size_of::<F>()).max(1);
        let rows = (FRAME_BYTES / row_bytes).saturating_sub(reach[0]) / all.step[0] + 1;
        // Never less than a panel needs.
        let rows = rows.max(MOST.div_ceil(all.grid[1]) + 1).min(all.grid[0]);
        Frames { least, reach, rows, phase, in_place: inside && all.step[1] == 1 }
    }

    fn height(&self, step: usize, rows: usize) -> usize {
        (rows - 1) * step + self.reach[0]
    }

    /// Numbers of the largest frame.
    #[inline(always)]
    pub(super) fn length<F: Float>(&self, all: &Correlation<F>, channels: usize) -> usize {
        if self.in_place {
            return 0;
        }
        channels * self.height(all.step[0], self.rows) * self.phase * all.step[1] + SLACK
    }

    /// The frame of some rows of results and some channels of an image, which `x` is; filled in at `to` if need be.
    ///
    /// # Safety
    /// `x` is valid for an image of a group, `to` for a frame.
    #[inline(always)]
    pub(super) unsafe fn fill<F: Float>(
        &self,
        all: &Correlation<F>,
        x: *const F,
        rows: std::ops::Range<usize>,
        channels: std::ops::Range<usize>,
        to: *mut F,
    ) -> Frame<F> {
        let (pixels, [height, width]) = (all.size[0] * all.size[1], all.size);
        let end = all.x.wrapping_add(all.images * all.groups * all.channels * pixels);
        let x = x.wrapping_add(channels.start * pixels);
        if self.in_place {
            let from = x.wrapping_add(self.least[0] as usize * width + self.least[1] as usize);
            return Frame { from, end, channel: pixels, row: width, first_row: 0 };
        }
        let (step, row_length) = (all.step[1], self.phase * all.step[1]);
        let count = self.height(all.step[0], rows.len());
        // Rows and columns between those that the taps read are left as they are.
        let used = |axis: usize, at: usize| {
            let (taps, step) = (all.taps[axis], all.step[axis]);
            (0..taps.count).any(|tap| (taps.offset(tap) - self.least[axis]) as usize % step == at % step)
        };
        for i in (0..count).filter(|&i| used(0, i)) {
            let row = (rows.start * all.step[0] + i) as isize + self.least[0];
            for phase in (0..step).filter(|&phase| used(1, phase)) {
                // Column j of the phase is column start + j · step of the image.
                let start = self.least[1] + phase as isize;
                let before = |column: isize| {
                    (column - start + step as isize - 1).div_euclid(step as isize).clamp(0, self.phase as isize)
                        as usize
                };
                let (begin, end) =
                    if row < 0 || row >= height as isize { (0, 0) } else { (before(0), before(width as isize)) };
                for channel in 0..channels.len() {
                    // SAFETY: the caller's promise; what is read lies inside the image.
                    unsafe {
                        let to = to.add((channel * count + i) * row_length + phase * self.phase);
                        let to = std::slice::from_raw_parts_mut(to, self.phase);
                        if begin >= end {
                            to.fill(F::ZERO);
                            continue;
                        }
                        let first = row * width as isize + start + (begin * step) as isize;
                        let from = x.add(channel * pixels + first as usize);
                        to[..begin].fill(F::ZERO);
                        to[end..].fill(F::ZERO);
                        if step == 1 {
                            to[begin..end].copy_from_slice(std::slice::from_raw_parts(from, end - begin));
                        } else {
                            to[begin..end].iter_mut().enumerate().for_each(|(j, to)| *to = *from.add(j * step));
                        }
                    }
                }
            }
        }
        let end = to.wrapping_add(channels.len() * count * row_length + SLACK);
        Frame { from: to, end, channel: count * row_length, row: row_length, first_row: rows.start }
    }

    /// Writes the patches of a panel, from `p` on along the depth: `to[d · width + column]`. The frame begins with the
    /// channel of p.
    ///
    /// # Safety
    /// The processor has the instruction set of `V`, for which the caller is compiled; the frame is valid for the panel,
    /// `to` for `depth · width + SLACK` numbers.
    #[inline(always)]
    pub(super) unsafe fn pack<V: Simd>(
        &self,
        all: &Correlation<V::Scalar>,
        frame: &Frame<V::Scalar>,
        panel: Panel,
        p: usize,
        depth: usize,
        to: *mut V::Scalar,
    ) {
        let mut runs = [Run::default(); MOST];
        let runs = find_runs(all, frame, panel, &mut runs);
        let ([down, right], step) = (all.taps, all.step[1]);
        let tap = p % (down.count * right.count).max(1);
        let (mut i, mut j) = (tap / right.count.max(1), tap % right.count.max(1));
        let (mut channel, mut to) = (frame.from, to);
        for _ in 0..depth {
            let (row, column) = ((down.offset(i) - self.least[0]) as usize, (right.offset(j) - self.least[1]) as usize);
            let column = if step == 1 { column } else { column % step * self.phase + column / step };
            let from = channel.wrapping_add(row * frame.row + column);
            for run in runs {
                // SAFETY: the caller's promise.
                unsafe { copy::<V>(from.wrapping_add(run.from), frame.end, to.wrapping_add(run.column), run.length) };
            }
            to = to.wrapping_add(panel.width);
            j += 1;
            if j == right.count {
                (i, j) = (i + 1, 0);
            }
            if i == down.count {
                (i, channel) = (0, channel.wrapping_add(frame.channel));
            }
        }
    }
}

/// Neighbors in one row of the grid: which columns of the panel they are, and where the first reads without a tap.
#[derive(Clone, Copy, Default)]
struct Run {
    column: usize,
    length: usize,
    from: usize,
}

/// The runs of a panel.
#[inline(always)]
fn find_runs<'r, F: Float>(
    all: &Correlation<F>,
    frame: &Frame<F>,
    panel: Panel,
    runs: &'r mut [Run; MOST],
) -> &'r [Run] {
    let (mut i, mut j) = (panel.pixel / all.grid[1], panel.pixel % all.grid[1]);
    let (mut column, mut count) = (0, 0);
    while column < panel.columns {
        let length = (all.grid[1] - j).min(panel.columns - column);
        runs[count] = Run { column, length, from: (i - frame.first_row) * all.step[0] * frame.row + j };
        (i, j, column, count) = (i + 1, 0, column + length, count + 1);
    }
    &runs[..count]
}

/// `to[i] = from[i]`, and more until a register is full.
///
/// # Safety
/// As [`Frames::pack`].
#[inline(always)]
unsafe fn copy<V: Simd>(from: *const V::Scalar, end: *const V::Scalar, to: *mut V::Scalar, length: usize) {
    let mut i = 0;
    while i < length {
        let now = from.wrapping_add(i);
        // SAFETY: the caller's promise; at the end of the image, only what is asked for is read.
        unsafe {
            let whole = now.wrapping_add(V::LANES) <= end;
            let number = if whole { V::load(now) } else { V::load_masked(now, V::mask((length - i).min(V::LANES))) };
            number.store(to.wrapping_add(i));
        }
        i += V::LANES;
    }
}
