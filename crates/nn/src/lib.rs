//! Layers on the tape: small structs of parameter ids.
//!
//! ```
//! use retrograde_nn::{Activation, Layer, Linear, Sequential};
//! # extern crate tape as retrograde_tape;
//! use retrograde_tape::{Params, Tape, Tensor};
//!
//! let mut params = Params::<f32>::new(0);
//! let mut root = params.root();
//! let model = Sequential::new()
//!     .then(Linear::config(784, 128).activation(Activation::Sigmoid).build(root.at("fc1")))
//!     .then(Linear::new(root.at("fc2"), 128, 10));
//! let logits = Tape::new().eval(&params, |t| model.forward(t.input(&Tensor::full([2, 784], 0.5))).to_tensor());
//! assert_eq!(logits.shape().dims(), [2, 10]);
//! ```

mod activation;
pub mod attention;
mod conv;
mod dropout;
mod embedding;
pub mod init;
mod layer;
mod linear;
mod norm;
mod pool;
mod position;
mod recurrent;
mod residual;
mod sequential;
pub mod stack;
pub mod transformer;
pub mod weights;
pub mod zoo;

pub use activation::{Flatten, Relu, Sigmoid, Tanh};
pub use conv::{Conv2d, Conv2dConfig, ConvTranspose2d};
pub use dropout::Dropout;
pub use embedding::Embedding;
pub use layer::{DynLayer, Layer};
pub use linear::{Linear, LinearConfig};
pub use norm::{BatchNorm2d, GroupNorm, LayerNorm};
pub use pool::{AdaptiveAvgPool2d, AvgPool2d, MaxPool2d};
pub use position::Positions;
pub use recurrent::{Recurrent, RecurrentConfig, RecurrentState};
pub use residual::{ResidualBlock, Shortcut};
pub use sequential::Sequential;
pub use tape::{Activation, Cell};
