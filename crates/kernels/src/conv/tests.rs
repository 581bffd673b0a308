//! The three kernels against a loop over the definition at double precision, at every level; the same bits for any
//! number of threads.

use proptest::prelude::*;

use super::{ConvShape, by_weight, conv2d_by_weight_workspace, forward, transposed, winograd};
use crate::{Activation, Epilogue, Float, Level, Threads};

fn levels() -> impl Iterator<Item = Level> {
    [Level::Baseline, Level::Avx2, Level::Avx512].into_iter().filter(|&level| level <= Level::detect())
}

fn numbers<F: Float>(count: usize, seed: u64) -> Vec<F> {
    let mix = |x: u64| {
        (x ^ x >> 31).wrapping_mul(0x9E37_79B9_7F4A_7C15).rotate_left(29).wrapping_mul(0xBF58_476D_1CE4_E5B9) >> 11
    };
    (0..count as u64).map(|i| F::from_f64(mix((i + 1) ^ (seed << 32)) as f64 / (1u64 << 52) as f64 - 1.0)).collect()
}

/// Calls `f` with the places in x, w and y of every product of the definition.
fn products(s: &ConvShape, mut f: impl FnMut(usize, usize, usize)) {
    let (inputs, outputs) = (s.group_inputs(), s.group_outputs());
    let inside = |result: usize, tap: usize, axis: usize| {
        let at = (result * s.stride[axis] + tap * s.dilation[axis]) as isize - s.padding[axis] as isize;
        (at >= 0 && at < s.in_size[axis] as isize).then_some(at as usize)
    };
    for n in 0..s.batch {
        for o in 0..s.out_channels {
            for c in 0..inputs {
                for (k, l) in (0..s.kernel[0]).flat_map(|k| (0..s.kernel[1]).map(move |l| (k, l))) {
                    for (i, j) in (0..s.out_size[0]).flat_map(|i| (0..s.out_size[1]).map(move |j| (i, j))) {
                        let (Some(row), Some(column)) = (inside(i, k, 0), inside(j, l, 1)) else { continue };
                        let x = ((n * s.in_channels + o / outputs * inputs + c) * s.in_size[0] + row) * s.in_size[1]
                            + column;
                        let w = ((o * inputs + c) * s.kernel[0] + k) * s.kernel[1] + l;
                        f(x, w, ((n * s.out_channels + o) * s.out_size[0] + i) * s.out_size[1] + j);
                    }
                }
            }
        }
    }
}

struct Arrays<F> {
    x: Vec<F>,
    w: Vec<F>,
    y: Vec<F>,
    out_bias: Vec<F>,
    in_bias: Vec<F>,
}

impl<F: Float> Arrays<F> {
    fn new(s: &ConvShape) -> Self {
        Arrays {
            x: numbers(s.batch * s.in_channels * s.in_pixels(), 1),
            w: numbers(s.out_channels * s.group_inputs() * s.kernel_size(), 2),
            y: numbers(s.batch * s.out_channels * s.out_pixels(), 3),
            out_bias: numbers(s.out_channels, 4),
            in_bias: numbers(s.in_channels, 5),
        }
    }

    /// The three results: of the forward pass with bias and ReLU, of its transpose with bias, and by the weight.
    fn compute(&self, level: Level, s: &ConvShape) -> [Vec<F>; 3] {
        // Results start as not a number, so that what is not written is seen.
        let blank = |like: &[F]| vec![F::NAN; like.len()];
        let (mut y, mut dx, mut dw) = (blank(&self.y), blank(&self.x), blank(&self.w));
        forward(
            level,
            s,
            &self.x,
            &self.w,
            &mut y,
            Epilogue { bias: Some(&self.out_bias), activation: Activation::Relu },
        );
        let bias = Epilogue { bias: Some(&self.in_bias[..]), activation: Activation::Identity };
        transposed(level, s, &self.y, &self.w, &mut dx, bias);
        let mut workspace = vec![F::NAN; conv2d_by_weight_workspace(s)];
        by_weight(level, s, &self.x, &self.y, &mut workspace, &mut dw);
        [y, dx, dw]
    }

