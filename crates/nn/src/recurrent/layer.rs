//! [`Recurrent`]: recurrent layers over sequences, and one step of them.

use super::RecurrentConfig;
use tape::{Cell, Escape, Graph, IndexVar, ParamId, ParamPath, Real, Recurrence, RecurrentOutput, Var, concat, stack};

/// One or several recurrent layers, in one or both directions.
///
/// Parameters, under PyTorch's names and in its layout, for layer k: `weight_ih_lk` `[gates · hidden, inputs]`,
/// `weight_hh_lk` `[gates · hidden, hidden]`, `bias_ih_lk` and `bias_hh_lk` `[gates · hidden]`, the same with `_reverse`.
/// The gates are in the order i f g o for LSTM, r z n for GRU.
///
/// ```
/// use retrograde_nn::Recurrent;
/// # extern crate tape as retrograde_tape;
/// use retrograde_tape::{Params, Tape, Tensor};
///
/// let mut params = Params::<f32>::new(0);
/// let encoder = Recurrent::lstm(params.root().at("encoder"), 8, 16);
/// Tape::new().eval(&params, |t| {
///     let (outputs, state) = encoder.forward(t.input(&Tensor::full([2, 5, 8], 0.5)), None, None);
///     assert_eq!(outputs.shape().dims(), [2, 5, 16]);
///     assert_eq!(state.hidden.shape().dims(), [1, 2, 16]);
/// });
/// ```
#[derive(Clone, Debug)]
pub struct Recurrent {
    pub(super) cell: Cell,
    pub(super) hidden: usize,
    pub(super) directions: usize,
    /// Layer by layer, the reverse direction after the other.
    pub(super) parts: Vec<Direction>,
    pub(super) dropout: f64,
}

/// One layer in one direction.
#[derive(Clone, Copy, Debug)]
pub(super) struct Direction {
    pub(super) cell: Cell,
    pub(super) reverse: bool,
    pub(super) weight_ih: ParamId,
    pub(super) weight_hh: ParamId,
    pub(super) bias_ih: Option<ParamId>,
    pub(super) bias_hh: Option<ParamId>,
}

/// The state of a [`Recurrent`] layer.
#[derive(Clone, Copy)]
pub struct RecurrentState<'t, F: Real = f32> {
    /// `h` of every layer and direction, `[layers · directions, batch, hidden]`.
    pub hidden: Var<'t, F>,
    /// `c`, of the same shape, for LSTM.
    pub cell: Option<Var<'t, F>>,
}

impl<'t, F: Real> Escape<'t, F> for RecurrentState<'t, F> {
    fn keep(self, keep: &mut dyn FnMut(Var<'t, F>) -> Var<'t, F>) -> Self {
        RecurrentState { hidden: keep(self.hidden), cell: self.cell.map(keep) }
    }
}

impl<'t, F: Real> RecurrentState<'t, F> {
    /// The state with the sequences of the batch that `indices` name, in this order: what a beam search goes on with.
    ///
    /// # Panics
    /// When an index is not below the size of the batch.
    #[track_caller]
    pub fn select(self, indices: IndexVar<'t, F>) -> Self {
        let select = |state: Var<'t, F>| state.index_select(1, indices);
        RecurrentState { hidden: select(self.hidden), cell: self.cell.map(select) }
    }

    /// `h` of the last layer, `[batch, hidden]`, of a layer of one direction.
    #[track_caller]
    pub fn last_hidden(self) -> Var<'t, F> {
        let [layers, batch, hidden] = self.hidden.dims();
        match layers {
            1 => self.hidden.reshape([batch, hidden]),
            _ => self.hidden.slice(0, layers - 1..layers).reshape([batch, hidden]),
        }
    }
}

/// The most layers times directions.
const MOST: usize = 64;

impl Recurrent {
    /// A plain recurrent layer, `h = tanh(W_i x + b_i + W_h h₋ + b_h)`.
    ///
    /// # Panics
    /// When there are parameters of the same names at this place already.
    #[doc(alias = "RNN")]
    #[track_caller]
    pub fn rnn<F: Real>(params: ParamPath<'_, F>, inputs: usize, hidden: usize) -> Recurrent {
        Recurrent::config(Cell::Rnn, inputs, hidden).build(params)
    }

    /// A layer of long short-term memory.
    ///
    /// # Panics
    /// When there are parameters of the same names at this place already.
    #[doc(alias = "LSTM")]
    #[track_caller]
    pub fn lstm<F: Real>(params: ParamPath<'_, F>, inputs: usize, hidden: usize) -> Recurrent {
        Recurrent::config(Cell::Lstm, inputs, hidden).build(params)
    }

    /// A layer of gated recurrent units.
    ///
    /// # Panics
    /// When there are parameters of the same names at this place already.
    #[doc(alias = "GRU")]
    #[track_caller]
    pub fn gru<F: Real>(params: ParamPath<'_, F>, inputs: usize, hidden: usize) -> Recurrent {
        Recurrent::config(Cell::Gru, inputs, hidden).build(params)
    }

    /// A layer with settings of its own.
    pub fn config(cell: Cell, inputs: usize, hidden: usize) -> RecurrentConfig {
        RecurrentConfig::new(cell, inputs, hidden)
    }

    /// The cell.
    pub fn cell(&self) -> Cell {
        self.cell
    }

