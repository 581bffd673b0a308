//! What a training step gives back early: values that no rule of differentiation [reads](crate::Op::reads), and those that
//! their op rather [computes again](crate::Op::recompute) than keeps.
//!
//! Handles may be read as long as they live, so this happens where they end: with a [scope](Graph::scope) and, for the
//! whole step, with its closure. The values that a rule reads are those it says; [gradient checks](crate::gradcheck) give
//! all others back first, so that a rule that reads one finds nothing.

use crate::node::{Nodes, Stored};
use crate::tape::Restore;
use crate::{Activation, Graph, Op, Real};
use triomphe::Arc;

/// Values of fewer numbers stay: they save little, and steps of many small ones would pay for the search.
pub(crate) const LEAST: usize = 1 << 12;

/// How many inputs an op that recomputes its result has at most.
const INPUTS: usize = 8;

/// What is known of a value.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate {
    Unread,
    Read,
    /// A handle of it lives on.
    Held,
}

impl<F: Real> Nodes<F> {
    /// Whether a value is there, or can be computed again.
    fn is_at_hand(&self, id: usize) -> bool {
        let node = &self.list[id];
        !matches!(node.value, Stored::Released) || self.can_recompute(id)
    }

    /// Whether a value could be computed again.
    fn can_recompute(&self, id: usize) -> bool {
        self.list[id].op.as_ref().is_some_and(|op| op.recomputes())
            && self.inputs(id).iter().all(|&input| self.is_at_hand(input as usize))
    }

    /// Marks what the rules of the nodes from `from` on read of each other; `fates[0]` is that of the node `from`.
    fn mark_what_is_read(&self, from: usize, fates: &mut [Fate]) {
        for (id, node) in self.list.iter().enumerate().skip(from) {
            let Some(op) = &node.op else { continue };
            let (reads, recomputes) = (op.reads(), op.recomputes());
            let gone = recomputes && matches!(node.value, Stored::Released);
            for (i, &input) in self.inputs(id).iter().enumerate() {
                // What the activation of the input reads is the input, unless this rule has done its work.
                let is_left = |activation| match activation {
                    Activation::Identity => false,
                    Activation::Relu => i > 0 || !op.can_gate(),
                    Activation::Sigmoid | Activation::Tanh => true,
                };
                let reads_itself = |made: &dyn Op<F>| is_left(made.activation()) && !made.recomputes();
                let by_activation = || self.list[input as usize].op.as_deref().is_some_and(reads_itself);
                if let Some(fate) = (input as usize).checked_sub(from).map(|input| &mut fates[input])
                    && *fate == Fate::Unread
                    && (gone || reads.has_input(i) || by_activation())
                {
                    *fate = Fate::Read;
                }
            }
            if reads.has_result() && fates[id - from] == Fate::Unread {
                fates[id - from] = Fate::Read;
            }
        }
    }

    /// Whether a value that no handle holds gives its memory back.
    fn gives_back(&self, id: usize, fate: Fate) -> bool {
        let node = &self.list[id];
        let alone = match &node.value {
            Stored::Float(buffer) => Arc::strong_count(buffer) == 1,
            Stored::Indices(buffer) => Arc::strong_count(buffer) == 1,
            Stored::Mask(buffer) => Arc::strong_count(buffer) == 1,
            Stored::Released => return false,
        };
        match fate {
            Fate::Held => false,
            // A leaf that something else holds may be asked for again: parameters are.
            Fate::Unread => node.op.is_some() || alone,
            Fate::Read => alone && self.can_recompute(id),
        }
    }
}

impl<'t, F: Real> Graph<'t, F> {
    /// Gives values of `least` numbers or more back among those of the nodes from `from` on: those that no rule reads, and
    /// those that can be computed again. `held` are numbers of nodes whose handles live on.
    pub(crate) fn release_unread(&self, from: usize, held: impl Iterator<Item = usize>, least: usize) {
        let mut nodes = self.tape.nodes.borrow_mut();
        let mut fates = self.tape.fates.borrow_mut();
        fates.clear();
        fates.resize(nodes.list.len() - from, Fate::Unread);
        held.filter(|&id| id >= from).for_each(|id| fates[id - from] = Fate::Held);
        nodes.mark_what_is_read(from, &mut fates);
        // Ascending, so that what a value would be computed from has been decided upon.
        for (id, &fate) in (from..).zip(&*fates) {
            if nodes.list[id].shape.len() >= least && nodes.gives_back(id, fate) {
                let node = &mut nodes.list[id];
                self.release(node);
                if node.op.as_ref().is_some_and(|op| op.recomputes()) {
                    self.tape.has_gaps.set(true);
                }
            }
        }
    }

    /// Computes again what the rule of a node will read and was given back. `plain`: without rewrites, of first order.
    pub(crate) fn fill_gaps(&'t self, id: usize, plain: bool) {
        let nodes = self.tape.nodes.borrow();
        let Some(op) = &nodes.list[id].op else { return };
        let (reads, count) = (op.reads(), nodes.inputs(id).len());
        let by_activation = op.activation() != Activation::Identity && !(plain && op.differentiates_activation());
        let reads_result = reads.has_result() || by_activation || !plain;
        drop(nodes);
        for i in (0..count).filter(|&i| reads.has_input(i)) {
            let input = self.input_of(id as u32, i);
            self.restore(input as usize);
        }
        if reads_result {
            self.restore(id);
        }
    }

    /// Computes a value again if it was given back and its op does so.
    fn restore(&'t self, id: usize) {
        let nodes = self.tape.nodes.borrow();
        let node = &nodes.list[id];
        let gone = matches!(node.value, Stored::Released) && node.op.as_ref().is_some_and(|op| op.recomputes());
        let count = nodes.inputs(id).len();
        drop(nodes);
        if !gone {
            return;
        }
        (0..count).for_each(|i| self.restore(self.input_of(id as u32, i) as usize));
        let mut inputs = [self.var_at(0); INPUTS];
        inputs.iter_mut().take(count).enumerate().for_each(|(i, x)| *x = self.var_at(self.input_of(id as u32, i)));
        let mark = self.node_count();
        let again = {
            let _recording = Restore::replace(&self.tape.recording, false);
            let op = self.borrow_op(id);
            op.get().recompute(&inputs[..count])
        };
        let value = self.stored(again);
        self.truncate(mark);
        self.tape.nodes.borrow_mut().list[id].value = value;
    }
}
