//! The mean of each window: `y[i] = Σ x[k] / n[i]` over the places k of the window. Linear, so its derivative is its
//! transpose, `dx[k] += g[i] / n[i]`, and the derivative of that is the mean again.

use super::PoolOptions;
use crate::ops::convolution::IntoPair;
use crate::{Op, Reads, Real, Shape, Var, Vjp};
use kernels::PoolShape;

#[derive(Clone, Copy)]
struct AvgPool2d {
    windows: PoolShape,
    count_padding: bool,
}

impl<F: Real> Op<F> for AvgPool2d {
    fn name(&self) -> &'static str {
        "avg_pool2d"
    }

    fn vjp<'t>(&self, cx: &mut Vjp<'_, 't, F>) {
        cx.give(0, |c| c.g.spread_means(*self, c.shape(0)));
    }

    fn reads(&self) -> Reads {
        Reads::NONE
    }

    fn flops(&self, inputs: &[Shape], _: Shape) -> u64 {
        inputs[0].len() as u64
    }
}

/// The transpose.
#[derive(Clone, Copy)]
struct AvgPool2dTranspose(AvgPool2d);

impl<F: Real> Op<F> for AvgPool2dTranspose {
    fn name(&self) -> &'static str {
        "avg_pool2d_transpose"
    }

    fn vjp<'t>(&self, cx: &mut Vjp<'_, 't, F>) {
        cx.give(0, |c| c.g.take_means(self.0));
    }

    fn reads(&self) -> Reads {
        Reads::NONE
    }

    fn flops(&self, _: &[Shape], output: Shape) -> u64 {
        output.len() as u64
    }
}

impl<'t, F: Real> Var<'t, F> {
    /// The mean of each window of images `[batch, channels, height, width]`; the same number of axes. As PyTorch's
    /// function of this name.
    ///
    /// Formulas: [`ops::pool::avg_pool2d`](mod@crate::ops::pool::avg_pool2d).
    ///
    /// # Panics
    /// When there are not four axes, the padding is more than half the kernel, a stride is 0, a dilation is not 1, or not
    /// one window lies inside the padded image.
    #[track_caller]
    pub fn avg_pool2d(self, options: PoolOptions) -> Self {
        if options.dilation != [1, 1] {
            let shape = self.shape();
            self.graph().fail(format_args!("avg_pool2d: means have dilation 1: left {shape}, right {options:?}"));
        }
        let windows = self.sliding("avg_pool2d", options);
        self.take_means(AvgPool2d { windows, count_padding: options.count_include_pad })
    }

    /// The mean of each of `results` windows, which together are the whole image: window i of n reads from
    /// `⌊i · size / n⌋` to before `⌈(i + 1) · size / n⌉`. With `results` 1 it is the mean of each channel. As PyTorch's
    /// function of this name.
    ///
    /// Formulas: [`ops::pool::avg_pool2d`](mod@crate::ops::pool::avg_pool2d).
    ///
    /// # Panics
    /// When there are not four axes, or a size is 0.
    #[track_caller]
    pub fn adaptive_avg_pool2d(self, results: impl IntoPair) -> Self {
        let windows = self.adaptive("adaptive_avg_pool2d", results);
        self.take_means(AvgPool2d { windows, count_padding: false })
    }

    #[track_caller]
    fn take_means(self, op: AvgPool2d) -> Self {
        let [batch, channels, _, _] = self.dims();
        let [down, right] = op.windows.windows.map(|windows| windows.results());
        self.graph().apply(op, [self], Shape::from([batch, channels, down, right]), |[x], y| {
            kernels::avg_pool2d(&op.windows, op.count_padding, x, y);
        })
    }

    #[track_caller]
    fn spread_means(self, op: AvgPool2d, to: Shape) -> Self {
        self.graph().apply(AvgPool2dTranspose(op), [self], to, |[g], dx| {
            kernels::avg_pool2d_backward(&op.windows, op.count_padding, g, dx);
        })
    }
}

#[cfg(test)]
mod tests {
    use super::PoolOptions;
    use crate::{Params, Tape, Tensor, gradcheck};

    #[test]
    fn avg_pool2d() {
        let check = |shape: &[usize], options: PoolOptions| {
            gradcheck::shapes(|x| x.avg_pool2d(options), -2.0..2.0, &[shape]);
        };
        check(&[2, 3, 4, 6], PoolOptions::new(2));
        check(&[1, 2, 7, 5], PoolOptions::new(3).stride(2));
        check(&[1, 2, 7, 6], PoolOptions::new(3).stride(2).padding(1).ceil_mode(true));
        check(&[1, 1, 5, 7], PoolOptions::new([3, 2]).stride(1).padding([1, 0]).count_include_pad(false));
        check(&[2, 1, 1, 1], PoolOptions::new(1));
        check(&[0, 1, 4, 4], PoolOptions::new(2));
    }

    #[test]
    fn adaptive_avg_pool2d() {
        gradcheck::shapes(|x| x.adaptive_avg_pool2d([2, 3]), -2.0..2.0, &[&[1, 2, 5, 7], &[2, 1, 2, 3], &[1, 1, 1, 1]]);
        gradcheck::shapes(|x| x.adaptive_avg_pool2d(1), -2.0..2.0, &[&[2, 3, 5, 4]]);
    }

    #[test]
    #[should_panic(expected = "avg_pool2d: means have dilation 1: left [1, 1, 4, 4]")]
    fn dilation_has_no_meaning() {
        Tape::<f32>::new().eval(&Params::new(0), |t| {
            t.input(&Tensor::full([1, 1, 4, 4], 1.0)).avg_pool2d(PoolOptions::new(2).dilation(2));
        });
    }
}
