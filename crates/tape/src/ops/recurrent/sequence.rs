//! A recurrent layer over a whole sequence. From `a_t = x_t`, the gates of the input, and `r = h₋·Wᵀ + b`:
//!
//! * plain: `h = tanh(a + r)`;
//! * LSTM: `i, f, o = σ(a + r)`, `g = tanh(a + r)`, `c = f∘c₋ + i∘g`, `h = o∘tanh c`;
//! * GRU: `r, z = σ(a + r)`, `n = tanh(a_n + r∘r_n)`, `h = (1 − z)∘n + z∘h₋`.
//!
//! Backwards from the last step to the first, with `d` the cotangent of the gates before their activations (of the
//! product, for the `n` of GRU): `dh₋ = d·W` and what GRU's `z` lets through, `dc₋ = dc∘f`; over all steps `dW = Σ dᵀ·h₋`
//! and `db = Σ d`. This pass is of first order; a recorded sweep differentiates the formulas above, step by step.

use crate::{IndexVar, Input, Op, Reads, Real, Shape, Var, Vjp, concat, stack};
use kernels::{Cell, Recalled, RecurrentShape};

/// The recurrent part of a layer, with the state that it begins with.
#[derive(Clone, Copy)]
pub struct Recurrence<'t, F: Real = f32> {
    /// The cell.
    pub cell: Cell,
    /// From the last step to the first.
    pub reverse: bool,
    /// `W`, `[gates · hidden, hidden]`.
    pub weight: Var<'t, F>,
    /// `b`, `[gates · hidden]`.
    pub bias: Option<Var<'t, F>>,
    /// The first `h`, `[batch, hidden]`.
    pub hidden: Var<'t, F>,
    /// The first `c`, `[batch, hidden]`: for LSTM, and for it alone.
    pub cell_state: Option<Var<'t, F>>,
    /// How many steps each sequence has, `[batch]`; without it, all have all.
    pub lengths: Option<IndexVar<'t, F>>,
}

/// What a recurrent layer gives.
#[derive(Clone, Copy)]
pub struct RecurrentOutput<'t, F: Real = f32> {
    /// `h` of every step, `[batch, time, hidden]`; 0 beyond the end of a sequence.
    pub outputs: Var<'t, F>,
    /// The last `h` of every sequence, `[batch, hidden]`.
    pub hidden: Var<'t, F>,
    /// The last `c`, for LSTM.
    pub cell_state: Option<Var<'t, F>>,
}

/// Inputs: x, weight, h, then the bias, c, gates, h before each step, the further numbers of the cell, lengths, where there
/// are any.
#[derive(Clone, Copy)]
struct RecurrentOp {
    shape: RecurrentShape,
    bias: bool,
    lengths: bool,
}

/// How many inputs an op of this kind has at most.
const INPUTS: usize = 9;

impl RecurrentOp {
    fn has_cell_state(self) -> bool {
        self.shape.cell == Cell::Lstm
    }

    /// The number of the input c.
    fn cell_state(self) -> usize {
        3 + usize::from(self.bias)
    }

    /// The number of the first of what the backward pass needs.
    fn recalled(self) -> usize {
        self.cell_state() + usize::from(self.has_cell_state())
    }

