//! [`Stack`]: a network of images as a list of lines, one a layer.
//!
//! | line | layer |
//! | --- | --- |
//! | `conv 32 kernel=3 padding=1 relu` | convolution to 32 channels; `stride`, `dilation`, `groups`, `bias=false` |
//! | `batch-norm relu`, `group-norm 8` | normalization; 8 groups |
//! | `max-pool 2 stride=2`, `avg-pool 2` | pooling in windows of 2×2, side by side unless there is a `stride`; `padding`, `ceil` |
//! | `global-avg-pool` | the mean of each channel, which flattens |
//! | `residual 32 stride=2 project` | [`ResidualBlock`](crate::ResidualBlock) to 32 channels; `project` for a shortcut with parameters |
//! | `flatten`, `linear 512 relu` | all axes as one; fully connected to 512 numbers |
//! | `relu`, `sigmoid`, `tanh`, `dropout 0.5` | elementwise |
//!
//! `conv`, `batch-norm` and `linear` take an activation, `relu`, `sigmoid` or `tanh`, which costs nothing there. Lines are
//! numbered from 1 in messages; the parameters of line i are below the name i − 1, as in PyTorch's `Sequential`.
//!
//! ```
//! use retrograde_nn::{Layer, stack::{Start, Stack}};
//! # extern crate tape as retrograde_tape;
//! use retrograde_tape::{Params, Tape, Tensor};
//! let stack: Stack = "conv 8 kernel=3 relu; max-pool 2; flatten; linear 10".parse()?;
//! let mut params = Params::<f32>::new(0);
//! let model = stack.build(params.root(), [3, 32, 32], Start::Usual)?;
//! let logits = Tape::new().eval(&params, |t| model.forward(t.input(&Tensor::full([2, 3, 32, 32], 0.5))).to_tensor());
//! assert_eq!(logits.shape().dims(), [2, 10]);
//! # Ok::<(), retrograde_nn::stack::StackError>(())
//! ```

mod build;
mod error;
mod line;
#[cfg(test)]
mod tests;

pub use build::Start;
pub use error::StackError;

use crate::Sequential;
use line::Line;
use std::str::FromStr;
use tape::{ParamPath, Real};

/// A network of images as a list of lines, one a layer; see the [module](self).
#[derive(Clone, Debug, PartialEq)]
pub struct Stack {
    lines: Vec<Line>,
}

impl Stack {
    /// The layers that these lines mean.
    ///
    /// # Errors
    /// Where a line names no layer, or has a setting that the layer does not have.
    pub fn new<S: AsRef<str>>(lines: impl IntoIterator<Item = S>) -> Result<Stack, StackError> {
        let parse = |(i, line): (usize, S)| Line::parse(i + 1, line.as_ref());
        let lines = lines.into_iter().enumerate().map(parse).collect::<Result<Vec<_>, _>>()?;
        if lines.is_empty() { Err(StackError::Empty) } else { Ok(Stack { lines }) }
    }

    /// The lines, as they were given.
    pub fn lines(&self) -> impl Iterator<Item = &str> {
        self.lines.iter().map(Line::text)
    }

    /// The numbers that the network gives for an image `[channels, height, width]`.
    ///
    /// # Errors
    /// Where a layer does not fit the sizes.
    // A program that uses no stack need not compile the layers that stacks can have; hence `inline`.
    #[inline]
    pub fn outputs(&self, image: [usize; 3]) -> Result<usize, StackError> {
        let mut params = tape::Params::<f32>::new(0);
        build::build(self, params.root(), image, Start::Zero).map(|(_, outputs)| outputs)
    }

    /// Adds the parameters of a network for images `[channels, height, width]` to the store.
    ///
    /// # Errors
    /// Where a layer does not fit the sizes, or the last one does not give a row of numbers.
    ///
    /// # Panics
    /// When there are parameters of the same names at this place already.
    #[track_caller]
    pub fn build<F: Real>(
        &self,
        params: ParamPath<'_, F>,
        image: [usize; 3],
        start: Start,
    ) -> Result<Sequential, StackError> {
        build::build(self, params, image, start).map(|(model, _)| model)
    }
}

impl FromStr for Stack {
    type Err = StackError;

    /// Lines with `;` between them.
    fn from_str(text: &str) -> Result<Stack, StackError> {
        Stack::new(text.split(';'))
    }
}
