//! What attention sees, and how it is made.

use super::*;
use tape::{Mask, Params, Tape, Tensor};

#[test]
fn weights_of_sequences_sum_to_one_over_what_is_no_padding() {
    let mut params = Params::<f64>::new(0);
    let mut root = params.root();
    let kinds = [
        SequenceAttention::cosine(),
        SequenceAttention::cosine_with_temperature(root.at("cosine"), 5.0),
        SequenceAttention::Dot,
        SequenceAttention::additive(root.at("additive"), 4, 4, 6),
    ];
    let values = Tensor::from_fn([2, 3, 4], |i| (i as f64).sin());
    let padding = Mask::from_vec([2, 3], vec![0, 0, 0, 0, 1, 1]);
    Tape::new().eval(&params, |t| {
        let values = t.input(&values);
        for kind in kinds {
            let query = values.slice(1, 2..3).reshape([2, 4]);
            let Attended { context, weights } = kind.forward(query, kind.keys(values), values, Some(t.mask(&padding)));
            let sum: f64 = weights.value()[..3].iter().sum();
            assert!((sum - 1.0).abs() < 1e-12 && weights.value()[3..] == [1.0, 0.0, 0.0], "{kind:?}: {weights:?}");
            assert_eq!(context.value()[4..], values.value()[12..16]);
        }
    });
}

/// Two identical directions have cosine 1, opposite ones −1, whatever their lengths; zeros have 0 with a finite slope.
#[test]
fn the_cosine_is_of_directions() {
    Tape::<f64>::new().run(&Params::new(0), |t| {
        let keys = t.leaf(&Tensor::from_vec([1, 3, 2], vec![30.0, 40.0, -0.3, -0.4, 0.0, 0.0]));
        let query = t.leaf(&Tensor::from_vec([1, 2], vec![3.0, 4.0]));
        let attention = SequenceAttention::cosine();
        let attended = attention.forward(query, attention.keys(keys), keys, None);
        let total = 1f64.exp() + (-1f64).exp() + 1.0;
        let want = [1f64.exp() / total, (-1f64).exp() / total, 1.0 / total];
        assert!(attended.weights.value().iter().zip(want).all(|(a, b)| (a - b).abs() < 1e-15));
        let [slope] = attended.context.sum(..).grad([keys]);
        assert!(slope.value().iter().all(|slope| slope.is_finite()), "{slope:?}");
    });
}

#[test]
fn heads_of_their_own_width() {
    let mut params = Params::<f32>::new(0);
    let attention = MultiHeadAttention::config(8, 2).key_width(6).value_width(3).build(params.root());
    let shapes: Vec<_> = params.entries().iter().map(|entry| entry.tensor().shape().dims().to_vec()).collect();
    assert_eq!(shapes, [vec![30, 8], vec![30], vec![8, 6], vec![8]]);
    Tape::new().eval(&params, |t| {
        let x = t.full([2, 5, 8], 0.5);
        let attended = attention.attend_self(x, &AttentionMask::causal(None));
        assert_eq!(attended.value.shape().dims(), [2, 5, 8]);
        let across = attention.attend_to(x, attention.keys_values(x), &AttentionMask::causal(None));
        assert_eq!(*across.value.value(), *attended.value.value());
    });
}

#[test]
#[should_panic(expected = "MultiHeadAttention: 3 heads do not divide a width of 8")]
fn heads_divide_the_width() {
    MultiHeadAttention::new(Params::<f32>::new(0).root(), 8, 3);
}
