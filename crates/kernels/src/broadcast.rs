//! Elementwise kernels over broadcast operands.
//!
//! Neighboring axes along which every operand runs on (or stands still) are merged. What remains is walked in rows of the
//! innermost axis, in which each operand has a constant step, most often 1 or 0.

use crate::elementwise::CHUNK;
use crate::{MAX_RANK, Shape, for_each_chunk, zip, zip3};

/// The merged axes, outermost first, with the steps of `N` operands.
struct Plan<const N: usize> {
    sizes: [usize; MAX_RANK],
    steps: [[usize; N]; MAX_RANK],
    rank: usize,
}

impl<const N: usize> Plan<N> {
    fn new(operands: [Shape; N], shape: Shape) -> Self {
        let mut plan = Plan { sizes: [1; MAX_RANK], steps: [[0; N]; MAX_RANK], rank: 0 };
        // Scalars against arrays of the result's shape, the usual case, are one row.
        if operands.iter().all(|&operand| operand == shape || operand.len() == 1) {
            plan.sizes[0] = shape.len();
            plan.steps[0] = operands.map(|operand| (operand.len() > 1) as usize);
            plan.rank = 1;
            return plan;
        }
        let strides = operands.map(|operand| operand.broadcast_strides(shape));
        for (axis, &size) in shape.dims().iter().enumerate() {
            if size == 1 {
                continue;
            }
            let steps = strides.map(|strides| strides[axis]);
            if plan.rank > 0 {
                let outer = plan.rank - 1;
                if (0..N).all(|i| plan.steps[outer][i] == steps[i] * size) {
                    plan.sizes[outer] *= size;
                    plan.steps[outer] = steps;
                    continue;
                }
            }
            plan.sizes[plan.rank] = size;
            plan.steps[plan.rank] = steps;
            plan.rank += 1;
        }
        plan.rank = plan.rank.max(1);
        plan
    }

    /// The length of a row.
    #[inline(always)]
    fn inner(&self) -> usize {
        self.sizes[self.rank - 1]
    }

    /// The steps within a row. Each is 0 or 1: operands are contiguous, and axes of size 1 are gone.
    #[inline(always)]
    fn steps(&self) -> [usize; N] {
        self.steps[self.rank - 1]
    }
}

/// Where the operands are at the beginning of a row: an odometer over the outer axes. It is not inlined, since what uses
/// it is compiled for every operation, instruction set and combination of steps.
struct Rows<'a, const N: usize> {
    plan: &'a Plan<N>,
    index: [usize; MAX_RANK],
    offsets: [usize; N],
}

impl<'a, const N: usize> Rows<'a, N> {
    /// Begins at element `start` of the whole result.
    #[inline(never)]
    fn start(plan: &'a Plan<N>, start: usize) -> Self {
        let (inner, steps) = (plan.inner(), plan.steps());
        let (mut row, column) = (start / inner, start % inner);
        let mut rows = Rows { plan, index: [0; MAX_RANK], offsets: steps.map(|step| step * column) };
        rows.index[plan.rank - 1] = column;
        for axis in (0..plan.rank - 1).rev() {
            rows.index[axis] = row % plan.sizes[axis];
            row /= plan.sizes[axis];
            for i in 0..N {
                rows.offsets[i] += rows.index[axis] * plan.steps[axis][i];
            }
        }
        rows
    }

    /// How many elements there are to the end of the row.
    #[inline(always)]
    fn rest(&self) -> usize {
        self.plan.inner() - self.index[self.plan.rank - 1]
    }

    /// Goes to the beginning of the next row.
    #[inline(never)]
    fn advance(&mut self) {
        let plan = self.plan;
        let inner = plan.rank - 1;
        let column = std::mem::take(&mut self.index[inner]);
        for i in 0..N {
            self.offsets[i] -= column * plan.steps[inner][i];
        }
        for axis in (0..inner).rev() {
            self.index[axis] += 1;
            for i in 0..N {
                self.offsets[i] += plan.steps[axis][i];
            }
            if self.index[axis] < plan.sizes[axis] {
                return;
            }
            self.index[axis] = 0;
            for i in 0..N {
                self.offsets[i] -= plan.steps[axis][i] * plan.sizes[axis];
            }
        }
    }
}

