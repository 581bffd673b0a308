//! Scaled dot-product attention of several heads, which lie side by side in the rows of queries, keys and values: nothing
//! is copied for a head.
//!
//! ```text
//!   for every sequence and head, by one thread:
//!
//!            width                      keys                                            keys
//!          ┌───────┐                ┌─────────┐                                     ┌─────────┐  ┌───┐
//!  queries │ q     │ · kᵀ  ──▶      │ scores  │  scale, exclude, softmax, drop ──▶  │ weights │· │ v │ keys  ──▶ out
//!          └───────┘                └─────────┘                                     └─────────┘  └───┘
//! ```
//!
//! The scores of a head have a place of the thread's own, where their rows fill whole registers; the weights are kept for
//! the backward pass without gaps. With 20 queries and keys and 32 numbers, all that a head needs lies in the first level of
//! cache: to fetch it takes a third of the time.
//!
//! Every row of the result is computed in an order that depends neither on the number of queries nor on excluded keys
//! behind the last one that counts. So a decoder that adds key after key gets the same bits as one that sees the whole
//! sequence under a causal mask.

mod rows;
#[cfg(test)]
mod tests;

use crate::gemm::gemm_here;
use crate::shared::{GRAIN, Shared};
use crate::{Float, MatrixLayout, for_each_index, scratch};

/// Keys whose values are summed before the next ones: boundaries that do not depend on the number of keys.
const KEYS: usize = 256;

/// Where the rows of queries, keys or values of all sequences lie, in elements.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AttentionRows {
    /// From the start of the slice to the first row.
    pub offset: usize,
    /// From a row to the next.
    pub stride: usize,
}

/// The sizes of an attention.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AttentionShape {
    /// Sequences.
    pub batch: usize,
    /// Heads, side by side in every row.
    pub heads: usize,
    /// Queries of a sequence.
    pub queries: usize,
    /// Keys of a sequence, and values.
    pub keys: usize,
    /// Numbers of a query or key, in one head.
    pub key_width: usize,
    /// Numbers of a value, in one head.
    pub value_width: usize,
    /// Where queries, keys and values are.
    pub rows: [AttentionRows; 3],
}

/// Which keys a query does not see: 1 excludes.
#[derive(Clone, Copy, Debug, Default)]
pub struct Excluded<'a> {
    /// For all queries of a sequence, `[batch, keys]`.
    pub keys: Option<&'a [u8]>,
    /// For all sequences, `[queries, keys]`.
    pub pairs: Option<&'a [u8]>,
    /// Query i sees no key beyond i.
    pub causal: bool,
}

/// Dropout of the weights: which are kept, `[batch, heads, queries, keys]`, and what those are multiplied with.
#[derive(Clone, Copy, Debug)]
pub struct Kept<'a, F> {
    /// 1 where a weight is kept.
    pub mask: &'a [u8],
    /// What kept weights are multiplied with.
    pub scale: F,
}

/// One sequence and one head.
#[derive(Clone, Copy)]
struct Place {
    sequence: usize,
    head: usize,
    number: usize,
}

impl AttentionShape {
    /// Numbers of the weights, `[batch, heads, queries, keys]`.
    pub const fn weights(&self) -> usize {
        self.batch * self.heads * self.queries * self.keys
    }

    /// Numbers of the result, `[batch, queries, heads · value_width]`.
    pub const fn output(&self) -> usize {
        self.batch * self.queries * self.heads * self.value_width
    }

    /// Rows of a sequence, and numbers of a head: of queries, keys, values.
    const fn sizes(&self) -> [(usize, usize); 3] {
        [(self.queries, self.key_width), (self.keys, self.key_width), (self.keys, self.value_width)]
    }

    /// Panics where operands do not hold what the sizes say.
    #[track_caller]
    fn check(&self, op: &str, lengths: [usize; 3], excluded: Excluded<'_>, others: &[(&str, usize, usize)]) {
        for (i, ((rows, width), length)) in self.sizes().into_iter().zip(lengths).enumerate() {
            let AttentionRows { offset, stride } = self.rows[i];
            let (all, row) = (self.batch * rows, self.heads * width);
            let fits =
                all == 0 || row == 0 || offset + (all - 1) * stride + row <= length && (stride >= row || all == 1);
            assert!(fits, "{op}: operand {i}: {length} elements for {self:?}");
        }
        let masks = [
            ("mask of keys", excluded.keys.map_or(self.batch * self.keys, <[u8]>::len), self.batch * self.keys),
            ("mask of pairs", excluded.pairs.map_or(self.queries * self.keys, <[u8]>::len), self.queries * self.keys),
        ];
        for (name, left, right) in masks.iter().chain(others) {
            assert!(left == right, "{op}: length of {name}: left {left}, right {right} for {self:?}");
        }
    }

