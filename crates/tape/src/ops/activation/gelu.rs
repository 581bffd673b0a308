//! Gaussian error linear unit (Hendrycks and Gimpel 2016): `y = x Φ(x)` with `Φ(x) = ½ (1 + erf(x/√2))`,
//! `dx = g · (Φ(x) + x φ(x))` with `φ(x) = e^(−x²/2) / √(2π)`. Φ comes from the complement of the
//! error function, which is exact in the negative tail, where PyTorch's `½ (1 + erf(x/√2))` loses its digits. Most of the
//! work of value and slope is the same, so that the forward pass computes and keeps both.

use crate::{Op, Reads, Real, Var, Vjp};

/// `1 / √(2π)`.
const DENSITY: f64 = 0.398_942_280_401_432_7;

/// Its second input, where something may be differentiated through it, is the slope.
#[derive(Clone, Copy)]
struct Gelu;

impl<F: Real> Op<F> for Gelu {
    fn name(&self) -> &'static str {
        "gelu"
    }

    fn vjp<'t>(&self, cx: &mut Vjp<'_, 't, F>) {
        cx.give(0, |c| if c.is_recorded() { c.g.gelu_backward(c.x(0)) } else { c.g * c.x(1) });
    }

    fn reads(&self) -> Reads {
        Reads::INPUTS
    }
}

/// `g · (Φ(x) + x φ(x))` in one pass: `dx = h g · φ(x) (2 − x²)`.
#[derive(Clone, Copy)]
struct GeluBackward;

impl<F: Real> Op<F> for GeluBackward {
    fn name(&self) -> &'static str {
        "gelu_backward"
    }

    fn vjp<'t>(&self, cx: &mut Vjp<'_, 't, F>) {
        cx.give(0, |c| c.g.gelu_backward(c.x(1)));
        cx.give(1, |c| {
            let square = c.x(1) * c.x(1);
            c.g * c.x(0) * (square * -0.5).exp() * (2.0 - square) * DENSITY
        });
    }
}

/// The value at `x`, and the slope.
#[inline(always)]
fn gelu<F: Real>(x: F) -> (F, F) {
    let (below, density) = x.normal();
    (x * below, below + x * density)
}

impl<'t, F: Real> Var<'t, F> {
    /// `x Φ(x)` with the distribution function Φ of the normal distribution, elementwise; the same shape. PyTorch's
    /// default form; [`gelu_tanh`](Var::gelu_tanh) is the other.
    ///
    /// Formulas: [`ops::activation::gelu`](mod@crate::ops::activation::gelu).
    #[track_caller]
    pub fn gelu(self) -> Self {
        let (graph, shape) = (self.graph(), self.shape());
        if !graph.is_recording() {
            return self.map(
                Gelu,
                #[inline(always)]
                |x| gelu(x).0,
            );
        }
        let (mut out, mut slopes) = (graph.output(shape), graph.output(shape));
        kernels::map2(
            &self.value(),
            out.as_mut_slice(),
            slopes.as_mut_slice(),
            #[inline(always)]
            |x| gelu(x),
        );
        let slopes = graph.constant(shape, slopes);
        graph.record(Gelu, &[self.into(), slopes.into()], shape, out)
    }

    #[track_caller]
    fn gelu_backward(self, x: Self) -> Self {
        self.zip(
            x,
            GeluBackward,
            #[inline(always)]
            |g, x| g * gelu(x).1,
        )
    }
}

#[cfg(test)]
mod tests {
    use crate::{Params, Tape, Tensor, gradcheck};

    #[test]
    fn gelu() {
        gradcheck::unary(|x| x.gelu(), -3.0..3.0);
    }

    #[test]
    fn gelu_backward() {
        gradcheck::pair(|g, x| g.gelu_backward(x), -2.0..2.0, &[3, 4], &[3, 4]);
    }

    #[test]
    fn exact_in_the_tail() {
        Tape::<f32>::new().run(&Params::new(0), |t| {
            let x = t.leaf(&Tensor::from_vec([2], vec![-12.0, -30.0]));
            let [y, zero] = *x.gelu().value() else { unreachable!("two results") };
            let exact = -12.0 * 1.776_482_112_077_679e-33;
            assert!((f64::from(y) / exact - 1.0).abs() < 1e-6 && zero == 0.0, "{y}, {zero}");
        });
    }
}