/// Calls `f` with the offsets of the operands and the part of the result, for the rows, or parts of them, that make up
/// `out`, which begins at element `start` of the whole result.
#[inline(always)]
fn for_each_row<const N: usize, U>(
    plan: &Plan<N>,
    start: usize,
    mut out: &mut [U],
    mut f: impl FnMut([usize; N], &mut [U]),
) {
    let mut rows = Rows::start(plan, start);
    loop {
        let (part, rest) = out.split_at_mut(rows.rest().min(out.len()));
        f(rows.offsets, part);
        if rest.is_empty() {
            return;
        }
        rows.advance();
        out = rest;
    }
}

/// A row of an operand with the step `STEP`. A repeated element is read once, before anything is written.
#[derive(Clone, Copy)]
struct Row<'a, const STEP: usize, T> {
    first: T,
    elements: &'a [T],
}

impl<'a, const STEP: usize, T: Copy> Row<'a, STEP, T> {
    #[inline(always)]
    fn new(operand: &'a [T], offset: usize, len: usize) -> Self {
        let elements = &operand[offset..][..if STEP == 0 { 1 } else { len }];
        Row { first: elements[0], elements }
    }

    #[inline(always)]
    fn at(&self, k: usize) -> T {
        if STEP == 0 { self.first } else { self.elements[k] }
    }
}

/// The rows of two operands whose steps are known to the compiler, so that the loop becomes vector instructions.
#[inline(always)]
fn zip_rows<const S: usize, const T: usize, A: Copy, B: Copy, U>(
    plan: &Plan<2>,
    (a, b): (&[A], &[B]),
    start: usize,
    out: &mut [U],
    f: impl Fn(A, B) -> U,
) {
    for_each_row(plan, start, out, |[i, j], out| {
        let (a, b) = (Row::<S, A>::new(a, i, out.len()), Row::<T, B>::new(b, j, out.len()));
        for (k, out) in out.iter_mut().enumerate() {
            *out = f(a.at(k), b.at(k));
        }
    });
}

/// As [`zip_rows`], of three operands.
#[inline(always)]
fn zip3_rows<const S: usize, const T: usize, const V: usize, A: Copy, B: Copy, C: Copy, U>(
    plan: &Plan<3>,
    (a, b, c): (&[A], &[B], &[C]),
    start: usize,
    out: &mut [U],
    f: impl Fn(A, B, C) -> U,
) {
    for_each_row(plan, start, out, |[i, j, l], out| {
        let len = out.len();
        let (a, b, c) = (Row::<S, A>::new(a, i, len), Row::<T, B>::new(b, j, len), Row::<V, C>::new(c, l, len));
        for (k, out) in out.iter_mut().enumerate() {
            *out = f(a.at(k), b.at(k), c.at(k));
        }
    });
}

vectorize! {
    fn zip_chunk[A: Copy, B: Copy, U, G: Fn(A, B) -> U](
        plan: &Plan<2>, operands: (&[A], &[B]), start: usize, out: &mut [U], f: G,
    ) {
        match plan.steps() {
            [1, 1] => zip_rows::<1, 1, A, B, U>(plan, operands, start, out, f),
            [1, 0] => zip_rows::<1, 0, A, B, U>(plan, operands, start, out, f),
            [0, 1] => zip_rows::<0, 1, A, B, U>(plan, operands, start, out, f),
            _ => zip_rows::<0, 0, A, B, U>(plan, operands, start, out, f),
        }
    }
    fn zip3_chunk[A: Copy, B: Copy, C: Copy, U, G: Fn(A, B, C) -> U](
        plan: &Plan<3>, operands: (&[A], &[B], &[C]), start: usize, out: &mut [U], f: G,
    ) {
        match plan.steps() {
            [1, 1, 1] => zip3_rows::<1, 1, 1, A, B, C, U>(plan, operands, start, out, f),
            [1, 1, 0] => zip3_rows::<1, 1, 0, A, B, C, U>(plan, operands, start, out, f),
            [1, 0, 1] => zip3_rows::<1, 0, 1, A, B, C, U>(plan, operands, start, out, f),
            [1, 0, 0] => zip3_rows::<1, 0, 0, A, B, C, U>(plan, operands, start, out, f),
            [0, 1, 1] => zip3_rows::<0, 1, 1, A, B, C, U>(plan, operands, start, out, f),
            [0, 1, 0] => zip3_rows::<0, 1, 0, A, B, C, U>(plan, operands, start, out, f),
            [0, 0, 1] => zip3_rows::<0, 0, 1, A, B, C, U>(plan, operands, start, out, f),
            _ => zip3_rows::<0, 0, 0, A, B, C, U>(plan, operands, start, out, f),
        }
    }
}

