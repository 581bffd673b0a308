//! Mean and variance of each channel.

use super::{ChannelShape, LANES};
use crate::Float;
use crate::shared::Shared;

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
