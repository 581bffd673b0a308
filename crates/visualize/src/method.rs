//! The attribution methods, by their names on the command line.

use crate::network::Network;
use clap::ValueEnum;
use explain::{
    Deconvnet, Filter, GradCam, GuidedBackprop, GuidedGradCam, InputTimesGradient, IntegratedGradients, NoGradient,
    Occlusion, Saliency, SmoothGrad, class_scores, max_over_channels, resample, scoring,
};
use tape::{Tape, Tensor};

/// A method.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Method {
    Saliency,
    InputTimesGradient,
    SmoothGrad,
    IntegratedGradients,
    GuidedBackprop,
    Deconvnet,
    GradCam,
    GuidedGradCam,
    Occlusion,
}

/// A method, or all of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum MethodChoice {
    /// The slope of the score
    Saliency,
    /// The slope times the number
    InputTimesGradient,
    /// The mean slope over noisy copies
    Smoothgrad,
    /// The mean slope on the way from black, times the number
    IntegratedGradients,
    /// Slopes that are positive all the way back
    GuidedBackprop,
    /// Positive slopes, whatever was active
    Deconvnet,
    /// The parts of a layer that speak for the class
    Gradcam,
    /// Guided backpropagation where GradCAM looks
    GuidedGradcam,
    /// How the score falls where a window is covered
    Occlusion,
    /// All of these
    All,
}

impl MethodChoice {
    /// The methods that are meant.
    pub(crate) fn list(self) -> Vec<Method> {
        vec![match self {
            MethodChoice::Saliency => Method::Saliency,
            MethodChoice::InputTimesGradient => Method::InputTimesGradient,
            MethodChoice::Smoothgrad => Method::SmoothGrad,
            MethodChoice::IntegratedGradients => Method::IntegratedGradients,
            MethodChoice::GuidedBackprop => Method::GuidedBackprop,
            MethodChoice::Deconvnet => Method::Deconvnet,
            MethodChoice::Gradcam => Method::GradCam,
            MethodChoice::GuidedGradcam => Method::GuidedGradCam,
            MethodChoice::Occlusion => Method::Occlusion,
            MethodChoice::All => return Method::ALL.to_vec(),
        }]
    }
}

/// What a method gives, for each pixel.
pub(crate) struct Map {
    /// Row by row.
    pub(crate) numbers: Vec<f64>,
    /// Whether numbers below 0 speak against the class.
    pub(crate) signed: bool,
    /// What else is to be said.
    pub(crate) note: Option<String>,
}

impl Method {
    pub(crate) const ALL: [Method; 9] = [
        Method::Saliency,
        Method::InputTimesGradient,
        Method::SmoothGrad,
        Method::IntegratedGradients,
        Method::GuidedBackprop,
        Method::Deconvnet,
        Method::GradCam,
        Method::GuidedGradCam,
        Method::Occlusion,
    ];

    /// The name in figures.
    pub(crate) fn title(self) -> &'static str {
        match self {
            Method::Saliency => "saliency",
            Method::InputTimesGradient => "input × gradient",
            Method::SmoothGrad => "SmoothGrad",
            Method::IntegratedGradients => "integrated gradients",
            Method::GuidedBackprop => "guided backprop",
            Method::Deconvnet => "deconvnet",
            Method::GradCam => "GradCAM",
            Method::GuidedGradCam => "guided GradCAM",
            Method::Occlusion => "occlusion",
        }
    }

    /// The name on the command line.
    pub(crate) fn flag(self) -> &'static str {
        match self {
            Method::Saliency => "saliency",
            Method::InputTimesGradient => "input-times-gradient",
            Method::SmoothGrad => "smoothgrad",
            Method::IntegratedGradients => "integrated-gradients",
            Method::GuidedBackprop => "guided-backprop",
            Method::Deconvnet => "deconvnet",
            Method::GradCam => "gradcam",
            Method::GuidedGradCam => "guided-gradcam",
            Method::Occlusion => "occlusion",
        }
    }

    /// The map of a picture `[1, 3, height, width]` for a class; GradCAM looks at the layer at a place.
    pub(crate) fn map(
        self,
        tape: &mut Tape,
        network: &Network,
        picture: &Tensor,
        class: usize,
        layer: usize,
    ) -> Result<Map, NoGradient> {
        let params = &network.params;
        let &[_, channels, height, width] = picture.shape().dims() else { unreachable!("a picture has four axes") };
        let score = scoring::<f32, _>(|x| class_scores(network.logits(x), class));
        let signed = |x: Tensor| Map { numbers: over_channels(&x, channels), signed: true, note: None };
        let plain = |x: Tensor| {
            let numbers = x.as_slice().iter().map(|&x| f64::from(x)).collect();
            Map { numbers, signed: false, note: None }
        };
        Ok(match self {
            Method::Saliency => plain(max_over_channels(&Saliency.attribute(tape, params, picture, score)?)),
            Method::InputTimesGradient => signed(InputTimesGradient.attribute(tape, params, picture, score)?),
            Method::SmoothGrad => {
                let mean = SmoothGrad::default().attribute(tape, params, picture, score)?;
                let magnitude = Tensor::from_fn(mean.shape(), |i| mean.as_slice()[i].abs());
                plain(max_over_channels(&magnitude))
            }
            Method::IntegratedGradients => {
                let technique = IntegratedGradients::new();
                let attribution = technique.attribute(tape, params, picture, score)?;
                let errors = technique.completeness_error(tape, params, picture, &attribution, score);
                let note = format!("completeness error {:.2} %", 100.0 * errors[0]);
                Map { note: Some(note), ..signed(attribution) }
            }
            Method::GuidedBackprop => signed(GuidedBackprop.attribute(tape, params, picture, score)?),
            Method::Deconvnet => signed(Deconvnet.attribute(tape, params, picture, score)?),
            Method::GradCam => {
                let map = GradCam::default().attribute(tape, params, picture, |x| network.scored(x, layer, class))?;
                plain(resample(&map, [height, width], Filter::Bicubic))
            }
            Method::GuidedGradCam => {
                signed(GuidedGradCam::default().attribute(tape, params, picture, |x| network.scored(x, layer, class))?)
            }
            Method::Occlusion => {
                // A seventh of the picture, as often as makes some 200 windows.
                let (window, stride) = (height.min(width).div_ceil(7), height.min(width).div_ceil(16));
                let falls = Occlusion::new(window, stride).attribute(tape, params, picture, score);
                Map { signed: true, ..plain(falls) }
            }
        })
    }
}

/// The sum over the channels.
fn over_channels(x: &Tensor, channels: usize) -> Vec<f64> {
    let area = x.shape().len() / channels;
    let number = |i: usize| (0..channels).map(|channel| f64::from(x.as_slice()[channel * area + i])).sum();
    (0..area).map(number).collect()
}
