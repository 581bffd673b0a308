//! Attention layers: values and masks, where goldens do not reach.
