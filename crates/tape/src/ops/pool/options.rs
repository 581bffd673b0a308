//! [`PoolOptions`]: the windows of a pooling.

use crate::ops::convolution::IntoPair;
use crate::{Real, Var};
use kernels::{PoolShape, Windows};

/// The windows of a pooling: side by side, without padding, unless it says otherwise.
///
/// ```
/// use retrograde_tape::PoolOptions;
/// let options = PoolOptions::new(3).stride(2).ceil_mode(true);
/// assert_eq!((options.kernel, options.stride, options.padding), ([3, 3], [2, 2], [0, 0]));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PoolOptions {
    /// Height and width of a window.
    pub kernel: [usize; 2],
    /// From a window to the next.
    pub stride: [usize; 2],
    /// Pixels around the image that count for nothing, on each side; at most half the kernel.
    pub padding: [usize; 2],
    /// From a pixel of a window to the next; 1 for means.
    pub dilation: [usize; 2],
    /// Whether a last window may reach beyond the padded image.
    pub ceil_mode: bool,
    /// Whether a mean counts the pixels of the padding, as zeros.
    pub count_include_pad: bool,
}

impl PoolOptions {
    /// Windows of this size, side by side.
    pub fn new(kernel: impl IntoPair) -> Self {
        let kernel = kernel.pair();
        let (padding, dilation) = ([0; 2], [1; 2]);
        PoolOptions { kernel, stride: kernel, padding, dilation, ceil_mode: false, count_include_pad: true }
    }

    /// From a window to the next.
    pub fn stride(self, stride: impl IntoPair) -> Self {
        PoolOptions { stride: stride.pair(), ..self }
    }

    /// Pixels around the image that count for nothing.
    pub fn padding(self, padding: impl IntoPair) -> Self {
        PoolOptions { padding: padding.pair(), ..self }
    }

    /// From a pixel of a window to the next.
    pub fn dilation(self, dilation: impl IntoPair) -> Self {
        PoolOptions { dilation: dilation.pair(), ..self }
    }

    /// Whether a last window may reach beyond the padded image.
    pub fn ceil_mode(self, ceil_mode: bool) -> Self {
        PoolOptions { ceil_mode, ..self }
    }

    /// How many windows there are along the height (axis 0) or the width (1) of this size. `None` where not one lies
    /// inside, or the options contradict each other.
    pub fn results(&self, axis: usize, size: usize) -> Option<usize> {
        self.windows(axis, size).map(|windows| windows.results())
    }

    fn windows(&self, axis: usize, size: usize) -> Option<Windows> {
        let &PoolOptions { kernel, stride, padding, dilation, ceil_mode, .. } = self;
        let (kernel, stride, padding, dilation) = (kernel[axis], stride[axis], padding[axis], dilation[axis]);
        let fits = stride > 0 && dilation > 0 && 2 * padding <= kernel;
        fits.then(|| Windows::sliding(size, kernel, stride, padding, dilation, ceil_mode)).flatten()
    }

    /// Whether a mean counts the pixels of the padding, as zeros; it does unless this says otherwise.
    pub fn count_include_pad(self, count_include_pad: bool) -> Self {
        PoolOptions { count_include_pad, ..self }
    }
}

impl<'t, F: Real> Var<'t, F> {
    /// The windows of a pooling of images `[batch, channels, height, width]`.
    #[track_caller]
    pub(super) fn sliding(self, op: &str, options: PoolOptions) -> PoolShape {
        self.pooling(op, format_args!("windows of {options:?}"), |axis, size| options.windows(axis, size))
    }

    /// As many windows as wished.
    #[track_caller]
    pub(super) fn adaptive(self, op: &str, results: impl IntoPair) -> PoolShape {
        let results = results.pair();
        let adaptive = |axis: usize, size: usize| {
            let results = results[axis];
            (results > 0 && size > 0).then_some(Windows::Adaptive { results })
        };
        self.pooling(op, format_args!("windows for results of {results:?}"), adaptive)
    }

    #[track_caller]
    fn pooling(
        self,
        op: &str,
        what: std::fmt::Arguments<'_>,
        windows: impl Fn(usize, usize) -> Option<Windows>,
    ) -> PoolShape {
        let shape = self.shape();
        let &[batch, channels, height, width] = shape.dims() else {
            self.graph().fail(format_args!("{op}: images have four axes: left {shape}, right four"))
        };
        let (Some(down), Some(right)) = (windows(0, height), windows(1, width)) else {
            self.graph().fail(format_args!("{op}: the images do not have these windows: left {shape}, right {what}"))
        };
        PoolShape { planes: batch * channels, in_size: [height, width], windows: [down, right] }
    }
}
