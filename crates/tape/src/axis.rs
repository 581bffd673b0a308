//! How callers name axes: `0`, `-1` for the last, `[0, 2]`, `..` for all.

use kernels::Axes;
use std::fmt::Debug;
use std::ops::RangeFull;

/// One axis: a number from the outermost, or a negative one from the last.
pub trait IntoAxis: Copy + Debug {
    /// The axis of an array of `rank` axes; `None` where there is none.
    fn axis(self, rank: usize) -> Option<usize>;
}

/// A set of axes: one axis, an array or slice of them, or `..` for all.
pub trait IntoAxes: Copy + Debug {
    /// The axes of an array of `rank` axes; `None` where one does not exist or is named twice.
    fn axes(self, rank: usize) -> Option<Axes>;
}

macro_rules! axis {
    ($($integer:ty),*) => {$(
        impl IntoAxis for $integer {
            #[inline]
            fn axis(self, rank: usize) -> Option<usize> {
                let axis = self as isize;
                let axis = if axis < 0 { axis + rank as isize } else { axis };
                (0..rank as isize).contains(&axis).then_some(axis as usize)
            }
        }

        impl IntoAxes for $integer {
            #[inline]
            fn axes(self, rank: usize) -> Option<Axes> {
                self.axis(rank).map(Axes::one)
            }
        }

        impl<const N: usize> IntoAxes for [$integer; N] {
            fn axes(self, rank: usize) -> Option<Axes> {
                self.as_slice().axes(rank)
            }
        }

        impl IntoAxes for &[$integer] {
            fn axes(self, rank: usize) -> Option<Axes> {
                self.iter().try_fold(Axes::NONE, |axes, named| {
                    let axis = named.axis(rank)?;
                    (!axes.contains(axis)).then(|| axes.with(axis))
                })
            }
        }
    )*};
}

axis!(i32, isize, usize);

impl IntoAxes for RangeFull {
    #[inline]
    fn axes(self, rank: usize) -> Option<Axes> {
        Some(Axes::all(rank))
    }
}

impl IntoAxes for Axes {
    #[inline]
    fn axes(self, _: usize) -> Option<Axes> {
        Some(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn axes_count_from_both_ends() {
        assert_eq!((0.axis(3), (-1).axis(3), 3.axis(3), (-4).axis(3)), (Some(0), Some(2), None, None));
        assert_eq!([0, -1].axes(3), Some(Axes::one(0).with(2)));
        assert_eq!([0, -3].axes(3), None, "named twice");
        assert_eq!((..).axes(2), Some(Axes::all(2)));
    }
}
