//! The gradient of batch normalization, and what it sums up before.

use super::{ChannelShape, LANES};
use crate::Float;
use crate::shared::{GRAIN, Shared};

/// The ReLU that followed a [`scale_shift`](super::scale_shift) without anything added, with its scale and shift: a
/// cotangent is zero where `x · scale + shift ≤ 0`, and passes where that is not a number. What the forward pass wrote need
/// not be read again for that.
#[derive(Clone, Copy)]
pub struct ReluGate<'a, F> {
    /// One number a channel.
    pub scale: &'a [F],
    /// One number a channel.
    pub shift: &'a [F],
}

impl<F: Float> ReluGate<'_, F> {
    fn of_channel(&self, channel: usize) -> [F; 2] {
        [self.scale[channel], self.shift[channel]]
    }

    #[track_caller]
    fn check(gate: Option<Self>, op: &str, channels: usize) {
        let lengths = gate.map_or([channels; 2], |gate| [gate.scale.len(), gate.shift.len()]);
        assert_eq!(lengths, [channels; 2], "{op}: lengths of the gate");
    }
}

/// `g` where the ReLU let `x` through: by the same arithmetic as in [`scale_shift`](super::scale_shift).
#[inline(always)]
fn gated<F: Float>(g: F, x: F, scale: F, shift: F) -> F {
    if x * scale + shift <= F::ZERO { F::ZERO } else { g }
}

/// `Σ g` and `Σ g · (x − mean)`, in lanes, first for each plane and then for all. The g of a number is that of `gate`.
#[inline(always)]
fn sums_of_planes<'a, F: Float>(
    planes: impl Iterator<Item = (&'a [F], &'a [F])>,
    mean: F,
    gate: impl Fn(F, F) -> F,
) -> [F; 2] {
    let (mut all_sums, mut all_products) = ([F::ZERO; LANES], [F::ZERO; LANES]);
    for (g, x) in planes {
        let (mut sums, mut products) = ([F::ZERO; LANES], [F::ZERO; LANES]);
        let ((g, g_rest), (x, x_rest)) = (g.as_chunks::<LANES>(), x.as_chunks::<LANES>());
        for (g, x) in g.iter().zip(x) {
            for lane in 0..LANES {
                let g = gate(g[lane], x[lane]);
                sums[lane] += g;
                products[lane] += g * (x[lane] - mean);
            }
        }
        for lane in 0..LANES {
            all_sums[lane] += sums[lane];
            all_products[lane] += products[lane];
        }
        for (((&g, &x), sum), product) in g_rest.iter().zip(x_rest).zip(&mut all_sums).zip(&mut all_products) {
            let g = gate(g, x);
            *sum += g;
            *product += g * (x - mean);
        }
    }
    [all_sums.into_iter().sum(), all_products.into_iter().sum()]
}

vectorize! {
    /// `Σ g` and `Σ g · (x − mean)` of a channel.
    fn sums_of_channel[F: Float](
        shape: &ChannelShape, channel: usize, g: &[F], x: &[F], mean: F, gate: Option<[F; 2]>,
    ) -> [F; 2] {
        let planes = shape.planes(channel).map(|plane| (&g[plane.clone()], &x[plane]));
        match gate {
            Some([scale, shift]) => sums_of_planes(planes, mean, |g, x| gated(g, x, scale, shift)),
            None => sums_of_planes(planes, mean, |g, _| g),
        }
    }

    /// `out = g · a + x · b + c`.
    fn backward_plane[F: Float](g: &[F], x: &[F], factors: [F; 3], gate: Option<[F; 2]>, out: &mut [F]) {
        let [a, b, c] = factors;
        let triples = out.iter_mut().zip(g).zip(x);
        match gate {
            Some([scale, shift]) => {
                triples.for_each(|((out, &g), &x)| *out = gated(g, x, scale, shift) * a + (x * b + c));
            }
            None => triples.for_each(|((out, &g), &x)| *out = g * a + (x * b + c)),
        }
    }
}

