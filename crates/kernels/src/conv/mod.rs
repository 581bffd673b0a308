//! Convolution in two dimensions, its transpose, and its gradient by the weight: three contractions of the same three
//! arrays. Each is computed as a matrix product one of whose sides is the image, read through a window; that side is
//! never written down whole.

mod bands;
mod by_pixels;
mod by_weight;
mod channels_first;
mod correlate;
mod few_outputs;
mod patches;
mod shape;
#[cfg(test)]
mod tests;
mod winograd;

pub use shape::ConvShape;

use crate::gemm::Finish;
use crate::{Epilogue, Float, Level};
use by_pixels::Phases;
use correlate::{Correlation, Rounding};
use shape::Taps;

/// Convolution (cross-correlation, as in every deep-learning library), with bias and activation in the same pass:
/// `y[n, o, i, j] = activation(b[o] + Σ w[o, c, k, l] · x[n, c, i·s + k·d − p, j·s + l·d − p])`, summed over the input
/// channels c of the group of o, and the numbers (k, l) of the kernel.
///
/// The bias has one number an output channel. The bits of the result do not depend on the number of threads, nor on the
/// other images. With kernels of 3×3, in single precision, an infinite number or a not-a-number in an image also makes
/// neighbors of its results not a number.
///
/// ```
/// use retrograde_kernels::{ConvShape, Epilogue, conv2d};
/// let (kernel, stride, padding, dilation) = ([1, 2], [1, 1], [0, 0], [1, 1]);
/// let out_size = ConvShape::full_size([1, 3], kernel, stride, padding, dilation).unwrap();
/// let (batch, in_channels, out_channels, groups, in_size) = (1, 1, 1, 1, [1, 3]);
/// let shape =
///     ConvShape { batch, in_channels, in_size, out_channels, out_size, kernel, stride, padding, dilation, groups };
/// let mut y = [0.0_f32; 2];
/// conv2d(&shape, &[1.0, 2.0, 4.0], &[10.0, 1.0], &mut y, Epilogue::none());
/// assert_eq!(y, [12.0, 24.0]);
/// ```
///
/// # Panics
/// When a slice does not have the length that the sizes say, the groups do not divide the channels, or a stride or a
/// dilation is 0.
#[track_caller]
pub fn conv2d<F: Float>(shape: &ConvShape, x: &[F], w: &[F], y: &mut [F], epilogue: Epilogue<'_, F>) {
    forward(Level::current(), shape, x, w, y, epilogue);
}

/// The gradient of [`conv2d`] by the images, which is the transposed convolution, with bias and activation in the same
/// pass: `dx[n, c, i·s + k·d − p, j·s + l·d − p] += w[o, c, k, l] · g[n, o, i, j]`.
///
/// The bias has one number an input channel of the shape. The bits of the result do not depend on the number of threads.
///
/// # Panics
/// As [`conv2d`].
#[track_caller]
pub fn conv2d_by_input<F: Float>(shape: &ConvShape, g: &[F], w: &[F], dx: &mut [F], epilogue: Epilogue<'_, F>) {
    transposed(Level::current(), shape, g, w, dx, epilogue);
}

/// The gradient of [`conv2d`] by the weights: `dw[o, c, k, l] = Σ g[n, o, i, j] · x[n, c, i·s + k·d − p, j·s + l·d − p]`,
/// summed over images and pixels.
///
/// `workspace` has [`conv2d_by_weight_workspace`] numbers, of any value. The bits of the result do not depend on the
/// number of threads.
///
/// # Panics
/// As [`conv2d`], and when the workspace is too short.
#[track_caller]
pub fn conv2d_by_weight<F: Float>(shape: &ConvShape, x: &[F], g: &[F], workspace: &mut [F], dw: &mut [F]) {
    by_weight(Level::current(), shape, x, g, workspace, dw);
}

/// Numbers of the workspace of [`conv2d_by_weight`]: of the order of the weights.
pub fn conv2d_by_weight_workspace(shape: &ConvShape) -> usize {
    by_weight::workspace_length(shape)
}

/// The most phases of a transpose that are computed together: those of strides of two.
const MOST_PHASES: usize = 4;

