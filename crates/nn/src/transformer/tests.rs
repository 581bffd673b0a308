//! Transformers.
