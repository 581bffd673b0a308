//! Convolution in one dimension, `y[n, o, i] = b[o] + Σ w[o, c, k] · x[n, c, i·s + k·d − p]`: a
//! [convolution in two](super::conv2d) of height 1, whose arrays are the same numbers under another shape.

use super::ConvOptions;
use crate::{Real, Var};

impl<'t, F: Real> Var<'t, F> {
    /// The convolution of sequences `[batch, in_channels, length]` with weights `[out_channels, in_channels / groups,
    /// kernel]`, plus a bias `[out_channels]`: `[batch, out_channels, length']` with `length' = (length + 2 · padding −
    /// dilation · (kernel − 1) − 1) / stride + 1`. Of the options, the second number counts. As PyTorch's function of this
    /// name.
    ///
    /// Formulas: [`ops::convolution::conv1d`](mod@crate::ops::convolution::conv1d).
    ///
    /// # Panics
    /// When there are not three axes each; otherwise as [`conv2d`](Var::conv2d).
    #[track_caller]
    pub fn conv1d(self, weight: Self, bias: Option<Self>, options: ConvOptions) -> Self {
        let (x, w) = (self.shape(), weight.shape());
        let (&[batch, in_channels, length], &[out_channels, inputs, kernel]) = (x.dims(), w.dims()) else {
            self.graph().fail(format_args!("conv1d: sequences and weights have three axes each: left {x}, right {w}"))
        };
        let flat = ConvOptions {
            stride: [1, options.stride[1]],
            padding: [0, options.padding[1]],
            dilation: [1, options.dilation[1]],
            ..options
        };
        let images = self.reshape([batch, in_channels, 1, length]);
        let y = images.conv2d(weight.reshape([out_channels, inputs, 1, kernel]), bias, flat);
        let [_, _, _, length] = y.dims();
        y.reshape([batch, out_channels, length])
    }
}

#[cfg(test)]
mod tests {
    use super::ConvOptions;
    use crate::gradcheck;

    #[test]
    fn conv1d() {
        let check = |x: &[usize], w: &[usize], options: ConvOptions| {
            gradcheck::triple(|x, w, b| x.conv1d(w, Some(b), options), -1.0..1.0, x, w, &[w[0]]);
        };
        check(&[2, 3, 7], &[4, 3, 3], ConvOptions::new().padding(1));
        check(&[1, 2, 9], &[2, 1, 4], ConvOptions::new().stride(2).dilation(2).groups(2));
        check(&[1, 1, 1], &[1, 1, 1], ConvOptions::new());
    }
}
