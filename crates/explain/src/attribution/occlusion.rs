//! [`Occlusion`].

use super::integrated::AT_A_TIME;
use crate::score::sizes;
use tape::{Params, Real, Tape, Tensor, Var};

/// Occlusion: how much the score falls where a window of the picture is covered, in the mean over the windows that cover a
/// pixel (Zeiler and Fergus, *Visualizing and understanding convolutional networks*, 2014). No gradient is needed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Occlusion {
    /// Height and width of the window, in pixels.
    pub window: [usize; 2],
    /// From a window to the next, in pixels.
    pub stride: [usize; 2],
    /// What covers the picture.
    pub cover: f64,
}

impl Occlusion {
    /// Square windows, covered by 0.
    pub fn new(window: usize, stride: usize) -> Occlusion {
        Occlusion { window: [window; 2], stride: [stride; 2], cover: 0.0 }
    }

    /// The attribution to every pixel of a batch of pictures: `[n, height, width]`.
    ///
    /// # Panics
    /// When there is not one score a picture, a stride is 0, or the window is larger than the pictures.
    #[track_caller]
    pub fn attribute<F: Real>(
        &self,
        tape: &mut Tape<F>,
        params: &Params<F>,
        pictures: &Tensor<F>,
        score: impl for<'t> Fn(Var<'t, F>) -> Var<'t, F>,
    ) -> Tensor<F> {
        let [n, channels, height, width] = sizes(pictures);
        let ([rows, columns], [down, right]) = (self.window, self.stride);
        let fits = (1..=height).contains(&rows) && (1..=width).contains(&columns) && down * right > 0;
        assert!(fits, "occlusion: windows of {rows}×{columns}, {down} and {right} apart, on {height}×{width}");
        // The last window may reach beyond the edge.
        let places = |size: usize, window: usize, stride: usize| (size - window).div_ceil(stride) + 1;
        let across = places(width, columns, right);
        let corners: Vec<[usize; 2]> =
            (0..places(height, rows, down) * across).map(|i| [i / across * down, i % across * right]).collect();
        let mut scores = |x: &Tensor<F>| {
            let scores = tape.eval(params, |t| score(t.input(x)).to_tensor());
            assert_eq!(scores.shape().len(), x.shape().dims()[0], "one score a picture");
            scores.into_vec()
        };
        let whole = scores(pictures);
        let covers = |[top, left]: [usize; 2], y: usize, x: usize| {
            (top..top + rows).contains(&y) && (left..left + columns).contains(&x)
        };
        let (mut falls, mut counts) = (vec![F::ZERO; n * height * width], vec![0u32; height * width]);
        for corners in corners.chunks(AT_A_TIME.div_ceil(n.max(1))) {
            let covered = Tensor::from_fn([corners.len() * n, channels, height, width], |i| {
                let (corner, at) = (corners[i / pictures.shape().len()], i % (height * width));
                match covers(corner, at / width, at % width) {
                    true => F::from_f64(self.cover),
                    false => pictures.as_slice()[i % pictures.shape().len()],
                }
            });
            for (&corner, covered) in corners.iter().zip(scores(&covered).chunks_exact(n.max(1))) {
                let [top, left] = corner;
                for y in top..(top + rows).min(height) {
                    for x in left..(left + columns).min(width) {
                        counts[y * width + x] += 1;
                        for (i, (&whole, &covered)) in whole.iter().zip(covered).enumerate() {
                            falls[(i * height + y) * width + x] += whole - covered;
                        }
                    }
                }
            }
        }
        let mean = |i: usize| falls[i] / F::from_f64(f64::from(counts[i % (height * width)].max(1)));
        Tensor::from_fn([n, height, width], mean)
    }
}
