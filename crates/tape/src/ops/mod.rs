//! One op, one file: its documentation with the formulas of value and derivative, its method on [`Var`](crate::Var), its
//! rule, its gradient check. A new op is a new file, and a line in the module of its kind.

pub mod activation;
pub mod arithmetic;
pub mod attention;
pub mod compare;
pub mod convolution;
pub mod function;
pub mod index;
pub mod loss;
pub mod normalize;
pub mod pool;
pub mod product;
pub mod random;
pub mod recurrent;
pub mod reduce;
pub mod shape;

pub use activation::Activation;
pub(crate) use activation::{activation_name, activation_vjp, activation_vjp_in_place};
pub use attention::{Attention, AttentionOutput};
pub use compare::Operand;
pub use convolution::{ConvOptions, IntoPair};
pub use loss::{CrossEntropy, FocalLoss, Reduction};
pub use normalize::BatchNormOutput;
pub use pool::PoolOptions;
pub use recurrent::{Recurrence, RecurrentOutput};
pub use shape::{concat, stack};
