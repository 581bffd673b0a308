//! How the pixels of an image are cut into bands, so that what a band needs stays in cache.

use super::shape::ConvShape;

/// Columns of the workspace are a multiple of this: a pair of the widest registers.
pub(super) const WIDTH: usize = 32;

/// The most pixels that are summed before the result is written. Decides about bits.
const DEPTH: usize = 512;

/// Bytes of the framed image and of the packed gradient, about: each a third of a second level of cache of 1 MiB.
const BYTES: usize = 384 << 10;

/// The largest band.
pub(super) struct Bands {
    /// Rows and columns of results: several whole rows, or a part of one.
    pub(super) size: [usize; 2],
    /// Height and width of the part of the image that these read.
    pub(super) frame: [usize; 2],
    /// Channels at a time.
    pub(super) channels: usize,
    /// Outputs at a time.
    pub(super) outputs: usize,
    /// Whether everything that the results read lies inside the image, so that no frame is needed.
    pub(super) in_place: bool,
}

impl Bands {
    /// For `channels` channels of a group.
    pub(super) fn new<F>(shape: &ConvShape, channels: usize) -> Bands {
        let limit = BYTES / size_of::<F>();
        let even = |total: usize, most: usize| total.div_ceil(total.div_ceil(most.clamp(1, total)));
        let columns = even(shape.out_size[1], DEPTH);
        let rows = if columns < shape.out_size[1] { 1 } else { even(shape.out_size[0], DEPTH / columns) };
        let reach = |axis: usize, results: usize| {
            (results - 1) * shape.stride[axis] + (shape.kernel[axis] - 1) * shape.dilation[axis] + 1
        };
        let frame = [reach(0, rows), reach(1, columns)];
        let inside = |axis: usize| shape.padding[axis] == 0 && reach(axis, shape.out_size[axis]) <= shape.in_size[axis];
        let outputs =
            (limit / (rows * columns) / WIDTH * WIDTH).clamp(WIDTH, shape.group_outputs().next_multiple_of(WIDTH));
        let channels = (limit / (frame[0] * frame[1])).clamp(1, channels);
        Bands { size: [rows, columns], frame, channels, outputs, in_place: inside(0) && inside(1) }
    }

    /// Numbers of the framed channels of a band.
    pub(super) fn frame_length(&self) -> usize {
        if self.in_place { 0 } else { self.channels * self.frame[0] * self.frame[1] }
    }

    /// Numbers of scratch memory that a band needs: its framed channels, then its packed gradient.
    pub(super) fn scratch_length(&self) -> usize {
        self.frame_length() + self.size[0] * self.size[1] * self.outputs
    }
}
