//! How a [`Recurrent`] layer is made.

use super::Recurrent;
use super::layer::Direction;
use crate::init::Uniform;
use tape::{Cell, ParamPath, Real};

/// The settings of a [`Recurrent`] layer: one layer, one direction, with biases, without dropout, unless it says
/// otherwise.
#[derive(Clone, Copy, Debug)]
pub struct RecurrentConfig {
    cell: Cell,
    inputs: usize,
    hidden: usize,
    layers: usize,
    bias: bool,
    bidirectional: bool,
    dropout: f64,
}

impl RecurrentConfig {
    pub(super) fn new(cell: Cell, inputs: usize, hidden: usize) -> RecurrentConfig {
        RecurrentConfig { cell, inputs, hidden, layers: 1, bias: true, bidirectional: false, dropout: 0.0 }
    }

    /// So many layers, each on the outputs of the one before.
    pub fn layers(self, layers: usize) -> Self {
        RecurrentConfig { layers, ..self }
    }

    /// With or without biases.
    pub fn bias(self, bias: bool) -> Self {
        RecurrentConfig { bias, ..self }
    }

    /// Also from the end to the beginning; the outputs of both directions stand side by side.
    pub fn bidirectional(self, bidirectional: bool) -> Self {
        RecurrentConfig { bidirectional, ..self }
    }

    /// Dropout of the outputs of every layer but the last.
    pub fn dropout(self, dropout: f64) -> Self {
        RecurrentConfig { dropout, ..self }
    }

    /// Adds the parameters to the store, uniform in ±1/√hidden as PyTorch's.
    ///
    /// # Panics
    /// When there are parameters of the same names at this place already, or no layer.
    #[track_caller]
    pub fn build<F: Real>(self, mut params: ParamPath<'_, F>) -> Recurrent {
        let RecurrentConfig { cell, inputs, hidden, layers, bias, bidirectional, dropout } = self;
        assert!(layers > 0, "Recurrent: needs at least one layer");
        let init = Uniform { bound: 1.0 / (hidden.max(1) as f64).sqrt() };
        let (directions, width) = (1 + usize::from(bidirectional), cell.gates() * hidden);
        let mut parts = Vec::with_capacity(layers * directions);
        for layer in 0..layers {
            let features = if layer == 0 { inputs } else { directions * hidden };
            for reverse in [false, true].into_iter().take(directions) {
                let suffix = format!("_l{layer}{}", if reverse { "_reverse" } else { "" });
                let name = |what: &str| format!("{what}{suffix}");
                let weight_ih = params.param(&name("weight_ih"), [width, features], init);
                let weight_hh = params.param(&name("weight_hh"), [width, hidden], init);
                let bias_ih = bias.then(|| params.param(&name("bias_ih"), [width], init));
                let bias_hh = bias.then(|| params.param(&name("bias_hh"), [width], init));
                parts.push(Direction { cell, reverse, weight_ih, weight_hh, bias_ih, bias_hh });
            }
        }
        Recurrent { cell, hidden, directions, parts, dropout }
    }
}