    /// The same by plain operations, for what is differentiated again.
    fn plain<'t, F: Real>(self, x: Var<'t, F>, r: &Recurrence<'t, F>) -> Var<'t, F> {
        let RecurrentShape { cell, batch, time, hidden, reverse } = self.shape;
        let (mut h, mut c) = (r.hidden, r.cell_state);
        let nothing = x.graph().full([batch, hidden], 0.0);
        let mut outputs = vec![nothing; time];
        for step in 0..time {
            let t = if reverse { time - 1 - step } else { step };
            let a = x.slice(1, t..t + 1).reshape([batch, self.shape.width()]);
            let product = h.linear(r.weight, r.bias);
            let mut c_new = c;
            let mut h_new = match (cell, c) {
                (Cell::Lstm, Some(c)) => {
                    let [i, f, g, o] = (a + product).chunk(1);
                    let next = f.sigmoid() * c + i.sigmoid() * g.tanh();
                    c_new = Some(next);
                    o.sigmoid() * next.tanh()
                }
                (Cell::Gru, _) => {
                    let ([a_r, a_z, a_n], [r_r, r_z, r_n]) = (a.chunk(1), product.chunk(1));
                    let (reset, z) = ((a_r + r_r).sigmoid(), (a_z + r_z).sigmoid());
                    (1.0 - z) * (a_n + reset * r_n).tanh() + z * h
                }
                _ => (a + product).tanh(),
            };
            outputs[t] = h_new;
            if let Some(lengths) = r.lengths {
                let lengths = lengths.value();
                let runs = x.graph().compute_mask([batch, 1].into(), |mask| {
                    kernels::map(&lengths, mask, |length| u8::from(t < length as usize));
                });
                outputs[t] = runs.select(h_new, 0.0);
                h_new = runs.select(h_new, h);
                c_new = c_new.zip(c).map(|(new, old)| runs.select(new, old));
            }
            (h, c) = (h_new, c_new);
        }
        let rows = [batch * time, hidden];
        let y = if time == 0 { x.graph().full(rows, 0.0) } else { stack(&outputs, 1).reshape(rows) };
        match c {
            Some(c) => concat(&[y, h, c], 0),
            None => concat(&[y, h], 0),
        }
    }

    /// The cotangents of x, weight, h, bias and c, which can be differentiated again.
    fn vjp_recorded<'t, F: Real>(self, cx: &Vjp<'_, 't, F>) -> [Option<Var<'t, F>>; 5] {
        // Copies, so that the sweep of the inside ends here even if one input depends on another.
        let copy = |i: usize| cx.x(i).affine(1.0, 0.0);
        let at = [Some(0), Some(1), Some(2), self.bias.then_some(3), self.has_cell_state().then(|| self.cell_state())];
        let copies = at.map(|i| i.map(copy));
        let wanted = at.map(|i| i.is_some_and(|i| cx.wants(i)));
        let [Some(x), Some(weight), Some(hidden), bias, cell_state] = copies else { unreachable!("these three exist") };
        let lengths = self.lengths.then(|| cx.indices(cx.input_count() - 1));
        let RecurrentShape { cell, reverse, .. } = self.shape;
        let y = self.plain(x, &Recurrence { cell, reverse, weight, bias, hidden, cell_state, lengths });
        // Constants cannot be asked for: in their place stands an input that is none.
        let Some(some) = (0..5).find(|&i| wanted[i]).and_then(|i| copies[i]) else { return [None; 5] };
        let targets: [Var<'t, F>; 5] = std::array::from_fn(|i| copies[i].filter(|_| wanted[i]).unwrap_or(some));
        y.vjp_recorded(targets, cx.g).map(Some)
    }

    /// The same for a sweep of first order: one pass over the steps, then products over all of them.
    fn vjp_first_order<'t, F: Real>(self, cx: &Vjp<'_, 't, F>) -> [Option<Var<'t, F>>; 5] {
        let graph = cx.graph();
        let shape = self.shape;
        let RecurrentShape { cell, batch, time, hidden, .. } = shape;
        let (rows, width) = (Shape::from([batch * time, shape.width()]), shape.width());
        let of_r = if cell == Cell::Gru { rows } else { Shape::from([0, width]) };
        let of_state = Shape::from([cell.states() * batch, hidden]);
        let (mut dx, mut dr, mut d_state) = (graph.output(rows), graph.output(of_r), graph.output(of_state));
        let first = self.recalled();
        let lengths = self.lengths.then(|| cx.indices(cx.input_count() - 1).value());
        {
            let (weight, g) = (cx.x(1).value(), cx.g.value());
            let (gates, before) = (cx.x(first).value(), cx.x(first + 1).value());
            let extra = (cell != Cell::Rnn).then(|| cx.x(first + 2).value());
            let extra = extra.as_deref().unwrap_or_default();
            let recalled = Recalled { gates: &gates[..], before: &before[..], extra };
            let (dx, dr, d_state) = (dx.as_mut_slice(), dr.as_mut_slice(), d_state.as_mut_slice());
            kernels::recurrent_backward(&shape, lengths.as_deref(), &weight, recalled, &g, dx, dr, d_state);
        }
        let (dx, dr) = (graph.constant(rows, dx), graph.constant(of_r, dr));
        let d_state = graph.constant(of_state, d_state);
        let through = if cell == Cell::Gru { dr } else { dx };
        let want = |i: usize, rule: &dyn Fn() -> Var<'t, F>| cx.wants(i).then(rule);
        [
            want(0, &|| dx.reshape(cx.shape(0))),
            want(1, &|| through.gemm(cx.x(first + 1), true, false)),
            want(2, &|| d_state.slice(0, 0..batch)),
            if self.bias { want(3, &|| through.sum(0)) } else { None },
            if self.has_cell_state() { want(self.cell_state(), &|| d_state.slice(0, batch..2 * batch)) } else { None },
        ]
    }
}

