//! Where a number stopped to be one.

use crate::{Outcome, Task};
use tape::{Params, Tape, TracedOp};

/// Computes a step again, op by op, and says which op gave the first result that is not finite.
pub(super) fn first_bad_op<B>(params: &Params, batch: &B, task: &impl Task<B>) -> String {
    let mut tape = Tape::new();
    tape.set_tracing(true);
    tape.grad(params, |t| {
        let Outcome { loss, .. } = task.outcome(t, batch);
        loss
    });
    let Some(TracedOp { name, layer, shape, rule, .. }) = tape.traced().into_iter().find(|op| !op.is_finite) else {
        return String::new();
    };
    let place = if layer.is_empty() { String::new() } else { format!(" in {layer}") };
    match rule {
        None => format!("; the first op whose result is not finite is {name}{place}, of shape {shape}"),
        Some(rule) => format!("; it arises in the rule of {rule}, where {name} gives a result of shape {shape}"),
    }
}
