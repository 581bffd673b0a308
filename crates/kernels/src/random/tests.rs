//! The generator: its distributions, its streams, and bits that do not depend on the number of threads.

use super::philox::LANES;
use super::*;
use crate::{Float, Threads};
use rand::RngExt;
use rand_distr::{Distribution, StandardNormal};

const KEY: RandomKey = RandomKey { seed: 42, step: 3, draw: 1 };

/// Mean, variance, skewness and kurtosis.
fn moments(x: &[f64]) -> [f64; 4] {
    let n = x.len() as f64;
    let mean = x.iter().sum::<f64>() / n;
    let central = |power: i32| x.iter().map(|x| (x - mean).powi(power)).sum::<f64>() / n;
    [mean, central(2), central(3) / central(2).powf(1.5), central(4) / central(2).powi(2)]
}

fn filled<F: Float>(key: RandomKey, len: usize, fill: impl Fn(&mut [F], RandomKey)) -> Vec<f64> {
    let mut out = vec![F::ZERO; len];
    fill(&mut out, key);
    out.into_iter().map(F::to_f64).collect()
}

/// The tolerances are about five standard errors of the moments for a million numbers.
fn check_moments<F: Float>() {
    let near = |got: [f64; 4], want: [f64; 4]| {
        let close = got.iter().zip(want).all(|(g, w)| (g - w).abs() < 0.005 * (1.0 + w.abs()));
        assert!(close, "{}: {got:?}, expected {want:?}", F::NAME);
    };
    let normal = filled::<F>(KEY, 1 << 20, |out, key| fill_normal(out, key, F::ONE, F::from_f64(2.0)));
    near(moments(&normal), [1.0, 4.0, 0.0, 3.0]);
    let beyond =
        |limit: f64| normal.iter().filter(|&&x| (x - 1.0).abs() > 2.0 * limit).count() as f64 / normal.len() as f64;
    assert!((beyond(1.0) - 0.3173).abs() < 0.003 && (beyond(3.0) - 0.0027).abs() < 0.0004);
    let uniform = filled::<F>(KEY, 1 << 20, |out, key| fill_uniform(out, key, F::from_f64(-1.0), F::ONE));
    near(moments(&uniform), [0.0, 1.0 / 3.0, 0.0, 1.8]);
    assert!(uniform.iter().all(|x| (-1.0..1.0).contains(x)));
    let mut tenths = [0; 10];
    uniform.iter().for_each(|x| tenths[((x + 1.0) * 5.0) as usize] += 1);
    assert!(tenths.iter().all(|&count| (count as f64 / (uniform.len() / 10) as f64 - 1.0).abs() < 0.016), "{tenths:?}");
}

#[test]
fn moments_of_the_distributions() {
    check_moments::<f32>();
    check_moments::<f64>();
    for p in [0.0, 0.1, 0.5, 1.0] {
        let mut mask = vec![2u8; 1 << 20];
        fill_bernoulli(&mut mask, KEY, p);
        assert!(mask.iter().all(|&m| m < 2));
        let mean = mask.iter().map(|&m| f64::from(m)).sum::<f64>() / mask.len() as f64;
        assert!((mean - p).abs() <= 0.0025 * (p * (1.0 - p) / 0.25).sqrt(), "{mean}, expected {p}");
    }
}

/// Correlations between draws, and between neighbors at every distance at which a group repeats its pattern.
#[test]
fn draws_are_independent() {
    let n = 1 << 18;
    let normal = |key| filled::<f32>(key, n, |out, key| fill_normal(out, key, 0.0, 1.0));
    let x = normal(KEY);
    let correlation = |y: &[f64]| x.iter().zip(y).map(|(a, b)| a * b).sum::<f64>() / y.len() as f64;
    for other in [
        RandomKey { seed: 43, ..KEY },
        RandomKey { step: 4, ..KEY },
        RandomKey { draw: 2, ..KEY },
        RandomKey { step: 1, draw: 3, ..KEY },
        RandomKey { step: 3 << 32, ..KEY },
    ] {
        let y = normal(other);
        assert!(correlation(&y).abs() < 0.01, "{other:?}");
        let squares = x.iter().zip(&y).map(|(a, b)| (a * a - 1.0) * (b * b - 1.0)).sum::<f64>() / n as f64;
        assert!(squares.abs() < 0.02, "{other:?}");
    }
    for distance in [1, 2, 63, 64, 65, 128, 192, 256, 8192] {
        assert!(correlation(&x[distance..]).abs() < 0.01, "distance {distance}");
    }
}

