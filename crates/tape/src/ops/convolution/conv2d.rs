//! Convolution in two dimensions: `y[n, o, i, j] = activation(b[o] + Σ w[o, c, k, l] · x[n, c, i·s + k·d − p, j·s + l·d − p])`.
//!
//! `Σ y · conv(x, w)` is linear in each of x, w and y. Its derivatives by y, x and w are three operations, the
//! convolution `y(x, w)`, its transpose `x(y, w)` and the correlation `w(x, y)`; and the rule of each of them are the
//! other two. So the family is closed: `dx = x(g, w)`, `dw = w(x, g)`, `db = Σ g` over images and pixels.

use super::ConvOptions;
use crate::{Activation, Op, Reads, Real, Shape, Var, Vjp};
use kernels::{ConvShape, Epilogue};

/// y from x and w, and a bias.
#[derive(Clone, Copy)]
struct Conv2d {
    shape: ConvShape,
    activation: Activation,
}

impl<F: Real> Op<F> for Conv2d {
    fn name(&self) -> &'static str {
        "conv2d"
    }

    fn vjp<'t>(&self, cx: &mut Vjp<'_, 't, F>) {
        cx.give(0, |c| c.g.conv2d_by_input(c.x(1), None, self.shape));
        cx.give(1, |c| c.x(0).conv2d_by_weight(c.g, self.shape));
        if cx.input_count() == 3 {
            cx.give(2, |c| c.g.sum([0, 2, 3]));
        }
    }

    fn reads(&self) -> Reads {
        Reads::INPUTS
    }

    fn activation(&self) -> Activation {
        self.activation
    }

    fn flops(&self, inputs: &[Shape], output: Shape) -> u64 {
        products(&self.shape) + if inputs.len() == 3 { output.len() as u64 } else { 0 }
    }
}

/// x from y and w, and a bias: the transpose.
#[derive(Clone, Copy)]
struct Conv2dByInput {
    shape: ConvShape,
}

impl<F: Real> Op<F> for Conv2dByInput {
    fn name(&self) -> &'static str {
        "conv2d_by_input"
    }

    fn vjp<'t>(&self, cx: &mut Vjp<'_, 't, F>) {
        cx.give(0, |c| c.g.convolve(c.x(1), None, self.shape, Activation::Identity));
        cx.give(1, |c| c.g.conv2d_by_weight(c.x(0), self.shape));
        if cx.input_count() == 3 {
            cx.give(2, |c| c.g.sum([0, 2, 3]));
        }
    }

    fn reads(&self) -> Reads {
        Reads::INPUTS
    }

    fn flops(&self, inputs: &[Shape], output: Shape) -> u64 {
        products(&self.shape) + if inputs.len() == 3 { output.len() as u64 } else { 0 }
    }
}

/// w from x and y.
#[derive(Clone, Copy)]
struct Conv2dByWeight {
    shape: ConvShape,
}

impl<F: Real> Op<F> for Conv2dByWeight {
    fn name(&self) -> &'static str {
        "conv2d_by_weight"
    }

    fn vjp<'t>(&self, cx: &mut Vjp<'_, 't, F>) {
        cx.give(0, |c| c.x(1).conv2d_by_input(c.g, None, self.shape));
        cx.give(1, |c| c.x(0).convolve(c.g, None, self.shape, Activation::Identity));
    }

    fn reads(&self) -> Reads {
        Reads::INPUTS
    }

    fn flops(&self, _: &[Shape], _: Shape) -> u64 {
        products(&self.shape)
    }
}

/// Multiplications and additions, those with the zeros of the padding included, as is the custom.
fn products(shape: &ConvShape) -> u64 {
    let results = shape.batch * shape.out_channels * shape.out_size[0] * shape.out_size[1];
    let depth = shape.in_channels / shape.groups * shape.kernel[0] * shape.kernel[1];
    2 * (results * depth) as u64
}

impl<'t, F: Real> Var<'t, F> {
    /// The convolution of images `[batch, in_channels, height, width]` with weights `[out_channels, in_channels / groups,
    /// kernel height, kernel width]`, plus a bias `[out_channels]`: `[batch, out_channels, height', width']` with
    /// `height' = (height + 2 · padding − dilation · (kernel − 1) − 1) / stride + 1`. As PyTorch's function of this name.
    ///
    /// Formulas: [`ops::convolution::conv2d`](mod@crate::ops::convolution::conv2d).
    ///
    /// ```
    /// use retrograde_tape::{ConvOptions, Params, Tape, Tensor};
    /// Tape::<f32>::new().eval(&Params::new(0), |t| {
    ///     let images = t.input(&Tensor::full([8, 3, 32, 32], 1.0));
    ///     let weights = t.input(&Tensor::full([16, 3, 3, 3], 1.0));
    ///     let y = images.conv2d(weights, None, ConvOptions::new().stride(2).padding(1));
    ///     assert_eq!(y.shape().dims(), [8, 16, 16, 16]);
    /// });
    /// ```
    ///
    /// # Panics
    /// When the shapes do not fit each other, the groups do not divide the channels, the kernel is larger than the padded
    /// image, or a stride or a dilation is 0.
    #[track_caller]
    pub fn conv2d(self, weight: Self, bias: Option<Self>, options: ConvOptions) -> Self {
        self.conv2d_activated(weight, bias, options, Activation::Identity)
    }

