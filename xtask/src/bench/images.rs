//! What networks for images do between convolutions: pooling and batch normalization.

use super::kernels::numbers;
use super::{Work, Workload};
use kernels::{Activation, Array, ChannelDerivatives, ChannelShape, PoolShape, Windows};

/// Those of this file.
pub(super) fn workloads() -> Vec<Workload> {
    let half = |size| Windows::sliding(size, 2, 2, 0, 1, false);
    let thirds = |size| Windows::sliding(size, 3, 2, 0, 1, true);
    let every_other = |size| Windows::sliding(size, 1, 2, 0, 1, false);
    let whole = |_| Some(Windows::Adaptive { results: 1 });
    let mut all = vec![
        max_pool("2/2", 64 * 64, 32, half),
        max_pool("2/2", 64 * 32, 28, half),
        max_pool("2/2", 64 * 256, 16, half),
        max_pool("3/2", 64 * 64, 15, thirds),
        max_pool("3/2", 64 * 128, 7, thirds),
    ];
    all.extend(avg_pool("1/2", 128 * 16, 32, every_other));
    all.extend(avg_pool("2/2", 64 * 64, 32, half));
    all.extend(avg_pool("all", 128 * 64, 8, whole));
    for [batch, channels, side] in [[128, 16, 32], [128, 32, 16], [128, 64, 8]] {
        all.extend(batch_norm(ChannelShape { batch, channels, pixels: side * side }));
    }
    all
}

/// Square images, with the same windows along both axes.
fn shape(planes: usize, side: usize, windows: impl Fn(usize) -> Option<Windows>) -> PoolShape {
    let windows = windows(side).expect("windows that lie in the image");
    PoolShape { planes, in_size: [side; 2], windows: [windows; 2] }
}

fn results(shape: &PoolShape) -> usize {
    shape.planes * shape.windows[0].results() * shape.windows[1].results()
}

fn max_pool(name: &str, planes: usize, side: usize, windows: impl Fn(usize) -> Option<Windows>) -> Workload {
    let (shape, inputs) = (shape(planes, side, windows), planes * side * side);
    let results = results(&shape);
    Workload::new(
        format!("max_pool {name} {planes}x{side}x{side}"),
        Work::Bytes(4.0 * (inputs + 2 * results) as f64),
        move || {
            let (x, mut y, mut places) = (numbers(inputs), Array::filled(0.0, results), vec![0; results]);
            move || kernels::max_pool2d(&shape, &x, &mut y, &mut places)
        },
    )
}

fn avg_pool(name: &str, planes: usize, side: usize, windows: impl Fn(usize) -> Option<Windows>) -> [Workload; 2] {
    let (shape, inputs) = (shape(planes, side, windows), planes * side * side);
    let results = results(&shape);
    let work = Work::Bytes(4.0 * (inputs + results) as f64);
    let forward = Workload::new(format!("avg_pool {name} {planes}x{side}x{side}"), work, move || {
        let (x, mut y) = (numbers(inputs), Array::filled(0.0, results));
        move || kernels::avg_pool2d(&shape, true, &x, &mut y)
    });
    let backward = Workload::new(format!("avg_pool {name} {planes}x{side}x{side} backward"), work, move || {
        let (g, mut dx) = (numbers(results), Array::filled(0.0, inputs));
        move || kernels::avg_pool2d_backward(&shape, true, &g, &mut dx)
    });
    [forward, backward]
}

fn batch_norm(shape: ChannelShape) -> [Workload; 4] {
    let ChannelShape { batch, channels, pixels } = shape;
    let count = batch * channels * pixels;
    let name = |what: &str| format!("batch_norm {what} {batch}x{channels}x{pixels}");
    let bytes = |arrays: usize| Work::Bytes(4.0 * (arrays * count) as f64);
    let vectors = move || [0; 5].map(|_| numbers(channels));
    [
        Workload::new(name("statistics"), bytes(1), move || {
            let (x, [mut mean, mut variance, ..]) = (numbers(count), vectors());
            move || kernels::channel_statistics(&shape, &x, &mut mean, &mut variance)
        }),
        Workload::new(name("scale_shift relu"), bytes(2), move || {
            let (x, [scale, shift, ..], mut y) = (numbers(count), vectors(), numbers(count));
            move || kernels::scale_shift(&shape, &x, None, &scale, &shift, Activation::Relu, &mut y)
        }),
        Workload::new(name("sums"), bytes(2), move || {
            let (x, g, [mean, mut sums, mut products, ..]) = (numbers(count), numbers(count), vectors());
            move || kernels::channel_sums(&shape, &g, &x, &mean, None, &mut sums, &mut products)
        }),
        Workload::new(name("backward"), bytes(3), move || {
            let (x, g, mut dx, [mean, rstd, weight, sums, products]) =
                (numbers(count), numbers(count), numbers(count), vectors());
            move || {
                let (mean, rstd, weight, sums, products) = (&mean, &rstd, &weight, &sums, &products);
                let of_channels = ChannelDerivatives { mean, rstd, weight, sums, products, gate: None };
                kernels::batch_norm_backward(&shape, &g, &x, &of_channels, &mut dx)
            }
        }),
    ]
}
