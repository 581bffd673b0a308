//! Group normalization: the channels of a sample in groups, each normalized over its channels and pixels, then times w and
//! plus b, one number a channel (Wu and He 2018, *Group normalization*). Made of
//! [layer normalization](super::layer_norm) and a scale and shift, which carry its derivatives.

use super::scale_shift::channels;
use crate::{Activation, Real, Var};

impl<'t, F: Real> Var<'t, F> {
    /// Group normalization of `[batch, channels, …]`: over each of `groups` groups of channels and all pixels of a sample,
    /// with `eps` added to the variance, then times `weight`, plus `bias`, which have the shape `[channels]`. The same
    /// shape as the value. As PyTorch's function of this name.
    ///
    /// Formulas: [`ops::normalize::group_norm`](mod@crate::ops::normalize::group_norm).
    ///
    /// # Panics
    /// When there is no axis of channels, the groups do not divide it, or weight or bias have another shape.
    #[track_caller]
    pub fn group_norm(self, groups: usize, weight: Option<Self>, bias: Option<Self>, eps: f64) -> Self {
        let shape = self.shape();
        let divides = |channels: usize| groups > 0 && channels.is_multiple_of(groups);
        let Some(sizes) = channels(shape).filter(|sizes| divides(sizes.channels)) else {
            self.graph().fail(format_args!("group_norm: groups of channels: left {groups}, right {shape}"))
        };
        let rows = self.reshape([sizes.batch * groups, sizes.channels / groups * sizes.pixels]);
        let y = rows.layer_norm(1, None, None, eps).reshape(shape);
        if weight.is_none() && bias.is_none() {
            return y;
        }
        for (what, vector) in [("weight", weight), ("bias", bias)] {
            if let Some(vector) = vector {
                self.check_channels("group_norm", sizes.channels, what, vector);
            }
        }
        let full = |value: f64| self.graph().full([sizes.channels], value);
        let (weight, bias) = (weight.unwrap_or_else(|| full(1.0)), bias.unwrap_or_else(|| full(0.0)));
        y.scale_shift(weight, bias, Activation::Identity)
    }
}

#[cfg(test)]
mod tests {
    use crate::{Params, Tape, Tensor, gradcheck};

    const EPS: f64 = 1e-2;

    #[test]
    fn group_norm() {
        for (groups, shape) in [(2, &[2, 4, 3][..]), (4, &[1, 4, 2, 3]), (1, &[3, 4, 2]), (2, &[3, 4])] {
            gradcheck::triple(|x, w, b| x.group_norm(groups, Some(w), Some(b), EPS), -2.0..2.0, shape, &[4], &[4]);
            gradcheck::pair(|x, w| x.group_norm(groups, Some(w), None, EPS), -2.0..2.0, shape, &[4]);
        }
        gradcheck::shapes(|x| x.group_norm(2, None, None, EPS), -2.0..2.0, &[&[2, 4, 3], &[1, 2, 5]]);
    }

    #[test]
    #[should_panic(expected = "group_norm: groups of channels: left 2, right [1, 3]")]
    fn groups_that_do_not_divide() {
        Tape::<f32>::new().eval(&Params::new(0), |t| {
            t.input(&Tensor::full([1, 3], 1.0)).group_norm(2, None, None, 1e-5);
        });
    }
}
