//! Recurrent layers over a whole sequence: at every step one matrix product for the whole batch, and one pass over the
//! gates.
//!
//! What does not depend on the state, `x·W_iᵀ + b_i` for all steps, is an input: one matrix product for the caller. Rows
//! of gates are in PyTorch's order: i f g o for LSTM, r z n for GRU.
//!
//! ```text
//!   step t:        h₋          W_hᵀ                 r                  x[t]
//!              ┌────────┐   ┌─────────┐        ┌─────────┐         ┌─────────┐    pass over the gates,
//!        batch │        │ · │         │   =    │         │    +    │         │    a sequence with one   ──▶ h, c, y[t]
//!              └────────┘   └─────────┘        └─────────┘         └─────────┘    thread
//!                hidden        gates · hidden
//! ```
//!
//! A step cannot begin before the last one has ended. Its product is small: an LSTM of width 256 and 128 sequences reads
//! 1 MiB of W_h for 67 million operations, and the weights stay in a cache between steps.

mod cell;
#[cfg(test)]
mod tests;

use crate::shared::{Shared, for_each_rows};
use crate::{Epilogue, Float, MatrixLayout, gemm};

/// A recurrent cell. With `a = x·W_iᵀ + b_i` and `r = h₋·W_hᵀ + b_h`, cut into gates:
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cell {
    /// `h = tanh(a + r)` (Elman 1990).
    Rnn,
    /// `i, f, o = σ(a + r)`, `g = tanh(a + r)`, `c = f∘c₋ + i∘g`, `h = o∘tanh c` (Hochreiter and Schmidhuber 1997; forget
    /// gate by Gers, Schmidhuber and Cummins 2000).
    Lstm,
    /// `r, z = σ(a + r)`, `n = tanh(a_n + r∘r_n)`, `h = (1 − z)∘n + z∘h₋` (Cho et al. 2014, in PyTorch's form).
    Gru,
}

impl Cell {
    /// How many gates there are: rows of the weights, in units of the hidden size.
    pub const fn gates(self) -> usize {
        match self {
            Cell::Rnn => 1,
            Cell::Lstm => 4,
            Cell::Gru => 3,
        }
    }

    /// How many vectors the state consists of: `h`, and `c` for LSTM.
    pub const fn states(self) -> usize {
        match self {
            Cell::Lstm => 2,
            Cell::Rnn | Cell::Gru => 1,
        }
    }
}

/// The sizes of a recurrent layer over a sequence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RecurrentShape {
    /// The cell.
    pub cell: Cell,
    /// Sequences.
    pub batch: usize,
    /// Steps of the longest sequence.
    pub time: usize,
    /// Numbers of the hidden state.
    pub hidden: usize,
    /// From the last step to the first.
    pub reverse: bool,
}

/// What the backward pass needs of the forward pass, a row for every sequence and step.
#[derive(Clone, Copy, Debug)]
pub struct Recalled<A> {
    /// Activated gates, `gates · hidden` a row.
    pub gates: A,
    /// `h` before the step, `hidden` a row.
    pub before: A,
    /// `c` before the step for LSTM, `h₋·W_hnᵀ + b_hn` for GRU, `hidden` a row; nothing for the plain cell.
    pub extra: A,
}

impl RecurrentShape {
    /// Rows of the result: every step of every sequence, then the final states.
    pub const fn rows(&self) -> usize {
        self.batch * (self.time + self.cell.states())
    }

    /// Numbers in a row of gates.
    pub const fn width(&self) -> usize {
        self.cell.gates() * self.hidden
    }

    /// Numbers of [`Recalled::extra`].
    pub const fn extra(&self) -> usize {
        match self.cell {
            Cell::Rnn => 0,
            Cell::Lstm | Cell::Gru => self.batch * self.time * self.hidden,
        }
    }

    fn step(&self, number: usize) -> usize {
        if self.reverse { self.time - 1 - number } else { number }
    }

