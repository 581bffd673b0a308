//! Batches of pairs.

use super::*;
use crate::Loader;
use crate::text::UNK;

/// Pairs of `count` sentences of 1 to 9 words, whose translation is one word longer.
fn pairs(count: usize) -> Vec<Pair> {
    let sentence =
        |i: usize, words: usize| (0..words).map(|k| format!("w{}", (i + k) % 7)).collect::<Vec<_>>().join(" ");
    (0..count).map(|i| Pair::new(sentence(i, i * 5 % 9 + 1), sentence(i + 1, i * 5 % 9 + 2))).collect()
}

fn data(count: usize, limit: LengthLimit) -> PairDataset {
    let pairs = pairs(count);
    let words = Tokenizer::words(["w0 w1 w2 w3 w4 w5 w6"], true, 1);
    PairDataset::new(&pairs, &words, &words, limit)
}

#[test]
fn a_batch_by_hand() {
    let pairs = [Pair::new("a b", "x"), Pair::new("a", "x x y z")];
    let [source, target] = ["a b", "x y"].map(|text| Tokenizer::words([text], true, 1));
    let data = PairDataset::new(&pairs, &source, &target, LengthLimit::None);
    let check = |data: PairDataset, [s, t]: [usize; 2]| {
        let batch = Loader::sequential(&data, 2).epoch(0).next().unwrap();
        let padded = |rows: [&[u32]; 2], columns| {
            let row = |row: &[u32]| (0..columns).map(|k| row.get(k).copied().unwrap_or(PAD)).collect::<Vec<_>>();
            Indices::from_vec([2, columns], rows.map(row).concat())
        };
        let mask = |lengths: [usize; 2], columns| {
            let row = |length| (0..columns).map(|k| u8::from(k < length)).collect::<Vec<_>>();
            Mask::from_vec([2, columns], lengths.map(row).concat())
        };
        let expected = PairBatch {
            numbers: vec![0, 1],
            source: padded([&[SOS, 4, 5, EOS], &[SOS, 4, EOS]], s),
            source_mask: mask([4, 3], s),
            source_lengths: Indices::from_vec([2], vec![4, 3]),
            target_in: padded([&[SOS, 4], &[SOS, 4, 4, 5, UNK]], t),
            target_out: padded([&[4, EOS], &[4, 4, 5, UNK, EOS]], t),
            target_mask: mask([2, 5], t),
            target_lengths: Indices::from_vec([2], vec![2, 5]),
        };
        assert_eq!(batch, expected);
    };
    assert_eq!((data.target_tokens(), data.source(1), data.target(0)), (7, &[SOS, 4, EOS][..], &[SOS, 4, EOS][..]));
    check(data.clone(), [4, 5]);
    check(data.common_length(), [5, 5]);
}

#[test]
fn memory_that_is_used_again_holds_nothing_of_before() {
    let data = data(40, LengthLimit::None);
    let mut loader = Loader::new(&data, 4, data.sampler(4, 0));
    let mut used: Vec<PairBatch> = Vec::new();
    for epoch in 0..2 {
        used = loader.epoch(epoch).map(|batch| PairBatch { numbers: batch.numbers.clone(), ..batch }).collect();
    }
    for batch in used {
        let mut fresh = data.allocate(batch.numbers.len());
        data.fill(&batch.numbers, 1, &mut fresh);
        assert_eq!(batch, fresh);
    }
}

#[test]
fn long_sentences_are_left_out_or_cut_and_counted() {
    let all = pairs(9);
    let long = all.iter().filter(|pair| pair.target.split(' ').count() > 6).count();
    let left_out = data(9, LengthLimit::LeaveOut(6));
    assert_eq!((left_out.len(), left_out.long()), (9 - long, long));
    let numbers = left_out.numbers.to_vec();
    assert!(numbers.iter().all(|&number| all[number as usize].target.split(' ').count() <= 6), "{numbers:?}");
    let cut = data(9, LengthLimit::Cut(6));
    assert_eq!((cut.len(), cut.long()), (9, long));
    assert_eq!((0..9).map(|i| cut.target(i).len()).max(), Some(8));
    assert!((0..9).all(|i| cut.target(i).ends_with(&[EOS])));
    let all = data(9, LengthLimit::None);
    assert_eq!((all.len(), all.long()), (9, 0));
}

#[test]
fn sentences_of_similar_lengths_share_a_batch() {
    let data = data(900, LengthLimit::None);
    let filled = |loader: &mut Loader<PairDataset>| {
        let count = |batch: PairBatch| {
            (batch.source_mask.as_slice().len(), batch.source_lengths.as_slice().iter().sum::<u32>())
        };
        let (cells, tokens): (Vec<usize>, Vec<u32>) = loader.epoch(0).map(count).unzip();
        f64::from(tokens.iter().sum::<u32>()) / cells.iter().sum::<usize>() as f64
    };
    let mixed = filled(&mut Loader::shuffled(&data, 16, 0));
    let sorted = filled(&mut Loader::new(&data, 16, data.sampler(16, 0)));
    assert!(mixed < 0.7 && sorted > 0.95, "{mixed} {sorted}");
}
