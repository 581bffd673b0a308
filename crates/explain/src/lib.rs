//! What a network looks at, and how it can be fooled.
//!
//! A technique is a small struct with the verb `attribute`. It takes the model as a closure, from a batch of pictures
//! `[n, channels, height, width]` to one score a picture, `[n]`; the result has the shape of what it speaks of. Nothing is
//! asked of the model: gradients are taken of anything on the tape, and the techniques that change the rules of
//! differentiation do so in the sweep, so that no activation can be missed.
//!
//! GradCAM in six lines:
//!
//! ```
//! use retrograde_explain::{GradCam, class_scores};
//! # extern crate tape as retrograde_tape;
//! use retrograde_nn::{AdaptiveAvgPool2d, Conv2d, Flatten, Layer, Linear, Relu, Sequential};
//! # extern crate nn as retrograde_nn;
//! # use retrograde_tape::{Params, Tape, Tensor};
//! # let mut params = Params::<f32>::new(0);
//! # let mut root = params.root();
//! # let features = Sequential::new().then(Conv2d::new(root.at("conv"), 3, 8, 3)).then(Relu);
//! # let head = Sequential::new().then(AdaptiveAvgPool2d([1, 1])).then(Flatten).then(Linear::new(root.at("fc"), 8, 5));
//! # let picture = Tensor::from_fn([1, 3, 16, 16], |i| (i % 7) as f32 / 7.0);
//! let map = GradCam::default().attribute(&mut Tape::new(), &params, &picture, |x| {
//!     let activation = features.forward(x);
//!     (activation, class_scores(head.forward(activation), 3))
//! })?;
//! assert_eq!(map.shape().dims(), [1, 14, 14]);
//! # Ok::<(), retrograde_explain::NoGradient>(())
//! ```

mod ascent;
mod attribution;
mod error;
mod maps;
mod paint;
mod resample;
mod score;

pub use ascent::{Attack, ClassVisualization, DeepDream, Distance, Fooled, Fooling, Norm};
pub use attribution::{
    Deconvnet, GradCam, GuidedBackprop, GuidedGradCam, InputTimesGradient, IntegratedGradients, LayerActivation,
    LayerConductance, Occlusion, Saliency, SmoothGrad,
};
pub use error::NoGradient;
pub use maps::{max_over_channels, scaled};
pub use paint::{Painted, Start, StyleTargets, StyleTransfer, content_loss, gram_matrix, style_loss, total_variation};
pub use resample::{Filter, resample};
pub use score::{class_scores, scoring};
