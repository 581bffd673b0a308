//! Sentences, 128 at a time.

use crate::common::Step;
use crate::transformer::{Layer, Norm};
use crate::{DEVICE, Parameters, adam, indices, momentum, training};
use candle_core::{IndexOp, Result, Tensor};
use candle_nn::loss::cross_entropy;
use candle_nn::ops::log_softmax;
use candle_nn::rnn::{LSTMConfig, RNN, lstm as cell};
use candle_nn::{Embedding, Module, embedding, linear};

const BATCH: usize = 128;

/// Encoder and decoder of long short-term memory, the decoder word by word.
pub fn lstm() -> Result<Step> {
    let (time, source_words, target_words, embedded, hidden) = (20, 8000, 6000, 128, 256);
    let parameters = Parameters::new();
    let source_embedding = embedding(source_words, embedded, parameters.layer())?;
    let target_embedding = embedding(target_words, embedded, parameters.layer())?;
    let encoder = cell(embedded, hidden, LSTMConfig::default(), parameters.layer())?;
    let decoder = cell(embedded, hidden, LSTMConfig::default(), parameters.layer())?;
    let output = linear(hidden, target_words, parameters.layer())?;
    let (source, target) = (sentences(time, source_words)?, sentences(time, target_words)?);
    // Up to five words are missing at the end: candle's losses know of no such words, so that a weight of 0 is theirs.
    let present = |i: usize| i % time < time - i / time % 6;
    let words = (0..BATCH * time).map(|i| if present(i) { 3 + i as u32 % 5000 } else { 0 });
    let following = Tensor::new(words.collect::<Vec<_>>(), &DEVICE)?.unsqueeze(1)?;
    let count = (0..BATCH * time).filter(|&i| present(i)).count() as f32;
    let weights = (0..BATCH * time).map(|i| if present(i) { -1.0 / count } else { 0.0 });
    let weights = Tensor::new(weights.collect::<Vec<f32>>(), &DEVICE)?.unsqueeze(1)?;
    Ok(training(&parameters, adam(&parameters)?, move || {
        let states = encoder.seq(&source_embedding.forward(&source)?)?;
        let mut state = states[time - 1].clone();
        let words = target_embedding.forward(&target)?;
        let mut logits = Vec::new();
        for step in 0..time {
            state = decoder.step(&words.i((.., step, ..))?.contiguous()?, &state)?;
            logits.push(output.forward(state.h())?);
        }
        let logits = Tensor::stack(&logits, 1)?.reshape((BATCH * time, target_words))?;
        (log_softmax(&logits, 1)?.gather(&following, 1)? * &weights)?.sum_all()
    }))
}

/// One layer of a transformer's encoder, which names a word for every position.
pub fn encoder() -> Result<Step> {
    let (time, width, words) = (43, 128, 5000);
    let parameters = Parameters::new();
    let embedding = Positioned::new(&parameters, words, time, width)?;
    let layer = Layer::encoder(&parameters, width, 2048, 2)?;
    let output = linear(width, words, parameters.layer())?;
    let (sentences, tags) = (sentences(time, words)?, indices(BATCH * time, words)?);
    Ok(training(&parameters, momentum(&parameters), move || {
        let x = layer.forward(&embedding.forward(&sentences, 1.0)?, None, None)?;
        cross_entropy(&output.forward(&x)?.reshape((BATCH * time, words))?, &tags)
    }))
}

/// Two layers of encoder and of decoder.
pub fn transformer() -> Result<Step> {
    let (time, width, hidden, heads, sizes) = (20, 256, 1024, 8, [8000, 6000]);
    let parameters = Parameters::new();
    let [source_embedding, target_embedding] = sizes.map(|words| Positioned::new(&parameters, words, time, width));
    let (source_embedding, target_embedding) = (source_embedding?, target_embedding?);
    let layers = || (0..2).map(|_| Layer::encoder(&parameters, width, hidden, heads)).collect::<Result<Vec<_>>>();
    let encoder = (layers()?, Norm::new(&parameters, width)?);
    let layers = || (0..2).map(|_| Layer::decoder(&parameters, width, hidden, heads)).collect::<Result<Vec<_>>>();
    let decoder = (layers()?, Norm::new(&parameters, width)?);
    let output = linear(width, sizes[1], parameters.layer())?;
    let [source, target] = sizes.map(|words| sentences(time, words));
    let (source, target) = (source?, target?);
    let following = indices(BATCH * time, sizes[1])?.unsqueeze(1)?;
    let future = (0..time * time).map(|i| if i % time > i / time { f32::NEG_INFINITY } else { 0.0 });
    let future = Tensor::from_iter(future, &DEVICE)?.reshape((time, time))?;
    let scale = (width as f64).sqrt();
    Ok(training(&parameters, adam(&parameters)?, move || {
        let x = source_embedding.forward(&source, scale)?;
        let x = encoder.0.iter().try_fold(x, |x, layer| layer.forward(&x, None, None))?;
        let memory = encoder.1.forward(&x)?;
        let y = target_embedding.forward(&target, scale)?;
        let y = decoder.0.iter().try_fold(y, |y, layer| layer.forward(&y, Some(&future), Some(&memory)))?;
        let logits = output.forward(&decoder.1.forward(&y)?)?.reshape((BATCH * time, sizes[1]))?;
        smoothed(&logits, &following)
    }))
}

/// Cross-entropy with a tenth of the weight on all words alike.
fn smoothed(logits: &Tensor, words: &Tensor) -> Result<Tensor> {
    let logarithms = log_softmax(logits, 1)?;
    (logarithms.gather(words, 1)?.mean_all()? * -0.9)? + (logarithms.mean_all()? * -0.1)?
}

/// Vectors of words, and of their positions in a sentence.
struct Positioned {
    words: Embedding,
    positions: Embedding,
}

impl Positioned {
    fn new(parameters: &Parameters, words: usize, time: usize, width: usize) -> Result<Self> {
        let [words, positions] = [words, time].map(|count| embedding(count, width, parameters.layer()));
        Ok(Positioned { words: words?, positions: positions? })
    }

    fn forward(&self, sentences: &Tensor, scale: f64) -> Result<Tensor> {
        let words = self.words.forward(sentences)?;
        // A factor of one costs nothing.
        let words = if scale == 1.0 { words } else { (words * scale)? };
        words.broadcast_add(self.positions.embeddings())
    }
}

fn sentences(time: usize, words: usize) -> Result<Tensor> {
    indices(BATCH * time, words)?.reshape((BATCH, time))
}
