//! Scalars beside values: `y = scale · x + shift`, `dx = scale · g`. The operators of a value and a number end here.

use crate::{Op, Reads, Real, Var, Vjp};
use std::ops::{Add, Div, Mul, Neg, Sub};

#[derive(Clone, Copy)]
struct Affine {
    scale: f64,
}

impl<F: Real> Op<F> for Affine {
    fn name(&self) -> &'static str {
        "affine"
    }

    fn vjp<'t>(&self, cx: &mut Vjp<'_, 't, F>) {
        let scale = self.scale;
        cx.give(0, |c| if scale == 1.0 { c.g } else { c.g.affine(scale, 0.0) });
    }

    fn reads(&self) -> Reads {
        Reads::NONE
    }
}

impl<'t, F: Real> Var<'t, F> {
    /// `scale · x + shift`, elementwise; the same shape.
    #[inline]
    #[track_caller]
    pub fn affine(self, scale: f64, shift: f64) -> Self {
        let (a, b) = (F::from_f64(scale), F::from_f64(shift));
        self.map(Affine { scale }, move |x| a * x + b)
    }
}

impl<'t, F: Real> Neg for Var<'t, F> {
    type Output = Var<'t, F>;

    #[track_caller]
    fn neg(self) -> Self {
        self.map(Affine { scale: -1.0 }, |x| -x)
    }
}

impl<'t, F: Real> Add<f64> for Var<'t, F> {
    type Output = Var<'t, F>;

    #[track_caller]
    fn add(self, shift: f64) -> Self {
        let shift = F::from_f64(shift);
        self.map(Affine { scale: 1.0 }, move |x| x + shift)
    }
}

impl<'t, F: Real> Add<Var<'t, F>> for f64 {
    type Output = Var<'t, F>;

    #[track_caller]
    fn add(self, x: Var<'t, F>) -> Var<'t, F> {
        x + self
    }
}

impl<'t, F: Real> Sub<f64> for Var<'t, F> {
    type Output = Var<'t, F>;

    #[track_caller]
    fn sub(self, shift: f64) -> Self {
        let shift = F::from_f64(shift);
        self.map(Affine { scale: 1.0 }, move |x| x - shift)
    }
}

impl<'t, F: Real> Sub<Var<'t, F>> for f64 {
    type Output = Var<'t, F>;

    #[track_caller]
    fn sub(self, x: Var<'t, F>) -> Var<'t, F> {
        let from = F::from_f64(self);
        x.map(Affine { scale: -1.0 }, move |x| from - x)
    }
}

impl<'t, F: Real> Mul<f64> for Var<'t, F> {
    type Output = Var<'t, F>;

    #[track_caller]
    fn mul(self, scale: f64) -> Self {
        let factor = F::from_f64(scale);
        self.map(Affine { scale }, move |x| x * factor)
    }
}

impl<'t, F: Real> Mul<Var<'t, F>> for f64 {
    type Output = Var<'t, F>;

    #[track_caller]
    fn mul(self, x: Var<'t, F>) -> Var<'t, F> {
        x * self
    }
}

impl<'t, F: Real> Div<f64> for Var<'t, F> {
    type Output = Var<'t, F>;

    #[track_caller]
    fn div(self, divisor: f64) -> Self {
        let by = F::from_f64(divisor);
        self.map(Affine { scale: 1.0 / divisor }, move |x| x / by)
    }
}

#[cfg(test)]
mod tests {
    use crate::gradcheck;

    #[test]
    fn affine() {
        gradcheck::unary(|x| x.affine(2.5, -1.0), -2.0..2.0);
        gradcheck::unary(|x| -x, -2.0..2.0);
        gradcheck::unary(|x| 1.0 - (x * 3.0 + 2.0 - 0.5) / 4.0, -2.0..2.0);
        gradcheck::unary(|x| 2.0 * x + (1.5 + x), -2.0..2.0);
    }
}
