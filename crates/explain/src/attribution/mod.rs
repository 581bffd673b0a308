//! The techniques that say what a score depends on.

mod backprop;
mod grad_cam;
mod integrated;
mod layer;
mod occlusion;
mod quadrature;
mod smooth;
#[cfg(test)]
mod tests;

pub use backprop::{Deconvnet, GuidedBackprop, InputTimesGradient, Saliency};
pub use grad_cam::{GradCam, GuidedGradCam};
pub use integrated::IntegratedGradients;
pub use layer::{LayerActivation, LayerConductance};
pub use occlusion::Occlusion;
pub use smooth::SmoothGrad;
