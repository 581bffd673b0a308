//! Batch normalization: the numbers of a channel, over all images and pixels, to mean 0 and variance 1.
//!
//! Arrays are `[batch, channels, pixels]`. A channel is with one thread, which goes through its planes in their order.

#[cfg(test)]
mod tests;

use crate::shared::{GRAIN, Shared};
use crate::{Activation, Float, for_each_index};

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

const LANES: usize = 16;
/// Groups of [`LANES`] numbers whose mean is computed, then their squared deviations from it, while they are in the cache.
const BLOCK: usize = 16;

/// How many numbers, their mean and the sum of their squared deviations from it, for `N` samples side by side.
#[derive(Clone, Copy)]
struct Moments<F, const N: usize> {
    count: F,
    mean: [F; N],
    squares: [F; N],
}

impl<F: Float, const N: usize> Moments<F, N> {
    /// Each sample alone.
    fn single(self) -> impl Iterator<Item = Moments<F, 1>> {
        let Moments { count, mean, squares } = self;
        mean.into_iter().zip(squares).map(move |(mean, squares)| Moments { count, mean: [mean], squares: [squares] })
    }
}

/// Of a few numbers of each sample.
#[inline(always)]
fn moments<F: Float, const N: usize>(groups: &[[F; N]]) -> Moments<F, N> {
    let count = F::from_f64(groups.len() as f64);
    let (mut mean, mut squares) = ([F::ZERO; N], [F::ZERO; N]);
    for group in groups {
        for lane in 0..N {
            mean[lane] += group[lane];
        }
    }
    mean.iter_mut().for_each(|sum| *sum /= count);
    for group in groups {
        for lane in 0..N {
            let deviation = group[lane] - mean[lane];
            squares[lane] += deviation * deviation;
        }
    }
    Moments { count, mean, squares }
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

/// Of both together, by the formula of Chan, Golub and LeVeque (1979).
#[inline(always)]
fn together<F: Float, const N: usize>(a: Moments<F, N>, b: Moments<F, N>) -> Moments<F, N> {
    let count = a.count + b.count;
    let share = b.count / count;
    let weight = a.count * share;
    let (mut mean, mut squares) = (a.mean, a.squares);
    for lane in 0..N {
        let apart = b.mean[lane] - a.mean[lane];
        mean[lane] += apart * share;
        squares[lane] += b.squares[lane] + apart * apart * weight;
    }
    Moments { count, mean, squares }
}

vectorize! {
    /// Of the numbers of a channel, in lanes, and of those that are not enough for the lanes.
    fn moments_of_channel[F: Float](shape: &ChannelShape, channel: usize, x: &[F]) -> (Moments<F, LANES>, Moments<F, 1>) {
        let mut lanes = Moments { count: F::ZERO, mean: [F::ZERO; LANES], squares: [F::ZERO; LANES] };
        let mut single = Moments { count: F::ZERO, mean: [F::ZERO], squares: [F::ZERO] };
        for plane in shape.planes(channel) {
            let (groups, rest) = x[plane].as_chunks::<LANES>();
            for block in groups.chunks(BLOCK) {
                lanes = together(lanes, moments(block));
            }
            if !rest.is_empty() {
                single = together(single, moments(rest.as_chunks::<1>().0));
            }
        }
        (lanes, single)
    }

    /// `Σ g` and `Σ g · (x − mean)` of a channel, in lanes, first for each plane and then for all.
    fn sums_of_channel[F: Float](shape: &ChannelShape, channel: usize, g: &[F], x: &[F], mean: F) -> [F; 2] {
        let (mut all_sums, mut all_products) = ([F::ZERO; LANES], [F::ZERO; LANES]);
        for plane in shape.planes(channel) {
            let (mut sums, mut products) = ([F::ZERO; LANES], [F::ZERO; LANES]);
            let ((g, g_rest), (x, x_rest)) = (g[plane.clone()].as_chunks::<LANES>(), x[plane].as_chunks::<LANES>());
            for (g, x) in g.iter().zip(x) {
                for lane in 0..LANES {
                    sums[lane] += g[lane];
                    products[lane] += g[lane] * (x[lane] - mean);
                }
            }
            for lane in 0..LANES {
                all_sums[lane] += sums[lane];
                all_products[lane] += products[lane];
            }
            for (((&g, &x), sum), product) in g_rest.iter().zip(x_rest).zip(&mut all_sums).zip(&mut all_products) {
                *sum += g;
                *product += g * (x - mean);
            }
        }
        [all_sums.into_iter().sum(), all_products.into_iter().sum()]
    }

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

    /// `out = g · a + x · b + c`.
    fn backward_plane[F: Float](g: &[F], x: &[F], a: F, b: F, c: F, out: &mut [F]) {
        for ((out, &g), &x) in out.iter_mut().zip(g).zip(x) {
            *out = g * a + (x * b + c);
        }
    }
}

/// Mean and variance (with divisor `batch · pixels`) of each channel.
///
/// The deviations are from the mean of a few numbers that are in the cache, and these are put together, so that the array
/// is read once and large means do no harm.
///
/// ```
/// use retrograde_kernels::{ChannelShape, channel_statistics};
/// let shape = ChannelShape { batch: 2, channels: 1, pixels: 2 };
/// let (mut mean, mut variance) = ([0.0], [0.0]);
/// channel_statistics(&shape, &[1.0, 3.0, 5.0, 7.0], &mut mean, &mut variance);
/// assert_eq!((mean, variance), ([4.0], [5.0]));
/// ```
///
/// # Panics
/// When a slice does not have the length that the sizes say.
#[track_caller]
pub fn channel_statistics<F: Float>(shape: &ChannelShape, x: &[F], mean: &mut [F], variance: &mut [F]) {
    let lengths = [x.len(), mean.len(), variance.len()];
    assert_eq!(lengths, [shape.len(), shape.channels, shape.channels], "channel_statistics: lengths of {shape:?}");
    let (means, variances) = (Shared::new(mean), Shared::new(variance));
    shape.for_each_channel(|channel| {
        let (lanes, single) = moments_of_channel(shape, channel, x);
        let all = lanes.single().filter(|lane| lane.count > F::ZERO).fold(single, together);
        // SAFETY: every channel is with one thread.
        let (to_mean, to_variance) = unsafe { (means.part(channel, 1), variances.part(channel, 1)) };
        (to_mean[0], to_variance[0]) = (all.mean[0], all.squares[0] / all.count);
    });
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

/// `Σ g` and `Σ g · (x − mean)` of each channel: what the derivatives of batch normalization are made of.
///
/// # Panics
/// When a slice does not have the length that the sizes say.
#[track_caller]
pub fn channel_sums<F: Float>(shape: &ChannelShape, g: &[F], x: &[F], mean: &[F], sums: &mut [F], products: &mut [F]) {
    let lengths = [g.len(), x.len(), mean.len(), sums.len(), products.len()];
    let channels = shape.channels;
    let expected = [shape.len(), shape.len(), channels, channels, channels];
    assert_eq!(lengths, expected, "channel_sums: lengths of {shape:?}");
    let (sums, products) = (Shared::new(sums), Shared::new(products));
    shape.for_each_channel(|channel| {
        let [sum, product] = sums_of_channel(shape, channel, g, x, mean[channel]);
        // SAFETY: every channel is with one thread.
        let (to_sum, to_product) = unsafe { (sums.part(channel, 1), products.part(channel, 1)) };
        (to_sum[0], to_product[0]) = (sum, product);
    });
}

/// `out = (g − Σ g / n − (x − mean) · rstd² · Σ g (x − mean) / n) · rstd · weight` with n = `batch · pixels`: the gradient
/// of batch normalization by its input, from the [`channel_sums`].
///
/// # Panics
/// When a slice does not have the length that the sizes say.
#[track_caller]
#[allow(clippy::too_many_arguments)]
pub fn batch_norm_backward<F: Float>(
    shape: &ChannelShape,
    g: &[F],
    x: &[F],
    mean: &[F],
    rstd: &[F],
    weight: &[F],
    sums: &[F],
    products: &[F],
    out: &mut [F],
) {
    let lengths = [g.len(), x.len(), out.len(), mean.len(), rstd.len(), weight.len(), sums.len(), products.len()];
    let expected: [usize; 8] = std::array::from_fn(|i| if i < 3 { shape.len() } else { shape.channels });
    assert_eq!(lengths, expected, "batch_norm_backward: lengths of {shape:?}");
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
            backward_plane(&g[range.clone()], &x[range], a, b, offset, out);
        }
    });
}
