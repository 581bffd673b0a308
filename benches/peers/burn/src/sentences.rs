//! Sentences, 128 at a time.

use crate::{Step, adam, cross_entropy, indices, momentum, training};
use burn::module::{Module, Param};
use burn::nn::activation::ActivationConfig::Relu;
use burn::nn::attention::generate_autoregressive_mask;
use burn::nn::loss::CrossEntropyLossConfig;
use burn::nn::transformer::{
    TransformerDecoder, TransformerDecoderConfig, TransformerDecoderInput, TransformerEncoder,
    TransformerEncoderConfig, TransformerEncoderInput,
};
use burn::nn::{Embedding, EmbeddingConfig, LayerNorm, LayerNormConfig, Linear, LinearConfig, Lstm, LstmConfig};
use burn::tensor::{Device, Int, Tensor};

const BATCH: usize = 128;

#[derive(Module, Debug)]
struct Recurrent {
    source: Embedding,
    target: Embedding,
    encoder: Lstm,
    decoder: Lstm,
    output: Linear,
}

/// Encoder and decoder of long short-term memory, the decoder word by word.
pub fn lstm(device: &Device) -> Step {
    let (time, source_words, target_words, embedded, hidden) = (20, 8000, 6000, 128, 256);
    let model = Recurrent {
        source: EmbeddingConfig::new(source_words, embedded).init(device),
        target: EmbeddingConfig::new(target_words, embedded).init(device),
        encoder: LstmConfig::new(embedded, hidden, true).init(device),
        decoder: LstmConfig::new(embedded, hidden, true).init(device),
        output: LinearConfig::new(hidden, target_words).init(device),
    };
    let (source, target) = (sentences(time, source_words, device), sentences(time, target_words, device));
    // Up to five words are missing at the end.
    let words = (0..BATCH * time).map(|i| if i % time >= time - i / time % 6 { 0 } else { 3 + i as i32 % 5000 });
    let following = Tensor::<1, Int>::from_ints(words.collect::<Vec<i32>>().as_slice(), device);
    let loss = CrossEntropyLossConfig::new().with_pad_tokens(Some(vec![0])).init(device);
    training(model, adam(), 1e-3, move |model| {
        let (_, mut state) = model.encoder.forward(model.source.forward(source.clone()), None);
        let words = model.target.forward(target.clone());
        let mut logits = Vec::new();
        for step in 0..time {
            let (output, next) = model.decoder.forward(words.clone().narrow(1, step, 1), Some(state));
            state = next;
            logits.push(model.output.forward(output));
        }
        loss.forward(Tensor::cat(logits, 1).reshape([BATCH * time, target_words]), following.clone())
    })
}

#[derive(Module, Debug)]
struct Tagger {
    words: Embedding,
    positions: Param<Tensor<2>>,
    layer: TransformerEncoder,
    output: Linear,
}

/// One layer of a transformer's encoder, which names a word for every position.
pub fn encoder(device: &Device) -> Step {
    let (time, width, words) = (43, 128, 5000);
    let layer = TransformerEncoderConfig::new(width, 2048, 2, 1).with_dropout(0.0).with_activation(Relu);
    let model = Tagger {
        words: EmbeddingConfig::new(words, width).init(device),
        positions: positions(time, width, device),
        layer: layer.init(device),
        output: LinearConfig::new(width, words).init(device),
    };
    let (sentences, tags) = (sentences(time, words, device), indices(BATCH * time, words, device));
    let loss = cross_entropy(device);
    training(model, momentum(), 0.01, move |model| {
        let x = model.words.forward(sentences.clone()) + model.positions.val().unsqueeze::<3>();
        let y = model.output.forward(model.layer.forward(TransformerEncoderInput::new(x)));
        loss.forward(y.reshape([BATCH * time, words]), tags.clone())
    })
}

#[derive(Module, Debug)]
struct Transformer {
    words: Vec<Embedding>,
    positions: Vec<Param<Tensor<2>>>,
    encoder: TransformerEncoder,
    decoder: TransformerDecoder,
    norms: Vec<LayerNorm>,
    output: Linear,
}

impl Transformer {
    fn embedded(&self, side: usize, sentences: Tensor<2, Int>, scale: f32) -> Tensor<3> {
        self.words[side].forward(sentences) * scale + self.positions[side].val().unsqueeze::<3>()
    }
}

/// Two layers of encoder and of decoder.
pub fn transformer(device: &Device) -> Step {
    let (time, width, sizes) = (20, 256, [8000, 6000]);
    let encoder = TransformerEncoderConfig::new(width, 1024, 8, 2).with_dropout(0.0).with_activation(Relu);
    let decoder = TransformerDecoderConfig::new(width, 1024, 8, 2).with_dropout(0.0).with_activation(Relu);
    let model = Transformer {
        words: sizes.map(|words| EmbeddingConfig::new(words, width).init(device)).to_vec(),
        positions: sizes.map(|_| positions(time, width, device)).to_vec(),
        encoder: encoder.init(device),
        decoder: decoder.init(device),
        norms: sizes.map(|_| LayerNormConfig::new(width).init(device)).to_vec(),
        output: LinearConfig::new(width, sizes[1]).init(device),
    };
    let [source, target] = sizes.map(|words| sentences(time, words, device));
    let following = indices(BATCH * time, sizes[1], device);
    let future = generate_autoregressive_mask(BATCH, time, device);
    let loss = CrossEntropyLossConfig::new().with_smoothing(Some(0.1)).init(device);
    let scale = (width as f32).sqrt();
    training(model, adam(), 1e-3, move |model| {
        let source = TransformerEncoderInput::new(model.embedded(0, source.clone(), scale));
        let memory = model.norms[0].forward(model.encoder.forward(source));
        let target = TransformerDecoderInput::new(model.embedded(1, target.clone(), scale), memory);
        let y = model.norms[1].forward(model.decoder.forward(target.target_mask_attn(future.clone())));
        loss.forward(model.output.forward(y).reshape([BATCH * time, sizes[1]]), following.clone())
    })
}

fn positions(time: usize, width: usize, device: &Device) -> Param<Tensor<2>> {
    EmbeddingConfig::new(time, width).init(device).weight
}

fn sentences(time: usize, words: usize, device: &Device) -> Tensor<2, Int> {
    indices(BATCH * time, words, device).reshape([BATCH, time])
}
