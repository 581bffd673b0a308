//! What the derivatives of layer normalization are made of.

use crate::shared::Shared;
use crate::{Axes, Float, Shape, for_each_chunk, for_each_index, scratch, sum};

/// Numbers that a task works on, about.
const CHUNK: usize = 1 << 14;
const LANES: usize = 16;
/// The most blocks of rows whose products are summed apart, and so the most threads that work on them: with rows of many
/// numbers, the sums of more blocks would take more memory than the rows. The rounding error grows with the rows of a block.
const BLOCKS: usize = 16;

vectorize! {
    /// One row: `out = rstd · (h − mean h − y · mean(h · y))` with `h` a function of `g` and `weight`, and `y` one of `x`.
    /// The sums run in lanes, which are added up at the end.
    fn backward_row[F: Float, H: Fn(F, F) -> F, Y: Fn(F) -> F](
        g: &[F], x: &[F], weight: &[F], h: H, y: Y, rstd: F, out: &mut [F],
    ) {
        let (mut sums, mut products) = ([F::ZERO; LANES], [F::ZERO; LANES]);
        let whole = g.len() / LANES * LANES;
        let chunks = g.chunks_exact(LANES).zip(x.chunks_exact(LANES)).zip(weight.chunks_exact(LANES));
        for ((g, x), weight) in chunks {
            for lane in 0..LANES {
                let h = h(g[lane], weight[lane]);
                sums[lane] += h;
                products[lane] += h * y(x[lane]);
            }
        }
        let rest = g[whole..].iter().zip(&x[whole..]).zip(&weight[whole..]).zip(sums.iter_mut().zip(&mut products));
        for (((&g, &x), &weight), (sum, product)) in rest {
            let h = h(g, weight);
            *sum += h;
            *product += h * y(x);
        }
        let count = F::from_f64(g.len() as f64);
        let (mut sum, mut product) = (F::ZERO, F::ZERO);
        for lane in 0..LANES {
            sum += sums[lane];
            product += products[lane];
        }
        let (mean, slope) = (sum / count, product / count);
        for (((out, &g), &x), &weight) in out.iter_mut().zip(g).zip(x).zip(weight) {
            let h = h(g, weight);
            *out = rstd * (h - mean - y(x) * slope);
        }
    }

    /// `products += g · (x − mean) · rstd`, and `sums += g`.
    fn add_row[F: Float](g: &[F], x: &[F], mean: F, rstd: F, products: &mut [F], sums: &mut [F]) {
        for (((product, sum), &g), &x) in products.iter_mut().zip(sums).zip(g).zip(x) {
            *product += g * ((x - mean) * rstd);
            *sum += g;
        }
    }
}

/// `out = rstd · (g − mean g − y · mean(g · y))` for each of `rows` rows of `n` numbers: the cotangent of the input of
/// [`layer_norm`](crate::layer_norm), from its output `y`, its `rstd`, and the cotangent `g` of that.
///
/// # Panics
/// When a slice does not have `rows · n`, or `rows`, elements.
#[track_caller]
pub fn layer_norm_backward<F: Float>(g: &[F], y: &[F], rstd: &[F], rows: usize, n: usize, out: &mut [F]) {
    let lengths = [g.len(), y.len(), out.len(), rstd.len()];
    let right = lengths == [rows * n, rows * n, rows * n, rows];
    assert!(right, "layer_norm_backward: lengths of g, y, out, rstd: left {lengths:?}, right [{rows}, {n}]");
    for_each_row(n, out, |row, out| {
        let (g, y) = (&g[row * n..][..n], &y[row * n..][..n]);
        backward_row(g, y, g, |g, _| g, |y| y, rstd[row], out);
    });
}

/// What the derivatives of a layer normalization with weight and bias are made of: the input and its statistics, which
/// [`layer_norm`](crate::layer_norm) gave. The normalized numbers `y` are computed from them again.
#[derive(Clone, Copy)]
pub struct Normalized<'a, F> {
    /// What was normalized, `rows · n`.
    pub x: &'a [F],
    /// The mean of each row.
    pub mean: &'a [F],
    /// `1 / √(variance + eps)` of each row.
    pub rstd: &'a [F],
}