    /// Panics where a slice has not the length that these sizes say.
    #[track_caller]
    fn check(&self, op: &str, lengths: &[(&str, usize, usize)], of_sequences: Option<&[u32]>) {
        for (name, left, right) in lengths {
            assert!(left == right, "{op}: length of {name}: left {left}, right {right} for {self:?}");
        }
        if let Some(lengths) = of_sequences {
            let fit = lengths.len() == self.batch && lengths.iter().all(|&length| length as usize <= self.time);
            assert!(fit, "{op}: lengths of the sequences: left {lengths:?}, right {self:?}");
        }
    }
}

/// Runs a recurrent layer. `x` has a row of gates for every sequence and step, `[batch, time, gates · hidden]`; `weight`
/// is `[gates · hidden, hidden]`; `state` is `h`, then `c` for LSTM, `[batch, hidden]` each. `out` receives the outputs,
/// `[batch, time, hidden]`, then the final `h`, then the final `c`. `scratch` has `batch · gates · hidden` numbers.
///
/// With `lengths`, the sequences end early: beyond its length a sequence has output 0 and its state stays, in reverse it
/// begins at its last step.
///
/// # Panics
/// When a slice does not have the length that the sizes say, or a length is beyond the number of steps.
#[track_caller]
#[allow(clippy::too_many_arguments)]
pub fn recurrent<F: Float>(
    shape: &RecurrentShape,
    lengths: Option<&[u32]>,
    x: &[F],
    weight: &[F],
    bias: Option<&[F]>,
    state: [&[F]; 2],
    recalled: Recalled<&mut [F]>,
    out: &mut [F],
    scratch: &mut [F],
) {
    let &RecurrentShape { cell, batch, time, hidden, .. } = shape;
    let (rows, width, size) = (batch * time, shape.width(), batch * hidden);
    let Recalled { gates, before, extra } = recalled;
    let expected = [
        ("x", x.len(), rows * width),
        ("weight", weight.len(), width * hidden),
        ("h", state[0].len(), size),
        ("c", state[1].len(), size * (cell.states() - 1)),
        ("gates", gates.len(), rows * width),
        ("before", before.len(), rows * hidden),
        ("extra", extra.len(), shape.extra()),
        ("out", out.len(), shape.rows() * hidden),
        ("scratch", scratch.len(), batch * width),
    ];
    shape.check("recurrent", &expected, lengths);
    let (y, states) = out.split_at_mut(rows * hidden);
    let (h, c) = states.split_at_mut(size);
    h.copy_from_slice(state[0]);
    c.copy_from_slice(state[1]);
    if rows * hidden == 0 {
        return;
    }
    let layout = MatrixLayout::row_major(hidden);
    let epilogue = Epilogue { bias, ..Epilogue::none() };
    for step in 0..time {
        let t = shape.step(step);
        gemm(batch, hidden, width, h, layout, weight, layout.transposed(), scratch, width, false, epilogue);
        let (r, y, h, c) = (&*scratch, Shared::new(&mut *y), Shared::new(&mut *h), Shared::new(&mut *c));
        let (gates, before) = (Shared::new(&mut *gates), Shared::new(&mut *before));
        let extra = Shared::new(&mut *extra);
        for_each_rows(batch, 8 * width, |first, count| {
            for b in first..first + count {
                let row = b * time + t;
                // SAFETY: every sequence is with one thread, and the slices are different ones.
                let (y, h, gates, before) = unsafe {
                    (
                        y.part(row * hidden, hidden),
                        h.part(b * hidden, hidden),
                        gates.part(row * width, width),
                        before.part(row * hidden, hidden),
                    )
                };
                let of_state = hidden * (cell.states() - 1);
                let of_extra = if cell == Cell::Rnn { 0 } else { hidden };
                // SAFETY: as above.
                let (c, extra) = unsafe { (c.part(b * of_state, of_state), extra.part(row * of_extra, of_extra)) };
                if lengths.is_some_and(|lengths| t >= lengths[b] as usize) {
                    [y, gates, before, extra].into_iter().for_each(|row| row.fill(F::ZERO));
                    continue;
                }
                before.copy_from_slice(h);
                cell::forward(cell, &x[row * width..][..width], &r[b * width..][..width], gates, extra, h, c);
                y.copy_from_slice(h);
            }
        });
    }
}