    /// `activation(x ∗ w + b)` in one pass over the result; otherwise as [`conv2d`](Var::conv2d).
    ///
    /// Formulas: [`ops::convolution::conv2d`](mod@crate::ops::convolution::conv2d).
    ///
    /// # Panics
    /// As [`conv2d`](Var::conv2d).
    #[track_caller]
    pub fn conv2d_activated(
        self,
        weight: Self,
        bias: Option<Self>,
        options: ConvOptions,
        activation: Activation,
    ) -> Self {
        let shape = self.convolution("conv2d", weight, options);
        self.convolve(weight, bias, shape, activation)
    }

    /// The sizes of a convolution.
    #[track_caller]
    fn convolution(self, op: &str, weight: Self, options: ConvOptions) -> ConvShape {
        let (x, w) = (self.shape(), weight.shape());
        let fail = |what: &str| self.graph().fail(format_args!("{op}: {what}: left {x}, right {w}"));
        let (&[batch, in_channels, height, width], &[out_channels, inputs, down, right]) = (x.dims(), w.dims()) else {
            fail("images and weights have four axes each")
        };
        let ConvOptions { stride, padding, dilation, groups } = options;
        if groups == 0 || in_channels != inputs * groups || !out_channels.is_multiple_of(groups) {
            fail(&format!("channels, in {groups} groups"));
        }
        if stride.contains(&0) || dilation.contains(&0) {
            fail(&format!("a stride or a dilation is 0: {options:?}"));
        }
        let (in_size, kernel) = ([height, width], [down, right]);
        let Some(out_size) = ConvShape::full_size(in_size, kernel, stride, padding, dilation) else {
            fail(&format!("the kernel is larger than the image, with {options:?}"))
        };
        ConvShape { batch, in_channels, in_size, out_channels, out_size, kernel, stride, padding, dilation, groups }
    }

    #[track_caller]
    fn check_bias(self, op: &str, bias: Option<Self>, channels: usize) {
        if let Some(bias) = bias
            && bias.shape() != Shape::from([channels])
        {
            let (left, right) = (self.shape(), bias.shape());
            self.graph().fail(format_args!("{op}: bias of {channels} channels: left {left}, right {right}"));
        }
    }

    #[track_caller]
    fn convolve(self, weight: Self, bias: Option<Self>, shape: ConvShape, activation: Activation) -> Self {
        self.check_bias("conv2d", bias, shape.out_channels);
        let to = Shape::from([shape.batch, shape.out_channels, shape.out_size[0], shape.out_size[1]]);
        let op = Conv2d { shape, activation };
        let compute = |x: &[F], w: &[F], bias: Option<&[F]>, y: &mut [F]| {
            kernels::conv2d(&shape, x, w, y, Epilogue { bias, activation });
        };
        match bias {
            Some(bias) => self.graph().apply(op, [self, weight, bias], to, |[x, w, b], y| compute(x, w, Some(b), y)),
            None => self.graph().apply(op, [self, weight], to, |[x, w], y| compute(x, w, None, y)),
        }
    }

    /// The transposed convolution of these sizes.
    #[track_caller]
    pub(super) fn conv2d_by_input(self, weight: Self, bias: Option<Self>, shape: ConvShape) -> Self {
        self.check_bias("conv_transpose2d", bias, shape.in_channels);
        let to = Shape::from([shape.batch, shape.in_channels, shape.in_size[0], shape.in_size[1]]);
        let op = Conv2dByInput { shape };
        let compute = |g: &[F], w: &[F], bias: Option<&[F]>, x: &mut [F]| {
            kernels::conv2d_by_input(&shape, g, w, x, Epilogue { bias, activation: Activation::Identity });
        };
        match bias {
            Some(bias) => self.graph().apply(op, [self, weight, bias], to, |[g, w, b], x| compute(g, w, Some(b), x)),
            None => self.graph().apply(op, [self, weight], to, |[g, w], x| compute(g, w, None, x)),
        }
    }

