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
    /// One row: `out = rstd · (h − mean h − y · mean(h · y))` with `h` a function of `g` and `weight`. The sums run in
    /// lanes, which are added up at the end.
    fn backward_row[F: Float, H: Fn(F, F) -> F](g: &[F], y: &[F], weight: &[F], h: H, rstd: F, out: &mut [F]) {
        let (mut sums, mut products) = ([F::ZERO; LANES], [F::ZERO; LANES]);
        let whole = g.len() / LANES * LANES;
        let chunks = g.chunks_exact(LANES).zip(y.chunks_exact(LANES)).zip(weight.chunks_exact(LANES));
        for ((g, y), weight) in chunks {
            for lane in 0..LANES {
                let h = h(g[lane], weight[lane]);
                sums[lane] += h;
                products[lane] += h * y[lane];
            }
        }
        let rest = g[whole..].iter().zip(&y[whole..]).zip(&weight[whole..]).zip(sums.iter_mut().zip(&mut products));
        for (((&g, &y), &weight), (sum, product)) in rest {
            let h = h(g, weight);
            *sum += h;
            *product += h * y;
        }
        let count = F::from_f64(g.len() as f64);
        let (mut sum, mut product) = (F::ZERO, F::ZERO);
        for lane in 0..LANES {
            sum += sums[lane];
            product += products[lane];
        }
        let (mean, slope) = (sum / count, product / count);
        for (((out, &g), &y), &weight) in out.iter_mut().zip(g).zip(y).zip(weight) {
            let h = h(g, weight);
            *out = rstd * (h - mean - y * slope);
        }
    }

    /// `sums += a · b`.
    fn add_products[F: Float](a: &[F], b: &[F], sums: &mut [F]) {
        for ((sum, &a), &b) in sums.iter_mut().zip(a).zip(b) {
            *sum += a * b;
        }
    }
}

/// `out = rstd · (h − mean h − y · mean(h · y))` with `h = g · weight`, for each of `rows` rows of `n` numbers: the
/// cotangent of the input of [`layer_norm`](crate::layer_norm), from its output `y`, its `rstd`, the weight that each
/// column of `y` was multiplied with (`None` for 1), and the cotangent `g` of that.
///
/// # Panics
/// When a slice does not have `rows · n`, `rows`, or `n`, elements.
#[track_caller]
pub fn layer_norm_backward<F: Float>(
    g: &[F],
    y: &[F],
    rstd: &[F],
    weight: Option<&[F]>,
    rows: usize,
    n: usize,
    out: &mut [F],
) {
    let lengths = [g.len(), y.len(), out.len(), rstd.len(), weight.map_or(n, <[F]>::len)];
    let right = lengths == [rows * n, rows * n, rows * n, rows, n];
    assert!(right, "layer_norm_backward: lengths of g, y, out, rstd, weight: left {lengths:?}, right [{rows}, {n}]");
    if out.is_empty() {
        return;
    }
    let together = (CHUNK / n).max(1);
    for_each_chunk(out, together * n, |chunk, out| {
        for (i, out) in out.chunks_exact_mut(n).enumerate() {
            let row = chunk * together + i;
            let (g, y) = (&g[row * n..][..n], &y[row * n..][..n]);
            match weight {
                Some(weight) => backward_row(g, y, weight, |g, weight| g * weight, rstd[row], out),
                None => backward_row(g, y, g, |g, _| g, rstd[row], out),
            }
        }
    });
}

/// `out[j] = Σᵢ a[i, j] · b[i, j]` for matrices of `rows` rows of `n` numbers; the same bits for any number of threads.
///
/// # Panics
/// When a slice does not have `rows · n`, or `n`, elements.
#[track_caller]
pub fn sum_of_products<F: Float>(a: &[F], b: &[F], rows: usize, n: usize, out: &mut [F]) {
    let lengths = [a.len(), b.len(), out.len()];
    assert!(
        lengths == [rows * n, rows * n, n],
        "sum_of_products: lengths of a, b, out: left {lengths:?}, right [{rows}, {n}]"
    );
    let strip = if rows * n <= CHUNK { n.max(1) } else { STRIP };
    for_each_chunk(out, strip, |chunk, out| {
        out.fill(F::ZERO);
        for (within, out) in out.chunks_mut(STRIP).enumerate() {
            let (column, width) = (chunk * strip + within * STRIP, out.len());
            // Sums of few rows, then the sum of these: the rounding error grows with their number, not that of the rows.
            for block in (0..rows).step_by(BLOCK) {
                let mut sums = [F::ZERO; STRIP];
                for row in block..(block + BLOCK).min(rows) {
                    let start = row * n + column;
                    add_products(&a[start..][..width], &b[start..][..width], &mut sums[..width]);
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
            let (g, y, rstd) = (numbers(rows * n, 7), numbers(rows * n, 13), numbers(rows, 3));
            let weight = numbers(n, 29);
            for weight in [None, Some(&weight[..])] {
                let mut out = vec![f64::NAN; rows * n];
                layer_norm_backward(&g, &y, &rstd, weight, rows, n, &mut out);
                for row in 0..rows {
                    let h = |j: usize| g[row * n + j] * weight.map_or(1.0, |weight| weight[j]);
                    let mean = (0..n).map(h).sum::<f64>() / n as f64;
                    let slope = (0..n).map(|j| h(j) * y[row * n + j]).sum::<f64>() / n as f64;
                    for j in 0..n {
                        let want = rstd[row] * (h(j) - mean - y[row * n + j] * slope);
                        assert!((out[row * n + j] - want).abs() < 1e-12, "{rows} {n}");
                    }
                }
            }
        }
    }

    #[test]
    fn products_are_summed_along_the_rows() {
        for (rows, n) in [(1, 1), (3, 7), (70, 300), (300, 129), (0, 3), (3, 0)] {
            let (a, b) = (numbers(rows * n, 7), numbers(rows * n, 13));
            let run = |threads| {
                let mut out = vec![f64::NAN; n];
                Threads::new(threads).unwrap().run(|| sum_of_products(&a, &b, rows, n, &mut out));
                out
            };
            let out = run(1);
            assert_eq!(out, run(3), "bits do not depend on the number of threads");
            for (j, out) in out.iter().enumerate() {
                let want: f64 = (0..rows).map(|i| a[i * n + j] * b[i * n + j]).sum();
                assert!((out - want).abs() < 1e-12, "{rows} {n}");
            }
        }
    }
}