    /// The same by the definition, with the sum of the absolute values of what is summed.
    fn expected(&self, s: &ConvShape) -> [Vec<(f64, f64)>; 3] {
        let start =
            |len: usize, bias: &dyn Fn(usize) -> f64| (0..len).map(|i| (bias(i), bias(i).abs())).collect::<Vec<_>>();
        let bias_of = |bias: &[F], pixels: usize, i: usize| bias[i / pixels % bias.len()].to_f64();
        let mut y = start(self.y.len(), &|i| bias_of(&self.out_bias, s.out_pixels(), i));
        let mut dx = start(self.x.len(), &|i| bias_of(&self.in_bias, s.in_pixels(), i));
        let mut dw = start(self.w.len(), &|_| 0.0);
        let add = |sum: &mut (f64, f64), a: F, b: F| {
            let product = a.to_f64() * b.to_f64();
            *sum = (sum.0 + product, sum.1 + product.abs());
        };
        products(s, |at_x, at_w, at_y| {
            let (x, w, g) = (self.x[at_x], self.w[at_w], self.y[at_y]);
            add(&mut y[at_y], x, w);
            add(&mut dx[at_x], g, w);
            add(&mut dw[at_w], g, x);
        });
        y.iter_mut().for_each(|y| y.0 = y.0.max(0.0));
        [y, dx, dw]
    }
}

fn compare<F: Float>(s: &ConvShape, threads: usize) -> Result<(), TestCaseError> {
    let arrays = Arrays::<F>::new(s);
    let expected = arrays.expected(s);
    // Rounding grows with the square root of the number of terms, hardly ever faster. By tiles, a result has a share of
    // the rounding of its neighbors, so that the largest counts.
    let (epsilon, by_tiles) = (F::EPSILON.to_f64(), F::NAME == "f32" && winograd::suits_by_weight(s));
    for level in levels() {
        let one = Threads::new(1).unwrap().run(|| arrays.compute(level, s));
        let many = Threads::new(threads).unwrap().run(|| arrays.compute(level, s));
        for (what, ((one, many), expected)) in ["y", "dx", "dw"].iter().zip(one.iter().zip(&many).zip(&expected)) {
            let largest = expected.iter().fold(0.0, |most: f64, &(_, size)| most.max(size));
            for (i, ((a, b), &(want, size))) in one.iter().zip(many).zip(expected).enumerate() {
                prop_assert_eq!(
                    a.to_f64().to_bits(),
                    b.to_f64().to_bits(),
                    "{}[{}], {} threads: {:?}",
                    what,
                    i,
                    threads,
                    s
                );
                let bound = epsilon * if by_tiles { 8.0 * (largest + 1.0) } else { 40.0 * (size + 1.0) };
                prop_assert!((a.to_f64() - want).abs() <= bound, "{what}[{i}] is {a}, not {want}, {level}: {s:?}");
            }
        }
    }
    Ok(())
}

#[allow(clippy::too_many_arguments)]
fn shape(
    batch: usize,
    groups: usize,
    [inputs, outputs]: [usize; 2],
    in_size: [usize; 2],
    kernel: [usize; 2],
    stride: [usize; 2],
    padding: [usize; 2],
    dilation: [usize; 2],
) -> ConvShape {
    let out_size = ConvShape::full_size(in_size, kernel, stride, padding, dilation).unwrap_or([0, 0]);
    let (in_channels, out_channels) = (inputs * groups, outputs * groups);
    ConvShape { batch, in_channels, in_size, out_channels, out_size, kernel, stride, padding, dilation, groups }
}

fn shapes() -> impl Strategy<Value = ConvShape> {
    let pair = |range: std::ops::Range<usize>| [range.clone(), range];
    let channels = prop_oneof![4 => pair(1..6), 1 => [1..40_usize, 1..40_usize]];
    let size = prop_oneof![4 => pair(1..12), 1 => [1..20_usize, 20..70_usize]];
    (1..4_usize, 1..4_usize, channels, size, pair(1..8), pair(1..5), pair(0..4), pair(1..4)).prop_map(
        |(batch, groups, channels, in_size, kernel, stride, padding, dilation)| {
            shape(batch, groups, channels, in_size, kernel, stride, padding, dilation)
        },
    )
}