/// Refuses an operand that does not broadcast to the shape of the result.
#[track_caller]
fn check(op: &str, operand: Shape, shape: Shape) {
    let mut pairs = operand.dims().iter().rev().zip(shape.dims().iter().rev());
    let fits = operand.rank() <= shape.rank() && pairs.all(|(&own, &size)| own == size || own == 1);
    assert!(fits, "{op}: operand does not broadcast to the result: left {operand}, right {shape}");
}

/// `out = f(a, b)` over all elements of `shape`, to which both operands broadcast.
///
/// ```
/// use retrograde_kernels::{Shape, zip_broadcast};
/// let mut out = [0; 4];
/// zip_broadcast(&[1, 2], Shape::from([2, 1]), &[10, 20], Shape::from([2]), &mut out, Shape::from([2, 2]), |a, b| a * b);
/// assert_eq!(out, [10, 20, 20, 40]);
/// ```
///
/// # Panics
/// When a slice has not as many elements as its shape, and when an operand does not broadcast to `shape`.
#[track_caller]
pub fn zip_broadcast<A: Copy + Sync, B: Copy + Sync, U: Send>(
    a: &[A],
    a_shape: Shape,
    b: &[B],
    b_shape: Shape,
    out: &mut [U],
    shape: Shape,
    f: impl Fn(A, B) -> U + Sync + Copy,
) {
    let lengths = (a.len(), b.len(), out.len());
    assert_eq!(lengths, (a_shape.len(), b_shape.len(), shape.len()), "zip_broadcast: lengths");
    // The check and the plan cost tens of nanoseconds, which scalars and equal shapes do not need.
    if out.len() == 1 && a.len() == 1 && b.len() == 1 || a_shape == shape && b_shape == shape {
        return zip(a, b, out, f);
    }
    [a_shape, b_shape].into_iter().for_each(|operand| check("zip_broadcast", operand, shape));
    if out.is_empty() {
        return;
    }
    let plan = Plan::new([a_shape, b_shape], shape);
    for_each_chunk(out, CHUNK, |i, out| zip_chunk(&plan, (a, b), i * CHUNK, out, f));
}

