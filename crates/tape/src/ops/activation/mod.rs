//! Nonlinearities of neural networks, elementwise.

pub mod elu;
pub mod fused;
pub mod gelu;
pub mod gelu_tanh;
pub mod leaky_relu;
pub mod relu;
pub mod sigmoid;
pub mod silu;
pub mod softplus;
pub mod tanh;

pub use fused::Activation;
pub(crate) use fused::{activation_name, activation_vjp, activation_vjp_in_place};
