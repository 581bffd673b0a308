//! Handles of values on the tape: [`Var`], [`IndexVar`], [`MaskVar`].

use crate::{Activation, Graph, Real, Shape, Tensor, Value};
use std::fmt;

/// A value on a tape: `Copy`, 16 bytes, with all the operations as methods and operators.
///
/// It cannot leave the closure that recorded it:
///
/// ```compile_fail
/// use retrograde_tape::{Params, Tape, Tensor};
/// let mut kept = None;
/// Tape::new().run(&Params::<f32>::new(0), |t| { kept = Some(t.input(&Tensor::scalar(1.0))); });
/// ```
///
/// nor its thread:
///
/// ```compile_fail
/// use retrograde_tape::{Params, Tape, Tensor};
/// Tape::new().run(&Params::<f32>::new(0), |t| {
///     let x = t.input(&Tensor::scalar(1.0));
///     std::thread::scope(|s| { s.spawn(|| x.sum(..)); });
/// });
/// ```
///
/// while one tape per thread over the same parameters is fine:
///
/// ```
/// use retrograde_tape::{Params, Tape, Tensor};
/// let params = Params::<f32>::new(0);
/// std::thread::scope(|s| {
///     for _ in 0..2 {
///         s.spawn(|| Tape::new().run(&params, |t| t.input(&Tensor::scalar(1.0)).item()));
///     }
/// });
/// ```
pub struct Var<'t, F: Real = f32> {
    graph: &'t Graph<'t, F>,
    /// The number of the node, and in the upper half its generation: with two words, a handle travels in registers.
    node: u64,
}

impl<F: Real> Clone for Var<'_, F> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<F: Real> Copy for Var<'_, F> {}

impl<'t, F: Real> Var<'t, F> {
    #[inline]
    pub(crate) fn new(graph: &'t Graph<'t, F>, id: u32, generation: u32) -> Self {
        Var { graph, node: u64::from(generation) << 32 | u64::from(id) }
    }

    #[inline]
    pub(crate) fn id(self) -> u32 {
        self.node as u32
    }

    #[inline]
    pub(crate) fn generation(self) -> u32 {
        (self.node >> 32) as u32
    }

    /// The graph that the value is on.
    #[inline]
    pub fn graph(self) -> &'t Graph<'t, F> {
        self.graph
    }

    /// The sizes along each axis.
    ///
    /// # Panics
    /// When the handle outlived its [`scope`](Graph::scope), as every operation on it does.
    #[inline]
    #[track_caller]
    pub fn shape(self) -> Shape {
        self.graph.shape_of(self)
    }

    /// The sizes along each axis, to be taken apart: `let [batch, features] = x.dims();`
    ///
    /// # Panics
    /// When there are not `N` axes.
    #[track_caller]
    pub fn dims<const N: usize>(self) -> [usize; N] {
        let shape = self.shape();
        match shape.dims().try_into() {
            Ok(dims) => dims,
            Err(_) => self.graph.fail(format_args!("dims: expected {N} axes, found shape {shape}")),
        }
    }

    /// Whether anything can be differentiated through the value: it depends on a leaf or a trainable parameter, and was
    /// recorded.
    #[track_caller]
    pub fn requires_grad(self) -> bool {
        self.graph.node(self).active
    }

    /// Whether an op that applies a ReLU to its result made the value, and something is differentiated through it: an op of
    /// such a value [can gate](crate::Op::can_gate).
    #[track_caller]
    pub fn is_of_relu(self) -> bool {
        self.graph.node(self).op.as_ref().is_some_and(|op| op.activation() == Activation::Relu)
    }

    /// The numbers, in row-major order. They may be kept across further operations.
    #[track_caller]
    pub fn value(self) -> Value<'t, F> {
        self.graph.floats_of(self)
    }

    /// The number of a value of one element.
    ///
    /// # Panics
    /// When there is not exactly one.
    #[track_caller]
    pub fn item(self) -> F {
        let shape = self.shape();
        if shape.len() != 1 {
            self.graph.fail(format_args!("item: needs one element, found shape {shape}"));
        }
        self.value()[0]
    }

    /// The numbers as a tensor that outlives the step, copied.
    #[track_caller]
    pub fn to_tensor(self) -> Tensor<F> {
        Tensor::from_slice(self.shape(), &self.value())
    }
}

impl<F: Real> fmt::Debug for Var<'_, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.to_tensor().fmt(f)
    }
}

/// Indices on a tape: `u32` numbers, through which nothing is differentiated.
pub struct IndexVar<'t, F: Real = f32>(pub(crate) Var<'t, F>);

/// A mask on a tape: 0 or 1 per element, through which nothing is differentiated.
pub struct MaskVar<'t, F: Real = f32>(pub(crate) Var<'t, F>);

macro_rules! discrete {
    ($name:ident, $number:ty, $numbers_of:ident) => {
        impl<F: Real> Clone for $name<'_, F> {
            fn clone(&self) -> Self {
                *self
            }
        }

        impl<F: Real> Copy for $name<'_, F> {}

        impl<'t, F: Real> $name<'t, F> {
            /// The graph that the value is on.
            pub fn graph(self) -> &'t Graph<'t, F> {
                self.0.graph
            }

            /// The sizes along each axis.
            #[track_caller]
            pub fn shape(self) -> Shape {
                self.0.shape()
            }

            /// The numbers, in row-major order.
            #[track_caller]
            pub fn value(self) -> Value<'t, $number> {
                self.0.graph.$numbers_of(self.0)
            }

            /// The numbers as a tensor that outlives the step, copied.
            #[track_caller]
            pub fn to_tensor(self) -> Tensor<$number> {
                Tensor::from_slice(self.shape(), &self.value())
            }
        }
    };
}

discrete!(IndexVar, u32, indices_of);
discrete!(MaskVar, u8, mask_of);

/// Any handle as an input of an op, so that floating-point numbers, indices and masks can stand in one list.
#[derive(Clone, Copy, Default)]
pub struct Input {
    pub(crate) id: u32,
    pub(crate) generation: u32,
}

impl<F: Real> From<Var<'_, F>> for Input {
    #[inline]
    fn from(var: Var<'_, F>) -> Input {
        Input { id: var.id(), generation: var.generation() }
    }
}

impl<F: Real> From<IndexVar<'_, F>> for Input {
    fn from(var: IndexVar<'_, F>) -> Input {
        var.0.into()
    }
}

impl<F: Real> From<MaskVar<'_, F>> for Input {
    fn from(var: MaskVar<'_, F>) -> Input {
        var.0.into()
    }
}

/// A handle whose precision is only known at run time, so that unlike layers can stand in one list.
#[derive(Clone, Copy)]
pub enum AnyVar<'t> {
    /// Single precision.
    F32(Var<'t, f32>),
    /// Double precision.
    F64(Var<'t, f64>),
}
