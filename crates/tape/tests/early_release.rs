//! What a training step gives back before its sweep, values that no rule reads and those that are computed again, and
//! that nobody notices.

use retrograde_tape::{Activation, ConvOptions, Graph, ParamId, Params, PoolOptions, Rewrite, Tape, Tensor, Var};

/// Rows and columns of values that are large enough to be given back.
const ROWS: usize = 64;
const WIDTH: usize = 128;
const EPS: f64 = 1e-5;

fn numbers(count: usize) -> Vec<f64> {
    (0..count).map(|i| (i * 37 % 101) as f64 / 50.0 - 1.0).collect()
}

fn input(shape: &[usize]) -> Tensor<f64> {
    Tensor::from_vec(shape, numbers(shape.iter().product()))
}

/// Parameters of these shapes.
fn parameters(shapes: &[&[usize]]) -> (Params<f64>, Vec<ParamId>) {
    let mut params = Params::new(0);
    let add = |(i, shape): (usize, &&[usize])| {
        let id = params.root().param(&format!("p{i}"), *shape, 0.0);
        let values = numbers(i + shape.iter().product::<usize>());
        params.get_mut(id).as_mut_slice().copy_from_slice(&values[i..]);
        id
    };
    let ids = shapes.iter().enumerate().map(add).collect();
    (params, ids)
}

/// A training step, which gives back early, has the bits of a run, in which everything stays.
#[track_caller]
fn assert_as_if_all_stayed(
    params: &Params<f64>,
    ids: &[ParamId],
    loss: impl for<'t> Fn(&'t Graph<'t, f64>) -> Var<'t, f64>,
) {
    let mut tape = Tape::new();
    let (value, step) = tape.grad(params, &loss);
    let got: Vec<_> = ids.iter().map(|&id| step.gradient(params, id).cloned().expect("used")).collect();
    let (want_value, want) = Tape::new().run(params, |t| {
        t.set_training(true);
        let y = loss(t);
        let slopes: Vec<_> = ids.iter().map(|&id| y.grad([t.param(id)])[0].to_tensor()).collect();
        (y.item(), slopes)
    });
    assert_eq!(value, want_value);
    assert_eq!(got, want);
}

/// Sums and multiples, which no rule reads.
fn sums<'t>(x: Var<'t, f64>, w: Var<'t, f64>) -> Var<'t, f64> {
    ((x + w) * 0.5 - w * 0.25) * 0.75 + x
}

/// A block whose square reads the normalized rows, which are computed again.
fn normalized<'t>(x: Var<'t, f64>, w: Var<'t, f64>) -> Var<'t, f64> {
    x.graph().scope(|| x.layer_norm(1, Some(w), Some(w), EPS).powi(2).tanh() * x)
}

#[test]
fn a_step_keeps_what_its_rules_read_and_no_more() {
    let (params, ids) = parameters(&[&[WIDTH]]);
    let x = input(&[ROWS, WIDTH]);
    let bytes = |layers: usize, layer: for<'t> fn(Var<'t, f64>, Var<'t, f64>) -> Var<'t, f64>| {
        let mut tape = Tape::<f64>::new();
        tape.grad(&params, |t| {
            let (scope, w) = (t.open_scope(), t.param(ids[0]));
            (0..layers).fold(t.input(&x), |y, _| scope.keep(layer(y, w))).sum(..)
        });
        tape.bytes()
    };
    let value = ROWS * WIDTH * size_of::<f64>();
    let more = bytes(20, sums) - bytes(10, sums);
    assert!(more < value, "{more} bytes for ten layers that keep nothing");
    // The input, the result of tanh, and no normalized rows; some numbers a row and a column.
    let more = bytes(20, normalized) - bytes(10, normalized);
    assert!((20 * value..22 * value).contains(&more), "{more} bytes for ten layers, a value has {value}");
}

#[test]
fn gradients_have_the_same_bits() {
    let x = input(&[ROWS, WIDTH]);
    let (params, ids) = parameters(&[&[WIDTH], &[WIDTH]]);
    assert_as_if_all_stayed(&params, &ids, |t| {
        let [v, w] = [t.param(ids[0]), t.param(ids[1])];
        let y = (0..3).fold(t.input(&x), |y, _| normalized(t.scope(|| sums(y, v)), w).dropout(0.25));
        (y * y).mean(..)
    });
    let images = input(&[8, 4, 16, 16]);
    let (params, ids) = parameters(&[&[6, 4, 3, 3], &[6], &[6]]);
    assert_as_if_all_stayed(&params, &ids, |t| {
        let [kernel, weight, bias] = [t.param(ids[0]), t.param(ids[1]), t.param(ids[2])];
        let options = ConvOptions::new().padding(1);
        let y = t.scope(|| t.input(&images).conv2d_activated(kernel, Some(bias), options, Activation::Relu));
        let y = t.scope(|| y.max_pool2d(PoolOptions::new(3).stride(1)));
        let y = t.scope(|| y.batch_norm(weight, bias, EPS, Activation::Relu).value);
        let more = (y * weight.reshape([6, 1, 1])).slice(1, 0..4).conv2d(kernel, None, options);
        let y = t.scope(|| more.batch_norm_add(y, weight, bias, EPS, Activation::Relu).value);
        (y * y).mean(..)
    });
}

