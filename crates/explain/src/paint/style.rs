//! [`StyleTransfer`].

use super::losses::{content_loss, gram_matrix, style_loss, total_variation};
use crate::score::sizes;
use optim::{Adam, Optimizer};
use rand_distr::{Distribution, StandardNormal};
use tape::{Params, Random, Real, Tape, Tensor, Var};

/// What the painting starts from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Start {
    /// The picture with the content.
    Content,
    /// Noise, from a seed.
    Noise(u64),
}

/// Style transfer: the content of one picture in the style of another (Gatys et al., 2016). What is minimized is the sum
/// of [`content_loss`], [`style_loss`] at several layers and [`total_variation`], by Adam on the pixels.
///
/// Layers are places as the model counts them. Without style layers, and from noise, this is feature inversion
/// (Mahendran and Vedaldi, *Understanding deep image representations by inverting them*, 2015).
#[derive(Clone, Debug, PartialEq)]
pub struct StyleTransfer {
    /// The layer whose features are the content.
    pub content_layer: usize,
    /// How much the content counts.
    pub content_weight: f64,
    /// The layers whose Gram matrices are the style, in ascending order, with how much each counts.
    pub style: Vec<(usize, f64)>,
    /// How much differences of neighbors count.
    pub total_variation: f64,
    /// How many steps.
    pub iterations: usize,
    /// The learning rate, and the one from a step on, where Adam also begins anew.
    pub rates: (f64, usize, f64),
    /// At the beginning of every step before this one, pixels are brought within this distance of 0.
    pub clamp: (usize, f64),
    /// What the painting starts from.
    pub start: Start,
}

/// What a painting is compared with; see [`StyleTransfer::targets`].
#[derive(Clone, Debug)]
pub struct StyleTargets<F: Real> {
    /// Features of the content.
    content: Tensor<F>,
    /// A Gram matrix for each layer of the style.
    grams: Vec<Tensor<F>>,
    /// The layers, in ascending order.
    places: Vec<usize>,
}

/// The three parts of the loss, after a number of steps.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Painted {
    /// How many steps were taken.
    pub steps: usize,
    /// Of the content.
    pub content: f64,
    /// Of the style, over all its layers.
    pub style: f64,
    /// Of neighbors.
    pub total_variation: f64,
}

impl StyleTransfer {
    /// With the usual optimization: 200 steps, rate 3, and 0.1 from step 180 on; pixels within ±1.5 before step 190.
    pub fn new(content_layer: usize, content_weight: f64, style: Vec<(usize, f64)>, total_variation: f64) -> Self {
        StyleTransfer {
            content_layer,
            content_weight,
            style,
            total_variation,
            iterations: 200,
            rates: (3.0, 180, 0.1),
            clamp: (190, 1.5),
            start: Start::Content,
        }
    }

    /// Features of a layer, inverted: no style, from noise.
    pub fn inversion(layer: usize, content_weight: f64, total_variation: f64, seed: u64) -> Self {
        StyleTransfer {
            start: Start::Noise(seed),
            ..StyleTransfer::new(layer, content_weight, Vec::new(), total_variation)
        }
    }

