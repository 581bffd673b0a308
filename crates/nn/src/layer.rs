//! [`Layer`]: a function of one value with parameters, at either precision.

use tape::{AnyVar, Real, Var};

/// A part of a model: one value in, one value out.
///
/// The same layer runs at `f32` and `f64`, so that a model can be checked against central differences as it is. Layers
/// of several inputs are plain methods; this trait is for what stands in a [`Sequential`](crate::Sequential).
pub trait Layer {
    /// The layer's result.
    ///
    /// # Panics
    /// When the shape does not suit the layer; the message names the layer's path.
    #[track_caller]
    fn forward<'t, F: Real>(&self, x: Var<'t, F>) -> Var<'t, F>;
}

/// Every [`Layer`], as an object: for lists of unlike layers.
pub trait DynLayer {
    /// The layer's result, at the precision of `x`.
    fn forward_any<'t>(&self, x: AnyVar<'t>) -> AnyVar<'t>;
}

impl<L: Layer> DynLayer for L {
    fn forward_any<'t>(&self, x: AnyVar<'t>) -> AnyVar<'t> {
        match x {
            AnyVar::F32(x) => AnyVar::F32(self.forward(x)),
            AnyVar::F64(x) => AnyVar::F64(self.forward(x)),
        }
    }
}
