//! Training layers for sequences, of which every length has been seen, asks the allocator for nothing.
//!
//! The only test of its file, since allocations of all threads count.

use nn::attention::{AttentionMask, SequenceAttention};
use nn::transformer::{PaddingMasks, Transformer, TransformerConfig};
use nn::{Cell, Embedding, Linear, Positions, Recurrent};
use optim::{Adam, Optimizer};
use retrograde_tests::allocator::{Counting, allocations};
use tape::{CrossEntropy, Indices, Level, Mask, Params, Tape, Threads};

#[global_allocator]
static ALLOCATOR: Counting = Counting;

const BATCH: usize = 6;
const WIDTH: usize = 24;
const WORDS: usize = 50;

/// Losses, and the allocations of the last round over all lengths.
fn train(threads: usize) -> (Vec<f32>, u64) {
    Threads::new(threads).unwrap().run(|| {
        let mut params = Params::<f32>::new(0);
        let mut root = params.root();
        let words = Embedding::with_padding(root.at("words"), WORDS, WIDTH, 0);
        let positions = Positions::sinusoidal(root.at("positions"), 16, WIDTH);
        let config = TransformerConfig::new(WIDTH, 3).feed_forward(48).dropout(0.1);
        let transformer = Transformer::new(root.at("transformer"), config, 1, 1);
        let encoder = Recurrent::config(Cell::Lstm, WIDTH, 12).bidirectional(true).build(root.at("encoder"));
        let decoder = Recurrent::config(Cell::Gru, 2 * WIDTH, WIDTH).layers(2).dropout(0.1).build(root.at("decoder"));
        let attention = SequenceAttention::cosine();
        let output = Linear::tied(words.weight(), None);
        let batch = |time: usize| {
            let lengths = Indices::from_fn([BATCH], |b| (time - b % 3) as u32);
            let ends = |i: usize| i % time >= time - i / time % 3;
            let source = Indices::from_fn([BATCH, time], |i| if ends(i) { 0 } else { (i * 7 % 49 + 1) as u32 });
            let next = source.clone().reshape([BATCH * time]);
            (source, next, lengths, Mask::from_fn([BATCH, time], |i| u8::from(ends(i))))
        };
        let batches: Vec<_> = [5, 9, 7].map(batch).into();
        let (mut adam, mut tape) = (Adam::new(1e-3), Tape::new());
        let mut losses = Vec::with_capacity(1000);
        let mut last = 0;
        for _ in 0..12 {
            let before = allocations();
            for (source, next, lengths, padding) in &batches {
                let (loss, step) = tape.grad(&params, |t| {
                    let time = source.shape().dims()[1];
                    let padding = Some(t.mask(padding));
                    let x = positions.add(words.forward(t.indices(source)), 0);
                    let (encoded, _) = encoder.forward(x, None, Some(t.indices(lengths)));
                    let masks = PaddingMasks { source: padding, target: padding };
                    let y = transformer.forward(encoded, x, &masks);
                    let keys = attention.keys(y);
                    let mut state = decoder.zero_state(t, BATCH);
                    let mut loss = t.scalar(0.0);
                    let options = CrossEntropy { ignore_index: Some(0), label_smoothing: 0.1, ..Default::default() };
                    for i in 0..time {
                        let context = attention.forward(state.last_hidden(), keys, y, padding).context;
                        let word = x.slice(1, i..i + 1).reshape([BATCH, WIDTH]);
                        let (h, after) = decoder.step(tape::concat(&[context, word], 1), state);
                        state = after;
                        loss = loss + h.powi(2).mean(..) * 0.01;
                    }
                    let own = transformer.encoder.forward(x, &AttentionMask::padding(padding));
                    let hidden = (y + own).reshape([BATCH * time, WIDTH]);
                    let (of_words, predicted) = output.cross_entropy_and_argmax(hidden, t.indices(next), &options);
                    assert_eq!(predicted.shape(), next.shape());
                    loss + of_words
                });
                adam.step(&mut params, step);
                losses.push(loss);
            }
            last = allocations() - before;
        }
        (losses, last)
    })
}

#[test]
fn training_sequences_allocates_nothing_and_has_the_same_bits_on_any_threads() {
    let (losses, allocated) = train(1);
    assert!(losses.iter().all(|loss| loss.is_finite()) && losses[0] > losses[33], "it learns: {losses:?}");
    // Without AVX2, matrix products are those of matrixmultiply, which asks for its packing buffers at every call.
    if Level::current() != Level::Baseline {
        assert_eq!(allocated, 0, "allocations of three steps");
    }
    for threads in [2, 3] {
        assert!(train(threads).0 == losses, "{threads} threads");
    }
}
