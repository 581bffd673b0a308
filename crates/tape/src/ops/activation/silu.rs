//! Sigmoid linear unit, or swish (Ramachandran et al. 2017), with σ the logistic function: `y = x σ(x)`,
//! `dx = g · σ (1 + x (1 − σ))`.

use crate::{Op, Reads, Real, Var, Vjp};

#[derive(Clone, Copy)]
struct Silu;

impl<F: Real> Op<F> for Silu {
    fn name(&self) -> &'static str {
        "silu"
    }

    fn vjp<'t>(&self, cx: &mut Vjp<'_, 't, F>) {
        cx.give(0, |c| c.g.silu_backward(c.x(0)));
    }

    fn reads(&self) -> Reads {
        Reads::INPUTS
    }
}

/// `g · σ (1 + x (1 − σ))` in one pass: `dx = h g · σ (1 − σ) (2 + x (1 − 2σ))`.
#[derive(Clone, Copy)]
struct SiluBackward;

impl<F: Real> Op<F> for SiluBackward {
    fn name(&self) -> &'static str {
        "silu_backward"
    }

    fn vjp<'t>(&self, cx: &mut Vjp<'_, 't, F>) {
        cx.give(0, |c| c.g.silu_backward(c.x(1)));
        cx.give(1, |c| {
            let (x, s) = (c.x(1), c.x(1).sigmoid());
            c.g * c.x(0) * s * (1.0 - s) * (x * (1.0 - s * 2.0) + 2.0)
        });
    }
}

#[inline(always)]
fn silu<F: Real>(x: F) -> F {
    // The limit of −∞ · 0 is 0.
    if x == F::NEG_INFINITY { F::ZERO } else { x * x.sigmoid() }
}

#[inline(always)]
fn silu_backward<F: Real>(g: F, x: F) -> F {
    let s = x.sigmoid();
    g * (s * (F::ONE + x * (F::ONE - s)))
}

impl<'t, F: Real> Var<'t, F> {
    /// `x σ(x)`, elementwise; the same shape.
    ///
    /// Formulas: [`ops::activation::silu`](mod@crate::ops::activation::silu).
    #[doc(alias = "swish")]
    #[track_caller]
    pub fn silu(self) -> Self {
        self.map(
            Silu,
            #[inline(always)]
            |x| silu(x),
        )
    }

    #[track_caller]
    fn silu_backward(self, x: Self) -> Self {
        self.zip(
            x,
            SiluBackward,
            #[inline(always)]
            |g, x| silu_backward(g, x),
        )
    }
}

#[cfg(test)]
mod tests {
    use crate::gradcheck;

    #[test]
    fn silu() {
        gradcheck::unary(|x| x.silu(), -3.0..3.0);
    }

    #[test]
    fn silu_backward() {
        gradcheck::pair(|g, x| g.silu_backward(x), -2.0..2.0, &[3, 4], &[3, 4]);
    }
}