    /// How many vectors of the hidden size the state has: layers times directions.
    pub fn states(&self) -> usize {
        self.parts.len()
    }

    /// The state that a sequence begins with unless it says otherwise: zeros.
    pub fn zero_state<'t, F: Real>(&self, graph: &'t Graph<'t, F>, batch: usize) -> RecurrentState<'t, F> {
        let zeros = graph.full([self.parts.len(), batch, self.hidden], 0.0);
        RecurrentState { hidden: zeros, cell: (self.cell == Cell::Lstm).then_some(zeros) }
    }

    /// Runs over sequences `[batch, time, inputs]`, from a state or zeros: the outputs of the last layer,
    /// `[batch, time, directions · hidden]`, and the final state.
    ///
    /// With `lengths`, `[batch]`, the outputs beyond the end of a sequence are 0, its final state is that of its last real
    /// step, and the reverse direction begins there.
    ///
    /// # Panics
    /// When the shapes do not fit, or a length is beyond the number of steps.
    #[track_caller]
    pub fn forward<'t, F: Real>(
        &self,
        x: Var<'t, F>,
        state: Option<RecurrentState<'t, F>>,
        lengths: Option<IndexVar<'t, F>>,
    ) -> (Var<'t, F>, RecurrentState<'t, F>) {
        let graph = x.graph();
        let _layer = graph.within(self.parts[0].weight_ih);
        let shape = x.shape();
        if shape.rank() != 3 {
            panic!("Recurrent: needs [batch, time, inputs]: left {shape}, right 3 axes");
        }
        let state = state.unwrap_or_else(|| self.zero_state(graph, shape.dims()[0]));
        self.check_state(&state, shape.dims()[0]);
        let part_of = |all: Var<'t, F>, i: usize| {
            let [_, batch, hidden] = all.dims();
            let part = if self.parts.len() == 1 { all } else { all.slice(0, i..i + 1) };
            part.reshape([batch, hidden])
        };
        let (mut hidden, mut cells) = ([x; MOST], [x; MOST]);
        let mut y = x;
        for (layer, directions) in self.parts.chunks(self.directions).enumerate() {
            let input = if layer > 0 { y.dropout(self.dropout) } else { y };
            let mut outputs = [input; 2];
            for (d, part) in directions.iter().enumerate() {
                let i = layer * self.directions + d;
                let cell_state = state.cell.map(|all| part_of(all, i));
                let output = part.forward(input, part_of(state.hidden, i), cell_state, lengths);
                (outputs[d], hidden[i]) = (output.outputs, output.hidden);
                if let Some(c) = output.cell_state {
                    cells[i] = c;
                }
            }
            y = if self.directions == 1 { outputs[0] } else { concat(&outputs, 2) };
        }
        let gather = |parts: &[Var<'t, F>]| match parts {
            [one] => one.reshape(state.hidden.shape()),
            _ => stack(parts, 0),
        };
        let count = self.parts.len();
        let cell = (self.cell == Cell::Lstm).then(|| gather(&cells[..count]));
        (y, RecurrentState { hidden: gather(&hidden[..count]), cell })
    }

    /// One step of sequences, `[batch, inputs]`, from a state: the output of the last layer, `[batch, hidden]`, and the
    /// state after the step. The same bits as [`forward`](Recurrent::forward) over all steps.
    ///
    /// # Panics
    /// When the shapes do not fit, or the layer has two directions.
    #[track_caller]
    pub fn step<'t, F: Real>(
        &self,
        x: Var<'t, F>,
        state: RecurrentState<'t, F>,
    ) -> (Var<'t, F>, RecurrentState<'t, F>) {
        assert!(self.directions == 1, "Recurrent: a layer of two directions has no single step");
        let [batch, inputs] = x.dims();
        let (outputs, state) = self.forward(x.reshape([batch, 1, inputs]), Some(state), None);
        (outputs.reshape([batch, self.hidden]), state)
    }

    #[track_caller]
    fn check_state<F: Real>(&self, state: &RecurrentState<'_, F>, batch: usize) {
        let (found, expected) = (state.hidden.shape(), tape::Shape::from([self.parts.len(), batch, self.hidden]));
        assert!(self.parts.len() <= MOST, "Recurrent: at most {MOST} layers and directions");
        assert!(found == expected, "Recurrent: shape of the state: left {found}, right {expected}");
        let cell = state.cell.map(Var::shape);
        let fits = cell == (self.cell == Cell::Lstm).then_some(expected);
        assert!(fits, "Recurrent: state c of {:?}: left {cell:?}, right {expected}", self.cell);
    }
}

impl Direction {
    #[track_caller]
    fn forward<'t, F: Real>(
        &self,
        x: Var<'t, F>,
        hidden: Var<'t, F>,
        cell_state: Option<Var<'t, F>>,
        lengths: Option<IndexVar<'t, F>>,
    ) -> RecurrentOutput<'t, F> {
        let t = x.graph();
        let _layer = t.within(self.weight_ih);
        let &Direction { cell, reverse, weight_ih, weight_hh, bias_ih, bias_hh } = self;
        let gates = x.linear(t.param(weight_ih), bias_ih.map(|bias| t.param(bias)));
        let (weight, bias) = (t.param(weight_hh), bias_hh.map(|bias| t.param(bias)));
        gates.recurrent(&Recurrence { cell, reverse, weight, bias, hidden, cell_state, lengths })
    }
}
