//! [`Real`]: the two precisions at which a tape computes.

use crate::{AnyVar, Var};
use kernels::Float;

/// A precision of the tape: `f32`, in which models train, or `f64`, in which gradients are checked.
pub trait Real: Float {
    /// The handle with its precision erased.
    #[doc(hidden)]
    fn erase(var: Var<'_, Self>) -> AnyVar<'_>;

    /// The handle at this precision; `None` where it has the other.
    #[doc(hidden)]
    fn restore(var: AnyVar<'_>) -> Option<Var<'_, Self>>;
}

macro_rules! real {
    ($float:ident, $variant:ident) => {
        impl Real for $float {
            fn erase(var: Var<'_, Self>) -> AnyVar<'_> {
                AnyVar::$variant(var)
            }
            fn restore(var: AnyVar<'_>) -> Option<Var<'_, Self>> {
                match var {
                    AnyVar::$variant(var) => Some(var),
                    _ => None,
                }
            }
        }
    };
}

real!(f32, F32);
real!(f64, F64);