    /// Where the rows of a head begin in operand `i`, and how they lie.
    fn operand(&self, i: usize, place: Place) -> (usize, MatrixLayout) {
        let ((rows, width), AttentionRows { offset, stride }) = (self.sizes()[i], self.rows[i]);
        let start = offset + place.sequence * rows * stride + place.head * width;
        (start, MatrixLayout { row_stride: stride, column_stride: 1 })
    }

    /// Where the rows of a head begin in the result, and how they lie.
    fn result(&self, place: Place) -> (usize, MatrixLayout) {
        let row = self.heads * self.value_width;
        let start = place.sequence * self.queries * row + place.head * self.value_width;
        (start, MatrixLayout { row_stride: row, column_stride: 1 })
    }

    /// Calls `f` with every sequence and head, on all threads, and with room for the scores, in rows that are
    /// [`rows::stride`] apart.
    fn for_each<F: Float>(&self, f: impl Fn(Place, &mut [F]) + Sync) {
        let room = self.queries * rows::stride(self.keys);
        let count = self.batch * self.heads;
        let work = (self.queries * self.keys * (self.key_width + self.value_width)).max(1);
        let together = (4 * GRAIN / work).max(1);
        for_each_index(count.div_ceil(together), |group| {
            scratch::with_shared(room, |scores: *mut F| {
                // SAFETY: there is room, which no one else has.
                let scores = unsafe { scratch::filled(scores, room, F::ZERO) };
                for number in group * together..((group + 1) * together).min(count) {
                    f(Place { sequence: number / self.heads, head: number % self.heads, number }, scores);
                }
            });
        });
    }
}

/// The start of an output whose parts several threads write.
struct Start<F>(*mut F);

// SAFETY: what is written through it is the promise of whoever does.
unsafe impl<F: Send> Sync for Start<F> {}

impl<F> Start<F> {
    /// A place in it; a method, so that closures take the whole with them.
    fn at(&self, offset: usize) -> *mut F {
        self.0.wrapping_add(offset)
    }
}

/// For every query of every head, `weights = softmax(scale · q·kᵀ)` over the keys that it sees, 0 for the others, and
/// `out = weights · v`. A query that sees no key has weights 0 and result 0.
///
/// With `kept`, `dropped` receives the weights after dropout, which the values are summed with.
///
/// # Panics
/// When a slice is too short for the sizes, or a mask or a result has another length.
#[track_caller]
#[allow(clippy::too_many_arguments)]
pub fn attention<F: Float>(
    shape: &AttentionShape,
    [q, k, v]: [&[F]; 3],
    scale: F,
    excluded: Excluded<'_>,
    kept: Option<Kept<'_, F>>,
    weights: &mut [F],
    dropped: &mut [F],
    out: &mut [F],
) {
    let of_dropped = if kept.is_some() { shape.weights() } else { 0 };
    let others = [
        ("weights", weights.len(), shape.weights()),
        ("kept", kept.map_or(0, |kept| kept.mask.len()), of_dropped),
        ("dropped", dropped.len(), of_dropped),
        ("out", out.len(), shape.output()),
    ];
    shape.check("attention", [q.len(), k.len(), v.len()], excluded, &others);
    let &AttentionShape { queries, keys, key_width, value_width, .. } = shape;
    let size = queries * keys;
    let (weights, dropped, out) = (Shared::new(weights), Shared::new(dropped), Start(out.as_mut_ptr()));
    shape.for_each(|place, scores| {
        let (q_start, q_layout) = shape.operand(0, place);
        let (k_start, k_layout) = shape.operand(1, place);
        let (v_start, v_layout) = shape.operand(2, place);
        let (out_start, out_layout) = shape.result(place);
        // SAFETY: every sequence and head has a part of its own, with one thread.
        let weights = unsafe { weights.part(place.number * size, size) };
        let stride = rows::stride(keys);
        let (q, k) = (q.as_ptr().wrapping_add(q_start), k.as_ptr().wrapping_add(k_start));
        // SAFETY: `check` made sure that the operands hold these rows.
        unsafe {
            let sizes = (queries, key_width, keys);
            gemm_here(sizes, (q, q_layout), (k, k_layout.transposed()), scores.as_mut_ptr(), stride, false);
        }
        rows::softmax(scores, scale, excluded, place.sequence, keys, weights);
        let (mut factors, mut layout) = (&*scores, MatrixLayout::row_major(stride));
        if let Some(kept) = kept {
            // SAFETY: as for the weights.
            let dropped = unsafe { dropped.part(place.number * size, size) };
            rows::keep(weights, &kept.mask[place.number * size..][..size], kept.scale, dropped);
            (factors, layout) = (dropped, MatrixLayout::row_major(keys));
        }
        for first in (0..keys.max(1)).step_by(KEYS) {
            let sizes = (queries, KEYS.min(keys - first), value_width);
            let factors = factors.as_ptr().wrapping_add(first);
            let v = v.as_ptr().wrapping_add(v_start + first * v_layout.row_stride);
            // SAFETY: `check` made sure that the operands hold these rows; the columns of a head are its own.
            unsafe {
                let to = out.at(out_start);
                gemm_here(sizes, (factors, layout), (v, v_layout), to, out_layout.row_stride, first > 0);
            }
        }
    });
}

