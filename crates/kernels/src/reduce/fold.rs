//! Folds: many numbers into one, in an order that depends on the shape alone.
//!
//! A run of contiguous numbers is folded in blocks of [`BLOCK`], each in [`LANES`] interleaved lanes; rows are folded
//! in groups of [`GROUP`]; the results of blocks and groups are combined as a balanced binary tree. The rounding error
//! of a sum of n numbers is thus at most about (32 + log₂ n) ε Σ|x| instead of n ε Σ|x| (Higham, *Accuracy and
//! Stability of Numerical Algorithms*, section 4.2). The tree is also how the work is split between threads.

use crate::shared::{GRAIN, TILE};
use crate::{Float, MAX_RANK, join};

/// How many numbers are folded side by side.
const LANES: usize = 64;
/// The longest run that is folded without branching.
const BLOCK: usize = 32 * LANES;
/// The most rows that are folded one after the other.
const GROUP: usize = 32;

/// An associative operation with a map before it: `map(x₀) ∘ map(x₁) ∘ …`.
pub(crate) trait Fold<F: Float>: Copy + Send + Sync {
    /// The result of folding nothing.
    fn identity(self) -> F;
    /// What is done to a number first; `parameter` belongs to the output that the number is folded into.
    fn map(self, x: F, parameter: F) -> F;
    /// The operation.
    fn combine(self, a: F, b: F) -> F;
}

/// Loops over some axes of an array: index to offset, in row-major order.
#[derive(Clone, Copy)]
pub(crate) struct Loops {
    sizes: [usize; MAX_RANK],
    strides: [usize; MAX_RANK],
    rank: usize,
}

impl Loops {
    pub(crate) const NONE: Loops = Loops { sizes: [1; MAX_RANK], strides: [0; MAX_RANK], rank: 0 };

    /// One axis.
    pub(crate) fn one(size: usize, stride: usize) -> Loops {
        let mut loops = Loops::NONE;
        loops.push(size, stride);
        loops
    }

    /// Adds an axis inside the others.
    pub(crate) fn push(&mut self, size: usize, stride: usize) {
        (self.sizes[self.rank], self.strides[self.rank]) = (size, stride);
        self.rank += 1;
    }

    /// Takes the innermost axis away: its size.
    pub(crate) fn pop(&mut self) -> usize {
        self.rank -= 1;
        std::mem::replace(&mut self.sizes[self.rank], 1)
    }

    /// The number of indices.
    pub(crate) fn count(&self) -> usize {
        self.sizes.iter().product()
    }

    /// The offset of an index, in elements.
    #[inline(always)]
    pub(crate) fn offset(&self, mut index: usize) -> usize {
        let mut offset = 0;
        for axis in (1..self.rank).rev() {
            offset += index % self.sizes[axis] * self.strides[axis];
            index /= self.sizes[axis];
        }
        offset + index * self.strides[0]
    }
}

vectorize! {
    /// Folds at most [`BLOCK`] numbers.
    fn fold_block[F: Float, R: Fold<F>](fold: R, x: &[F], parameter: F) -> F {
        if x.len() < 16 {
            let mut result = fold.identity();
            for &v in x {
                result = fold.combine(result, fold.map(v, parameter));
            }
            return result;
        }
        let mut lanes = [fold.identity(); LANES];
        let (groups, tail) = x.as_chunks::<LANES>();
        for group in groups {
            for (lane, &v) in lanes.iter_mut().zip(group) {
                *lane = fold.combine(*lane, fold.map(v, parameter));
            }
        }
        for (lane, &v) in lanes.iter_mut().zip(tail) {
            *lane = fold.combine(*lane, fold.map(v, parameter));
        }
        let mut width = LANES / 2;
        while width > 0 {
            for lane in 0..width {
                lanes[lane] = fold.combine(lanes[lane], lanes[lane + width]);
            }
            width /= 2;
        }
        lanes[0]
    }

    /// Folds rows `first..last` of `x`, each of `result.len()` numbers, into `result`, four at a time.
    fn fold_group[F: Float, R: Fold<F>](
        fold: R, x: &[F], rows: &Loops, first: usize, last: usize, parameter: &[F], result: &mut [F],
    ) {
        let width = result.len();
        let parameter = &parameter[..width];
        result.fill(fold.identity());
        let mut row = first;
        while row + 4 <= last {
            let a = &x[rows.offset(row)..][..width];
            let b = &x[rows.offset(row + 1)..][..width];
            let c = &x[rows.offset(row + 2)..][..width];
            let d = &x[rows.offset(row + 3)..][..width];
            for j in 0..width {
                let p = parameter[j];
                let ab = fold.combine(fold.map(a[j], p), fold.map(b[j], p));
                let cd = fold.combine(fold.map(c[j], p), fold.map(d[j], p));
                result[j] = fold.combine(result[j], fold.combine(ab, cd));
            }
            row += 4;
        }
        for row in row..last {
            let a = &x[rows.offset(row)..][..width];
            for j in 0..width {
                result[j] = fold.combine(result[j], fold.map(a[j], parameter[j]));
            }
        }
    }

    /// `result = result ∘ other`, elementwise.
    fn combine_into[F: Float, R: Fold<F>](fold: R, result: &mut [F], other: &[F]) {
        for (r, &o) in result.iter_mut().zip(other) {
            *r = fold.combine(*r, o);
        }
    }
}