/// The cotangents of what [`layer_norm`](crate::layer_norm) had with a weight and a bias, from the cotangent `g` of its
/// output, in one pass over the rows. Of the input: `out = rstd · (h − mean h − y · mean(h · y))` with `h = g · weight`, for
/// each of `rows` rows of `n` numbers; of the weight: `Σ g · y` over the rows; of the bias: `Σ g`. The same bits for any
/// number of threads.
///
/// # Panics
/// When a slice does not have `rows · n`, `rows`, or `n`, elements.
#[track_caller]
pub fn layer_norm_affine_backward<F: Float>(
    g: &[F],
    normalized: Normalized<'_, F>,
    weight: &[F],
    [rows, n]: [usize; 2],
    out: &mut [F],
    of_weight: &mut [F],
    of_bias: &mut [F],
) {
    let Normalized { x, mean, rstd } = normalized;
    let of_rows = [g.len(), x.len(), out.len(), mean.len(), rstd.len()];
    let of_columns = [weight.len(), of_weight.len(), of_bias.len()];
    let right = of_rows == [rows * n, rows * n, rows * n, rows, rows] && of_columns == [n; 3];
    assert!(
        right,
        "layer_norm_affine_backward: lengths of g, x, out, mean, rstd, and of weight and its and the bias's cotangent: \
         left {of_rows:?} {of_columns:?}, right [{rows}, {n}]"
    );
    let together = rows.div_ceil(BLOCKS).max(CHUNK / n.max(1)).max(1);
    let blocks = rows.div_ceil(together);
    scratch::with_shared(2 * blocks * n, |memory| {
        // SAFETY: there is memory for as many.
        let (products, sums) = unsafe { scratch::filled(memory, 2 * blocks * n, F::ZERO) }.split_at_mut(blocks * n);
        {
            let (out, products, sums) = (Shared::new(out), Shared::new(products), Shared::new(sums));
            for_each_index(blocks, |block| {
                // SAFETY: every block has sums of its own.
                let (products, sums) = unsafe { (products.part(block * n, n), sums.part(block * n, n)) };
                for row in block * together..((block + 1) * together).min(rows) {
                    let (g, x, mean, rstd) = (&g[row * n..][..n], &x[row * n..][..n], mean[row], rstd[row]);
                    // SAFETY: every row is in one block.
                    let out = unsafe { out.part(row * n, n) };
                    add_row(g, x, mean, rstd, products, sums);
                    backward_row(g, x, weight, |g, weight| g * weight, |x| (x - mean) * rstd, rstd, out);
                }
            });
        }
        sum(products, Shape::from([blocks, n]), Axes::one(0), of_weight);
        sum(sums, Shape::from([blocks, n]), Axes::one(0), of_bias);
    });
}

/// Calls `f` with every row of `out` and its number; tasks take several rows.
fn for_each_row<F: Float>(n: usize, out: &mut [F], f: impl Fn(usize, &mut [F]) + Sync) {
    if out.is_empty() {
        return;
    }
    let together = (CHUNK / n).max(1);
    for_each_chunk(out, together * n, |chunk, out| {
        for (i, out) in out.chunks_exact_mut(n).enumerate() {
            f(chunk * together + i, out);
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Threads;

    fn numbers(count: usize, step: usize) -> Vec<f64> {
        (0..count).map(|i| (i * step % 101) as f64 / 50.0 - 1.0).collect()
    }

    #[test]
    fn backward_is_its_formula() {
        for (rows, n) in [(1, 1), (3, 7), (2, 16), (5, 33), (40, 1000), (0, 3)] {
            let (g, x, mean, rstd) = (numbers(rows * n, 7), numbers(rows * n, 13), numbers(rows, 5), numbers(rows, 3));
            let weight = numbers(n, 29);
            let naive = |h: &dyn Fn(usize) -> f64, y: &dyn Fn(usize) -> f64, row: usize, out: &[f64]| {
                let mean = (0..n).map(h).sum::<f64>() / n as f64;
                let slope = (0..n).map(|j| h(j) * y(j)).sum::<f64>() / n as f64;
                for j in 0..n {
                    let want = rstd[row] * (h(j) - mean - y(j) * slope);
                    assert!((out[row * n + j] - want).abs() < 1e-12, "{rows} {n}");
                }
            };
            let mut out = vec![f64::NAN; rows * n];
            layer_norm_backward(&g, &x, &rstd, rows, n, &mut out);
            (0..rows).for_each(|row| naive(&|j| g[row * n + j], &|j| x[row * n + j], row, &out));
            let normalized = Normalized { x: &x, mean: &mean, rstd: &rstd };
            let (mut of_weight, mut of_bias) = (vec![f64::NAN; n], vec![f64::NAN; n]);
            layer_norm_affine_backward(&g, normalized, &weight, [rows, n], &mut out, &mut of_weight, &mut of_bias);
            for row in 0..rows {
                let y = |j: usize| (x[row * n + j] - mean[row]) * rstd[row];
                naive(&|j| g[row * n + j] * weight[j], &y, row, &out);
            }
        }
    }

    #[test]
    fn products_are_summed_along_the_rows() {
        for (rows, n) in [(1, 1), (3, 7), (70, 300), (300, 129), (1700, 10), (0, 3), (3, 0)] {
            let (g, x, mean, rstd) = (numbers(rows * n, 7), numbers(rows * n, 13), numbers(rows, 5), numbers(rows, 3));
            let (normalized, weight) = (Normalized { x: &x, mean: &mean, rstd: &rstd }, numbers(n, 29));
            let run = |threads| {
                let (mut out, mut of_weight, mut of_bias) = (vec![0.0; rows * n], vec![f64::NAN; n], vec![f64::NAN; n]);
                Threads::new(threads).unwrap().run(|| {
                    let sizes = [rows, n];
                    layer_norm_affine_backward(&g, normalized, &weight, sizes, &mut out, &mut of_weight, &mut of_bias);
                });
                (out, of_weight, of_bias)
            };
            let (out, of_weight, of_bias) = run(1);
            assert!((out, of_weight.clone(), of_bias.clone()) == run(3), "the number of threads changes bits");
            for j in 0..n {
                let want: f64 = (0..rows).map(|i| g[i * n + j] * (x[i * n + j] - mean[i]) * rstd[i]).sum();
                assert!((of_weight[j] - want).abs() < 1e-11, "{rows} {n}");
                let want: f64 = (0..rows).map(|i| g[i * n + j]).sum();
                assert!((of_bias[j] - want).abs() < 1e-11, "{rows} {n}");
            }
        }
    }
}
