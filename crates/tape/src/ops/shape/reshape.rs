//! The same numbers under another shape: `dx = g`, under the old shape. Copies nothing.

use crate::{Op, Reads, Real, Shape, Var, Vjp};

#[derive(Clone, Copy)]
struct Reshape;

impl<F: Real> Op<F> for Reshape {
    fn name(&self) -> &'static str {
        "reshape"
    }

    fn vjp<'t>(&self, cx: &mut Vjp<'_, 't, F>) {
        cx.give(0, |c| c.g.reshape(c.shape(0)));
    }

    fn reads(&self) -> Reads {
        Reads::NONE
    }

    /// The numbers are those of the input: where that is computed again, so is this.
    fn recomputes(&self) -> bool {
        true
    }

    fn recompute<'t>(&self, inputs: &[Var<'t, F>]) -> Var<'t, F> {
        inputs[0]
    }

    fn flops(&self, _: &[Shape], _: Shape) -> u64 {
        0
    }
}

impl<'t, F: Real> Var<'t, F> {
    /// The same numbers, in row-major order, under another shape.
    ///
    /// Formulas: [`ops::shape::reshape`](mod@crate::ops::shape::reshape).
    ///
    /// # Panics
    /// When the number of elements differs.
    #[track_caller]
    pub fn reshape(self, shape: impl Into<Shape>) -> Self {
        let (from, to) = (self.shape(), shape.into());
        if from == to {
            return self;
        }
        if from.len() != to.len() {
            self.graph().fail(format_args!("reshape: numbers of elements differ: left {from}, right {to}"));
        }
        self.graph().record_view(Reshape, self, to)
    }

    /// All axes from `first` on as one: `[batch, channels, height, width]` becomes `[batch, …]` for `first` = 1.
    ///
    /// Formulas: [`ops::shape::reshape`](mod@crate::ops::shape::reshape).
    ///
    /// # Panics
    /// When there are fewer than `first` axes.
    #[track_caller]
    pub fn flatten(self, first: usize) -> Self {
        let shape = self.shape();
        if first > shape.rank() {
            self.graph().fail(format_args!("flatten: first axis: left {first}, right {shape}"));
        }
        let mut to = Shape::new(&shape.dims()[..first]);
        to.push(shape.dims()[first..].iter().product());
        self.reshape(to)
    }
}

#[cfg(test)]
mod tests {
    use crate::gradcheck;

    #[test]
    fn reshape() {
        gradcheck::shapes(|x| x.reshape([2, 6]), -2.0..2.0, &[&[12], &[3, 4], &[2, 6]]);
        gradcheck::shapes(|x| x.reshape([3, 0]), -2.0..2.0, &[&[0], &[2, 0]]);
        gradcheck::shapes(|x| x.flatten(1), -2.0..2.0, &[&[2, 3, 4], &[5], &[2, 3]]);
    }
}
