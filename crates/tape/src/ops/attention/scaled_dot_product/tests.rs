//! Attention's derivatives, to second order, for every way in which operands may lie; its masks.

use super::*;
use crate::gradcheck::{Order, check, sample};
use crate::{Mask, Params, Tape, Tensor};

/// Settings by number: masks of keys and pairs, causal, dropout.
fn options<'t>(t: &'t crate::Graph<'t, f64>, case: usize, [batch, queries, keys]: [usize; 3]) -> Attention<'t, f64> {
    let mask = |shape: [usize; 2], every: usize| t.mask(&Mask::from_fn(shape, |i| u8::from(i % every != 1)));
    t.set_training(true);
    Attention {
        heads: 2,
        scale: (case == 1).then_some(0.9),
        keys: (case & 1 != 0).then(|| mask([batch, keys], 3)),
        pairs: (case & 2 != 0).then(|| mask([queries, keys], 4)),
        causal: case & 4 != 0,
        dropout: if case & 8 != 0 { 0.3 } else { 0.0 },
    }
}

#[test]
fn scaled_dot_product_attention() {
    for case in 0..16 {
        let inputs =
            [sample([2, 3, 4], -1.0..1.0, 1), sample([2, 4, 4], -1.0..1.0, 2), sample([2, 4, 6], -1.0..1.0, 3)];
        let checked = check(
            |t, x| x[0].scaled_dot_product_attention(x[1], x[2], &options(t, case, [2, 3, 4])).value,
            &inputs,
            Order::Second,
        );
        checked.unwrap_or_else(|error| panic!("case {case}: {error}"));
    }
}

#[test]
fn packed_operands() {
    for case in 0..16 {
        let inputs = [sample([2, 3, 4], -1.0..1.0, 1), sample([2, 4, 10], -1.0..1.0, 2)];
        let checked =
            check(|t, x| x[0].attention_to_packed(x[1], &options(t, case, [2, 3, 4])).value, &inputs, Order::Second);
        checked.unwrap_or_else(|error| panic!("pair, case {case}: {error}"));
        let checked = check(
            |t, x| x[0].self_attention_of_packed(&options(t, case, [2, 3, 3])).value,
            &[sample([2, 3, 12], -1.0..1.0, 1)],
            Order::Second,
        );
        checked.unwrap_or_else(|error| panic!("all in one, case {case}: {error}"));
    }
}

/// The same value three times, and constants among the operands.
#[test]
fn shared_and_constant_operands() {
    let (x, fixed) = (sample([2, 3, 4], -1.0..1.0, 1), sample([2, 3, 4], -1.0..1.0, 2));
    let options = Attention { heads: 2, ..Attention::default() };
    check(
        |_, x| x[0].scaled_dot_product_attention(x[0], x[0], &options).value,
        std::slice::from_ref(&x),
        Order::Second,
    )
    .unwrap();
    check(
        |t, x| t.input(&fixed).scaled_dot_product_attention(t.input(&fixed), x[0], &options).value,
        &[x],
        Order::Second,
    )
    .unwrap();
}

#[test]
fn packed_and_apart_have_the_same_bits() {
    let all = sample([2, 5, 12], -1.0..1.0, 1);
    Tape::new().run(&Params::new(0), |t| {
        let x = t.leaf(&all);
        let options = Attention { heads: 2, causal: true, ..Attention::default() };
        let [q, k, v] = x.chunk(2);
        let packed = x.self_attention_of_packed(&options);
        let paired = q.attention_to_packed(x.slice(2, 4..12), &options);
        let apart = q.scaled_dot_product_attention(k, v, &options);
        for other in [paired, apart] {
            assert_eq!(*packed.value.value(), *other.value.value());
            assert_eq!(*packed.weights.value(), *other.weights.value());
            let gradient = |y: Var<'_, f64>| y.powi(2).sum(..).grad([x])[0].to_tensor();
            let same = gradient(packed.value)
                .as_slice()
                .iter()
                .zip(gradient(other.value).as_slice())
                .all(|(a, b)| (a - b).abs() < 1e-15);
            assert!(same);
        }
    });
}

#[test]
fn weights_sum_to_one_over_what_is_seen() {
    Tape::<f64>::new().eval(&Params::new(0), |t| {
        let x = t.input(&sample([1, 3, 2], -1.0..1.0, 1));
        let keys = Some(t.mask(&Mask::from_vec([1, 3], vec![1, 0, 1])));
        let weights = x.scaled_dot_product_attention(x, x, &Attention { keys, ..Attention::default() }).weights;
        for row in weights.value().chunks(3) {
            assert!(row[1] == 0.0 && (row.iter().sum::<f64>() - 1.0).abs() < 1e-15);
        }
    });
}

#[test]
fn a_query_that_sees_nothing() {
    Tape::<f64>::new().run(&Params::new(0), |t| {
        let x = t.leaf(&sample([1, 2, 2], -1.0..1.0, 1));
        let pairs = Some(t.mask(&Mask::from_vec([2, 2], vec![0, 0, 1, 1])));
        let y = x.scaled_dot_product_attention(x, x, &Attention { pairs, ..Attention::default() }).value;
        assert_eq!(y.value()[..2], [0.0; 2]);
        for dx in [y.slice(1, 0..1).sum(..).grad([x]), y.slice(1, 0..1).sum(..).grad_recorded([x])] {
            assert_eq!(*dx[0].value(), [0.0; 4]);
        }
    });
}

#[test]
#[should_panic(expected = "attention: queries, keys and values do not match: left [2, 3, 4], right [2, 3, 5]")]
fn keys_of_another_width() {
    Tape::<f64>::new().eval(&Params::new(0), |t| {
        let (q, k) = (t.full([2, 3, 4], 0.0), t.full([2, 3, 5], 0.0));
        q.scaled_dot_product_attention(k, k, &Attention::default());
    });
}

#[test]
#[should_panic(expected = "attention: 3 heads do not divide the widths: left [2, 3, 4], right [2, 3, 4]")]
fn heads_divide() {
    Tape::<f64>::new().eval(&Params::new(0), |t| {
        let x = t.full([2, 3, 4], 0.0);
        x.scaled_dot_product_attention(x, x, &Attention { heads: 3, ..Attention::default() });
    });
}

#[test]
#[should_panic(expected = "attention: mask of keys: left [3, 2], right [2, 3]")]
fn mask_of_another_shape() {
    Tape::<f64>::new().eval(&Params::new(0), |t| {
        let x = t.full([2, 3, 4], 0.0);
        let keys = Some(t.mask(&Tensor::full([3, 2], 1)));
        x.scaled_dot_product_attention(x, x, &Attention { keys, ..Attention::default() });
    });
}
