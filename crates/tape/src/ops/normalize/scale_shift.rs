//! One factor and one summand a channel: `y[n, c, …] = x[n, c, …] · s[c] + t[c]`; `dx = g · s`, and `ds = Σ g · x`,
//! `dt = Σ g` over all but the channels. What normalization with fixed statistics comes down to.

use crate::{Activation, Op, Reads, Real, Shape, Var, Vjp};
use kernels::ChannelShape;

/// Inputs: x `[batch, channels, pixels]`, s and t `[channels]`.
#[derive(Clone, Copy)]
struct ScaleShift {
    activation: Activation,
}

impl<F: Real> Op<F> for ScaleShift {
    fn name(&self) -> &'static str {
        "scale_shift"
    }

    fn vjp<'t>(&self, cx: &mut Vjp<'_, 't, F>) {
        cx.give(0, |c| c.g * c.x(1).unsqueeze(1));
        cx.give(1, |c| (c.g * c.x(0)).sum([0, 2]));
        cx.give(2, |c| c.g.sum([0, 2]));
    }

    fn reads(&self) -> Reads {
        Reads::INPUTS
    }

    fn activation(&self) -> Activation {
        self.activation
    }

    fn flops(&self, _: &[Shape], output: Shape) -> u64 {
        2 * output.len() as u64
    }
}

/// The sizes of `[batch, channels, …]`, as one axis of pixels.
pub(super) fn channels(shape: Shape) -> Option<ChannelShape> {
    let &[batch, channels, ref pixels @ ..] = shape.dims() else { return None };
    Some(ChannelShape { batch, channels, pixels: pixels.iter().product() })
}

impl<'t, F: Real> Var<'t, F> {
    /// `activation(x · scale + shift)` for `[batch, channels, …]`, with `[channels]` factors and summands.
    #[track_caller]
    pub(super) fn scale_shift(self, scale: Self, shift: Self, activation: Activation) -> Self {
        let shape = self.shape();
        let Some(sizes) = channels(shape) else {
            self.graph().fail(format_args!("scale_shift: a batch of channels: left {shape}, right two axes or more"))
        };
        let flat = Shape::from([sizes.batch, sizes.channels, sizes.pixels]);
        let op = ScaleShift { activation };
        let y = self.graph().apply(op, [self.reshape(flat), scale, shift], flat, |[x, scale, shift], y| {
            kernels::scale_shift(&sizes, x, None, scale, shift, activation, y);
        });
        y.reshape(shape)
    }

    /// Panics unless weight or bias has one number a channel.
    #[track_caller]
    pub(super) fn check_channels(self, op: &str, channels: usize, what: &str, vector: Self) {
        if vector.shape() != Shape::from([channels]) {
            let (left, right) = (self.shape(), vector.shape());
            self.graph().fail(format_args!("{op}: {what} of {channels} channels: left {left}, right {right}"));
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::{Activation, gradcheck};

    #[test]
    fn scale_shift() {
        for activation in [Activation::Identity, Activation::Sigmoid] {
            for shape in [&[2, 3, 4][..], &[2, 3], &[1, 3, 2, 5], &[0, 3, 2]] {
                gradcheck::triple(|x, s, t| x.scale_shift(s, t, activation), -1.0..1.0, shape, &[3], &[3]);
            }
        }
    }
}