#[track_caller]
fn finish<F: Float>(op: &str, channels: usize, epilogue: Epilogue<'_, F>) -> Finish<F> {
    if let Some(bias) = epilogue.bias {
        assert!(bias.len() == channels, "{op}: bias: {} elements, {channels} channels", bias.len());
    }
    Finish { bias: epilogue.bias.map(<[F]>::as_ptr), column_stride: 0, row_stride: 1, activation: epilogue.activation }
}

#[track_caller]
fn forward<F: Float>(level: Level, shape: &ConvShape, x: &[F], w: &[F], y: &mut [F], epilogue: Epilogue<'_, F>) {
    shape.check("conv2d", x.len(), w.len(), y.len());
    let row = shape.group_inputs() * shape.kernel_size();
    let correlation = Correlation {
        images: shape.batch,
        groups: shape.groups,
        channels: shape.group_inputs(),
        outputs: shape.group_outputs(),
        size: shape.in_size,
        taps: [Taps::forward(shape, 0), Taps::forward(shape, 1)],
        step: shape.stride,
        x: x.as_ptr(),
        a: w.as_ptr(),
        a_group: shape.group_outputs() * row,
        a_row: row,
        a_channel: shape.kernel_size(),
        kernel_width: shape.kernel[1],
        y: y.as_mut_ptr(),
        y_channel: shape.out_pixels(),
        grid: shape.out_size,
        y_step: [shape.out_size[1], 1],
        finish: finish("conv2d", shape.out_channels, epilogue),
        // A ReLU at its kink turns a little rounding of the forward pass into another gradient.
        rounding: Rounding::Least,
    };
    // SAFETY: the lengths are those of the shape; the result is borrowed mutably.
    unsafe { correlation.run(level) }
}

#[track_caller]
fn transposed<F: Float>(level: Level, shape: &ConvShape, g: &[F], w: &[F], dx: &mut [F], epilogue: Epilogue<'_, F>) {
    shape.check("conv2d_by_input", dx.len(), w.len(), g.len());
    let finish = finish("conv2d_by_input", shape.in_channels, epilogue);
    let row = shape.group_inputs() * shape.kernel_size();
    // Pixels of one phase, those with the same remainders by the strides, are made of the same numbers of the kernel.
    let counts = [0, 1].map(|axis| shape.stride[axis].min(shape.in_size[axis]));
    let y = dx.as_mut_ptr();
    let phase = |i: usize| {
        let (down, right) = (i / counts[1], i % counts[1]);
        Correlation {
            images: shape.batch,
            groups: shape.groups,
            channels: shape.group_outputs(),
            outputs: shape.group_inputs(),
            size: shape.out_size,
            taps: [Taps::transposed(shape, 0, down), Taps::transposed(shape, 1, right)],
            step: [1, 1],
            x: g.as_ptr(),
            a: w.as_ptr(),
            a_group: shape.group_outputs() * row,
            a_row: shape.kernel_size(),
            a_channel: row,
            kernel_width: shape.kernel[1],
            y: y.wrapping_add(down * shape.in_size[1] + right),
            y_channel: shape.in_pixels(),
            grid: [
                (shape.in_size[0] - down).div_ceil(shape.stride[0]),
                (shape.in_size[1] - right).div_ceil(shape.stride[1]),
            ],
            y_step: [shape.stride[0] * shape.in_size[1], shape.stride[1]],
            finish,
            rounding: Rounding::Twice,
        }
    };
    let count = counts[0] * counts[1];
    if (2..=MOST_PHASES).contains(&count) {
        let each: [_; MOST_PHASES] = std::array::from_fn(|i| phase(i.min(count - 1)));
        let together = Phases::new(&each[..count], counts);
        if by_pixels::suits(&together) {
            // SAFETY: the lengths are those of the shape; the result is borrowed mutably.
            return unsafe { by_pixels::correlate(level, &together) };
        }
    }
    for i in 0..count {
        // SAFETY: as above.
        unsafe { phase(i).run(level) }
    }
}

#[track_caller]
fn by_weight<F: Float>(level: Level, shape: &ConvShape, x: &[F], g: &[F], workspace: &mut [F], dw: &mut [F]) {
    shape.check("conv2d_by_weight", x.len(), dw.len(), g.len());
    let needed = by_weight::workspace_length(shape);
    assert!(workspace.len() >= needed, "conv2d_by_weight: workspace: {} elements, {needed} needed", workspace.len());
    by_weight::run(level, shape, x, g, workspace, dw);
}
