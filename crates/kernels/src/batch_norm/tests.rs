//! Against the definitions in double precision; the same bits for any number of threads.

use super::{
    ChannelDerivatives, ChannelShape, ReluGate, batch_norm_backward, channel_statistics, channel_sums, scale_shift,
};
use crate::{Activation, Threads};

const SHAPES: [[usize; 3]; 6] = [[2, 3, 5], [1, 1, 1], [4, 70, 64], [3, 2, 1000], [7, 5, 1], [2, 40, 1023]];

fn numbers(count: usize, seed: usize) -> Vec<f64> {
    (0..count).map(|i| ((i * 7919 + seed * 104_729) % 1009) as f64 / 500.0 + 3.0).collect()
}

fn of_channel(shape: &ChannelShape, channel: usize, x: &[f64]) -> Vec<f64> {
    shape.planes(channel).flat_map(|plane| x[plane].to_vec()).collect()
}

#[test]
fn agree_with_their_definitions() {
    for [batch, channels, pixels] in SHAPES {
        let shape = ChannelShape { batch, channels, pixels };
        let (x, g) = (numbers(shape.len(), 1), numbers(shape.len(), 2));
        let (weight, shift) = (numbers(channels, 3), numbers(channels, 4));
        let run = |threads| {
            Threads::new(threads).unwrap().run(|| {
                let blank = || vec![f64::NAN; channels];
                let (mut mean, mut variance, mut sums, mut products) = (blank(), blank(), blank(), blank());
                channel_statistics(&shape, &x, &mut mean, &mut variance);
                channel_sums(&shape, &g, &x, &mean, None, &mut sums, &mut products);
                let rstd: Vec<f64> = variance.iter().map(|v| 1.0 / (v + 1e-3).sqrt()).collect();
                let mut dx = vec![f64::NAN; x.len()];
                let of_channels = ChannelDerivatives {
                    mean: &mean,
                    rstd: &rstd,
                    weight: &weight,
                    sums: &sums,
                    products: &products,
                    gate: None,
                };
                batch_norm_backward(&shape, &g, &x, &of_channels, &mut dx);
                let mut y = vec![f64::NAN; x.len()];
                scale_shift(&shape, &x, None, &weight, &shift, Activation::Relu, &mut y);
                let mut z = vec![f64::NAN; x.len()];
                scale_shift(&shape, &x, Some(&g), &weight, &shift, Activation::Tanh, &mut z);
                [mean, variance, sums, products, rstd, dx, y, z]
            })
        };
        let results = run(1);
        for threads in [2, 3, 7] {
            assert_eq!(results, run(threads), "{threads} threads, {shape:?}");
        }
        let [mean, variance, sums, products, rstd, dx, y, z] = results;
        let n = (batch * pixels) as f64;
        let near = |a: f64, b: f64| (a - b).abs() <= 1e-10 * (1.0 + b.abs());
        for c in 0..channels {
            let [x, g, dx, y, z] = [&x, &g, &dx, &y, &z].map(|all| of_channel(&shape, c, all));
            let m = x.iter().sum::<f64>() / n;
            assert!(near(mean[c], m), "mean of {shape:?}");
            assert!(near(variance[c], x.iter().map(|x| (x - m) * (x - m)).sum::<f64>() / n), "variance of {shape:?}");
            let product = x.iter().zip(&g).map(|(x, g)| g * (x - m)).sum::<f64>();
            assert!(near(sums[c], g.iter().sum()) && near(products[c], product), "sums of {shape:?}");
            for i in 0..x.len() {
                let slope = (x[i] - m) * rstd[c] * rstd[c] * product / n;
                let want = (g[i] - g.iter().sum::<f64>() / n - slope) * rstd[c] * weight[c];
                assert!(near(dx[i], want), "dx[{i}] is {}, not {want}: {shape:?}", dx[i]);
                assert!(near(y[i], (x[i] * weight[c] + shift[c]).max(0.0)), "y[{i}] of {shape:?}");
                assert!(near(z[i], (x[i] * weight[c] + shift[c] + g[i]).tanh()), "z[{i}] of {shape:?}");
            }
        }
    }
}

/// A gate is the ReLU before the sums: the same bits as with the cotangents that it closes set to zero.
#[test]
fn a_gate_is_the_derivative_of_the_relu() {
    for [batch, channels, pixels] in SHAPES {
        let shape = ChannelShape { batch, channels, pixels };
        let (x, g) = (numbers(shape.len(), 1), numbers(shape.len(), 2));
        let (mean, rstd, scale) = (numbers(channels, 3), numbers(channels, 4), numbers(channels, 5));
        let shift: Vec<f64> = scale.iter().map(|scale| -4.0 * scale).collect();
        let mut y = vec![f64::NAN; x.len()];
        scale_shift(&shape, &x, None, &scale, &shift, Activation::Relu, &mut y);
        let through: Vec<f64> = g.iter().zip(&y).map(|(&g, &y)| if y > 0.0 { g } else { 0.0 }).collect();
        let compute = |g: &[f64], gate: Option<ReluGate<f64>>| {
            let (mut sums, mut products) = (vec![f64::NAN; channels], vec![f64::NAN; channels]);
            channel_sums(&shape, g, &x, &mean, gate, &mut sums, &mut products);
            let mut dx = vec![f64::NAN; x.len()];
            let (sums, products) = (&sums, &products);
            let of_channels = ChannelDerivatives { mean: &mean, rstd: &rstd, weight: &scale, sums, products, gate };
            batch_norm_backward(&shape, g, &x, &of_channels, &mut dx);
            (sums.clone(), products.clone(), dx)
        };
        let gate = ReluGate { scale: &scale, shift: &shift };
        assert!(compute(&g, Some(gate)) == compute(&through, None), "{shape:?}");
        assert!(shape.len() < 100 || (through != g && through.iter().any(|&g| g != 0.0)), "some of {shape:?} pass");
    }
}

#[test]
fn a_gate_lets_what_is_not_a_number_through() {
    let shape = ChannelShape { batch: 1, channels: 1, pixels: 20 };
    let mut x = numbers(20, 1);
    (x[3], x[18]) = (f64::NAN, f64::NAN);
    let gate = ReluGate { scale: &[-1.0], shift: &[0.0] };
    let (mut sum, mut product) = ([9.0], [9.0]);
    channel_sums(&shape, &[1.0; 20], &x, &[0.0], Some(gate), &mut sum, &mut product);
    assert!(sum == [2.0] && product[0].is_nan(), "{sum:?} {product:?}");
}

#[test]
fn a_large_mean_does_no_harm() {
    let shape = ChannelShape { batch: 64, channels: 1, pixels: 1024 };
    let x: Vec<f32> = (0..shape.len()).map(|i| 1000.0 + (i % 2) as f32).collect();
    let (mut mean, mut variance) = ([0.0], [0.0]);
    channel_statistics(&shape, &x, &mut mean, &mut variance);
    assert!((mean[0] - 1000.5).abs() < 1e-3 && (variance[0] - 0.25).abs() < 1e-4, "{mean:?} {variance:?}");
}