    #[track_caller]
    fn conv2d_by_weight(self, g: Self, shape: ConvShape) -> Self {
        let inputs = shape.in_channels / shape.groups;
        let to = Shape::from([shape.out_channels, inputs, shape.kernel[0], shape.kernel[1]]);
        let length = Shape::from([kernels::conv2d_by_weight_workspace(&shape)]);
        let mut workspace = self.graph().output(length);
        let scratch = workspace.as_mut_slice();
        let dw = self.graph().apply(Conv2dByWeight { shape }, [self, g], to, |[x, g], dw| {
            kernels::conv2d_by_weight(&shape, x, g, scratch, dw);
        });
        // Not read again, but on the tape its buffer is used again.
        self.graph().constant(length, workspace);
        dw
    }
}

#[cfg(test)]
mod tests {
    use super::ConvOptions;
    use crate::{Activation, Params, Tape, Tensor, gradcheck};

    fn check(x: [usize; 4], w: [usize; 4], options: ConvOptions) {
        let bias = [w[0]];
        gradcheck::triple(|x, w, b| x.conv2d(w, Some(b), options), -1.0..1.0, &x, &w, &bias);
        gradcheck::pair(|x, w| x.conv2d(w, None, options), -1.0..1.0, &x, &w);
    }

    #[test]
    fn conv2d_of_every_kernel_stride_and_padding() {
        for kernel in [1, 2, 3, 4, 5, 7] {
            for stride in [1, 2, 3] {
                for padding in [0, 1, kernel / 2] {
                    let options = ConvOptions::new().stride(stride).padding(padding);
                    check([1, 2, 7, 9], [2, 2, kernel, kernel], options);
                }
            }
        }
    }

    #[test]
    fn conv2d_dilated_grouped_and_uneven() {
        let new = ConvOptions::new;
        check([2, 1, 7, 7], [2, 1, 3, 3], new().dilation(2).padding(2));
        check([1, 2, 9, 8], [1, 2, 3, 2], new().dilation([3, 2]).stride(2));
        check([1, 2, 7, 5], [2, 2, 2, 2], new().dilation(2).stride([2, 3]).padding(1));
        check([2, 4, 5, 3], [6, 2, 3, 3], new().groups(2).padding(1));
        check([1, 3, 5, 5], [3, 1, 3, 3], new().groups(3).stride(2).padding(1));
        check([2, 3, 4, 6], [2, 3, 1, 3], new().padding([0, 1]));
        check([1, 1, 1, 1], [1, 1, 1, 1], new());
        check([1, 2, 2, 2], [2, 2, 3, 3], new().stride(3).padding(2));
        check([0, 2, 3, 3], [2, 2, 3, 3], new());
    }

    #[test]
    fn conv2d_activated() {
        let options = ConvOptions::new().padding(1);
        for activation in [Activation::Sigmoid, Activation::Tanh] {
            gradcheck::triple(
                |x, w, b| x.conv2d_activated(w, Some(b), options, activation),
                -1.0..1.0,
                &[1, 2, 4, 3],
                &[3, 2, 3, 3],
                &[3],
            );
        }
    }

    #[test]
    fn operands_that_were_transposed_sliced_or_repeated() {
        let options = ConvOptions::new().padding(1);
        let sliced = [2, 2, 4, 6];
        gradcheck::pair(|x, w| x.slice(3, 1..5).conv2d(w, None, options), -1.0..1.0, &sliced, &[2, 2, 3, 3]);
        gradcheck::pair(|x, w| x.transpose(0, 1).conv2d(w, None, options), -1.0..1.0, &[2, 3, 4, 4], &[1, 2, 3, 3]);
        gradcheck::pair(|x, w| x.broadcast_to([2, 2, 4, 4]).conv2d(w, None, options), -1.0..1.0, &[4], &[1, 2, 3, 3]);
    }

    fn convolve(x: [usize; 4], w: [usize; 4], options: ConvOptions) {
        Tape::<f32>::new().eval(&Params::new(0), |t| {
            t.input(&Tensor::full(x, 1.0)).conv2d(t.input(&Tensor::full(w, 1.0)), None, options);
        });
    }

    #[test]
    #[should_panic(expected = "conv2d: channels, in 1 groups: left [1, 3, 4, 4], right [2, 2, 3, 3]")]
    fn channels_that_do_not_fit() {
        convolve([1, 3, 4, 4], [2, 2, 3, 3], ConvOptions::new());
    }

    #[test]
    #[should_panic(expected = "conv2d: the kernel is larger than the image")]
    fn kernels_that_do_not_fit() {
        convolve([1, 3, 4, 4], [2, 3, 3, 3], ConvOptions::new().dilation(2));
    }
}