    /// What the losses compare with: features of the content, Gram matrices of the style. `activations` calls its last
    /// argument with the results of the layers at some places, which ascend.
    ///
    /// # Panics
    /// When there is more than one picture, or the places do not ascend.
    #[track_caller]
    pub fn targets<F: Real>(
        &self,
        tape: &mut Tape<F>,
        params: &Params<F>,
        content: &Tensor<F>,
        style: &Tensor<F>,
        activations: impl for<'t> Fn(Var<'t, F>, &[usize], &mut dyn FnMut(Var<'t, F>)),
    ) -> StyleTargets<F> {
        assert_eq!([sizes(content)[0], sizes(style)[0]], [1; 2], "style transfer: one picture and one style");
        let mut places: Vec<usize> = self.style.iter().map(|&(layer, _)| layer).collect();
        let mut grams = Vec::new();
        if !places.is_empty() {
            tape.eval(params, |t| {
                activations(t.input(style), &places, &mut |features| grams.push(gram_matrix(features).to_tensor()))
            });
        }
        let mut wished = None;
        tape.eval(params, |t| {
            activations(t.input(content), &[self.content_layer], &mut |features| wished = Some(features.to_tensor()))
        });
        places.push(self.content_layer);
        places.sort_unstable();
        places.dedup();
        StyleTargets { content: wished.expect("the features of a layer"), grams, places }
    }

    /// The losses of a picture `[1, channels, height, width]` on the tape: of the content, of the style over all its
    /// layers, and of neighbors; each of one element.
    ///
    /// # Panics
    /// When the picture has not the size of the content.
    #[track_caller]
    pub fn losses<'t, F: Real>(
        &self,
        x: Var<'t, F>,
        targets: &StyleTargets<F>,
        activations: impl Fn(Var<'t, F>, &[usize], &mut dyn FnMut(Var<'t, F>)),
    ) -> [Var<'t, F>; 3] {
        let t = x.graph();
        let (mut content, mut style) = (t.full([], 0.0), t.full([], 0.0));
        let (mut places, mut layers) = (targets.places.iter(), self.style.iter().zip(&targets.grams).peekable());
        activations(x, &targets.places, &mut |features| {
            let place = places.next().copied();
            if place == Some(self.content_layer) {
                content = content_loss(features, t.input(&targets.content), self.content_weight);
            }
            if let Some((&(_, weight), gram)) = layers.next_if(|((layer, _), _)| place == Some(*layer)) {
                style = style + style_loss(features, t.input(gram), weight);
            }
        });
        [content, style, total_variation(x, self.total_variation)]
    }

    /// The painting, in the shape of the content `[1, channels, height, width]`; the style may have another size.
    /// `activations` is that of [`targets`](Self::targets). `observe` sees the losses before every step and the picture,
    /// and those of the end.
    ///
    /// # Panics
    /// When there is more than one picture, or the places do not ascend.
    #[track_caller]
    pub fn paint<F: Real>(
        &self,
        tape: &mut Tape<F>,
        params: &Params<F>,
        content: &Tensor<F>,
        style: &Tensor<F>,
        activations: impl for<'t> Fn(Var<'t, F>, &[usize], &mut dyn FnMut(Var<'t, F>)),
        mut observe: impl FnMut(Painted, &Tensor<F>),
    ) -> Tensor<F> {
        let targets = self.targets(tape, params, content, style, &activations);

        // The picture is the only parameter that learns, beside those of the model.
        let mut params = params.clone();
        params.set_frozen(true, |_| true);
        let picture = params.root().at("explain").param("picture", content.shape(), 0.0);
        *params.get_mut(picture) = match self.start {
            Start::Content => content.clone(),
            Start::Noise(seed) => {
                let mut random = Random::new(seed, 0, 0);
                Tensor::from_fn(content.shape(), |_| F::from_f64(StandardNormal.sample(&mut random)))
            }
        };
        let (first, change, last) = self.rates;
        let mut adam = Adam::new(first);
        let (until, limit) = (self.clamp.0, F::from_f64(self.clamp.1));
        for step in 0..self.iterations {
            if step < until {
                let pixels = params.get_mut(picture).as_mut_slice().iter_mut();
                pixels.for_each(|x| {
                    *x = if *x > limit {
                        limit
                    } else if *x < -limit {
                        -limit
                    } else {
                        *x
                    }
                });
            }
            if step == change {
                adam = Adam::new(last);
            }
            let (_, losses, gradient) = tape.grad_aux(&params, |t| {
                t.set_training(false);
                let [content, style, variation] = self.losses(t.param(picture), &targets, &activations);
                let losses = [content, style, variation].map(|loss| loss.item().to_f64());
                (content + style + variation, losses)
            });
            let [content, style, total_variation] = losses;
            let painted = Painted { steps: step, content, style, total_variation };
            // The losses belong to the picture before the step.
            observe(painted, params.get(picture).tensor());
            adam.step(&mut params, gradient);
        }
        params.get(picture).tensor().clone()
    }
}