/// Uniform numbers are the words of their blocks, and pairs of normal numbers have Box and Muller's radius.
#[test]
fn fills_agree_with_their_formula() {
    let blocks = Blocks::new(KEY);
    let n = 12 * LANES;
    let single = filled::<f32>(KEY, n, |out, key| fill_uniform(out, key, 0.0, 1.0));
    let double = filled::<f64>(KEY, n, |out, key| fill_uniform(out, key, 0.0, 1.0));
    let normal = filled::<f32>(KEY, n, |out, key| fill_normal(out, key, 0.0, 1.0));
    for i in 0..n {
        let words = blocks.get((i / (4 * LANES) * LANES + i % LANES) as u64);
        assert_eq!(single[i], f64::from(words[i / LANES % 4] >> 8) / f64::from(1 << 24));
        let square = -2.0 * ((f64::from(words[i / LANES % 4 / 2 * 2]) + 0.5) / 4294967296.0).ln();
        let got = normal[i].powi(2) + normal[i ^ LANES].powi(2);
        assert!((got - square).abs() < 1e-6 * (1.0 + square), "{i}: {got}, expected {square}");
        let words = blocks.get((i / (2 * LANES) * LANES + i % LANES) as u64);
        let pair = i / LANES % 2 * 2;
        let word = u64::from(words[pair]) << 32 | u64::from(words[pair + 1]);
        assert_eq!(double[i], (word >> 11) as f64 / 2f64.powi(53));
    }
}

/// The angle of a pair is uniform on the circle.
#[test]
fn angles_are_uniform() {
    let n = 1 << 20;
    for double in [false, true] {
        let z = match double {
            false => filled::<f32>(KEY, n, |out, key| fill_normal(out, key, 0.0, 1.0)),
            true => filled::<f64>(KEY, n, |out, key| fill_normal(out, key, 0.0, 1.0)),
        };
        let mut sectors = [0; 32];
        for pair in z.chunks_exact(2 * LANES) {
            for l in 0..LANES {
                let turn = pair[l].atan2(pair[l + LANES]) / std::f64::consts::TAU + 0.5;
                sectors[(turn * 32.0) as usize % 32] += 1;
            }
        }
        let expected = n as f64 / 64.0;
        let chi_squared: f64 = sectors.iter().map(|&s| (s as f64 - expected).powi(2) / expected).sum();
        assert!(chi_squared < 70.0, "31 degrees of freedom: {chi_squared}, {sectors:?}");
    }
}

#[test]
fn bits_depend_on_the_position_alone() {
    let run = |threads: usize, len: usize| {
        let (mut a, mut b, mut mask) = (vec![0.0f32; len], vec![0.0f64; len], vec![0; len]);
        Threads::new(threads).unwrap().run(|| {
            fill_normal(&mut a, KEY, 0.0, 1.0);
            fill_uniform(&mut b, KEY, 0.0, 1.0);
            fill_bernoulli(&mut mask, KEY, 0.3);
        });
        (a, b, mask)
    };
    let (a, b, mask) = run(1, 100_003);
    for threads in [2, 3, 7] {
        assert!(run(threads, 100_003) == (a.clone(), b.clone(), mask.clone()), "{threads} threads");
    }
    for len in [0, 1, 255, 257, 8192, 8193] {
        assert!(run(1, len) == (a[..len].to_vec(), b[..len].to_vec(), mask[..len].to_vec()), "{len} elements");
    }
}

#[test]
fn a_stream_for_the_distributions() {
    let mut random = Random::from(KEY);
    let words = Blocks::new(KEY).get(0);
    let drawn: Vec<u32> = (0..4).map(|_| random.random()).collect();
    assert_eq!(drawn, words);
    let x: Vec<f64> = (0..200_000).map(|_| StandardNormal.sample(&mut random)).collect();
    let [mean, variance, ..] = moments(&x);
    assert!(mean.abs() < 0.012 && (variance - 1.0).abs() < 0.016, "{mean}, {variance}");
    let mut bytes = [0; 10];
    Random::from(KEY).fill(&mut bytes);
    let want: Vec<u8> = words.iter().flat_map(|w| w.to_le_bytes()).take(10).collect();
    assert_eq!(bytes[..], want);
    assert_ne!(Random::new(1, 2, 3).random::<u64>(), Random::new(1, 3, 2).random::<u64>());
}
