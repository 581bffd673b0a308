//! Layers without parameters.

use crate::Layer;
use tape::{Real, Var};

macro_rules! stateless {
    ($($(#[$meta:meta])* $name:ident => |$x:ident| $body:expr;)*) => {$(
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, Default)]
        pub struct $name;

        impl Layer for $name {
            fn forward<'t, F: Real>(&self, $x: Var<'t, F>) -> Var<'t, F> {
                $body
            }
        }
    )*};
}

stateless! {
    /// Rectified linear unit, [`Var::relu`].
    Relu => |x| x.relu();
    /// Logistic function, [`Var::sigmoid`].
    Sigmoid => |x| x.sigmoid();
    /// Hyperbolic tangent, [`Var::tanh`].
    Tanh => |x| x.tanh();
    /// All axes but the batch as one, [`Var::flatten`].
    Flatten => |x| x.flatten(1);
}
