//! The losses of style transfer (Gatys et al., *Image style transfer using convolutional neural networks*, 2016).

use tape::{Real, Var};

/// `weight · Σ (F − P)²` for features F and those P that are wished for.
///
/// # Panics
/// When the shapes differ.
#[track_caller]
pub fn content_loss<'t, F: Real>(features: Var<'t, F>, wished: Var<'t, F>, weight: f64) -> Var<'t, F> {
    let (ours, theirs) = (features.shape(), wished.shape());
    assert_eq!(ours, theirs, "content loss: features {ours}, wished for {theirs}");
    (features - wished).powi(2).sum(..) * weight
}

/// The Gram matrix `F·Fᵀ / (C · H · W)` of features `[1, C, H, W]`, one row a channel: `[C, C]`.
///
/// # Panics
/// When the shape is another.
#[track_caller]
pub fn gram_matrix<F: Real>(features: Var<'_, F>) -> Var<'_, F> {
    let [n, channels, height, width] = features.dims();
    assert_eq!(n, 1, "Gram matrix: one picture at a time");
    features.reshape([channels, height * width]).gram() * (1.0 / (channels * height * width) as f64)
}

/// `weight · Σ (G − A)²` for the Gram matrix G of features and the one A that is wished for.
///
/// # Panics
/// When the features are not `[1, C, H, W]`, or A is not `[C, C]`.
#[track_caller]
pub fn style_loss<'t, F: Real>(features: Var<'t, F>, wished: Var<'t, F>, weight: f64) -> Var<'t, F> {
    let gram = gram_matrix(features);
    let (ours, theirs) = (gram.shape(), wished.shape());
    assert_eq!(ours, theirs, "style loss: Gram matrix {ours}, wished for {theirs}");
    (gram - wished).powi(2).sum(..) * weight
}

/// `weight · (Σ dy² + Σ dx²)` over the differences of neighbors, in all channels.
///
/// # Panics
/// When the picture is not `[n, channels, height, width]`.
#[track_caller]
pub fn total_variation<F: Real>(picture: Var<'_, F>, weight: f64) -> Var<'_, F> {
    let [_, _, height, width] = picture.dims();
    let down = picture.slice(2, 1..height) - picture.slice(2, 0..height - 1);
    let right = picture.slice(3, 1..width) - picture.slice(3, 0..width - 1);
    (down.powi(2).sum(..) + right.powi(2).sum(..)) * weight
}
