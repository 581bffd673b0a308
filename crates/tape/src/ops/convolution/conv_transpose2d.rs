//! Transposed convolution in two dimensions, the derivative of a convolution by its image:
//! `y[n, c, i·s + k·d − p, j·s + l·d − p] += w[o, c, k, l] · x[n, o, i, j]`, plus `b[c]`.
//!
//! Its rules are those of the family in [`conv2d`](super::conv2d): `dx` is the convolution of g, `dw` the correlation of
//! g and x (Dumoulin and Visin 2016, *A guide to convolution arithmetic for deep learning*).

use super::{ConvOptions, IntoPair};
use crate::{Real, Var};
use kernels::ConvShape;

impl<'t, F: Real> Var<'t, F> {
    /// The transposed convolution of `[batch, in_channels, height, width]` with weights `[in_channels, out_channels /
    /// groups, kernel height, kernel width]`, plus a bias `[out_channels]`: `[batch, out_channels, height', width']` with
    /// `height' = (height − 1) · stride − 2 · padding + dilation · (kernel − 1) + output_padding + 1`. As PyTorch's function
    /// of this name. `output_padding` says which of the sizes that a stride makes equal is meant.
    ///
    /// Formulas: [`ops::convolution::conv_transpose2d`](mod@crate::ops::convolution::conv_transpose2d).
    ///
    /// # Panics
    /// When the shapes do not fit each other, the groups do not divide the channels, the padding leaves nothing, a stride
    /// or a dilation is 0, or the output padding is neither below the stride nor below the dilation.
    #[track_caller]
    pub fn conv_transpose2d(
        self,
        weight: Self,
        bias: Option<Self>,
        options: ConvOptions,
        output_padding: impl IntoPair,
    ) -> Self {
        let (x, w) = (self.shape(), weight.shape());
        let fail = |what: &str| self.graph().fail(format_args!("conv_transpose2d: {what}: left {x}, right {w}"));
        let (&[batch, inputs, height, width], &[rows, per_group, down, right]) = (x.dims(), w.dims()) else {
            fail("images and weights have four axes each")
        };
        let ConvOptions { stride, padding, dilation, groups } = options;
        if groups == 0 || inputs != rows || !inputs.is_multiple_of(groups) {
            fail(&format!("channels, in {groups} groups"));
        }
        if stride.contains(&0) || dilation.contains(&0) {
            fail(&format!("a stride or a dilation is 0: {options:?}"));
        }
        let (out_size, kernel, more) = ([height, width], [down, right], output_padding.pair());
        if (0..2).any(|axis| more[axis] >= stride[axis].max(dilation[axis])) {
            fail(&format!("output padding {more:?} is below neither stride nor dilation of {options:?}"));
        }
        let along = |axis: usize| {
            let reach =
                (out_size[axis].checked_sub(1)?) * stride[axis] + dilation[axis] * kernel[axis].checked_sub(1)?;
            (reach + more[axis] + 1).checked_sub(2 * padding[axis]).filter(|&size| size > 0)
        };
        let (Some(rows), Some(columns)) = (along(0), along(1)) else {
            fail(&format!("nothing is left of the result, with {options:?}"))
        };
        let (in_channels, in_size, out_channels) = (per_group * groups, [rows, columns], inputs);
        let shape = ConvShape {
            batch,
            in_channels,
            in_size,
            out_channels,
            out_size,
            kernel,
            stride,
            padding,
            dilation,
            groups,
        };
        self.conv2d_by_input(weight, bias, shape)
    }
}

#[cfg(test)]
mod tests {
    use super::ConvOptions;
    use crate::{Params, Tape, Tensor, gradcheck};

    #[test]
    fn conv_transpose2d() {
        let new = ConvOptions::new;
        let check = |x: [usize; 4], w: [usize; 4], options: ConvOptions, more: [usize; 2]| {
            let bias = [w[1] * options.groups];
            gradcheck::triple(|x, w, b| x.conv_transpose2d(w, Some(b), options, more), -1.0..1.0, &x, &w, &bias);
            gradcheck::pair(|x, w| x.conv_transpose2d(w, None, options, more), -1.0..1.0, &x, &w);
        };
        for kernel in [1, 2, 3, 5, 7] {
            for stride in [1, 2, 3] {
                check([1, 2, 4, 3], [2, 2, kernel, kernel], new().stride(stride).padding(kernel / 3), [0, 0]);
            }
        }
        check([2, 2, 3, 3], [2, 1, 3, 3], new().stride(2).padding(1), [1, 0]);
        check([1, 4, 3, 2], [4, 1, 2, 3], new().groups(2).dilation([2, 1]), [1, 0]);
        check([1, 2, 2, 3], [2, 2, 2, 2], new().dilation(3).stride([1, 2]).padding(1), [2, 1]);
        check([1, 1, 1, 1], [1, 1, 1, 1], new(), [0, 0]);
    }

    /// Convolving x and multiplying by y is the same as transposing y and multiplying by x.
    #[test]
    fn is_the_transpose_of_the_convolution() {
        let options = ConvOptions::new().stride(2).padding(1);
        let x = gradcheck::sample([2, 3, 7, 6], -1.0..1.0, 1);
        let w = gradcheck::sample([4, 3, 3, 3], -1.0..1.0, 2);
        let y = gradcheck::sample([2, 4, 4, 3], -1.0..1.0, 3);
        Tape::<f64>::new().eval(&Params::new(0), |t| {
            let (x, w, y) = (t.input(&x), t.input(&w), t.input(&y));
            let forth = (x.conv2d(w, None, options) * y).sum(..).item();
            let back = (y.conv_transpose2d(w, None, options, [0, 1]) * x).sum(..).item();
            assert!((forth - back).abs() < 1e-12, "{forth} {back}");
        });
    }

    #[test]
    #[should_panic(expected = "conv_transpose2d: output padding [2, 2] is below neither")]
    fn output_padding_that_is_too_large() {
        Tape::<f32>::new().eval(&Params::new(0), |t| {
            let (x, w) = (t.input(&Tensor::full([1, 1, 2, 2], 1.0)), t.input(&Tensor::full([1, 1, 2, 2], 1.0)));
            x.conv_transpose2d(w, None, ConvOptions::new().stride(2), 2);
        });
    }
}
