//! One sweep back to the picture, by the usual rules or by others.

use crate::NoGradient;
use crate::score::{gradients, plain_gradients};
use tape::{Params, Real, Rewrite, Tape, Tensor, Var};

macro_rules! technique {
    ($(#[$meta:meta])* $name:ident, |$tape:ident, $params:ident, $pictures:ident, $score:ident| $body:expr) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
        pub struct $name;

        impl $name {
            /// The attribution to every number of a batch of pictures, in their shape.
            ///
            /// # Errors
            /// [`NoGradient`].
            ///
            /// # Panics
            /// When there is not one score a picture.
            #[track_caller]
            pub fn attribute<F: Real>(
                &self,
                $tape: &mut Tape<F>,
                $params: &Params<F>,
                $pictures: &Tensor<F>,
                $score: impl for<'t> Fn(Var<'t, F>) -> Var<'t, F>,
            ) -> Result<Tensor<F>, NoGradient> {
                $body
            }
        }
    };
}

technique! {
    /// Saliency: `|∂s/∂x|` (Simonyan et al., *Deep inside convolutional networks*, 2014).
    /// [`max_over_channels`](crate::max_over_channels) makes one map of it.
    Saliency, |tape, params, pictures, score| {
        let gradient = plain_gradients(tape, params, pictures, &score)?;
        Ok(Tensor::from_fn(gradient.shape(), |i| gradient.as_slice()[i].abs()))
    }
}

technique! {
    /// Input times gradient: `x · ∂s/∂x` (Shrikumar et al., *Not just a black box*, 2016).
    InputTimesGradient, |tape, params, pictures, score| {
        let gradient = plain_gradients(tape, params, pictures, &score)?;
        Ok(Tensor::from_fn(gradient.shape(), |i| pictures.as_slice()[i] * gradient.as_slice()[i]))
    }
}

technique! {
    /// Guided backpropagation: at every ReLU `g · (g > 0) · (x > 0)`
    /// (Springenberg et al., *Striving for simplicity: the all convolutional net*, 2015).
    GuidedBackprop, |tape, params, pictures, score| {
        let (scores, gradient) = gradients(tape, params, pictures, &score, |op, cotangent| match op {
            "relu" => Rewrite::Cotangent(cotangent.relu()),
            _ => Rewrite::Keep,
        });
        NoGradient::check(scores.as_slice(), gradient.as_slice())?;
        Ok(gradient)
    }
}

technique! {
    /// Deconvolution: at every ReLU `g · (g > 0)`, whatever its input
    /// (Zeiler and Fergus, *Visualizing and understanding convolutional networks*, 2014).
    Deconvnet, |tape, params, pictures, score| {
        let (scores, gradient) = gradients(tape, params, pictures, &score, |op, cotangent| match op {
            "relu" => Rewrite::Replace(cotangent.relu()),
            _ => Rewrite::Keep,
        });
        NoGradient::check(scores.as_slice(), gradient.as_slice())?;
        Ok(gradient)
    }
}
