//! Comparisons: `y = 1` where they hold, else 0, as a mask, through which nothing is differentiated. Every comparison with
//! NaN is false, but for `ne`.

use crate::{Graph, MaskVar, Real, Var};

/// What a value can be compared with, or replaced by: another value, which broadcasts, or a number.
pub trait Operand<'t, F: Real> {
    /// The operand on the graph.
    #[doc(hidden)]
    fn on(self, graph: &'t Graph<'t, F>) -> Var<'t, F>;
}

impl<'t, F: Real> Operand<'t, F> for Var<'t, F> {
    fn on(self, _: &'t Graph<'t, F>) -> Var<'t, F> {
        self
    }
}

impl<'t, F: Real> Operand<'t, F> for f64 {
    fn on(self, graph: &'t Graph<'t, F>) -> Var<'t, F> {
        graph.scalar(self)
    }
}

macro_rules! comparisons {
    ($($name:ident, $operator:tt, $symbol:literal;)*) => {
        impl<'t, F: Real> Var<'t, F> {$(
            #[doc = concat!("Where `x ", $symbol, " other`, elementwise; `other` is a value, which broadcasts, or a number.")]
            ///
            /// # Panics
            /// When the shapes do not broadcast.
            #[track_caller]
            pub fn $name(self, other: impl Operand<'t, F>) -> MaskVar<'t, F> {
                self.compare(stringify!($name), other.on(self.graph()), |a, b| u8::from(a $operator b))
            }
        )*}
    };
}

comparisons! {
    gt, >, ">";
    ge, >=, "≥";
    lt, <, "<";
    le, <=, "≤";
    eq, ==, "=";
    ne, !=, "≠";
}

impl<'t, F: Real> Var<'t, F> {
    #[track_caller]
    fn compare(self, name: &str, other: Self, f: impl Fn(F, F) -> u8 + Sync + Copy) -> MaskVar<'t, F> {
        let (a, b) = (self.shape(), other.shape());
        let Some(shape) = a.broadcast(b) else {
            self.graph().fail(format_args!("{name}: shapes do not broadcast: left {a}, right {b}"))
        };
        let (x, z) = (self.value(), other.value());
        self.graph().compute_mask(shape, |mask| kernels::zip_broadcast(&x, a, &z, b, mask, shape, f))
    }
}

#[cfg(test)]
mod tests {
    use crate::{Params, Tape, Tensor};

    #[test]
    fn comparisons() {
        Tape::<f32>::new().eval(&Params::new(0), |t| {
            let x = t.input(&Tensor::from_vec([4], vec![-1.0, 0.0, 2.0, f32::NAN]));
            assert_eq!(*x.gt(0.0).value(), [0, 0, 1, 0]);
            assert_eq!(*x.ge(0.0).value(), [0, 1, 1, 0]);
            assert_eq!(*x.lt(0.0).value(), [1, 0, 0, 0]);
            assert_eq!(*x.le(0.0).value(), [1, 1, 0, 0]);
            assert_eq!(*x.eq(2.0).value(), [0, 0, 1, 0]);
            assert_eq!(*x.ne(2.0).value(), [1, 1, 0, 1]);
            let y = t.input(&Tensor::from_vec([2, 1], vec![0.0, 2.0]));
            assert_eq!(x.lt(y).shape().dims(), [2, 4]);
            assert_eq!(*x.lt(y).value(), [1, 0, 0, 0, 1, 1, 0, 0]);
        });
    }

    #[test]
    #[should_panic(expected = "gt: shapes do not broadcast: left [4], right [3]")]
    fn shapes_must_broadcast() {
        Tape::<f32>::new().eval(&Params::new(0), |t| {
            t.full([4], 0.0).gt(t.full([3], 0.0));
        });
    }
}
