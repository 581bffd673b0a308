//! Huber's loss of a difference `d`: `y = ½ d²` where `|d| ≤ δ`, else `δ (|d| − ½ δ)`; `dd = g · clamp(d, −δ, δ)`
//! (P. J. Huber, Robust estimation of a location parameter, 1964).

use super::Reduction;
use crate::{Op, Reads, Real, Var, Vjp};

#[derive(Clone, Copy)]
struct Huber {
    delta: f64,
}

impl<F: Real> Op<F> for Huber {
    fn name(&self) -> &'static str {
        "huber"
    }

    fn vjp<'t>(&self, cx: &mut Vjp<'_, 't, F>) {
        cx.give(0, |c| c.g.huber_backward(c.x(0), self.delta));
    }

    fn reads(&self) -> Reads {
        Reads::INPUTS
    }
}

/// `g · clamp(d, −δ, δ)`: linear in `g`, and in `d` with slope `g` where `|d| ≤ δ`.
#[derive(Clone, Copy)]
struct HuberBackward {
    delta: f64,
}

impl<F: Real> Op<F> for HuberBackward {
    fn name(&self) -> &'static str {
        "huber_backward"
    }

    fn vjp<'t>(&self, cx: &mut Vjp<'_, 't, F>) {
        cx.give(0, |c| c.g.huber_backward(c.x(1), self.delta));
        cx.give(1, |c| (c.g * c.x(0)).where_within(c.x(1), self.delta));
    }
}

/// `g` where `|d| ≤ δ`, else 0: linear in `g`, and constant in `d` wherever it has a derivative.
#[derive(Clone, Copy)]
struct WhereWithin {
    delta: f64,
}

impl<F: Real> Op<F> for WhereWithin {
    fn name(&self) -> &'static str {
        "where_within"
    }

    fn vjp<'t>(&self, cx: &mut Vjp<'_, 't, F>) {
        cx.give(0, |c| c.g.where_within(c.x(1), self.delta));
    }
}

impl<'t, F: Real> Var<'t, F> {
    /// The loss that is quadratic for differences up to `delta` and linear beyond, reduced: with `d = x − target`,
    /// `½ d²` where `|d| ≤ delta`, else `delta · (|d| − ½ delta)`. PyTorch's default of `delta` is 1.
    ///
    /// Formulas: [`ops::loss::huber_loss`](mod@crate::ops::loss::huber_loss).
    ///
    /// # Panics
    /// When the shapes differ, or `delta` is not positive.
    #[track_caller]
    pub fn huber_loss(self, target: Self, delta: f64, reduction: Reduction) -> Self {
        self.check_target("huber_loss", target);
        if delta.is_nan() || delta <= 0.0 {
            self.graph().fail(format_args!("huber_loss: delta: left {delta}, right a positive number"));
        }
        let bound = F::from_f64(delta);
        let (half, flat) = (F::from_f64(0.5), F::from_f64(0.5 * delta));
        let huber = move |d: F| {
            let size = d.abs();
            if size <= bound { half * d * d } else { bound * (size - flat) }
        };
        (self - target).map(Huber { delta }, huber).reduce(reduction)
    }

    #[track_caller]
    fn huber_backward(self, d: Self, delta: f64) -> Self {
        let bound = F::from_f64(delta);
        self.zip(d, HuberBackward { delta }, move |g, d| {
            g * (if d > bound {
                bound
            } else if d < -bound {
                -bound
            } else {
                d
            })
        })
    }

    #[track_caller]
    fn where_within(self, d: Self, delta: f64) -> Self {
        let bound = F::from_f64(delta);
        self.zip(d, WhereWithin { delta }, move |g, d| if d.abs() <= bound { g } else { F::ZERO })
    }
}

#[cfg(test)]
mod tests {
    use crate::{Params, Reduction, Tape, Tensor, gradcheck};

    #[test]
    fn huber_loss() {
        for reduction in [Reduction::None, Reduction::Mean, Reduction::Sum] {
            gradcheck::pair(|x, t| x.huber_loss(t, 0.7, reduction), -2.0..2.0, &[4, 5], &[4, 5]);
            gradcheck::pair(|x, t| x.huber_loss(t, 1.0, reduction), -2.0..2.0, &[], &[]);
        }
    }

    #[test]
    fn backward_ops() {
        gradcheck::pair(|g, d| g.huber_backward(d, 0.7), -2.0..2.0, &[4, 5], &[4, 5]);
        gradcheck::pair(|g, d| g.where_within(d, 0.7), -2.0..2.0, &[4, 5], &[4, 5]);
    }

    #[test]
    fn values_and_slopes() {
        Tape::<f32>::new().run(&Params::new(0), |t| {
            let x = t.leaf(&Tensor::from_vec([4], vec![-3.0, -0.5, 0.0, 2.0]));
            let loss = x.huber_loss(t.full([4], 0.0), 1.0, Reduction::None);
            assert_eq!(&*loss.value(), [2.5, 0.125, 0.0, 1.5]);
            assert_eq!(&*loss.sum(..).grad([x])[0].value(), [-1.0, -0.5, 0.0, 1.0]);
            let nan = t.leaf(&Tensor::scalar(f32::NAN));
            let loss = nan.huber_loss(t.scalar(0.0), 1.0, Reduction::Sum);
            assert!(loss.item().is_nan() && loss.grad([nan])[0].item().is_nan());
        });
    }

    #[test]
    #[should_panic(expected = "huber_loss: delta: left 0, right a positive number")]
    fn delta_is_positive() {
        Tape::<f32>::new()
            .eval(&Params::new(0), |t| t.scalar(0.0).huber_loss(t.scalar(0.0), 0.0, Reduction::Sum).item());
    }
}
