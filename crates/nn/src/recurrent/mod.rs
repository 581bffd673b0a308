//! Recurrent layers: [`Recurrent`], of one or several layers, in one or both directions, with an LSTM, GRU or plain cell.
//!
//! Sequences are `[batch, time, features]`, shorter ones padded at their end. Given their lengths, padding has no influence,
//! as with PyTorch's packed sequences.

mod config;
mod layer;
#[cfg(test)]
mod tests;

pub use config::RecurrentConfig;
pub use layer::{Recurrent, RecurrentState};
