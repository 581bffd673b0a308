//! Batch normalization: the numbers of a channel, over all images and pixels, to mean 0 and variance 1.
//!
//! Arrays are `[batch, channels, pixels]`. A channel is with one thread, which goes through its planes in their order.

mod backward;
mod statistics;
#[cfg(test)]
mod tests;

pub use backward::{ChannelDerivatives, ReluGate, batch_norm_backward, channel_sums};
pub use statistics::channel_statistics;

use crate::shared::GRAIN;
use crate::{Activation, Float, for_each_index};

/// Numbers that are summed side by side.
const LANES: usize = 16;

/// The sizes of an array `[batch, channels, pixels]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChannelShape {
    /// Images.
    pub batch: usize,
    /// Channels of an image.
    pub channels: usize,
    /// Numbers of a channel of an image.
    pub pixels: usize,
}

impl ChannelShape {
    fn len(&self) -> usize {
        self.batch * self.channels * self.pixels
    }

    /// Calls `f` with every channel, some together where they are small, on all threads.
    fn for_each_channel(&self, f: impl Fn(usize) + Sync) {
        let together = (GRAIN / (self.batch * self.pixels).max(1)).max(1);
        for_each_index(self.channels.div_ceil(together), |task| {
            (task * together..((task + 1) * together).min(self.channels)).for_each(&f);
        });
    }

    /// The planes of a channel: where each begins.
    fn planes(&self, channel: usize) -> impl Iterator<Item = std::ops::Range<usize>> {
        let &ChannelShape { batch, channels, pixels } = self;
        (0..batch).map(move |image| {
            let start = (image * channels + channel) * pixels;
            start..start + pixels
        })
    }
}

/// `out = activation(x)`.
#[inline(always)]
fn activate<F: Float>(x: impl Iterator<Item = F>, activation: Activation, out: &mut [F]) {
    match activation {
        Activation::Identity => out.iter_mut().zip(x).for_each(|(out, x)| *out = x),
        Activation::Relu => out.iter_mut().zip(x).for_each(|(out, x)| *out = if x < F::ZERO { F::ZERO } else { x }),
        Activation::Sigmoid => out.iter_mut().zip(x).for_each(|(out, x)| *out = x.sigmoid()),
        Activation::Tanh => out.iter_mut().zip(x).for_each(|(out, x)| *out = x.tanh()),
    }
}

vectorize! {
    /// `out = activation(x · scale + shift)` for planes of which the first belongs to channel `first`.
    fn scale_shift_planes[F: Float](
        pixels: usize, first: usize, x: &[F], scale: &[F], shift: &[F], activation: Activation, out: &mut [F],
    ) {
        let mut channel = first;
        for (x, out) in x.chunks_exact(pixels).zip(out.chunks_exact_mut(pixels)) {
            let (scale_here, shift_here) = (scale[channel], shift[channel]);
            activate(x.iter().map(|&x| x * scale_here + shift_here), activation, out);
            channel = if channel + 1 < scale.len() { channel + 1 } else { 0 };
        }
    }

    /// `out = activation(x · scale + shift + more)`, otherwise as above.
    fn scale_shift_add_planes[F: Float](
        pixels: usize, first: usize, x: &[F], more: &[F], scale: &[F], shift: &[F], activation: Activation, out: &mut [F],
    ) {
        let mut channel = first;
        for ((x, more), out) in x.chunks_exact(pixels).zip(more.chunks_exact(pixels)).zip(out.chunks_exact_mut(pixels)) {
            let (scale_here, shift_here) = (scale[channel], shift[channel]);
            activate(x.iter().zip(more).map(|(&x, &more)| x * scale_here + shift_here + more), activation, out);
            channel = if channel + 1 < scale.len() { channel + 1 } else { 0 };
        }
    }

}

/// `out = activation(x · scale + shift + more)`, with one scale and one shift a channel; without `more`, nothing is added.
///
/// # Panics
/// When a slice does not have the length that the sizes say.
#[track_caller]
pub fn scale_shift<F: Float>(
    shape: &ChannelShape,
    x: &[F],
    more: Option<&[F]>,
    scale: &[F],
    shift: &[F],
    activation: Activation,
    out: &mut [F],
) {
    let lengths = [x.len(), more.unwrap_or(x).len(), out.len(), scale.len(), shift.len()];
    let expected = [shape.len(), shape.len(), shape.len(), shape.channels, shape.channels];
    assert_eq!(lengths, expected, "scale_shift: lengths of {shape:?}");
    let together = (GRAIN / shape.pixels.max(1)).max(1);
    crate::for_each_chunk(out, (together * shape.pixels).max(1), |task, part| {
        let (first, length) = (task * together * shape.pixels, part.len());
        let (x, channel) = (&x[first..][..length], task * together % shape.channels);
        match more.map(|more| &more[first..][..length]) {
            Some(more) => scale_shift_add_planes(shape.pixels, channel, x, more, scale, shift, activation, part),
            None => scale_shift_planes(shape.pixels, channel, x, scale, shift, activation, part),
        }
    });
}
