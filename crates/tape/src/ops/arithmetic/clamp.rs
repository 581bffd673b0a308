//! Bounds: `y = min(max(x, a), b)`, `dx = g` where `a < x < b`, else 0 (so 0 at the bounds, as in PyTorch since 2026).

use crate::{Op, Reads, Real, Var, Vjp};

#[derive(Clone, Copy)]
struct Clamp {
    min: f64,
    max: f64,
}

impl<F: Real> Op<F> for Clamp {
    fn name(&self) -> &'static str {
        "clamp"
    }

    fn vjp<'t>(&self, cx: &mut Vjp<'_, 't, F>) {
        cx.give(0, |c| c.g.clamp_backward(c.x(0), *self));
    }

    fn reads(&self) -> Reads {
        Reads::INPUTS
    }
}

/// `g` where `a < x < b`, else 0: linear in `g`, and constant in `x` wherever it has a derivative.
#[derive(Clone, Copy)]
struct ClampBackward(Clamp);

impl<F: Real> Op<F> for ClampBackward {
    fn name(&self) -> &'static str {
        "clamp_backward"
    }

    fn vjp<'t>(&self, cx: &mut Vjp<'_, 't, F>) {
        cx.give(0, |c| c.g.clamp_backward(c.x(1), self.0));
    }
}

impl<'t, F: Real> Var<'t, F> {
    /// Each number, but at least `min` and at most `max`; the same shape. A bound of ∓∞ is none; NaN stays NaN. Where
    /// `min` is larger than `max`, all are `max`, as in PyTorch.
    ///
    /// Formulas: [`ops::arithmetic::clamp`](mod@crate::ops::arithmetic::clamp).
    ///
    /// # Panics
    /// When a bound is NaN.
    #[track_caller]
    pub fn clamp(self, min: f64, max: f64) -> Self {
        if min.is_nan() || max.is_nan() {
            self.graph().fail(format_args!("clamp: bounds must be numbers: left {min}, right {max}"));
        }
        let (low, high) = (F::from_f64(min), F::from_f64(max));
        self.map(Clamp { min, max }, move |x| {
            let x = if x < low { low } else { x };
            if x > high { high } else { x }
        })
    }

    #[track_caller]
    fn clamp_backward(self, x: Self, bounds: Clamp) -> Self {
        let (low, high) = (F::from_f64(bounds.min), F::from_f64(bounds.max));
        self.zip(x, ClampBackward(bounds), move |g, x| if low < x && x < high { g } else { F::ZERO })
    }
}

#[cfg(test)]
mod tests {
    use crate::{Params, Tape, Tensor, gradcheck};

    #[test]
    fn clamp() {
        gradcheck::unary(|x| x.clamp(-0.5, 1.0), -2.0..2.0);
        gradcheck::unary(|x| x.clamp(0.1, f64::INFINITY) * x, -2.0..2.0);
    }

    #[test]
    fn bounds_not_a_number_and_bounds_the_wrong_way() {
        Tape::<f32>::new().run(&Params::new(0), |t| {
            let x = t.leaf(&Tensor::from_vec([4], vec![-1.0, 0.0, 1.0, f32::NAN]));
            let y = x.clamp(-1.0, 1.0);
            assert_eq!(y.value()[..3], [-1.0, 0.0, 1.0]);
            assert!(y.value()[3].is_nan());
            assert_eq!(*y.sum(..).grad([x])[0].value(), [0.0, 1.0, 0.0, 0.0]);
            let wrong = x.slice(0, 0..3).clamp(2.0, 1.0);
            assert_eq!(*wrong.value(), [1.0; 3]);
            assert_eq!(*wrong.sum(..).grad([x])[0].value(), [0.0; 4]);
        });
    }

    #[test]
    #[should_panic(expected = "clamp: bounds must be numbers: left NaN, right 1")]
    fn a_bound_that_is_no_number() {
        Tape::<f32>::new().eval(&Params::new(0), |t| {
            t.scalar(0.0).clamp(f64::NAN, 1.0);
        });
    }
}
