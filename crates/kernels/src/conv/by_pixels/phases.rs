//! [`Phases`]: correlations whose results lie among each other.

use crate::Float;
use crate::conv::correlate::{Correlation, DEPTH};
use std::ops::Range;

/// Correlations of the same images whose results fill an array together: that of a convolution alone, or those of its
/// transpose, of which there is one for each remainder of a row and of a column by the strides.
#[derive(Clone, Copy)]
pub(in crate::conv) struct Phases<'a, F> {
    each: &'a [Correlation<F>],
    /// Remainders of rows, and of columns.
    counts: [usize; 2],
}

impl<'a, F: Float> Phases<'a, F> {
    /// Those for all remainders of the columns of the first rows, then of the second, and so on.
    pub(in crate::conv) fn new(each: &'a [Correlation<F>], counts: [usize; 2]) -> Self {
        debug_assert!(!each.is_empty() && each.len() == counts[0] * counts[1]);
        Phases { each, counts }
    }

    /// What they have in common: all but taps, grid and the place of the first result. Its grid is the largest.
    pub(super) fn common(&self) -> &'a Correlation<F> {
        &self.each[0]
    }

    pub(super) fn counts(&self) -> [usize; 2] {
        self.counts
    }

    /// Each, with the place of its first result.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&'a Correlation<F>, [usize; 2])> + Clone {
        let columns = self.counts[1];
        self.each.iter().enumerate().map(move |(i, phase)| (phase, [i / columns, i % columns]))
    }

    /// Height and width of all results together.
    pub(super) fn size(&self) -> [usize; 2] {
        let columns = self.counts[1];
        [
            self.each.iter().step_by(columns).map(|phase| phase.grid[0]).sum(),
            self.each[..columns].iter().map(|phase| phase.grid[1]).sum(),
        ]
    }

    /// Along an axis, the first pixel that the first results of all read, and the number of pixels up to the last.
    pub(super) fn reach(&self, axis: usize) -> (isize, usize) {
        let taps = self.each.iter().map(|phase| phase.taps[axis]).filter(|taps| taps.count > 0);
        let ends = taps.map(|taps| (taps.offset(0), taps.offset(taps.count - 1)));
        ends.map(|(a, b)| (a.min(b), a.max(b)))
            .reduce(|(low, high), (a, b)| (low.min(a), high.max(b)))
            .map_or((0, 1), |(low, high)| (low, high.abs_diff(low) + 1))
    }

    /// Numbers of the kernel that the phase with the most has.
    fn most_taps(&self) -> usize {
        self.each.iter().map(Correlation::kernel_size).max().unwrap_or(0)
    }

    /// Numbers of all kernels of an output.
    pub(super) fn depth(&self) -> usize {
        self.each.iter().map(Correlation::depth).sum()
    }

    /// Where the kernels of each phase begin, if every number has so many outputs.
    pub(super) fn starts(&self, padded: usize) -> impl Iterator<Item = usize> {
        self.each.iter().scan(0, move |at, phase| {
            let start = *at;
            *at += phase.depth() * padded;
            Some(start)
        })
    }

    /// How many channels are summed at a time.
    pub(super) fn together(&self) -> usize {
        let most = (DEPTH / self.most_taps().max(1)).max(1);
        self.common().channels.div_ceil(self.common().channels.div_ceil(most))
    }

    /// The blocks of channels that are summed one after the other.
    pub(super) fn blocks(&self) -> impl Iterator<Item = Range<usize>> + use<F> {
        let (channels, together) = (self.common().channels, self.together());
        (0..channels).step_by(together).map(move |first| first..(first + together).min(channels))
    }
}

/// In which order the numbers of a kernel are summed: rows of the kernel, then runs, then the numbers of a run.
#[derive(Clone, Copy)]
pub(super) struct Runs {
    /// Whether a run goes through the channels at one number of the kernel, rather than along a row of it in one channel.
    pub(super) along_channels: bool,
    /// Rows of the kernel, and runs for each of them.
    pub(super) counts: [usize; 2],
    /// Numbers of a run.
    pub(super) length: usize,
}

impl Runs {
    /// The longer ones, since a run takes time to begin.
    pub(super) fn new<F: Float>(phase: &Correlation<F>, channels: usize) -> Runs {
        let [rows, columns] = phase.taps.map(|taps| taps.count);
        let along_channels = channels > columns;
        let (runs, length) = if along_channels { (columns, channels) } else { (channels, columns) };
        Runs { along_channels, counts: [rows, runs], length }
    }
}