/// `out = f(a, b, c)` over all elements of `shape`, to which the operands broadcast.
///
/// # Panics
/// When a slice has not as many elements as its shape, and when an operand does not broadcast to `shape`.
#[allow(clippy::too_many_arguments)]
#[track_caller]
pub fn zip3_broadcast<A: Copy + Sync, B: Copy + Sync, C: Copy + Sync, U: Send>(
    a: &[A],
    a_shape: Shape,
    b: &[B],
    b_shape: Shape,
    c: &[C],
    c_shape: Shape,
    out: &mut [U],
    shape: Shape,
    f: impl Fn(A, B, C) -> U + Sync + Copy,
) {
    let lengths = (a.len(), b.len(), c.len(), out.len());
    assert_eq!(lengths, (a_shape.len(), b_shape.len(), c_shape.len(), shape.len()), "zip3_broadcast: lengths");
    let equal = a_shape == shape && b_shape == shape && c_shape == shape;
    if equal || out.len() == 1 && a.len() == 1 && b.len() == 1 && c.len() == 1 {
        return zip3(a, b, c, out, f);
    }
    [a_shape, b_shape, c_shape].into_iter().for_each(|operand| check("zip3_broadcast", operand, shape));
    if out.is_empty() {
        return;
    }
    let plan = Plan::new([a_shape, b_shape, c_shape], shape);
    for_each_chunk(out, CHUNK, |i, out| zip3_chunk(&plan, (a, b, c), i * CHUNK, out, f));
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A shape to rank 6, and three that broadcast to it: sizes replaced by 1 and axes left out in front.
    fn shapes() -> impl Strategy<Value = (Shape, [Shape; 3])> {
        let operand = || (prop::collection::vec(any::<bool>(), 6), 0..3usize);
        (prop::collection::vec(0..5usize, 0..=6), operand(), operand(), operand()).prop_map(|(dims, a, b, c)| {
            let narrow = |(ones, cut): (Vec<bool>, usize)| {
                let narrowed: Vec<usize> = dims.iter().zip(ones).map(|(&d, one)| if one { 1 } else { d }).collect();
                Shape::new(&narrowed[cut.min(dims.len())..])
            };
            (Shape::new(&dims), [narrow(a), narrow(b), narrow(c)])
        })
    }

    /// The element of an operand at flat index `i` of `shape`, by plain index arithmetic.
    fn at(operand: Shape, shape: Shape, i: usize) -> usize {
        let (strides, own) = (shape.strides(), operand.broadcast_strides(shape));
        (0..shape.rank()).map(|axis| i / strides[axis].max(1) % shape.dims()[axis] * own[axis]).sum()
    }

    fn numbers(shape: Shape, from: i64) -> Vec<i64> {
        (0..shape.len() as i64).map(|i| i + from).collect()
    }

    proptest! {
        #[test]
        fn equal_to_index_arithmetic((shape, [s, t, u]) in shapes()) {
            let (a, b, c) = (numbers(s, 1), numbers(t, 1_000_000), numbers(u, 1_000_000_000));
            let mut two = vec![0; shape.len()];
            zip_broadcast(&a, s, &b, t, &mut two, shape, |a, b| a + b);
            let mut three = vec![0; shape.len()];
            zip3_broadcast(&a, s, &b, t, &c, u, &mut three, shape, |a, b, c| a + b + c);
            for i in 0..shape.len() {
                let want = a[at(s, shape, i)] + b[at(t, shape, i)];
                prop_assert_eq!(two[i], want);
                prop_assert_eq!(three[i], want + c[at(u, shape, i)]);
            }
        }
    }

    #[test]
    #[should_panic(expected = "zip_broadcast: operand does not broadcast to the result: left [2], right [2, 3]")]
    fn operands_must_broadcast() {
        zip_broadcast(&[1, 2], Shape::from([2]), &[1], Shape::SCALAR, &mut [0; 6], Shape::from([2, 3]), |a, b| a + b);
    }

    #[test]
    fn rows_longer_and_shorter_than_a_chunk() {
        // The third operand has one element a row; a mask mixes with numbers.
        for (dims, s, t) in [
            ([3, CHUNK + 5], Shape::from([3, 1]), Shape::from([CHUNK + 5])),
            ([2 * CHUNK, 3], Shape::from([2 * CHUNK, 1]), Shape::from([3])),
            ([1, 5 * CHUNK], Shape::SCALAR, Shape::from([5 * CHUNK])),
            ([300, 301], Shape::from([300, 301]), Shape::from([1, 301])),
        ] {
            let (shape, u) = (Shape::from(dims), Shape::from([dims[0], 1]));
            let (a, b) = (numbers(s, 1), numbers(t, 1_000_000));
            let mask: Vec<u8> = (0..u.len()).map(|i| (i % 3 == 0) as u8).collect();
            let pick = |mask: u8, a: i64, b: i64| if mask == 1 { a } else { b };
            let compute = |threads| {
                let (mut two, mut three) = (vec![0; shape.len()], vec![0; shape.len()]);
                crate::Threads::new(threads).unwrap().run(|| {
                    zip_broadcast(&a, s, &b, t, &mut two, shape, |a, b| a * b);
                    zip3_broadcast(&mask, u, &a, s, &b, t, &mut three, shape, pick);
                });
                (two, three)
            };
            let one = compute(1);
            for i in 0..shape.len() {
                let (a, b) = (a[at(s, shape, i)], b[at(t, shape, i)]);
                assert_eq!((one.0[i], one.1[i]), (a * b, pick(mask[at(u, shape, i)], a, b)), "{shape} at {i}");
            }
            for threads in [2, 3, 7] {
                assert!(compute(threads) == one, "{shape}, {threads} threads");
            }
        }
    }
}