/// The derivative of [`recurrent`]: from the cotangent `g` of its result, that of `x` in `dx`, that of the product
/// `h₋·W_hᵀ + b_h` in `dr` for GRU (for the other cells it is `dx`, and `dr` is empty), and that of the first states in
/// `d_state`, `[states, batch, hidden]`.
///
/// What is left are matrix products over all steps: `dW = drᵀ·before`, `db = Σ dr`.
///
/// # Panics
/// When a slice does not have the length that the sizes say, or a length is beyond the number of steps.
#[track_caller]
#[allow(clippy::too_many_arguments)]
pub fn recurrent_backward<F: Float>(
    shape: &RecurrentShape,
    lengths: Option<&[u32]>,
    weight: &[F],
    recalled: Recalled<&[F]>,
    g: &[F],
    dx: &mut [F],
    dr: &mut [F],
    d_state: &mut [F],
) {
    let &RecurrentShape { cell, batch, time, hidden, .. } = shape;
    let (rows, width, size) = (batch * time, shape.width(), batch * hidden);
    let Recalled { gates, before, extra } = recalled;
    let expected = [
        ("weight", weight.len(), width * hidden),
        ("gates", gates.len(), rows * width),
        ("before", before.len(), rows * hidden),
        ("extra", extra.len(), shape.extra()),
        ("g", g.len(), shape.rows() * hidden),
        ("dx", dx.len(), rows * width),
        ("dr", dr.len(), if cell == Cell::Gru { rows * width } else { 0 }),
        ("d_state", d_state.len(), cell.states() * size),
    ];
    shape.check("recurrent_backward", &expected, lengths);
    let (dy, of_states) = g.split_at(rows * hidden);
    d_state.copy_from_slice(of_states);
    if rows * hidden == 0 {
        return;
    }
    let (dh, dc) = d_state.split_at_mut(size);
    for step in (0..time).rev() {
        let t = shape.step(step);
        {
            let (dx, dr) = (Shared::new(&mut *dx), Shared::new(&mut *dr));
            let (dh, dc) = (Shared::new(&mut *dh), Shared::new(&mut *dc));
            for_each_rows(batch, 8 * width, |first, count| {
                for b in first..first + count {
                    let row = b * time + t;
                    let of_r = if cell == Cell::Gru { width } else { 0 };
                    let of_state = hidden * (cell.states() - 1);
                    // SAFETY: every sequence is with one thread, and the slices are different ones.
                    let (dx, dr, dh, dc) = unsafe {
                        (
                            dx.part(row * width, width),
                            dr.part(row * of_r, of_r),
                            dh.part(b * hidden, hidden),
                            dc.part(b * of_state, of_state),
                        )
                    };
                    if lengths.is_some_and(|lengths| t >= lengths[b] as usize) {
                        [dx, dr].into_iter().for_each(|row| row.fill(F::ZERO));
                        continue;
                    }
                    let of_extra = if cell == Cell::Rnn { 0 } else { hidden };
                    let recalled = Recalled {
                        gates: &gates[row * width..][..width],
                        before: &before[row * hidden..][..hidden],
                        extra: &extra[row * of_extra..][..of_extra],
                    };
                    cell::backward(cell, recalled, &dy[row * hidden..][..hidden], dx, dr, dh, dc);
                }
            });
        }
        let through = if cell == Cell::Gru { &*dr } else { &*dx };
        let apart = MatrixLayout { row_stride: time * width, column_stride: 1 };
        let (along, none) = (MatrixLayout::row_major(hidden), Epilogue::none());
        gemm(batch, width, hidden, &through[t * width..], apart, weight, along, dh, hidden, true, none);
    }
}
