//! Choice by a mask: `y = a` where the mask is 1, else `b`; `da = g` where the mask is 1, else 0, and `db` the reverse,
//! each summed over the axes that were broadcast.

use crate::{MaskVar, Op, Operand, Reads, Real, Var, Vjp};

#[derive(Clone, Copy)]
struct Where;

impl<F: Real> Op<F> for Where {
    fn name(&self) -> &'static str {
        "where"
    }

    fn vjp<'t>(&self, cx: &mut Vjp<'_, 't, F>) {
        cx.give(0, |c| c.mask(2).select(c.g, 0.0).sum_to(c.shape(0)));
        cx.give(1, |c| c.mask(2).select(0.0, c.g).sum_to(c.shape(1)));
    }

    fn reads(&self) -> Reads {
        Reads::input(2)
    }
}

impl<'t, F: Real> MaskVar<'t, F> {
    /// `a` where the mask is 1, else `b`; each is a value or a number, and all three broadcast. `torch.where(mask, a, b)`.
    ///
    /// Formulas: [`ops::compare::select`](mod@crate::ops::compare::select).
    ///
    /// What is not chosen has no influence, also where it is NaN or ∞; but its own derivative there, if it is infinite,
    /// times the 0 that it receives, is NaN.
    ///
    /// # Panics
    /// When the shapes do not broadcast.
    #[doc(alias = "where")]
    #[track_caller]
    pub fn select(self, a: impl Operand<'t, F>, b: impl Operand<'t, F>) -> Var<'t, F> {
        let graph = self.graph();
        let (a, b, mask) = (a.on(graph), b.on(graph), self.shape());
        let (left, right) = (a.shape(), b.shape());
        let Some(both) = left.broadcast(right) else {
            graph.fail(format_args!("where: shapes do not broadcast: left {left}, right {right}"))
        };
        let Some(shape) = both.broadcast(mask) else {
            graph.fail(format_args!("where: shape of the mask does not broadcast: left {mask}, right {both}"))
        };
        let (mut out, mask_value, x, z) = (graph.output(shape), self.value(), a.value(), b.value());
        let f = |mask: u8, a: F, b: F| if mask != 0 { a } else { b };
        kernels::zip3_broadcast(&mask_value, mask, &x, left, &z, right, out.as_mut_slice(), shape, f);
        graph.record(Where, &[a.into(), b.into(), self.into()], shape, out)
    }
}

impl<'t, F: Real> Var<'t, F> {
    /// `value` where the mask is 1, else `x`; the mask broadcasts.
    ///
    /// Formulas: [`ops::compare::select`](mod@crate::ops::compare::select).
    ///
    /// # Panics
    /// When the mask does not broadcast to the shape of `x`.
    #[track_caller]
    pub fn masked_fill(self, mask: MaskVar<'t, F>, value: f64) -> Self {
        let (shape, mask_shape) = (self.shape(), mask.shape());
        if mask_shape.broadcast(shape) != Some(shape) {
            self.graph().fail(format_args!(
                "masked_fill: shape of the mask does not broadcast: left {mask_shape}, right {shape}"
            ));
        }
        mask.select(value, self)
    }
}

#[cfg(test)]
mod tests {
    use crate::gradcheck::{self, Order};
    use crate::{Mask, Params, Tape, Tensor};

    fn mask(shape: &[usize]) -> Mask {
        let mut i = 0;
        Mask::from_fn(shape, |_| {
            i += 1;
            u8::from(i % 3 == 1)
        })
    }

    #[test]
    fn select() {
        let shapes: [[&[usize]; 3]; 6] = [
            [&[3, 4], &[3, 4], &[3, 4]],
            [&[3, 1], &[4], &[3, 4]],
            [&[], &[5], &[1]],
            [&[2, 1, 3], &[1], &[4, 1]],
            [&[1], &[1], &[]],
            [&[0, 3], &[3], &[1, 3]],
        ];
        for [a, b, of_mask] in shapes {
            let inputs = [gradcheck::sample(a, -2.0..2.0, 1), gradcheck::sample(b, -2.0..2.0, 2)];
            let mask = mask(of_mask);
            gradcheck::check(|t, x| t.mask(&mask).select(x[0], x[1]), &inputs, Order::Second).unwrap();
        }
        gradcheck::unary(|x| x.gt(0.0).select(x * x, x * 3.0), -2.0..2.0);
    }

    #[test]
    fn masked_fill() {
        let mask = mask(&[4]);
        gradcheck::shapes(|x| x.masked_fill(x.graph().mask(&mask), -3.0), -2.0..2.0, &[&[3, 4], &[1, 4], &[0, 4]]);
    }

    #[test]
    fn what_is_not_chosen_has_no_influence() {
        Tape::<f32>::new().run(&Params::new(0), |t| {
            let x = t.leaf(&Tensor::from_vec([2], vec![f32::NAN, 3.0]));
            let y = t.mask(&Mask::from_vec([2], vec![1, 0])).select(7.0, x);
            assert_eq!(*y.value(), [7.0, 3.0]);
            assert_eq!(*y.sum(..).grad([x])[0].value(), [0.0, 1.0]);
        });
    }

    #[test]
    #[should_panic(expected = "masked_fill: shape of the mask does not broadcast: left [3], right [4]")]
    fn the_mask_must_fit() {
        Tape::<f32>::new().eval(&Params::new(0), |t| {
            t.full([4], 0.0).masked_fill(t.mask(&Mask::from_vec([3], vec![0, 1, 0])), 0.0);
        });
    }
}