/// Those that single precision computes by tiles: odd sizes, tiles beyond the edge, channels that fill no register.
fn shapes_by_tiles() -> impl Strategy<Value = ConvShape> {
    let channels = prop_oneof![[8..20_usize, 8..20_usize], [8..70_usize, 8..70_usize]];
    (1..4_usize, 1..3_usize, channels, [4..20_usize, 8..40_usize], [0..4_usize, 0..4_usize]).prop_map(
        |(batch, groups, channels, in_size, padding)| {
            shape(batch, groups, channels, in_size, [3, 3], [1, 1], padding, [1, 1])
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn agrees_with_the_definition_where_outputs_are_few(
        s in shapes(), few in 1..5_usize, many in 8..40_usize, forward: bool, threads in 1..4_usize
    ) {
        let [inputs, outputs] = if forward { [many, few] } else { [few, many] };
        let s = ConvShape { in_channels: inputs * s.groups, out_channels: outputs * s.groups, ..s };
        compare::<f32>(&s, threads)?;
        compare::<f64>(&s, threads)?;
    }

    #[test]
    fn agrees_with_the_definition_by_tiles(s in shapes_by_tiles(), threads in 1..4_usize) {
        compare::<f32>(&s, threads)?;
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn agrees_with_the_definition(s in shapes(), threads in 1..4_usize) {
        compare::<f32>(&s, threads)?;
        compare::<f64>(&s, threads)?;
    }
}

#[test]
fn shapes_of_networks_and_sizes_beyond_a_block() {
    let square = |batch, channels, size, kernel, stride, padding| {
        shape(batch, 1, channels, [size; 2], [kernel; 2], [stride; 2], [padding; 2], [1; 2])
    };
    let cases = [
        // Deeper than one block, wider than the packed left side.
        square(2, [96, 200], 8, 3, 1, 1),
        square(3, [3, 32], 32, 7, 1, 0),
        square(1, [3, 64], 65, 3, 2, 0),
        // Channels in several blocks, groups, a last panel and a last band that are not full.
        square(2, [200, 40], 17, 3, 2, 1),
        shape(1, 2, [90, 33], [19, 30], [5, 3], [1, 2], [2, 0], [1, 1]),
        // Transposes of several phases: of which three have no number of the kernel; along one axis; in groups; in several
        // blocks of channels and bands.
        square(2, [20, 12], 21, 1, 2, 0),
        shape(1, 2, [9, 24], [18, 23], [4, 3], [2, 1], [1, 2], [1, 1]),
        shape(2, 1, [33, 8], [11, 34], [2, 5], [1, 2], [0, 1], [1, 1]),
        square(1, [24, 500], 40, 3, 2, 1),
        // Few outputs, in several bands.
        square(1, [3, 16], 90, 3, 2, 1),
        square(2, [2, 9], 200, 5, 1, 2),
        square(2, [16, 32], 16, 3, 2, 1),
        square(1, [40, 7], 13, 1, 1, 0),
        // One small image of many outputs, which the threads share.
        square(1, [48, 75], 13, 3, 1, 1),
        square(1, [60, 300], 7, 1, 1, 0),
        square(4, [64, 64], 4, 3, 1, 1),
        square(1, [16, 16], 32, 3, 1, 1),
        // More channels than are summed at once; a row of more tiles than a block.
        square(1, [300, 40], 8, 3, 1, 1),
        shape(1, 1, [8, 9], [4, 450], [3, 3], [1, 1], [1, 1], [1, 1]),
        // Results that read nothing but padding.
        ConvShape { out_size: [20, 31], ..square(1, [8, 8], 9, 3, 1, 12) },
        // More pixels in a row than a band has.
        shape(1, 1, [2, 3], [2, 1300], [1, 3], [1, 1], [0, 1], [1, 1]),
        // A kernel as large as the image, and a frame that is larger than the scratch memory.
        square(1, [2, 3], 30, 30, 1, 0),
        shape(1, 1, [1, 2], [3, 3], [2, 2], [1, 1], [400, 400], [800, 790]),
        // Kernels of one number: all pixels as one row, and with padding, whose place is not that of the result.
        square(2, [70, 9], 11, 1, 1, 0),
        square(1, [3, 9], 11, 1, 1, 0),
        ConvShape { out_size: [1, 9], ..shape(1, 1, [5, 70], [1, 9], [1, 1], [1, 1], [0, 1], [1, 1]) },
        // Fewer results than would fit.
        ConvShape { out_size: [2, 1], ..square(1, [3, 4], 9, 2, 3, 1) },
        square(0, [3, 4], 5, 3, 1, 1),
        square(2, [0, 4], 5, 3, 1, 1),
        square(2, [3, 0], 5, 3, 1, 1),
        square(1, [3, 4], 2, 5, 1, 0),
    ];
    for s in cases {
        compare::<f32>(&s, 3).unwrap();
        compare::<f64>(&s, 2).unwrap();
    }
}

/// The forward pass by tiles against the definition summed in order, both in single precision: the root of the mean square
/// of their errors.
#[test]
fn tiles_of_the_forward_pass_round_as_little_as_the_direct_sum() {
    for channels in [16, 64, 128] {
        let s = shape(1, 1, [channels, 16], [16; 2], [3; 2], [1; 2], [1; 2], [1; 2]);
        let mut arrays = Arrays::<f32>::new(&s);
        // As after a ReLU.
        arrays.x.iter_mut().for_each(|x| *x = x.max(0.0));
        let mut exact = vec![0.0; arrays.y.len()];
        products(&s, |x, w, y| exact[y] += f64::from(arrays.x[x]) * f64::from(arrays.w[w]));
        let mut direct = vec![0.0; exact.len()];
        products(&s, |x, w, y| direct[y] = arrays.x[x].mul_add(arrays.w[w], direct[y]));
        for level in levels() {
            let mut tiles = vec![f32::NAN; exact.len()];
            forward(level, &s, &arrays.x, &arrays.w, &mut tiles, Epilogue::none());
            assert!(tiles != direct, "{channels} channels are not computed by tiles");
            let error = |got: &[f32]| {
                got.iter().zip(&exact).map(|(&got, want)| (f64::from(got) - want).powi(2)).sum::<f64>().sqrt()
            };
            let ratio = error(&tiles) / error(&direct);
            // Without an instruction for it, nothing is fused, and every product rounds besides.
            let most = if level == Level::Baseline { 1.5 } else { 1.2 };
            assert!(ratio < most, "{channels} channels, {level}: {ratio:.3} times the error of the direct sum");
        }
    }
}

#[test]
fn an_image_gives_the_same_bits_alone_as_among_others() {
    let cases =
        [([16, 16], 32, 3, 1), ([64, 256], 13, 3, 1), ([3, 32], 32, 7, 1), ([16, 32], 32, 3, 2), ([9, 70], 11, 1, 1)];
    for (channels, size, kernel, stride) in cases {
        let of = |batch| shape(batch, 1, channels, [size; 2], [kernel; 2], [stride; 2], [kernel / 2; 2], [1; 2]);
        let (all, one) = (of(5), of(1));
        let arrays = Arrays::<f32>::new(&all);
        let compute = |s: &ConvShape, x: &[f32]| {
            let mut y = vec![f32::NAN; s.batch * s.out_channels * s.out_pixels()];
            forward(Level::current(), s, x, &arrays.w, &mut y, Epilogue::none());
            y
        };
        let (pixels, results) = (one.in_channels * one.in_pixels(), one.out_channels * one.out_pixels());
        let together = compute(&all, &arrays.x);
        // Neither does what is not a number in another image reach it.
        let mut spoiled = arrays.x.clone();
        spoiled[..pixels].fill(f32::NAN);
        let beside = compute(&all, &spoiled);
        for image in 1..all.batch {
            let alone = compute(&one, &arrays.x[image * pixels..][..pixels]);
            let part = image * results..(image + 1) * results;
            assert!(together[part.clone()] == alone && beside[part] == alone, "image {image} of {all:?}");
        }
    }
}

#[test]
#[should_panic(expected = "conv2d: 2 groups of 3 and 4 channels")]
fn groups_divide_the_channels() {
    let s = ConvShape { in_channels: 3, ..shape(1, 2, [1, 2], [3, 3], [1, 1], [1, 1], [0, 0], [1, 1]) };
    forward(Level::current(), &s, &[0.0f32; 27], &[0.0; 4], &mut [0.0; 36], Epilogue::none());
}

#[test]
#[should_panic(expected = "length of the weights")]
fn lengths_are_checked() {
    let s = shape(1, 1, [1, 1], [3, 3], [2, 2], [1, 1], [0, 0], [1, 1]);
    forward(Level::current(), &s, &[0.0f32; 9], &[0.0; 3], &mut [0.0; 4], Epilogue::none());
}
