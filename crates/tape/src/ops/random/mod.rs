//! Ops that draw random numbers.

pub mod dropout;
