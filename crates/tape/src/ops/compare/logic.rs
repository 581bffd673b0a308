//! Logic of masks: and `a & b`, or `a | b`, not `!a`; operands broadcast.

use crate::{MaskVar, Real};
use std::ops::{BitAnd, BitOr, Not};

impl<'t, F: Real> MaskVar<'t, F> {
    #[track_caller]
    fn combine(self, name: &str, other: Self, f: impl Fn(u8, u8) -> u8 + Sync + Copy) -> Self {
        let (a, b) = (self.shape(), other.shape());
        let Some(shape) = a.broadcast(b) else {
            self.graph().fail(format_args!("{name}: shapes do not broadcast: left {a}, right {b}"))
        };
        let (x, z) = (self.value(), other.value());
        self.graph().compute_mask(shape, |mask| kernels::zip_broadcast(&x, a, &z, b, mask, shape, f))
    }
}

impl<F: Real> BitAnd for MaskVar<'_, F> {
    type Output = Self;

    #[track_caller]
    fn bitand(self, other: Self) -> Self {
        self.combine("mask and", other, |a, b| a & b)
    }
}

impl<F: Real> BitOr for MaskVar<'_, F> {
    type Output = Self;

    #[track_caller]
    fn bitor(self, other: Self) -> Self {
        self.combine("mask or", other, |a, b| a | b)
    }
}

impl<F: Real> Not for MaskVar<'_, F> {
    type Output = Self;

    #[track_caller]
    fn not(self) -> Self {
        let x = self.value();
        self.graph().compute_mask(self.shape(), |mask| kernels::map(&x, mask, |a| 1 - a))
    }
}

#[cfg(test)]
mod tests {
    use crate::{Mask, Params, Tape};

    #[test]
    fn logic() {
        Tape::<f32>::new().eval(&Params::new(0), |t| {
            let a = t.mask(&Mask::from_vec([2, 2], vec![0, 0, 1, 1]));
            let b = t.mask(&Mask::from_vec([2], vec![0, 1]));
            assert_eq!(*(a & b).value(), [0, 0, 0, 1]);
            assert_eq!(*(a | b).value(), [0, 1, 1, 1]);
            assert_eq!(*(!a).value(), [1, 1, 0, 0]);
        });
    }
}