/// The derivative of a ReLU that the pooling behind it applies is that of the two in turn.
#[test]
fn pooling_opens_and_closes_the_relu_before_it() {
    let images = input(&[2, 3, 32, 32]);
    let (params, ids) = parameters(&[&[8, 3, 3, 3], &[8]]);
    let gradients = |fused: bool, windows: PoolOptions| {
        Tape::new().run(&params, |t| {
            let (kernel, bias, options) = (t.param(ids[0]), t.param(ids[1]), ConvOptions::new());
            let x = t.input(&images);
            let y = match fused {
                true => x.conv2d_activated(kernel, Some(bias), options, Activation::Relu),
                false => x.conv2d(kernel, Some(bias), options).relu(),
            };
            // Windows that overlap and such in which everything is 0 are among them: there the loss has a slope, too.
            let loss = (y.max_pool2d(windows) + 1.0).powi(2).sum(..);
            [loss.grad([kernel, bias]), loss.grad_recorded([kernel, bias])].map(|both| both.map(Var::to_tensor))
        })
    };
    for windows in [PoolOptions::new(2), PoolOptions::new(3).stride(2), PoolOptions::new(2).stride(1)] {
        assert_eq!(gradients(true, windows), gradients(false, windows));
    }
}

/// A penalty on a gradient is a second order inside of a training step.
#[test]
fn gradients_of_gradients_find_what_was_given_back() {
    let (x, images) = (input(&[ROWS, WIDTH]), input(&[8, 1, 16, 16]));
    let (params, ids) = parameters(&[&[WIDTH], &[6, 1, 3, 3], &[6]]);
    assert_as_if_all_stayed(&params, &ids, |t| {
        let [w, kernel, bias] = [t.param(ids[0]), t.param(ids[1]), t.param(ids[2])];
        let (x, images) = (t.leaf(&x), t.leaf(&images));
        let rows = (0..2).fold(x, |y, _| normalized(y, w));
        let pooled = t.scope(|| {
            let options = ConvOptions::new();
            let y = images.conv2d_activated(kernel, Some(bias), options, Activation::Relu);
            let y = y.max_pool2d(PoolOptions::new(2));
            t.scope(|| t.scope(|| y.batch_norm(bias, bias, EPS, Activation::Relu).value).powi(3))
        });
        let score = (rows * rows).mean(..) + pooled.mean(..);
        let [by_rows, by_images] = score.grad_recorded([x, images]);
        score + by_rows.powi(2).sum(..) + by_images.powi(2).sum(..)
    });
}

/// Whoever asks for the cotangent of the ReLU's result, or sees every op, sees it as it is.
#[test]
fn the_cotangent_between_relu_and_pooling_is_not_gated() {
    let kernel = Tensor::from_vec([1, 1, 1, 1], vec![-1.0]);
    Tape::<f64>::new().run(&Params::new(0), |t| {
        let x = t.leaf(&Tensor::full([1, 1, 2, 2], 1.0));
        let closed = x.conv2d_activated(t.input(&kernel), None, ConvOptions::new(), Activation::Relu);
        let y = closed.max_pool2d(PoolOptions::new(2)).sum(..);
        let [dx, d_closed] = y.grad([x, closed]);
        assert_eq!((&*dx.value(), &*d_closed.value()), (&[0.0; 4][..], &[1.0, 0.0, 0.0, 0.0][..]));
        let mut seen = Vec::new();
        let [dx] = y.grad_with([x], |op, _, g| {
            seen.push((op, g.value().to_vec()));
            // As a deconvolutional network does: open where the cotangent is positive.
            if op == "relu" { Rewrite::Replace(g.relu()) } else { Rewrite::Keep }
        });
        assert!(seen.contains(&("relu", vec![1.0, 0.0, 0.0, 0.0])), "{seen:?}");
        assert_eq!(*dx.value(), [-1.0, 0.0, 0.0, 0.0]);
    });
}

#[test]
#[should_panic(expected = "value: given back by the reverse sweep, or at the end of the scope that made it")]
fn a_handle_from_a_scope_that_is_over() {
    let (params, ids) = parameters(&[&[ROWS, WIDTH]]);
    Tape::new().grad(&params, |t| {
        let w = t.param(ids[0]);
        let mut inside = w;
        let y = t.scope(|| {
            inside = w * 2.0;
            inside + 1.0
        });
        inside.value();
        y.sum(..)
    });
}