impl<F: Real> Op<F> for RecurrentOp {
    fn name(&self) -> &'static str {
        match self.shape.cell {
            Cell::Rnn => "rnn",
            Cell::Lstm => "lstm",
            Cell::Gru => "gru",
        }
    }

    fn vjp<'t>(&self, cx: &mut Vjp<'_, 't, F>) {
        let cotangents = if cx.is_recorded() { self.vjp_recorded(cx) } else { self.vjp_first_order(cx) };
        let inputs =
            [Some(0), Some(1), Some(2), self.bias.then_some(3), self.has_cell_state().then(|| self.cell_state())];
        for (input, cotangent) in inputs.into_iter().zip(cotangents) {
            if let (Some(i), Some(cotangent)) = (input, cotangent) {
                cx.give(i, |_| cotangent);
            }
        }
    }

    fn reads(&self) -> Reads {
        Reads::INPUTS
    }

    fn flops(&self, _: &[Shape], _: Shape) -> u64 {
        let shape = self.shape;
        (2 * shape.batch * shape.time * shape.width() * (shape.hidden + 2)) as u64
    }
}

impl<'t, F: Real> Var<'t, F> {
    /// Runs a recurrent layer over sequences. `self` holds the gates of the inputs, `x·W_iᵀ + b_i`,
    /// `[batch, time, gates · hidden]`, in PyTorch's order: i f g o for LSTM, r z n for GRU.
    ///
    /// With lengths, sequences end early, as PyTorch's packed ones: beyond its end a sequence has output 0 and its state
    /// stays; in reverse it begins at its last step.
    ///
    /// Formulas: [`ops::recurrent::sequence`](mod@crate::ops::recurrent::sequence).
    ///
    /// # Panics
    /// When the shapes do not fit, a length is beyond the number of steps, or a state `c` is missing for LSTM or given
    /// for another cell.
    #[track_caller]
    pub fn recurrent(self, recurrence: &Recurrence<'t, F>) -> RecurrentOutput<'t, F> {
        let &Recurrence { cell, weight, bias, hidden, cell_state, lengths, .. } = recurrence;
        let graph = self.graph();
        let shape = self.recurrent_shape(recurrence);
        let RecurrentShape { batch, time, hidden: size, .. } = shape;
        let rows = batch * time;
        let (gates_shape, before_shape) = (Shape::from([rows, shape.width()]), Shape::from([rows, size]));
        let (of_scratch, of_out) = (Shape::from([batch, shape.width()]), Shape::from([shape.rows(), size]));
        let of_extra = Shape::from([if cell == Cell::Rnn { 0 } else { rows }, size]);
        let (mut gates, mut before) = (graph.output(gates_shape), graph.output(before_shape));
        let (mut extra, mut scratch, mut out) =
            (graph.output(of_extra), graph.output(of_scratch), graph.output(of_out));
        {
            let (x, w, h) = (self.value(), weight.value(), hidden.value());
            let (b, c) = (bias.map(Var::value), cell_state.map(Var::value));
            let lengths = lengths.map(IndexVar::value);
            let (gates, before, extra) = (gates.as_mut_slice(), before.as_mut_slice(), extra.as_mut_slice());
            let (recalled, state) = (Recalled { gates, before, extra }, [&h[..], c.as_deref().unwrap_or_default()]);
            let (out, scratch) = (out.as_mut_slice(), scratch.as_mut_slice());
            kernels::recurrent(&shape, lengths.as_deref(), &x, &w, b.as_deref(), state, recalled, out, scratch);
        }
        // Not read again, but on the tape its buffer is used again.
        graph.constant(of_scratch, scratch);
        let mut inputs = [Input::from(self); INPUTS];
        let mut count = 0;
        let mut push = |input: Option<Input>| {
            if let Some(input) = input {
                inputs[count] = input;
                count += 1;
            }
        };
        let required = [self, weight, hidden].map(|input| Some(input.into()));
        required.into_iter().for_each(&mut push);
        push(bias.map(Input::from));
        push(cell_state.map(Input::from));
        push(Some(graph.constant(gates_shape, gates).into()));
        push(Some(graph.constant(before_shape, before).into()));
        let extra = graph.constant(of_extra, extra);
        push((cell != Cell::Rnn).then(|| extra.into()));
        push(lengths.map(Input::from));
        let op = RecurrentOp { shape, bias: bias.is_some(), lengths: lengths.is_some() };
        let all = graph.record(op, &inputs[..count], of_out, out);
        let state = |number: usize| all.slice(0, rows + number * batch..rows + (number + 1) * batch);
        RecurrentOutput {
            outputs: all.slice(0, 0..rows).reshape([batch, time, size]),
            hidden: state(0),
            cell_state: (cell == Cell::Lstm).then(|| state(1)),
        }
    }

    /// The sizes, checked.
    #[track_caller]
    fn recurrent_shape(self, recurrence: &Recurrence<'t, F>) -> RecurrentShape {
        let &Recurrence { cell, reverse, weight, bias, hidden, cell_state, lengths } = recurrence;
        let (graph, x, w, h) = (self.graph(), self.shape(), weight.shape(), hidden.shape());
        if x.rank() != 3 || h.rank() != 2 || h.dims()[0] != x.dims()[0] {
            graph.fail(format_args!("{cell:?}: gates of sequences and state do not match: left {x}, right {h}"));
        }
        let ([batch, time, width], size) = (self.dims(), h.dims()[1]);
        if width != cell.gates() * size || w != Shape::from([width, size]) {
            graph.fail(format_args!("{cell:?}: gates of sequences and weight do not match: left {x}, right {w}"));
        }
        if let Some(bias) = bias.map(Var::shape)
            && bias != Shape::from([width])
        {
            graph.fail(format_args!("{cell:?}: weight and bias do not match: left {w}, right {bias}"));
        }
        match cell_state.map(Var::shape) {
            None if cell == Cell::Lstm => {
                graph.fail(format_args!("{cell:?}: needs a state c beside h: left none, right {h}"))
            }
            Some(c) if cell != Cell::Lstm => graph.fail(format_args!("{cell:?}: has no state c: left {c}, right none")),
            Some(c) if c != h => graph.fail(format_args!("{cell:?}: states do not match: left {h}, right {c}")),
            _ => {}
        }
        if let Some(lengths) = lengths {
            let shape = lengths.shape();
            let fits = shape == Shape::from([batch]);
            if !fits || lengths.value().iter().any(|&length| length as usize > time) {
                let lengths = lengths.to_tensor();
                graph.fail(format_args!("{cell:?}: lengths of the sequences: left {lengths:?}, right {x}"));
            }
        }
        RecurrentShape { cell, batch, time, hidden: size, reverse }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gradcheck::{self, Order, check, sample};
    use crate::{Indices, Params, Tape, Tensor};

    const CELLS: [Cell; 3] = [Cell::Rnn, Cell::Lstm, Cell::Gru];

    /// x, weight, h, bias, c.
    fn inputs(cell: Cell, [batch, time, hidden]: [usize; 3]) -> [Tensor<f64>; 5] {
        let width = cell.gates() * hidden;
        [
            sample([batch, time, width], -1.0..1.0, 1),
            sample([width, hidden], -1.0..1.0, 2),
            sample([batch, hidden], -1.0..1.0, 3),
            sample([width], -1.0..1.0, 4),
            sample([batch, hidden], -1.0..1.0, 5),
        ]
    }

    /// Everything that the layer gives, as one value.
    fn run<'t>(
        cell: Cell,
        x: &[Var<'t, f64>],
        bias: bool,
        reverse: bool,
        lengths: Option<IndexVar<'t, f64>>,
    ) -> Var<'t, f64> {
        let recurrence = Recurrence {
            cell,
            reverse,
            weight: x[1],
            bias: bias.then(|| x[3]),
            hidden: x[2],
            cell_state: (cell == Cell::Lstm).then(|| x[4]),
            lengths,
        };
        let RecurrentOutput { outputs, hidden, cell_state } = x[0].recurrent(&recurrence);
        let outputs = outputs.flatten(1);
        let all = concat(&[outputs, hidden * 0.5], 1);
        cell_state.map_or(all, |c| concat(&[all, c * 0.7], 1))
    }

    #[test]
    fn recurrent() {
        for cell in CELLS {
            for (reverse, bias, ragged) in [(false, true, false), (true, true, true), (false, false, true)] {
                for sizes in [[2, 3, 2], [1, 1, 3], [3, 2, 1], [2, 0, 2], [0, 2, 2]] {
                    let lengths = Indices::from_fn([sizes[0]], |b| ((b * 2 + 1) % (sizes[1] + 1)) as u32);
                    let inputs = inputs(cell, sizes);
                    let checked = check(
                        |t, x| run(cell, x, bias, reverse, ragged.then(|| t.indices(&lengths))),
                        &inputs,
                        Order::Second,
                    );
                    checked.unwrap_or_else(|error| panic!("{cell:?} {sizes:?}: {error}"));
                }
            }
        }
    }

    /// A state that is constant, as the zeros at the beginning, and inputs that depend on each other.
    #[test]
    fn constants_and_dependent_inputs() {
        for cell in CELLS {
            let [x, weight, h, bias, c] = inputs(cell, [2, 3, 2]);
            let checked = check(
                |t, v| {
                    let x = v[0] * v[1].sum(..);
                    run(cell, &[x, v[1], t.input(&h), t.input(&bias), t.input(&c)], true, false, None)
                },
                &[x, weight],
                Order::Second,
            );
            checked.unwrap();
        }
    }

    /// Each equation of the cells, at one step, one number.
    #[test]
    fn equations() {
        let sigmoid = |x: f64| 1.0 / (1.0 + (-x).exp());
        Tape::<f64>::new().eval(&Params::new(0), |t| {
            let of = |numbers: &[f64]| t.input(&Tensor::from_slice([1, numbers.len()], numbers));
            let step = |cell: Cell, gates: &[f64], w: &[f64]| {
                let recurrence = Recurrence {
                    cell,
                    reverse: false,
                    weight: of(w).reshape([w.len(), 1]),
                    bias: None,
                    hidden: of(&[0.5]),
                    cell_state: (cell == Cell::Lstm).then(|| of(&[-0.8])),
                    lengths: None,
                };
                let y = of(gates).reshape([1, 1, gates.len()]).recurrent(&recurrence);
                assert_eq!(y.outputs.item(), y.hidden.item());
                (y.hidden.item(), y.cell_state.map(Var::item))
            };
            let (h, _) = step(Cell::Rnn, &[0.3], &[2.0]);
            assert!((h - (0.3f64 + 2.0 * 0.5).tanh()).abs() < 1e-15);

            let (h, c) = step(Cell::Lstm, &[0.1, 0.2, 0.3, 0.4], &[1.0, -1.0, 2.0, 0.5]);
            let [i, f, g, o] = [0.1 + 0.5, 0.2 - 0.5, 0.3 + 1.0, 0.4 + 0.25f64];
            let want = sigmoid(f) * -0.8 + sigmoid(i) * g.tanh();
            assert!((c.unwrap() - want).abs() < 1e-15 && (h - sigmoid(o) * want.tanh()).abs() < 1e-15);

            let (h, _) = step(Cell::Gru, &[0.1, 0.2, 0.3], &[1.0, -1.0, 2.0]);
            let (r, z) = (sigmoid(0.1 + 0.5), sigmoid(0.2 - 0.5));
            let n = (0.3 + r * 1.0).tanh();
            assert!((h - ((1.0 - z) * n + z * 0.5)).abs() < 1e-15);
        });
    }

    #[test]
    fn what_is_padded_has_no_influence() {
        for (cell, reverse) in CELLS.into_iter().flat_map(|cell| [(cell, false), (cell, true)]) {
            let inputs = inputs(cell, [2, 4, 3]);
            let lengths = Indices::from_vec([2], vec![2, 4]);
            let outputs =
                |padding: f64| {
                    Tape::new().run(&Params::new(0), |t| {
                        let x: Vec<_> = inputs.iter().map(|x| t.leaf(x)).collect();
                        let width = x[0].shape().dims()[2];
                        let beyond = Tensor::from_fn([2, 4, width], |i| {
                            if i / width == 2 || i / width == 3 { padding } else { 0.0 }
                        });
                        let padded = [x[0] + t.input(&beyond), x[1], x[2], x[3], x[4]];
                        let y = run(cell, &padded, true, reverse, Some(t.indices(&lengths)));
                        let [dx, dw] = y.powi(2).sum(..).grad([x[0], x[1]]);
                        assert!(dx.value()[2 * width..4 * width].iter().all(|&dx| dx == 0.0));
                        assert!(y.value()[2 * 3..4 * 3].iter().all(|&y| y == 0.0));
                        [y.to_tensor(), dx.to_tensor(), dw.to_tensor()]
                    })
                };
            assert_eq!(outputs(0.0), outputs(77.0), "{cell:?}");
        }
    }

    #[test]
    #[should_panic(expected = "Lstm: gates of sequences and weight do not match: left [2, 3, 8], right [8, 3]")]
    fn weight_of_another_size() {
        Tape::<f64>::new().eval(&Params::new(0), |t| {
            let x = [
                t.full([2, 3, 8], 0.0),
                t.full([8, 3], 0.0),
                t.full([2, 2], 0.0),
                t.full([8], 0.0),
                t.full([2, 2], 0.0),
            ];
            run(Cell::Lstm, &x, true, false, None);
        });
    }

    #[test]
    #[should_panic(expected = "Gru: lengths of the sequences")]
    fn a_length_beyond_the_steps() {
        let inputs = inputs(Cell::Gru, [2, 3, 2]);
        let lengths = Indices::from_vec([2], vec![3, 4]);
        gradcheck::check(|t, x| run(Cell::Gru, x, true, false, Some(t.indices(&lengths))), &inputs, Order::First)
            .unwrap();
    }
}
