//! [`Summary`]: the layers of a model as a table.

use std::fmt;
use tape::{Graph, Params, Shape, Tape, TracedOp, Var};

/// One op of a model, or a layer of one op.
#[derive(Clone, Debug, PartialEq)]
pub struct SummaryRow {
    /// The path of the layer; empty for an op outside of layers.
    pub layer: String,
    /// The op.
    pub op: &'static str,
    /// The shape of its result.
    pub output: Shape,
    /// Numbers in the parameters of the layer; 0 in further rows of the same layer.
    pub parameters: usize,
    /// Floating-point operations of the forward pass.
    pub flops: u64,
}

/// What a model consists of, and what a batch costs. Its `Display` is a table.
#[derive(Clone, Debug)]
pub struct Summary {
    /// In the order of computation.
    pub rows: Vec<SummaryRow>,
    /// Numbers in all parameters.
    pub parameters: usize,
    /// Floating-point operations of the forward pass.
    pub flops: u64,
    /// Bytes that a training step keeps: parameters, gradients, and values on the tape.
    pub bytes: usize,
}

impl Summary {
    /// Of a model that turns its input, as `input` puts it on the tape, into some value.
    ///
    /// # Panics
    /// When the model does not suit the input.
    pub fn of(params: &Params, model: impl for<'t> Fn(&'t Graph<'t>) -> Var<'t>) -> Summary {
        let mut tape = Tape::new();
        tape.set_tracing(true);
        tape.eval(params, |t| model(t).shape().len());
        let mut rows: Vec<SummaryRow> = Vec::new();
        for TracedOp { name, layer, shape, flops, .. } in tape.traced() {
            let prefix = format!("{layer}.");
            let belongs = |name: &str| !layer.is_empty() && name.starts_with(&prefix);
            let own = params.entries().iter().filter(|p| !p.is_buffer() && belongs(p.name()));
            let seen = rows.iter().any(|row| row.layer == layer);
            let parameters = if seen { 0 } else { own.map(|p| p.tensor().shape().len()).sum() };
            rows.push(SummaryRow { layer, op: name, output: shape, parameters, flops });
        }
        let mut tape = Tape::new();
        tape.grad(params, |t| model(t).sum(..));
        let bytes = tape.bytes() + 2 * params.count() * size_of::<f32>();
        let flops = rows.iter().map(|row| row.flops).sum();
        Summary { rows, parameters: params.count(), flops, bytes }
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{:<16}{:<20}{:<20}{:>12}{:>16}", "layer", "op", "output", "parameters", "FLOPs")?;
        for SummaryRow { layer, op, output, parameters, flops } in &self.rows {
            writeln!(f, "{layer:<16}{op:<20}{:<20}{parameters:>12}{flops:>16}", output.to_string())?;
        }
        writeln!(f, "{:<56}{:>12}{:>16}", "in all", self.parameters, self.flops)?;
        write!(f, "memory of a training step: {:.1} MiB", self.bytes as f64 / f64::from(1 << 20))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tape::Tensor;

    #[test]
    fn sums_are_those_of_the_formulas() {
        let mut params = Params::<f32>::new(0);
        let a = params.root().at("first").param("weight", [32, 50], 0.1);
        let b = params.root().at("second").param("weight", [10, 32], 0.1);
        let summary = Summary::of(&params, |t| {
            let x = t.input(&Tensor::full([8, 50], 1.0));
            let hidden = {
                let _layer = t.within(a);
                x.matmul(t.param(a).transpose(0, 1)).tanh()
            };
            let _layer = t.within(b);
            hidden.matmul(t.param(b).transpose(0, 1))
        });
        let matmuls: Vec<_> = summary.rows.iter().filter(|row| row.op == "matmul").collect();
        assert_eq!([matmuls[0].flops, matmuls[1].flops], [2 * 8 * 50 * 32, 2 * 8 * 32 * 10]);
        assert_eq!([matmuls[0].output, matmuls[1].output], [Shape::from([8, 32]), Shape::from([8, 10])]);
        let parameters: Vec<_> = summary.rows.iter().map(|row| row.parameters).filter(|&count| count > 0).collect();
        assert_eq!(parameters, [1600, 320]);
        assert_eq!(summary.parameters, 1920);
        assert_eq!(summary.flops, summary.rows.iter().map(|row| row.flops).sum::<u64>());
        let tanh = summary.rows.iter().find(|row| row.op == "tanh").unwrap();
        assert_eq!((tanh.layer.as_str(), tanh.output), ("first", Shape::from([8, 32])));
        assert!(summary.bytes > (2 * 1920 + 8 * (32 + 10)) * 4);
    }
}
