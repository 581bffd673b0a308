//! Decoding step by step, beginnings, names.

use super::*;
use crate::Positions;
use tape::{Indices, Mask, Params, Tape, Tensor};

fn tensor(shape: [usize; 3], key: usize) -> Tensor<f32> {
    Tensor::from_fn(shape, |i| (((i + 1) * (key + 7) * 7919 % 1009) as f32 / 504.5 - 1.0).sin())
}

/// Whole sequences against steps, bit by bit, for batches of one and of several, with padding in the source.
#[test]
fn steps_have_the_bits_of_whole_sequences() {
    for (batch, norm_first, time) in [(1, false, 6), (3, true, 6), (1, true, 40), (2, false, 2)] {
        let mut params = Params::<f32>::new(1);
        let config = TransformerConfig::new(24, 3).feed_forward(40).norm_first(norm_first);
        let mut root = params.root();
        let model = Transformer::new(root.at("transformer"), config, 2, 2);
        let positions = Positions::learned(root.at("positions"), 64, 24);
        let (source, target) = (tensor([batch, 5, 24], 1), tensor([batch, time, 24], 2));
        let padding = Mask::from_fn([batch, 5], |i| u8::from(i % 5 > 2 + i / 5));
        Tape::new().eval(&params, |t| {
            let padding = Some(t.mask(&padding));
            let (across, target) = (AttentionMask::padding(padding), t.input(&target));
            let memory = model.encoder.forward(t.input(&source), &across);
            let whole = model.decoder.forward(positions.add(target, 0), memory, &AttentionMask::causal(None), &across);
            let mut cache = model.decoder.start(memory);
            for i in 0..time {
                cache = t.scope(|| {
                    let x = positions.add(target.slice(1, i..i + 1), cache.steps());
                    let (y, weights, cache) = model.decoder.step(x, cache, &across);
                    assert_eq!(weights.shape().dims(), [batch, 3, 1, 5]);
                    let want = whole.slice(1, i..i + 1);
                    assert!(*y.value() == *want.value(), "step {i} of {time}, batch {batch}: {y:?} {want:?}");
                    cache
                });
                assert_eq!(cache.steps(), i + 1);
            }
        });
    }
}

#[test]
fn a_cache_goes_on_with_the_rows_that_are_chosen() {
    let mut params = Params::<f32>::new(1);
    let decoder = TransformerDecoder::new(params.root(), TransformerConfig::new(8, 2).feed_forward(8), 2, true);
    let (memory, x) = (tensor([3, 4, 8], 1), tensor([3, 2, 8], 2));
    let chosen = Indices::from_vec([2], vec![2, 0]);
    Tape::new().eval(&params, |t| {
        let (memory, x, chosen) = (t.input(&memory), t.input(&x), t.indices(&chosen));
        let [first, second] = x.chunk(1);
        let mask = AttentionMask::default();
        let (_, _, cache) = decoder.step(first, decoder.start(memory), &mask);
        let (all, _, _) = decoder.step(second, cache.clone(), &mask);
        let (part, ..) = decoder.step(second.index_select(0, chosen), cache.select(chosen, Some(chosen)), &mask);
        assert_eq!(*part.value(), *all.index_select(0, chosen).value());
    });
}

/// Two rows of a source find in it what each would find in a source of its own, bit by bit.
#[test]
fn several_rows_share_a_source() {
    let mut params = Params::<f32>::new(1);
    let decoder = TransformerDecoder::new(params.root(), TransformerConfig::new(8, 2).feed_forward(8), 2, true);
    let (memory, first, second) = (tensor([3, 4, 8], 1), tensor([3, 1, 8], 2), tensor([4, 1, 8], 3));
    let (rows, batch) = (Indices::from_vec([4], vec![2, 2, 0, 0]), Indices::from_vec([2], vec![2, 0]));
    let padding = [[0, 0, 0, 1], [0, 0, 0, 0], [0, 0, 1, 1]];
    Tape::new().eval(&params, |t| {
        let mask = |rows: &[usize]| {
            let numbers = rows.iter().flat_map(|&row| padding[row]).collect();
            AttentionMask::padding(Some(t.mask(&Mask::from_vec([rows.len(), 4], numbers))))
        };
        let (rows, batch, second) = (t.indices(&rows), t.indices(&batch), t.input(&second));
        let (_, _, cache) = decoder.step(t.input(&first), decoder.start(t.input(&memory)), &mask(&[0, 1, 2]));
        let (together, weights, _) = decoder.step(second, cache.select(rows, Some(batch)), &mask(&[2, 0]));
        let (apart, apart_weights, _) = decoder.step(second, cache.select(rows, Some(rows)), &mask(&[2, 2, 0, 0]));
        assert_eq!(*together.value(), *apart.value());
        assert_eq!(*weights.permute(&[0, 2, 1, 3]).value(), *apart_weights.value());
    });
}

/// Later words of the target change nothing before them; padded words of the source change nothing.
#[test]
fn masks_hide() {
    let mut params = Params::<f32>::new(1);
    let model = Transformer::new(params.root(), TransformerConfig::new(8, 2).feed_forward(8), 1, 1);
    let padding = Mask::from_vec([1, 3], vec![0, 0, 1]);
    let run = |source: &Tensor<f32>, target: &Tensor<f32>| {
        Tape::new().eval(&params, |t| {
            let padding = PaddingMasks { source: Some(t.mask(&padding)), target: None };
            model.forward(t.input(source), t.input(target), &padding).to_tensor()
        })
    };
    let (source, target) = (tensor([1, 3, 8], 1), tensor([1, 4, 8], 2));
    let (mut other_source, mut other_target) = (source.clone(), target.clone());
    other_source.as_mut_slice()[16..].fill(9.0);
    other_target.as_mut_slice()[24..].fill(9.0);
    let (a, b) = (run(&source, &target), run(&other_source, &other_target));
    assert_eq!(a.as_slice()[..24], b.as_slice()[..24]);
    assert_ne!(a.as_slice()[24..], b.as_slice()[24..]);
}

#[test]
fn names_are_those_of_pytorch() {
    let mut params = Params::<f32>::new(0);
    Transformer::new(params.root(), TransformerConfig::new(4, 2).feed_forward(8), 1, 1);
    let names: Vec<&str> = params.entries().iter().map(|entry| entry.name()).collect();
    let layer = ["self_attn.in_proj_weight", "self_attn.in_proj_bias", "self_attn.out_proj.weight", "linear2.bias"];
    for name in layer {
        assert!(names.contains(&&*format!("encoder.layers.0.{name}")), "{name} in {names:?}");
    }
    for name in ["decoder.layers.0.multihead_attn.out_proj.bias", "decoder.layers.0.norm3.weight", "decoder.norm.bias"]
    {
        assert!(names.contains(&name), "{name} in {names:?}");
    }
}
