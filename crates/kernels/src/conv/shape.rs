//! [`ConvShape`]: the sizes of a convolution, and [`Taps`]: which numbers of an axis a result is made of.

/// The sizes of a two-dimensional convolution: images `[batch, in_channels, height, width]`, weights `[out_channels,
/// in_channels / groups, kernel height, kernel width]`, results `[batch, out_channels, height, width]`.
///
/// Result (i, j) reads row `i · stride + k · dilation − padding` of the image for each row k of the kernel, columns
/// likewise; outside the image there are zeros.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConvShape {
    /// Images.
    pub batch: usize,
    /// Channels of an image.
    pub in_channels: usize,
    /// Height and width of an image.
    pub in_size: [usize; 2],
    /// Channels of a result.
    pub out_channels: usize,
    /// Height and width of a result: most often [`full_size`](ConvShape::full_size), but any size is defined.
    pub out_size: [usize; 2],
    /// Height and width of the kernel.
    pub kernel: [usize; 2],
    /// From a result to the next, in pixels of the image.
    pub stride: [usize; 2],
    /// Zeros around the image, on each side.
    pub padding: [usize; 2],
    /// From a number of the kernel to the next, in pixels of the image.
    pub dilation: [usize; 2],
    /// Parts of the channels that do not see each other.
    pub groups: usize,
}

impl ConvShape {
    /// The size of the largest result whose kernels lie inside the padded image:
    /// `(size + 2 · padding − dilation · (kernel − 1) − 1) / stride + 1`. `None` where not even one does.
    pub fn full_size(
        in_size: [usize; 2],
        kernel: [usize; 2],
        stride: [usize; 2],
        padding: [usize; 2],
        dilation: [usize; 2],
    ) -> Option<[usize; 2]> {
        let along = |axis: usize| {
            let reach = dilation[axis].checked_mul(kernel[axis].checked_sub(1)?)?.checked_add(1)?;
            let room = (in_size[axis] + 2 * padding[axis]).checked_sub(reach)?;
            Some(room.checked_div(stride[axis])? + 1)
        };
        Some([along(0)?, along(1)?])
    }

    /// Pixels of an image, in one channel.
    pub(super) fn in_pixels(&self) -> usize {
        self.in_size[0] * self.in_size[1]
    }

    /// Pixels of a result, in one channel.
    pub(super) fn out_pixels(&self) -> usize {
        self.out_size[0] * self.out_size[1]
    }

    /// Numbers of a kernel, in one channel.
    pub(super) fn kernel_size(&self) -> usize {
        self.kernel[0] * self.kernel[1]
    }

    /// Input channels of a group.
    pub(super) fn group_inputs(&self) -> usize {
        self.in_channels / self.groups
    }

    /// Output channels of a group.
    pub(super) fn group_outputs(&self) -> usize {
        self.out_channels / self.groups
    }

    /// Panics unless the sizes fit each other and the slices.
    #[track_caller]
    pub(super) fn check(&self, op: &str, x: usize, w: usize, y: usize) {
        let &ConvShape { batch, in_channels, out_channels, groups, .. } = self;
        let divides = groups > 0 && in_channels.is_multiple_of(groups) && out_channels.is_multiple_of(groups);
        assert!(divides, "{op}: {groups} groups of {in_channels} and {out_channels} channels");
        assert!(self.stride.iter().chain(&self.dilation).all(|&step| step > 0), "{op}: a stride or a dilation is 0");
        let per_group = in_channels / groups;
        assert_eq!(x, batch * in_channels * self.in_pixels(), "{op}: length of the images {self:?}");
        assert_eq!(w, out_channels * per_group * self.kernel_size(), "{op}: length of the weights {self:?}");
        assert_eq!(y, batch * out_channels * self.out_pixels(), "{op}: length of the results {self:?}");
    }
}

/// Along one axis, the numbers of the kernel that take part in a result, and where each reads: an arithmetic progression.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Taps {
    pub(super) count: usize,
    /// The first number of the kernel, and from it to the next.
    pub(super) first: usize,
    pub(super) step: usize,
    /// Where the first reads, from the place of the result, and from it to the next.
    pub(super) offset: isize,
    pub(super) offset_step: isize,
}

impl Taps {
    /// Those of a convolution.
    pub(super) fn forward(shape: &ConvShape, axis: usize) -> Taps {
        let (dilation, padding) = (shape.dilation[axis] as isize, shape.padding[axis] as isize);
        Taps { count: shape.kernel[axis], first: 0, step: 1, offset: -padding, offset_step: dilation }
    }

    /// Those of the transpose, for the pixels `phase`, `phase + stride`, … of the image: pixel `phase + stride · i` got a
    /// share of result `i + offset` through each of them.
    pub(super) fn transposed(shape: &ConvShape, axis: usize, phase: usize) -> Taps {
        let (stride, dilation) = (shape.stride[axis], shape.dilation[axis]);
        // Number k of the kernel is one of them where phase + padding − k · dilation is a multiple of the stride.
        let position = |k: usize| (phase + shape.padding[axis]) as isize - (k * dilation) as isize;
        let step = stride / greatest_common_divisor(stride, dilation);
        let first = (0..step.min(shape.kernel[axis])).find(|&k| position(k).rem_euclid(stride as isize) == 0);
        let Some(first) = first else {
            return Taps { count: 0, first: 0, step: 1, offset: 0, offset_step: 0 };
        };
        let offset_step = -((step * dilation / stride) as isize);
        let count = (shape.kernel[axis] - first).div_ceil(step);
        Taps { count, first, step, offset: position(first).div_euclid(stride as isize), offset_step }
    }

    /// Where tap `i` reads.
    #[inline(always)]
    pub(super) fn offset(&self, i: usize) -> isize {
        self.offset + i as isize * self.offset_step
    }

    /// Which number of the kernel tap `i` is.
    #[inline(always)]
    pub(super) fn index(&self, i: usize) -> usize {
        self.first + i * self.step
    }
}

fn greatest_common_divisor(a: usize, b: usize) -> usize {
    if b == 0 { a } else { greatest_common_divisor(b, a % b) }
}
