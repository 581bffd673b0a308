//! [`ConvOptions`]: how a kernel moves over an image.

use std::fmt::Debug;

/// A number for height and width alike, or one for each: `2` or `[1, 2]`.
pub trait IntoPair: Copy + Debug {
    /// Height, width.
    fn pair(self) -> [usize; 2];
}

impl IntoPair for usize {
    fn pair(self) -> [usize; 2] {
        [self; 2]
    }
}

impl IntoPair for [usize; 2] {
    fn pair(self) -> [usize; 2] {
        self
    }
}

/// How a kernel moves over an image: stride 1, no padding, dilation 1, one group, unless it says otherwise.
///
/// ```
/// use retrograde_tape::ConvOptions;
/// let options = ConvOptions::new().stride(2).padding([1, 0]);
/// assert_eq!((options.stride, options.padding, options.groups), ([2, 2], [1, 0], 1));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConvOptions {
    /// From a result to the next, in pixels of the image; height, width.
    pub stride: [usize; 2],
    /// Zeros around the image, on each side.
    pub padding: [usize; 2],
    /// From a number of the kernel to the next, in pixels of the image.
    pub dilation: [usize; 2],
    /// Parts of the channels that do not see each other.
    pub groups: usize,
}

impl Default for ConvOptions {
    fn default() -> Self {
        ConvOptions::new()
    }
}

impl ConvOptions {
    /// Stride 1, no padding, dilation 1, one group.
    pub const fn new() -> Self {
        ConvOptions { stride: [1; 2], padding: [0; 2], dilation: [1; 2], groups: 1 }
    }

    /// From a result to the next, in pixels of the image.
    pub fn stride(self, stride: impl IntoPair) -> Self {
        ConvOptions { stride: stride.pair(), ..self }
    }

    /// Zeros around the image, on each side.
    pub fn padding(self, padding: impl IntoPair) -> Self {
        ConvOptions { padding: padding.pair(), ..self }
    }

    /// From a number of the kernel to the next, in pixels of the image.
    pub fn dilation(self, dilation: impl IntoPair) -> Self {
        ConvOptions { dilation: dilation.pair(), ..self }
    }

    /// Parts of the channels that do not see each other: each output channel sees the inputs of its group.
    pub fn groups(self, groups: usize) -> Self {
        ConvOptions { groups, ..self }
    }
}
