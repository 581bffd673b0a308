//! What the derivatives of layer normalization are made of.

use crate::{Float, for_each_chunk};

/// Numbers that a task works on, about.
const CHUNK: usize = 1 << 14;
const LANES: usize = 16;
/// Columns whose products are summed together.
const STRIP: usize = 128;
/// Rows whose products are summed before the sum is added to the others.
const BLOCK: usize = 64;

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

    /// `sums += g · (x − mean) · rstd`.
    fn add_products[F: Float](g: &[F], x: &[F], mean: F, rstd: F, sums: &mut [F]) {
        for ((sum, &g), &x) in sums.iter_mut().zip(g).zip(x) {
            *sum += g * ((x - mean) * rstd);
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

impl<F: Float> Normalized<'_, F> {
    #[track_caller]
    fn check(&self, name: &str, g: usize, of_columns: usize, [rows, n]: [usize; 2]) {
        let lengths = [g, self.x.len(), self.mean.len(), self.rstd.len(), of_columns];
        let right = lengths == [rows * n, rows * n, rows, rows, n];
        assert!(right, "{name}: lengths of g, x, mean, rstd, weight: left {lengths:?}, right [{rows}, {n}]");
    }
}

/// `out = rstd · (h − mean h − y · mean(h · y))` with `h = g · weight`, for each of `rows` rows of `n` numbers: the
/// cotangent of the input of [`layer_norm`](crate::layer_norm) with a weight and a bias, from the cotangent `g` of its
/// output.
///
/// # Panics
/// When a slice does not have `rows · n`, `rows`, or `n`, elements.
#[track_caller]
pub fn layer_norm_affine_backward<F: Float>(
    g: &[F],
    normalized: Normalized<'_, F>,
    weight: &[F],
    rows: usize,
    n: usize,
    out: &mut [F],
) {
    normalized.check("layer_norm_affine_backward", g.len(), weight.len(), [rows, n]);
    assert!(out.len() == rows * n, "layer_norm_affine_backward: length of out: left {}, right {rows}·{n}", out.len());
    let Normalized { x, mean, rstd } = normalized;
    for_each_row(n, out, |row, out| {
        let (g, x, mean, rstd) = (&g[row * n..][..n], &x[row * n..][..n], mean[row], rstd[row]);
        backward_row(g, x, weight, |g, weight| g * weight, |x| (x - mean) * rstd, rstd, out);
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

/// `out[j] = Σᵢ g[i, j] · y[i, j]` over `rows` rows of `n` numbers: the cotangent of the weight of
/// [`layer_norm`](crate::layer_norm). The same bits for any number of threads.
///
/// # Panics
/// When a slice does not have `rows · n`, `rows`, or `n`, elements.
#[track_caller]
pub fn layer_norm_by_weight<F: Float>(g: &[F], normalized: Normalized<'_, F>, rows: usize, n: usize, out: &mut [F]) {
    normalized.check("layer_norm_by_weight", g.len(), out.len(), [rows, n]);
    let Normalized { x, mean, rstd } = normalized;
    let strip = if rows * n <= CHUNK { n.max(1) } else { STRIP };
    for_each_chunk(out, strip, |chunk, out| {
        out.fill(F::ZERO);
        for (within, out) in out.chunks_mut(STRIP).enumerate() {
            let (column, width) = (chunk * strip + within * STRIP, out.len());
            // Sums of few rows, then the sum of these: the rounding error grows with their number, not that of the rows.
            for block in (0..rows).step_by(BLOCK) {
                let mut sums = [F::ZERO; STRIP];
                for row in block..(block + BLOCK).min(rows) {
                    let (start, sums) = (row * n + column, &mut sums[..width]);
                    add_products(&g[start..][..width], &x[start..][..width], mean[row], rstd[row], sums);
                }
                out.iter_mut().zip(sums).for_each(|(out, sum)| *out += sum);
            }
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
            layer_norm_affine_backward(&g, normalized, &weight, rows, n, &mut out);
            for row in 0..rows {
                let y = |j: usize| (x[row * n + j] - mean[row]) * rstd[row];
                naive(&|j| g[row * n + j] * weight[j], &y, row, &out);
            }
        }
    }

    #[test]
    fn products_are_summed_along_the_rows() {
        for (rows, n) in [(1, 1), (3, 7), (70, 300), (300, 129), (0, 3), (3, 0)] {
            let (g, x, mean, rstd) = (numbers(rows * n, 7), numbers(rows * n, 13), numbers(rows, 5), numbers(rows, 3));
            let normalized = Normalized { x: &x, mean: &mean, rstd: &rstd };
            let run = |threads| {
                let mut out = vec![f64::NAN; n];
                Threads::new(threads).unwrap().run(|| layer_norm_by_weight(&g, normalized, rows, n, &mut out));
                out
            };
            let out = run(1);
            assert_eq!(out, run(3), "bits do not depend on the number of threads");
            for (j, out) in out.iter().enumerate() {
                let want: f64 = (0..rows).map(|i| g[i * n + j] * (x[i * n + j] - mean[i]) * rstd[i]).sum();
                assert!((out - want).abs() < 1e-12, "{rows} {n}");
            }
        }
    }
}
