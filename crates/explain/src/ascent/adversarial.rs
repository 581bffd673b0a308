//! [`Attack`]: changes of limited size that raise the loss as much as they can.

use super::norm;
use crate::score::sizes;
use tape::{Indices, Params, Real, Tape, Tensor, Var};

/// In which norm a change is limited.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Norm {
    /// The largest change of a number.
    LInfinity,
    /// The Euclidean norm of a picture's change.
    L2,
}

/// Steps along the gradient of the cross-entropy, each projected back to what is allowed
/// (Madry et al., *Towards deep learning models resistant to adversarial attacks*, 2018).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Attack {
    /// How the change is measured.
    pub norm: Norm,
    /// The largest change, in the units of the pictures.
    pub radius: f64,
    /// How far a step goes, in the same norm.
    pub step: f64,
    /// How many steps.
    pub iterations: usize,
    /// Whether the classes are those that the pictures shall be taken for, instead of those that they have.
    pub targeted: bool,
    /// The least and the largest number that a picture may have.
    pub range: Option<[f64; 2]>,
}

impl Attack {
    /// The fast gradient sign method: one step of full length
    /// (Goodfellow et al., *Explaining and harnessing adversarial examples*, 2015).
    pub fn fgsm(radius: f64) -> Attack {
        Attack { norm: Norm::LInfinity, radius, step: radius, iterations: 1, targeted: false, range: None }
    }

    /// Projected gradient descent: 20 steps of an eighth of the radius.
    pub fn pgd(norm: Norm, radius: f64) -> Attack {
        Attack { norm, radius, step: radius / 8.0, iterations: 20, targeted: false, range: None }
    }

    /// The changed pictures. The model gives logits `[n, classes]`.
    ///
    /// # Panics
    /// When there is not one class a picture.
    #[track_caller]
    pub fn attack<F: Real>(
        &self,
        tape: &mut Tape<F>,
        params: &Params<F>,
        pictures: &Tensor<F>,
        classes: &[u32],
        logits: impl for<'t> Fn(Var<'t, F>) -> Var<'t, F>,
    ) -> Tensor<F> {
        let [n, ..] = sizes(pictures);
        assert_eq!(classes.len(), n, "one class a picture");
        let classes = Indices::from_slice([n], classes);
        let (mut changed, size) = (pictures.clone(), pictures.shape().len() / n.max(1));
        let sign = if self.targeted { -1.0 } else { 1.0 };
        for _ in 0..self.iterations {
            let gradient = tape.run(params, |t| {
                let x = t.leaf(&changed);
                // The sum: pictures do not share a step.
                let loss = logits(x).cross_entropy(t.indices(&classes)) * n as f64;
                let [gradient] = loss.grad([x]);
                gradient.to_tensor()
            });
            let pairs = changed.as_mut_slice().chunks_mut(size).zip(pictures.as_slice().chunks(size));
            for ((x, start), slope) in pairs.zip(gradient.as_slice().chunks(size)) {
                let length = norm(slope).max(f64::MIN_POSITIVE);
                for (x, slope) in x.iter_mut().zip(slope) {
                    let direction = match self.norm {
                        Norm::LInfinity if slope.to_f64() == 0.0 => 0.0,
                        Norm::LInfinity => slope.to_f64().signum(),
                        Norm::L2 => slope.to_f64() / length,
                    };
                    *x += F::from_f64(sign * self.step * direction);
                }
                self.project(x, start);
            }
        }
        changed
    }

    /// Brings a picture back to what is allowed.
    fn project<F: Real>(&self, x: &mut [F], start: &[F]) {
        let change: Vec<F> = x.iter().zip(start).map(|(&x, &start)| x - start).collect();
        let shrink = match self.norm {
            Norm::L2 => (self.radius / norm(&change).max(f64::MIN_POSITIVE)).min(1.0),
            Norm::LInfinity => 1.0,
        };
        let [low, high] = self.range.unwrap_or([f64::NEG_INFINITY, f64::INFINITY]);
        for ((x, start), change) in x.iter_mut().zip(start).zip(change) {
            let change = match self.norm {
                Norm::L2 => change.to_f64() * shrink,
                Norm::LInfinity => change.to_f64().clamp(-self.radius, self.radius),
            };
            *x = F::from_f64((start.to_f64() + change).clamp(low, high));
        }
    }
}
