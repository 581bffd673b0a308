//! Pooling layers.

use crate::Layer;
use tape::{PoolOptions, Real, Var};

/// The largest number of each window, [`Var::max_pool2d`].
#[derive(Clone, Copy, Debug)]
pub struct MaxPool2d(pub PoolOptions);

impl Layer for MaxPool2d {
    fn forward<'t, F: Real>(&self, x: Var<'t, F>) -> Var<'t, F> {
        x.max_pool2d(self.0)
    }
}

/// The mean of each window, [`Var::avg_pool2d`].
#[derive(Clone, Copy, Debug)]
pub struct AvgPool2d(pub PoolOptions);

impl Layer for AvgPool2d {
    fn forward<'t, F: Real>(&self, x: Var<'t, F>) -> Var<'t, F> {
        x.avg_pool2d(self.0)
    }
}

/// The means of as many windows as wished, [`Var::adaptive_avg_pool2d`]; `AdaptiveAvgPool2d([1, 1])` is the mean of each
/// channel.
#[derive(Clone, Copy, Debug)]
pub struct AdaptiveAvgPool2d(pub [usize; 2]);

impl Layer for AdaptiveAvgPool2d {
    fn forward<'t, F: Real>(&self, x: Var<'t, F>) -> Var<'t, F> {
        x.adaptive_avg_pool2d(self.0)
    }
}
