//! [`StackError`]: what can be wrong with a list of layers.

/// A list of layers that cannot be used. Layers are numbered from 1.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StackError {
    /// There is no layer.
    #[error("there is no layer: write one a line, as \"linear 10\"")]
    Empty,
    /// A line that means no layer, or has a setting that is not one of the layer's.
    #[error("layer {layer}, {line:?}: {what}")]
    Line {
        /// Its number.
        layer: usize,
        /// The line.
        line: String,
        /// What is wrong, and the way out.
        what: String,
    },
    /// A layer that does not fit what the layers before it give.
    #[error("layer {layer}, {line:?}, does not fit {input}: {what}")]
    Shape {
        /// Its number.
        layer: usize,
        /// The line.
        line: String,
        /// What it gets.
        input: String,
        /// What is wrong, and the way out.
        what: String,
    },
    /// The last layer gives images.
    #[error(
        "the last layer, {line:?}, gives {output}, not a row of numbers: put \"flatten\" or \"global-avg-pool\" after it"
    )]
    Images {
        /// The line.
        line: String,
        /// What it gives.
        output: String,
    },
}
