//! The largest number of each window: `y[i] = x[k[i]]` with `k[i]` the place of the largest, the first of several;
//! `dx[k[i]] += g[i]`, which is the transpose of picking and has picking as its own derivative.

use super::PoolOptions;
use crate::ops::convolution::IntoPair;
use crate::ops::{activation_vjp, activation_vjp_in_place};
use crate::{Activation, Op, Reads, Real, Shape, Var, Vjp};
use kernels::PoolShape;

/// Inputs: images, and for each result its place in its plane.
#[derive(Clone, Copy)]
struct MaxPool2d {
    /// The images are the result of a ReLU. The largest number is above 0 where the ReLU is open at its place: so its
    /// derivative can be applied to the fewer numbers here.
    of_relu: bool,
}

impl<F: Real> Op<F> for MaxPool2d {
    fn name(&self) -> &'static str {
        "max_pool2d"
    }

    fn vjp<'t>(&self, cx: &mut Vjp<'_, 't, F>) {
        cx.give(0, |c| {
            let [batch, channels, height, width] = c.x(0).dims();
            let planes = Shape::from([batch * channels, height * width]);
            let g = match c.gates() {
                true if c.is_recorded() => activation_vjp(Activation::Relu, c.y, c.g),
                true => activation_vjp_in_place(Activation::Relu, c.y, c.g),
                false => c.g,
            };
            g.reshape(c.indices(1).shape()).scatter_sum(1, c.indices(1), planes).reshape(c.shape(0))
        });
    }

    fn reads(&self) -> Reads {
        Reads::input(1) | if self.of_relu { Reads::RESULT } else { Reads::NONE }
    }

    fn can_gate(&self) -> bool {
        self.of_relu
    }

    fn flops(&self, inputs: &[Shape], _: Shape) -> u64 {
        inputs[0].len() as u64
    }
}

impl<'t, F: Real> Var<'t, F> {
    /// The largest number of each window of images `[batch, channels, height, width]`; the same number of axes. As
    /// PyTorch's function of this name.
    ///
    /// Formulas: [`ops::pool::max_pool2d`](mod@crate::ops::pool::max_pool2d).
    ///
    /// ```
    /// use retrograde_tape::{Params, PoolOptions, Tape, Tensor};
    /// Tape::<f32>::new().eval(&Params::new(0), |t| {
    ///     let x = t.input(&Tensor::from_vec([1, 1, 2, 4], vec![1.0, 2.0, 3.0, 4.0, 8.0, 7.0, 6.0, 5.0]));
    ///     assert_eq!(&*x.max_pool2d(PoolOptions::new(2)).value(), [8.0, 6.0]);
    /// });
    /// ```
    ///
    /// # Panics
    /// When there are not four axes, the padding is more than half the kernel, a stride or a dilation is 0, or not one
    /// window lies inside the padded image.
    #[track_caller]
    pub fn max_pool2d(self, options: PoolOptions) -> Self {
        let windows = self.sliding("max_pool2d", options);
        self.max_pool(windows)
    }

    /// The largest number of each of `results` windows, which together are the whole image: window i of n reads from
    /// `⌊i · size / n⌋` to before `⌈(i + 1) · size / n⌉`. As PyTorch's function of this name.
    ///
    /// Formulas: [`ops::pool::max_pool2d`](mod@crate::ops::pool::max_pool2d).
    ///
    /// # Panics
    /// When there are not four axes, or a size is 0.
    #[track_caller]
    pub fn adaptive_max_pool2d(self, results: impl IntoPair) -> Self {
        let windows = self.adaptive("adaptive_max_pool2d", results);
        self.max_pool(windows)
    }

    #[track_caller]
    fn max_pool(self, windows: PoolShape) -> Self {
        let graph = self.graph();
        let [batch, channels, _, _] = self.dims();
        let [down, right] = windows.windows.map(|windows| windows.results());
        let to = Shape::from([batch, channels, down, right]);
        let mut out = graph.output(to);
        let places = graph.compute_indices(Shape::from([batch * channels, down * right]), |places| {
            kernels::max_pool2d(&windows, &self.value(), out.as_mut_slice(), places);
        });
        graph.record(MaxPool2d { of_relu: self.is_of_relu() }, &[self.into(), places.into()], to, out)
    }
}

#[cfg(test)]
mod tests {
    use super::PoolOptions;
    use crate::{Params, Tape, Tensor, gradcheck};

    #[test]
    fn max_pool2d() {
        let check = |shape: &[usize], options: PoolOptions| {
            gradcheck::shapes(|x| x.max_pool2d(options), -2.0..2.0, &[shape]);
        };
        check(&[2, 3, 4, 6], PoolOptions::new(2));
        check(&[1, 2, 7, 5], PoolOptions::new(3).stride(2));
        check(&[1, 2, 7, 6], PoolOptions::new(3).stride(2).ceil_mode(true));
        check(&[1, 1, 5, 7], PoolOptions::new(3).stride(1).padding(1));
        check(&[1, 2, 9, 8], PoolOptions::new([3, 2]).stride([3, 1]).dilation(2));
        check(&[2, 1, 1, 1], PoolOptions::new(1));
        check(&[0, 1, 4, 4], PoolOptions::new(2));
    }

    #[test]
    fn adaptive_max_pool2d() {
        gradcheck::shapes(|x| x.adaptive_max_pool2d([2, 3]), -2.0..2.0, &[&[1, 2, 5, 7], &[2, 1, 2, 3], &[1, 1, 1, 1]]);
    }

    #[test]
    fn operands_that_were_transposed_or_repeated() {
        let options = PoolOptions::new(2);
        gradcheck::shapes(|x| x.transpose(2, 3).max_pool2d(options), -2.0..2.0, &[&[1, 2, 5, 4]]);
        gradcheck::shapes(|x| x.slice(3, 1..5).max_pool2d(options), -2.0..2.0, &[&[1, 2, 4, 6]]);
    }

    #[test]
    #[should_panic(expected = "max_pool2d: the images do not have these windows: left [1, 1, 2, 2]")]
    fn windows_that_are_too_large() {
        Tape::<f32>::new().eval(&Params::new(0), |t| {
            t.input(&Tensor::full([1, 1, 2, 2], 1.0)).max_pool2d(PoolOptions::new(3));
        });
    }
}
