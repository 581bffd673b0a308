//! Transformers (Vaswani et al. 2017, *Attention is all you need*): encoders, decoders, and both together.
//!
//! Sequences are `[batch, time, width]`. In training, a decoder sees whole sequences under a causal mask; in use, it goes
//! step by step with a [`DecoderCache`], and gets the same bits.

mod config;
mod decoder;
mod encoder;
#[cfg(test)]
mod tests;

pub use config::TransformerConfig;
pub use decoder::{DecoderCache, TransformerDecoder, TransformerDecoderLayer};
pub use encoder::{TransformerEncoder, TransformerEncoderLayer};

use crate::attention::AttentionMask;
use tape::{MaskVar, ParamPath, Real, Var};

/// An encoder and a decoder that attends to its outputs.
///
/// Parameters, under PyTorch's names: those of the parts, below `encoder` and `decoder`; each ends in a norm. Matrices start
/// uniform by Xavier, as PyTorch's.
#[derive(Clone, Debug)]
pub struct Transformer {
    /// The encoder.
    pub encoder: TransformerEncoder,
    /// The decoder.
    pub decoder: TransformerDecoder,
}

/// Which steps of source and target are padding, `[batch, time]` each: 1 excludes.
#[derive(Clone, Copy)]
pub struct PaddingMasks<'t, F: Real = f32> {
    /// Of the source.
    pub source: Option<MaskVar<'t, F>>,
    /// Of the target.
    pub target: Option<MaskVar<'t, F>>,
}

impl<F: Real> Default for PaddingMasks<'_, F> {
    fn default() -> Self {
        PaddingMasks { source: None, target: None }
    }
}

impl Transformer {
    /// A transformer of so many layers.
    ///
    /// # Panics
    /// When there are parameters of the same names at this place already, or the heads do not divide the width.
    #[track_caller]
    pub fn new<F: Real>(
        mut params: ParamPath<'_, F>,
        config: TransformerConfig,
        encoder_layers: usize,
        decoder_layers: usize,
    ) -> Transformer {
        let config = config.xavier();
        Transformer {
            encoder: TransformerEncoder::new(params.at("encoder"), config, encoder_layers, true),
            decoder: TransformerDecoder::new(params.at("decoder"), config, decoder_layers, true),
        }
    }

    /// From source and target `[batch, time, width]`, with positions, to `[batch, time, width]` for each step of the
    /// target, which sees no later ones.
    ///
    /// # Panics
    /// When the shapes do not fit.
    #[track_caller]
    pub fn forward<'t, F: Real>(
        &self,
        source: Var<'t, F>,
        target: Var<'t, F>,
        padding: &PaddingMasks<'t, F>,
    ) -> Var<'t, F> {
        let memory = self.encoder.forward(source, &AttentionMask::padding(padding.source));
        let (own, across) = (AttentionMask::causal(padding.target), AttentionMask::padding(padding.source));
        self.decoder.forward(target, memory, &own, &across)
    }
}
