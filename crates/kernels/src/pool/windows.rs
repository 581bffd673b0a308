//! [`Windows`]: where the results of a pooling look.

use std::ops::Range;

/// The windows along one axis.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Windows {
    /// Of one size, evenly apart: result i reads places `i · stride + k · dilation − padding` for k below `kernel`.
    Sliding {
        /// Places of a window.
        kernel: usize,
        /// From a window to the next.
        stride: usize,
        /// Places before and after the image, that count for nothing.
        padding: usize,
        /// From a place of a window to the next.
        dilation: usize,
        /// How many windows.
        results: usize,
    },
    /// As many as wished, together the whole: result i of n reads from `⌊i · size / n⌋` to before `⌈(i + 1) · size / n⌉`.
    Adaptive {
        /// How many windows.
        results: usize,
    },
}

/// One window, as far as it lies inside the image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Window {
    pub(super) start: usize,
    pub(super) count: usize,
    pub(super) step: usize,
    /// Places with those in the padding, but without those beyond it.
    pub(super) padded: usize,
}

impl Windows {
    /// Windows of one size that lie inside the padded axis; with `ceil_mode` also a last one that reaches beyond, unless
    /// it begins in the padding. `None` where not even one lies inside.
    pub fn sliding(
        size: usize,
        kernel: usize,
        stride: usize,
        padding: usize,
        dilation: usize,
        ceil_mode: bool,
    ) -> Option<Windows> {
        let room = (size + 2 * padding).checked_sub(dilation.checked_mul(kernel.checked_sub(1)?)?.checked_add(1)?)?;
        let mut results = if ceil_mode { room.div_ceil(stride) } else { room.checked_div(stride)? } + 1;
        if ceil_mode && (results - 1) * stride >= size + padding {
            results -= 1;
        }
        Some(Windows::Sliding { kernel, stride, padding, dilation, results })
    }

    /// How many there are.
    pub fn results(&self) -> usize {
        match *self {
            Windows::Sliding { results, .. } | Windows::Adaptive { results } => results,
        }
    }

    /// The most places of a window that lie inside an axis of this size.
    pub(super) fn longest(&self, size: usize) -> usize {
        match *self {
            Windows::Sliding { kernel, dilation, .. } => kernel.min(size.div_ceil(dilation)),
            Windows::Adaptive { results } => size.div_ceil(results) + 1,
        }
    }

    /// Windows without a place outside an axis of this size: from which on, up to before which.
    #[inline(always)]
    pub(super) fn whole(&self, size: usize) -> Range<usize> {
        match *self {
            Windows::Sliding { kernel, stride, padding, dilation, results } => {
                let start = padding.div_ceil(stride).min(results);
                let room = (size + padding).checked_sub((kernel - 1) * dilation + 1);
                start..room.map_or(0, |room| room / stride + 1).clamp(start, results)
            }
            Windows::Adaptive { .. } => 0..0,
        }
    }

    /// Window `i` on an axis of this size.
    #[inline(always)]
    pub(super) fn window(&self, i: usize, size: usize) -> Window {
        match *self {
            Windows::Sliding { kernel, stride, padding, dilation, .. } => {
                // Most lie inside: that can be told without a division.
                if i * stride >= padding && i * stride - padding + (kernel - 1) * dilation < size {
                    return Window { start: i * stride - padding, count: kernel, step: dilation, padded: kernel };
                }
                let skipped = padding.saturating_sub(i * stride).div_ceil(dilation).min(kernel);
                let start = (i * stride + skipped * dilation).saturating_sub(padding);
                let inside = size.saturating_sub(start).div_ceil(dilation);
                let padded = kernel.min((size + 2 * padding).saturating_sub(i * stride).div_ceil(dilation));
                Window { start, count: inside.min(kernel - skipped), step: dilation, padded }
            }
            Windows::Adaptive { results } => {
                let start = i * size / results;
                let count = ((i + 1) * size).div_ceil(results) - start;
                Window { start, count, step: 1, padded: count }
            }
        }
    }
}

/// The sizes of a pooling: `planes` images of one channel each, and the windows along their height and width.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PoolShape {
    /// Images times channels.
    pub planes: usize,
    /// Height and width of an image.
    pub in_size: [usize; 2],
    /// Windows along the height and along the width.
    pub windows: [Windows; 2],
}

impl PoolShape {
    pub(super) fn in_pixels(&self) -> usize {
        self.in_size[0] * self.in_size[1]
    }

    pub(super) fn out_pixels(&self) -> usize {
        self.windows[0].results() * self.windows[1].results()
    }

    /// The window of a result.
    #[inline(always)]
    pub(super) fn window(&self, i: usize, j: usize) -> [Window; 2] {
        [self.windows[0].window(i, self.in_size[0]), self.windows[1].window(j, self.in_size[1])]
    }

    #[track_caller]
    pub(super) fn check(&self, op: &str, x: usize, y: usize) {
        assert_eq!(x, self.planes * self.in_pixels(), "{op}: length of the images {self:?}");
        assert_eq!(y, self.planes * self.out_pixels(), "{op}: length of the results {self:?}");
    }
}
