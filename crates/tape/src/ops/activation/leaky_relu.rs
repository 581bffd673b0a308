//! Leaky rectified linear unit (Maas et al. 2013): `y = x` where `x > 0`, else `s x`; `dx = g` where `x > 0`, else `s g`
//! (so `s g` at 0, as in PyTorch).

use crate::{Op, Reads, Real, Var, Vjp};

#[derive(Clone, Copy)]
struct LeakyRelu {
    slope: f64,
}

impl<F: Real> Op<F> for LeakyRelu {
    fn name(&self) -> &'static str {
        "leaky_relu"
    }

    fn vjp<'t>(&self, cx: &mut Vjp<'_, 't, F>) {
        cx.give(0, |c| c.g.leaky_relu_backward(c.x(0), self.slope));
    }

    fn reads(&self) -> Reads {
        Reads::INPUTS
    }
}

/// `g` where `x > 0`, else `s g`: linear in `g`, and constant in `x` wherever it has a derivative.
#[derive(Clone, Copy)]
struct LeakyReluBackward {
    slope: f64,
}

impl<F: Real> Op<F> for LeakyReluBackward {
    fn name(&self) -> &'static str {
        "leaky_relu_backward"
    }

    fn vjp<'t>(&self, cx: &mut Vjp<'_, 't, F>) {
        cx.give(0, |c| c.g.leaky_relu_backward(c.x(1), self.slope));
    }
}

impl<'t, F: Real> Var<'t, F> {
    /// `x` where it is positive, else `negative_slope · x`, elementwise; the same shape. PyTorch's default slope is 0.01.
    ///
    /// Formulas: [`ops::activation::leaky_relu`](mod@crate::ops::activation::leaky_relu).
    #[track_caller]
    pub fn leaky_relu(self, negative_slope: f64) -> Self {
        let slope = F::from_f64(negative_slope);
        self.map(LeakyRelu { slope: negative_slope }, move |x| if x > F::ZERO { x } else { slope * x })
    }

    #[track_caller]
    fn leaky_relu_backward(self, x: Self, slope: f64) -> Self {
        let factor = F::from_f64(slope);
        self.zip(x, LeakyReluBackward { slope }, move |g, x| if x > F::ZERO { g } else { factor * g })
    }
}

#[cfg(test)]
mod tests {
    use crate::{Params, Tape, Tensor, gradcheck};

    #[test]
    fn leaky_relu() {
        gradcheck::unary(|x| x.leaky_relu(0.1), -2.0..2.0);
        gradcheck::unary(|x| x.leaky_relu(0.1) * x, -2.0..2.0);
    }

    #[test]
    fn at_zero() {
        Tape::<f64>::new().run(&Params::new(0), |t| {
            let x = t.leaf(&Tensor::scalar(0.0));
            assert_eq!(x.leaky_relu(0.25).grad([x])[0].item(), 0.25);
        });
    }
}
