//! Softplus: `y = ln(1 + e^(βx)) / β`, `dx = g · σ(βx)`, with σ the logistic function; exactly `y = x`, `dx = g` where
//! `βx` is above a threshold.

use crate::{Op, Reads, Real, Var, Vjp};

#[derive(Clone, Copy)]
struct Softplus {
    beta: f64,
    threshold: f64,
}

impl<F: Real> Op<F> for Softplus {
    fn name(&self) -> &'static str {
        "softplus"
    }

    fn vjp<'t>(&self, cx: &mut Vjp<'_, 't, F>) {
        cx.give(0, |c| c.g.softplus_backward(c.x(0), *self));
    }

    fn reads(&self) -> Reads {
        Reads::INPUTS
    }
}

/// `g · σ(βx)` in one pass, `g` above the threshold: `dx = h g · β σ (1 − σ)`, 0 above.
#[derive(Clone, Copy)]
struct SoftplusBackward(Softplus);

impl<F: Real> Op<F> for SoftplusBackward {
    fn name(&self) -> &'static str {
        "softplus_backward"
    }

    fn vjp<'t>(&self, cx: &mut Vjp<'_, 't, F>) {
        let Softplus { beta, threshold } = self.0;
        cx.give(0, |c| c.g.softplus_backward(c.x(1), self.0));
        cx.give(1, |c| {
            let scaled = c.x(1) * beta;
            let s = scaled.sigmoid();
            let bend = scaled.gt(threshold).select(0.0, s * (1.0 - s) * beta);
            c.g * c.x(0) * bend
        });
    }
}

#[inline(always)]
fn softplus<F: Real>(x: F, beta: F, threshold: F) -> F {
    let scaled = x * beta;
    // max(z, 0) + ln(1 + e^−|z|) is ln(1 + e^z) without overflow.
    let positive = if scaled > F::ZERO { scaled } else { F::ZERO };
    let soft = (positive + (-scaled.abs()).exp().ln_1p()) / beta;
    if scaled > threshold { x } else { soft }
}

#[inline(always)]
fn softplus_backward<F: Real>(g: F, x: F, beta: F, threshold: F) -> F {
    let scaled = x * beta;
    let soft = g * scaled.sigmoid();
    if scaled > threshold { g } else { soft }
}

impl<'t, F: Real> Var<'t, F> {
    /// `ln(1 + eˣ)`, elementwise; the same shape. It is [`softplus_with`](Var::softplus_with) β = 1 and a threshold of 20.
    ///
    /// Formulas: [`ops::activation::softplus`](mod@crate::ops::activation::softplus).
    #[track_caller]
    pub fn softplus(self) -> Self {
        self.softplus_with(1.0, 20.0)
    }

    /// `ln(1 + e^(βx)) / β`, elementwise, and `x` itself where `βx > threshold`; the same shape.
    ///
    /// Formulas: [`ops::activation::softplus`](mod@crate::ops::activation::softplus).
    ///
    /// # Panics
    /// When `beta` is 0 or NaN.
    #[track_caller]
    pub fn softplus_with(self, beta: f64, threshold: f64) -> Self {
        if beta == 0.0 || beta.is_nan() {
            self.graph().fail(format_args!("softplus: beta must not be 0: left {beta}, right {}", self.shape()));
        }
        let (b, t) = (F::from_f64(beta), F::from_f64(threshold));
        self.map(
            Softplus { beta, threshold },
            #[inline(always)]
            move |x| softplus(x, b, t),
        )
    }

    #[track_caller]
    fn softplus_backward(self, x: Self, options: Softplus) -> Self {
        let (b, t) = (F::from_f64(options.beta), F::from_f64(options.threshold));
        self.zip(
            x,
            SoftplusBackward(options),
            #[inline(always)]
            move |g, x| softplus_backward(g, x, b, t),
        )
    }
}

#[cfg(test)]
mod tests {
    use crate::{Params, Tape, Tensor, gradcheck};

    #[test]
    fn softplus() {
        gradcheck::unary(|x| x.softplus(), -3.0..3.0);
        gradcheck::unary(|x| x.softplus_with(2.0, 20.0), -3.0..3.0);
        gradcheck::unary(|x| x.softplus_with(2.0, 20.0) * x, 10.5..12.0);
    }

    #[test]
    fn straight_above_the_threshold() {
        Tape::<f32>::new().run(&Params::new(0), |t| {
            let x = t.leaf(&Tensor::from_vec([3], vec![10.5, -200.0, f32::INFINITY]));
            let y = x.softplus_with(2.0, 20.0);
            assert_eq!(*y.value(), [10.5, 0.0, f32::INFINITY]);
            assert_eq!(*y.sum(..).grad([x])[0].value(), [1.0, 0.0, 1.0]);
        });
    }

    #[test]
    #[should_panic(expected = "softplus: beta must not be 0: left 0, right [2]")]
    fn beta_zero() {
        Tape::<f32>::new().eval(&Params::new(0), |t| {
            t.full([2], 0.0).softplus_with(0.0, 20.0);
        });
    }
}