/// `Σ g` and `Σ g · (x − mean)` of each channel: what the derivatives of batch normalization are made of. With a gate, g
/// is the cotangent of what the ReLU gave.
///
/// # Panics
/// When a slice does not have the length that the sizes say.
#[track_caller]
#[allow(clippy::too_many_arguments)]
pub fn channel_sums<F: Float>(
    shape: &ChannelShape,
    g: &[F],
    x: &[F],
    mean: &[F],
    gate: Option<ReluGate<F>>,
    sums: &mut [F],
    products: &mut [F],
) {
    let lengths = [g.len(), x.len(), mean.len(), sums.len(), products.len()];
    let channels = shape.channels;
    let expected = [shape.len(), shape.len(), channels, channels, channels];
    assert_eq!(lengths, expected, "channel_sums: lengths of {shape:?}");
    ReluGate::check(gate, "channel_sums", channels);
    let (sums, products) = (Shared::new(sums), Shared::new(products));
    shape.for_each_channel(|channel| {
        let gate = gate.map(|gate| gate.of_channel(channel));
        let [sum, product] = sums_of_channel(shape, channel, g, x, mean[channel], gate);
        // SAFETY: every channel is with one thread.
        let (to_sum, to_product) = unsafe { (sums.part(channel, 1), products.part(channel, 1)) };
        (to_sum[0], to_product[0]) = (sum, product);
    });
}

/// What is known of each channel when a batch normalization is differentiated: one number a channel in every slice.
#[derive(Clone, Copy)]
pub struct ChannelDerivatives<'a, F> {
    /// The mean of x.
    pub mean: &'a [F],
    /// One by the standard deviation of x.
    pub rstd: &'a [F],
    /// The weight.
    pub weight: &'a [F],
    /// `Σ g`, of [`channel_sums`].
    pub sums: &'a [F],
    /// `Σ g · (x − mean)`, of [`channel_sums`].
    pub products: &'a [F],
    /// The gate of the sums.
    pub gate: Option<ReluGate<'a, F>>,
}

/// `out = (g − Σ g / n − (x − mean) · rstd² · Σ g (x − mean) / n) · rstd · weight` with n = `batch · pixels`: the gradient
/// of batch normalization by its input. With a gate, g is the cotangent of what the ReLU gave.
///
/// # Panics
/// When a slice does not have the length that the sizes say.
#[track_caller]
pub fn batch_norm_backward<F: Float>(
    shape: &ChannelShape,
    g: &[F],
    x: &[F],
    of_channels: &ChannelDerivatives<F>,
    out: &mut [F],
) {
    let &ChannelDerivatives { mean, rstd, weight, sums, products, gate } = of_channels;
    let lengths = [g.len(), x.len(), out.len(), mean.len(), rstd.len(), weight.len(), sums.len(), products.len()];
    let expected: [usize; 8] = std::array::from_fn(|i| if i < 3 { shape.len() } else { shape.channels });
    assert_eq!(lengths, expected, "batch_norm_backward: lengths of {shape:?}");
    ReluGate::check(gate, "batch_norm_backward", shape.channels);
    let count = F::from_f64((shape.batch * shape.pixels) as f64);
    let together = (GRAIN / shape.pixels.max(1)).max(1);
    crate::for_each_chunk(out, (together * shape.pixels).max(1), |task, part| {
        for (i, out) in part.chunks_exact_mut(shape.pixels).enumerate() {
            let plane = task * together + i;
            let c = plane % shape.channels;
            let range = plane * shape.pixels..(plane + 1) * shape.pixels;
            let a = rstd[c] * weight[c];
            let b = F::ZERO - a * rstd[c] * rstd[c] * products[c] / count;
            let offset = F::ZERO - a * sums[c] / count - mean[c] * b;
            let gate = gate.map(|gate| gate.of_channel(c));
            backward_plane(&g[range.clone()], &x[range], [a, b, offset], gate, out);
        }
    });
}
