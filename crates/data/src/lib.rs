//! Data sets: readers of their files, and batches in a reproducible order.
//!
//! ```
//! let digits = retrograde_data::digits();
//! assert_eq!(digits.train.len(), 1197);
//! let mut loader = retrograde_data::Loader::shuffled(&digits.train, 64, 0);
//! for batch in loader.epoch(0) {
//!     assert_eq!(batch.images.shape().dims()[1..], [1, 8, 8]);
//! }
//! ```

mod augment;
mod augmented;
mod cache;
mod cifar;
mod dataset;
mod digits;
mod error;
mod file;
mod idx;
mod images;
mod jitter;
#[cfg(feature = "jpeg")]
mod jpeg;
mod loader;
mod mixup;
mod mnist;
mod sampler;
mod shapes;
mod streams;
#[cfg(feature = "text")]
pub mod text;
mod unbalanced;

pub use augment::{Augment, Normalize};
pub use augmented::AugmentedImages;
pub use cache::cached;
pub use cifar::{CIFAR10_CLASSES, cifar10, cifar100};
pub use dataset::{Dataset, Map, Select};
pub use digits::digits;
pub use error::DataError;
pub use idx::Idx;
pub use images::{Batch, LabeledImages, Splits};
pub use loader::{Epoch, Loader};
pub use mixup::mixup;
pub use mnist::mnist;
pub use sampler::Sampler;
pub use shapes::{SHAPES_CLASSES, shapes};
pub use unbalanced::Imbalance;
