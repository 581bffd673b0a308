//! Exponential linear unit (Clevert et al. 2016): `y = x` where `x > 0`, else `α (eˣ − 1)`; `dx = g` where `x > 0`, else
//! `g α eˣ` (so `α g` at 0, as in PyTorch).

use crate::{Op, Reads, Real, Var, Vjp};

#[derive(Clone, Copy)]
struct Elu {
    alpha: f64,
}

impl<F: Real> Op<F> for Elu {
    fn name(&self) -> &'static str {
        "elu"
    }

    fn vjp<'t>(&self, cx: &mut Vjp<'_, 't, F>) {
        cx.give(0, |c| c.g.elu_backward(c.x(0), self.alpha));
    }

    fn reads(&self) -> Reads {
        Reads::INPUTS
    }
}

/// `g · (1 where x > 0, else α eˣ)` in one pass.
#[derive(Clone, Copy)]
struct EluBackward {
    alpha: f64,
}

impl<F: Real> Op<F> for EluBackward {
    fn name(&self) -> &'static str {
        "elu_backward"
    }

    fn vjp<'t>(&self, cx: &mut Vjp<'_, 't, F>) {
        cx.give(0, |c| c.g.elu_backward(c.x(1), self.alpha));
        cx.give(1, |c| {
            // Bounded first: where the curve is straight, the exponential may overflow.
            let bent = c.x(1).clamp(f64::NEG_INFINITY, 0.0).exp() * self.alpha;
            c.g * c.x(0) * c.x(1).gt(0.0).select(0.0, bent)
        });
    }
}

impl<'t, F: Real> Var<'t, F> {
    /// `x` where it is positive, else `alpha · (eˣ − 1)`, elementwise; the same shape. PyTorch's default `alpha` is 1.
    ///
    /// Formulas: [`ops::activation::elu`](mod@crate::ops::activation::elu).
    #[track_caller]
    pub fn elu(self, alpha: f64) -> Self {
        let factor = F::from_f64(alpha);
        self.map(
            Elu { alpha },
            #[inline(always)]
            move |x| if x > F::ZERO { x } else { factor * x.expm1() },
        )
    }

    #[track_caller]
    fn elu_backward(self, x: Self, alpha: f64) -> Self {
        let factor = F::from_f64(alpha);
        self.zip(
            x,
            EluBackward { alpha },
            #[inline(always)]
            move |g, x| if x > F::ZERO { g } else { g * factor * x.exp() },
        )
    }
}

#[cfg(test)]
mod tests {
    use crate::{Params, Tape, Tensor, gradcheck};

    #[test]
    fn elu() {
        gradcheck::unary(|x| x.elu(1.5), -3.0..3.0);
        gradcheck::unary(|x| x.elu(1.0), -3.0..3.0);
    }

    #[test]
    fn at_zero() {
        Tape::<f64>::new().run(&Params::new(0), |t| {
            let x = t.leaf(&Tensor::scalar(0.0));
            assert_eq!(x.elu(1.5).grad([x])[0].item(), 1.5);
        });
    }
}
