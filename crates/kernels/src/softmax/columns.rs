//! The normalized axis is not the last one: tiles of columns are worked on together.

use crate::Float;
use crate::reduce::{Columns, Loops, Max, Sum, SumExp};
use crate::shared::{GRAIN, Shared, TILE, for_each_rows};

/// After how many rows a running sum is added to the total, so that its rounding error stays small.
const GROUP: usize = 32;

vectorize! {
    /// `out = exp(x − shift)`, `sum += out`.
    fn exp_and_sum[F: Float](x: &[F], shift: &[F], out: &mut [F], sum: &mut [F]) {
        for (((out, &x), &shift), sum) in out.iter_mut().zip(x).zip(shift).zip(sum) {
            *out = (x - shift).exp_normal();
            *sum += *out;
        }
    }
    /// `sum += a · b`.
    fn multiply_and_sum[F: Float](a: &[F], b: &[F], sum: &mut [F]) {
        for ((sum, &a), &b) in sum.iter_mut().zip(a).zip(b) {
            *sum += a * b;
        }
    }
    /// `total += sum`, `sum = 0`.
    fn carry[F: Float](sum: &mut [F], total: &mut [F]) {
        for (sum, total) in sum.iter_mut().zip(total) {
            *total += *sum;
            *sum = F::ZERO;
        }
    }
    /// `out *= factor`.
    fn scale[F: Float](factor: &[F], out: &mut [F]) {
        for (out, &factor) in out.iter_mut().zip(factor) {
            *out *= factor;
        }
    }
    /// `out = (x − shift) − log_sum`.
    fn subtract_both[F: Float](x: &[F], shift: &[F], log_sum: &[F], out: &mut [F]) {
        for (((out, &x), &shift), &log_sum) in out.iter_mut().zip(x).zip(shift).zip(log_sum) {
            *out = (x - shift) - log_sum;
        }
    }
    /// `out = y · (g − sum)`.
    fn multiply_difference[F: Float](g: &[F], y: &[F], sum: &[F], out: &mut [F]) {
        for (((out, &g), &y), &sum) in out.iter_mut().zip(g).zip(y).zip(sum) {
            *out = y * (g - sum);
        }
    }
    /// `out = g − exp(y) · sum`.
    fn subtract_multiple[F: Float](g: &[F], y: &[F], sum: &[F], out: &mut [F]) {
        for (((out, &g), &y), &sum) in out.iter_mut().zip(g).zip(y).zip(sum) {
            *out = g - y.exp_normal() * sum;
        }
    }
}

/// A tile of columns in the block of one outer index.
struct Tile {
    start: usize,
    n: usize,
    inner: usize,
    width: usize,
    rows: Loops,
}

impl Tile {
    /// Calls `f` with every tile of an array, on all threads.
    fn for_each([outer, n, inner]: [usize; 3], f: impl Fn(&Tile) + Sync) {
        // Tall columns are cut narrower, so that a single block keeps several threads busy.
        let width = (GRAIN / n).clamp(256, TILE).min(inner);
        let tiles = inner.div_ceil(width);
        for_each_rows(outer * tiles, n * width, |first, count| {
            for tile in first..first + count {
                let column = tile % tiles * width;
                let start = tile / tiles * n * inner + column;
                f(&Tile { start, n, inner, width: width.min(inner - column), rows: Loops::one(n, inner) });
            }
        });
    }

    fn row<'a, F>(&self, x: &'a [F], i: usize) -> &'a [F] {
        &x[self.start + i * self.inner..][..self.width]
    }

    /// # Safety
    /// While the row is held, it is not asked for again; the tile belongs to this thread.
    #[allow(clippy::mut_from_ref)]
    unsafe fn row_mut<'a, F>(&self, out: &'a Shared<'_, F>, i: usize) -> &'a mut [F] {
        // SAFETY: every element is in one tile, and the caller holds the row once.
        unsafe { out.part(self.start + i * self.inner, self.width) }
    }

    /// Calls `f` with the number of each row and the row of `out`, one after the other.
    fn write<F>(&self, out: &Shared<'_, F>, f: impl Fn(usize, &mut [F])) {
        // SAFETY: a row is given back before the next is taken, and `for_each` gives a tile to one thread.
        (0..self.n).for_each(|i| f(i, unsafe { self.row_mut(out, i) }));
    }

    fn columns<'a, F>(&'a self, x: &'a [F]) -> Columns<'a, F> {
        Columns { x: &x[self.start..], rows: &self.rows }
    }

    /// The sums over the rows of what `add(i, sum)` adds for row `i`.
    fn sum<F: Float>(&self, mut add: impl FnMut(usize, &mut [F])) -> [F; TILE] {
        let (mut total, mut sum) = ([F::ZERO; TILE], [F::ZERO; TILE]);
        for i in 0..self.n {
            add(i, &mut sum[..self.width]);
            if (i + 1) % GROUP == 0 || i + 1 == self.n {
                carry(&mut sum[..self.width], &mut total[..self.width]);
            }
        }
        total
    }
}

pub(super) fn softmax<F: Float>(x: &[F], sizes: [usize; 3], out: &mut [F]) {
    let out = Shared::new(out);
    Tile::for_each(sizes, |tile| {
        let mut max = [F::ZERO; TILE];
        tile.columns(x).fold(Max, &Columns::NO_PARAMETER, &mut max[..tile.width]);
        // SAFETY: the row is given back before the next is taken, and the tile belongs to this thread.
        let mut factor = tile.sum(|i, sum| exp_and_sum(tile.row(x, i), &max, unsafe { tile.row_mut(&out, i) }, sum));
        factor.iter_mut().for_each(|sum| *sum = F::ONE / *sum);
        tile.write(&out, |_, out| scale(&factor, out));
    });
}

pub(super) fn log_softmax<F: Float>(x: &[F], sizes: [usize; 3], out: &mut [F]) {
    let out = Shared::new(out);
    Tile::for_each(sizes, |tile| {
        let (mut max, mut log_sum) = ([F::ZERO; TILE], [F::ZERO; TILE]);
        let (max, log_sum) = (&mut max[..tile.width], &mut log_sum[..tile.width]);
        tile.columns(x).fold(Max, &Columns::NO_PARAMETER, max);
        tile.columns(x).fold(SumExp, max, log_sum);
        log_sum.iter_mut().for_each(|sum| *sum = sum.ln());
        tile.write(&out, |i, out| subtract_both(tile.row(x, i), max, log_sum, out));
    });
}

pub(super) fn softmax_backward<F: Float>(g: &[F], y: &[F], sizes: [usize; 3], out: &mut [F]) {
    let out = Shared::new(out);
    Tile::for_each(sizes, |tile| {
        let sum = tile.sum(|i, sum| multiply_and_sum(tile.row(g, i), tile.row(y, i), sum));
        tile.write(&out, |i, out| multiply_difference(tile.row(g, i), tile.row(y, i), &sum, out));
    });
}

pub(super) fn log_softmax_backward<F: Float>(g: &[F], y: &[F], sizes: [usize; 3], out: &mut [F]) {
    let out = Shared::new(out);
    Tile::for_each(sizes, |tile| {
        let mut sum = [F::ZERO; TILE];
        tile.columns(g).fold(Sum, &Columns::NO_PARAMETER, &mut sum[..tile.width]);
        tile.write(&out, |i, out| subtract_multiple(tile.row(g, i), tile.row(y, i), &sum, out));
    });
}