/// Folds a contiguous run of any length.
pub(crate) fn fold_run<F: Float, R: Fold<F>>(fold: R, x: &[F], parameter: F) -> F {
    if x.len() <= BLOCK {
        return fold_block(fold, x, parameter);
    }
    let (left, right) = x.split_at(x.len().div_ceil(BLOCK) / 2 * BLOCK);
    let (left, right) = if x.len() > GRAIN {
        join(|| fold_run(fold, left, parameter), || fold_run(fold, right, parameter))
    } else {
        (fold_run(fold, left, parameter), fold_run(fold, right, parameter))
    };
    fold.combine(left, right)
}

/// What one output is folded from: rows of `run` contiguous numbers, all of them reduced.
#[derive(Clone, Copy)]
pub(crate) struct Rows<'a, F> {
    pub(crate) x: &'a [F],
    pub(crate) rows: &'a Loops,
    pub(crate) run: usize,
}

impl<F: Float> Rows<'_, F> {
    /// The fold of all numbers.
    pub(crate) fn fold<R: Fold<F>>(&self, fold: R, parameter: F) -> F {
        self.fold_rows(fold, parameter, 0, self.rows.count())
    }

    fn fold_rows<R: Fold<F>>(&self, fold: R, parameter: F, first: usize, last: usize) -> F {
        let one = |row| fold_run(fold, &self.x[self.rows.offset(row)..][..self.run], parameter);
        let count = last - first;
        if count == 1 {
            return one(first);
        }
        if count <= GROUP && count * self.run <= BLOCK {
            return (first..last).fold(fold.identity(), |result, row| fold.combine(result, one(row)));
        }
        let middle = first + count / 2;
        let left = || self.fold_rows(fold, parameter, first, middle);
        let right = || self.fold_rows(fold, parameter, middle, last);
        let (left, right) = if count * self.run > GRAIN { join(left, right) } else { (left(), right()) };
        fold.combine(left, right)
    }
}

/// What a tile of outputs is folded from: rows that start at `x[rows.offset(i)]`, one number of a row for each output.
#[derive(Clone, Copy)]
pub(crate) struct Columns<'a, F> {
    pub(crate) x: &'a [F],
    pub(crate) rows: &'a Loops,
}

impl<F: Float> Columns<'_, F> {
    /// For folds that have no parameter.
    pub(crate) const NO_PARAMETER: [F; TILE] = [F::ZERO; TILE];

    /// The fold of each column, with one parameter a column; at most [`TILE`] columns.
    pub(crate) fn fold<R: Fold<F>>(&self, fold: R, parameter: &[F], result: &mut [F]) {
        let (count, width) = (self.rows.count(), result.len());
        let contiguous = self.rows.rank == 1 && self.rows.strides[0] == width;
        if contiguous && width <= TILE / 8 && count * width >= 2 * TILE {
            self.fold_narrow(fold, parameter, result);
        } else {
            self.fold_rows(fold, parameter, 0, count, result);
        }
    }

    /// Narrow contiguous rows: as many as fit are folded as one wide row, whose parts are combined in the end.
    fn fold_narrow<R: Fold<F>>(&self, fold: R, parameter: &[F], result: &mut [F]) {
        let (count, width) = (self.rows.count(), result.len());
        let together = TILE / width;
        let wide = together * width;
        let mut parameters = [F::ZERO; TILE];
        parameters.chunks_exact_mut(width).for_each(|part| part.copy_from_slice(&parameter[..width]));
        let mut parts = [F::ZERO; TILE];
        let rows = Loops::one(count / together, wide);
        Columns { x: self.x, rows: &rows }.fold_rows(fold, &parameters, 0, rows.count(), &mut parts[..wide]);
        let rest = count % together * width;
        for (j, &v) in self.x[count / together * wide..][..rest].iter().enumerate() {
            parts[j] = fold.combine(parts[j], fold.map(v, parameters[j]));
        }
        let mut kept = together;
        while kept > 1 {
            let half = kept.div_ceil(2);
            let (left, right) = parts[..kept * width].split_at_mut(half * width);
            combine_into(fold, left, right);
            kept = half;
        }
        result.copy_from_slice(&parts[..width]);
    }

    fn fold_rows<R: Fold<F>>(&self, fold: R, parameter: &[F], first: usize, last: usize, result: &mut [F]) {
        let count = last - first;
        if count <= GROUP {
            return fold_group(fold, self.x, self.rows, first, last, parameter, result);
        }
        let middle = first + (count / 2).next_multiple_of(4);
        let mut other = [F::ZERO; TILE];
        let other = &mut other[..result.len()];
        if count * result.len() > GRAIN {
            join(
                || self.fold_rows(fold, parameter, first, middle, result),
                || self.fold_rows(fold, parameter, middle, last, other),
            );
        } else {
            self.fold_rows(fold, parameter, first, middle, result);
            self.fold_rows(fold, parameter, middle, last, other);
        }
        combine_into(fold, result, other);
    }
}
