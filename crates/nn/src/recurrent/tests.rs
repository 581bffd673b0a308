//! Steps against whole sequences, beginnings, misuse.

use super::*;
use tape::{Cell, Indices, Params, Tape, Tensor};

const CELLS: [Cell; 3] = [Cell::Rnn, Cell::Lstm, Cell::Gru];

fn input(shape: [usize; 3]) -> Tensor<f32> {
    Tensor::from_fn(shape, |i| ((i * 7919 % 1009) as f32 / 504.5 - 1.0).sin())
}

#[test]
fn steps_have_the_bits_of_whole_sequences() {
    for cell in CELLS {
        for batch in [1, 3] {
            let mut params = Params::<f32>::new(1);
            let layer = Recurrent::config(cell, 5, 40).layers(2).build(params.root());
            let x = input([batch, 6, 5]);
            Tape::new().eval(&params, |t| {
                let x = t.input(&x);
                let (whole, last) = layer.forward(x, None, None);
                let mut state = layer.zero_state(t, batch);
                for i in 0..6 {
                    let y;
                    (y, state) = t.scope(|| layer.step(x.slice(1, i..i + 1).reshape([batch, 5]), state));
                    assert_eq!(*y.value(), *whole.slice(1, i..i + 1).value(), "{cell:?}, step {i}, batch {batch}");
                }
                assert_eq!(*state.hidden.value(), *last.hidden.value());
                assert_eq!(state.cell.is_some(), cell == Cell::Lstm);
            });
        }
    }
}

/// A sequence gives the same alone as padded beside a longer one.
#[test]
fn padding_has_no_influence() {
    for cell in CELLS {
        let mut params = Params::<f32>::new(1);
        let layer = Recurrent::config(cell, 5, 8).layers(2).bidirectional(true).build(params.root());
        let x = input([2, 6, 5]);
        let lengths = Indices::from_vec([2], vec![4, 6]);
        Tape::new().eval(&params, |t| {
            let x = t.input(&x);
            let (y, state) = layer.forward(x, None, Some(t.indices(&lengths)));
            let (alone, own) = layer.forward(x.slice(0, 0..1).slice(1, 0..4), None, None);
            assert_eq!(*y.slice(0, 0..1).slice(1, 0..4).value(), *alone.value());
            assert_eq!(*state.hidden.slice(1, 0..1).value(), *own.hidden.value());
            assert!(y.slice(0, 0..1).slice(1, 4..6).value().iter().all(|&y| y == 0.0));
        });
    }
}

#[test]
fn names_and_beginnings_are_those_of_pytorch() {
    let mut params = Params::<f32>::new(0);
    Recurrent::config(Cell::Gru, 3, 4).layers(2).bidirectional(true).build(params.root().at("rnn"));
    let names: Vec<&str> = params.entries().iter().map(|entry| entry.name()).collect();
    let first =
        ["rnn.weight_ih_l0", "rnn.weight_hh_l0", "rnn.bias_ih_l0", "rnn.bias_hh_l0", "rnn.weight_ih_l0_reverse"];
    assert_eq!(names[..5], first);
    assert_eq!(names.len(), 16);
    let of_second = params.entries().iter().find(|entry| entry.name() == "rnn.weight_ih_l1").unwrap();
    assert_eq!(of_second.tensor().shape().dims(), [12, 8]);
    let all = || params.entries().iter().flat_map(|entry| entry.tensor().as_slice());
    let most = all().fold(0f32, |most, x| most.max(x.abs()));
    assert!(most <= 0.5 && most > 0.45, "{most}");
}

#[test]
#[should_panic(expected = "Recurrent: shape of the state: left [1, 3, 4], right [1, 2, 4]")]
fn a_state_of_another_batch() {
    let mut params = Params::<f32>::new(0);
    let layer = Recurrent::gru(params.root(), 3, 4);
    Tape::new().eval(&params, |t| {
        let state = layer.zero_state(t, 3);
        layer.forward(t.full([2, 5, 3], 0.0), Some(state), None).0.shape()
    });
}