/// The derivative of [`attention`]: from the cotangent `g` of its result, those of queries, keys and values, which lie in
/// `d` as these in their slices.
///
/// # Panics
/// When a slice is too short for the sizes, or a mask or a result has another length.
#[track_caller]
#[allow(clippy::too_many_arguments)]
pub fn attention_backward<F: Float>(
    shape: &AttentionShape,
    [q, k, v]: [&[F]; 3],
    scale: F,
    kept: Option<Kept<'_, F>>,
    weights: &[F],
    dropped: &[F],
    g: &[F],
    d: Gradients<'_, F>,
) {
    let of_dropped = if kept.is_some() { shape.weights() } else { 0 };
    let others = [
        ("weights", weights.len(), shape.weights()),
        ("kept", kept.map_or(0, |kept| kept.mask.len()), of_dropped),
        ("dropped", dropped.len(), of_dropped),
        ("g", g.len(), shape.output()),
    ];
    shape.check("attention_backward", [q.len(), k.len(), v.len()], Excluded::default(), &others);
    let ([dq, dk, dv], lengths) = d.starts();
    shape.check("attention_backward: gradients", lengths, Excluded::default(), &[]);
    let &AttentionShape { queries, keys, key_width, value_width, .. } = shape;
    let size = queries * keys;
    shape.for_each(|place, scores| {
        let (q_start, q_layout) = shape.operand(0, place);
        let (k_start, k_layout) = shape.operand(1, place);
        let (v_start, v_layout) = shape.operand(2, place);
        let (g_start, g_layout) = shape.result(place);
        let weights = &weights[place.number * size..][..size];
        let factors = if kept.is_some() { &dropped[place.number * size..][..size] } else { weights };
        let (q, k) = (q.as_ptr().wrapping_add(q_start), k.as_ptr().wrapping_add(k_start));
        let (v, g) = (v.as_ptr().wrapping_add(v_start), g.as_ptr().wrapping_add(g_start));
        let (stride, layout) = (rows::stride(keys), MatrixLayout::row_major(keys));
        // SAFETY: `check` made sure that operands and outputs hold these rows; the columns of a head are its own, and no
        // two of the outputs overlap.
        unsafe {
            let sizes = (queries, value_width, keys);
            gemm_here(sizes, (g, g_layout), (v, v_layout.transposed()), scores.as_mut_ptr(), stride, false);
            let sizes = (keys, queries, value_width);
            let factors = (factors.as_ptr(), layout.transposed());
            gemm_here(sizes, factors, (g, g_layout), dv.at(v_start), v_layout.row_stride, false);
        }
        if let Some(kept) = kept {
            rows::keep_in_place(scores, &kept.mask[place.number * size..][..size], kept.scale, keys);
        }
        rows::softmax_backward(scores, weights, scale, keys);
        let (scores, layout) = (scores.as_ptr(), MatrixLayout::row_major(stride));
        // SAFETY: as above.
        unsafe {
            let sizes = (queries, keys, key_width);
            gemm_here(sizes, (scores, layout), (k, k_layout), dq.at(q_start), q_layout.row_stride, false);
            let sizes = (keys, queries, key_width);
            let scores = (scores, layout.transposed());
            gemm_here(sizes, scores, (q, q_layout), dk.at(k_start), k_layout.row_stride, false);
        }
    });
}

/// Where the cotangents of queries, keys and values go: as they themselves lie, in one, two or three slices.
pub enum Gradients<'a, F> {
    /// All in one.
    Packed(&'a mut [F]),
    /// Queries in one, keys and values in another.
    Paired(&'a mut [F], &'a mut [F]),
    /// Each in its own.
    Apart([&'a mut [F]; 3]),
}

impl<F> Gradients<'_, F> {
    fn starts(self) -> ([Start<F>; 3], [usize; 3]) {
        match self {
            Gradients::Packed(all) => {
                let start = all.as_mut_ptr();
                ([Start(start), Start(start), Start(start)], [all.len(); 3])
            }
            Gradients::Paired(q, pair) => {
                let start = pair.as_mut_ptr();
                ([Start(q.as_mut_ptr()), Start(start), Start(start)], [q.len(), pair.len(), pair.len()])
            }
            Gradients::Apart(each) => {
                let lengths = [each[0].len(), each[1].len(), each[2].len()];
                (each.map(|part| Start(part.as_mut_ptr())), lengths)
            }
        }
    }
}
