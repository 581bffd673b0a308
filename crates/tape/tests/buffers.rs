//! What a step commits: gradients, buffers that layers proposed, and the count of steps.

use retrograde_tape::{BufferId, Graph, ParamId, Params, Step, Tape, Tensor, Var, gradcheck::sample};

/// A weight, and the running mean of what it multiplies.
fn model() -> (Params<f64>, ParamId, BufferId) {
    let mut params = Params::new(0);
    let w = params.root().param("w", [3], 0.5);
    let mean = params.root().at("statistics").buffer("mean", [3], 1.0);
    (params, w, mean)
}

fn loss<'t>(t: &'t Graph<'t, f64>, x: &Tensor<f64>, w: ParamId, mean: BufferId) -> Var<'t, f64> {
    let x = t.input(x);
    t.propose(mean, t.buffer(mean) * 0.9 + x.mean(0) * 0.1);
    let y = (x - t.buffer(mean)) * t.param(w);
    (y * y).mean(..)
}

fn descend(params: &mut Params<f64>, step: &Step<f64>) {
    params.commit(step, |_, w, g| w.iter_mut().zip(g).for_each(|(w, g)| *w -= 0.1 * g));
}

fn buffer(params: &Params<f64>) -> Vec<f64> {
    params.entries()[1].tensor().as_slice().to_vec()
}

#[test]
fn a_step_commits_parameters_and_buffers_together() {
    let (mut params, w, mean) = model();
    let x = sample([4, 3], -1.0..1.0, 1);
    let mut tape = Tape::new();
    let before = params.get(w).tensor().clone();
    let (_, step) = tape.grad(&params, |t| loss(t, &x, w, mean));
    assert_eq!(buffer(&params), [1.0; 3], "proposed, not committed");
    assert_eq!(params.get(w).tensor(), &before);
    assert_eq!(step.iter().count(), 1, "a buffer has no gradient");
    descend(&mut params, step);
    assert_eq!(params.step(), 1);
    for (column, value) in buffer(&params).into_iter().enumerate() {
        let batch: f64 = (0..4).map(|row| x.as_slice()[row * 3 + column]).sum::<f64>() / 4.0;
        assert!((value - (0.9 + 0.1 * batch)).abs() < 1e-12);
    }
    assert_ne!(params.get(w).tensor(), &before);
    let (_, step) = tape.grad(&params, |t| loss(t, &x, w, mean));
    descend(&mut params, step);
    assert_eq!(params.step(), 2);
}

#[test]
fn a_buffer_is_a_constant_and_what_is_not_committed_is_forgotten() {
    let (mut params, w, mean) = model();
    let x = sample([4, 3], -1.0..1.0, 1);
    let mut tape = Tape::new();
    tape.grad(&params, |t| {
        assert!(!t.buffer(mean).requires_grad());
        loss(t, &x, w, mean)
    });
    tape.eval(&params, |t| loss(t, &x, w, mean).item());
    // A step that proposes nothing commits nothing of the ones before.
    let (_, step) = tape.grad(&params, |t| t.param(w).sum(..));
    descend(&mut params, step);
    assert_eq!(buffer(&params), [1.0; 3]);
    // Thawing everything does not make a buffer a parameter.
    params.set_frozen(false, |_| true);
    assert!(!tape.run(&params, |t| t.buffer(mean).requires_grad()));
    assert_eq!(params.count(), 3);
}

#[test]
fn a_proposal_stays_what_it_was_when_it_was_made() {
    let (mut params, w, mean) = model();
    let mut tape = Tape::new();
    let (_, step) = tape.grad(&params, |t| {
        let x = t.param(w) * 8.0;
        t.propose(mean, x);
        // Sweeps and values of the same size do not take its buffer.
        let y = (x * x * x).sum(..);
        y.grad([x]);
        y
    });
    descend(&mut params, step);
    assert_eq!(buffer(&params), [4.0; 3]);
}

#[test]
#[should_panic(expected = "propose: shape of the buffer: left [2], right [3]")]
fn a_proposal_has_the_shape_of_its_buffer() {
    let (params, _, mean) = model();
    Tape::new().run(&params, |t| t.propose(mean, t.full([2], 0.0)));
}

#[test]
fn micro_batches_add_up_to_the_batch() {
    let (params, w, mean) = model();
    let x = sample([6, 3], -1.0..1.0, 1);
    let part = |i: usize| Tensor::from_slice([2, 3], &x.as_slice()[i * 6..(i + 1) * 6]);
    let mut tape = Tape::new();
    let mut sum = Step::new();
    for i in 0..3 {
        let micro = part(i);
        let (_, step) = tape.grad(&params, |t| loss(t, &micro, w, mean) * (1.0 / 3.0));
        sum.accumulate(step);
    }
    let (_, whole) = tape.grad(&params, |t| loss(t, &x, w, mean));
    let (sum_w, whole_w) = (sum.gradient(&params, w).expect("used"), whole.gradient(&params, w).expect("used"));
    for (a, b) in sum_w.as_slice().iter().zip(whole_w.as_slice()) {
        assert!((a - b).abs() < 1e-12, "{a} {b}");
    }
    assert!((sum.norm() - whole.norm()).abs() < 1e-12);
    // One step, however many micro-batches; the buffer is that of the last.
    let mut params = params;
    descend(&mut params, &sum);
    assert_eq!(params.step(), 1);
    for (column, value) in buffer(&params).into_iter().enumerate() {
        let batch = (x.as_slice()[12 + column] + x.as_slice()[15 + column]) / 2.0;
        assert!((value - (0.9 + 0.1 * batch)).abs() < 1e-12);
    }
}

#[test]
fn clipping_scales_all_gradients_by_one_factor() {
    let mut params = Params::<f64>::new(0);
    let (a, b) = (params.root().param("a", [2], 1.0), params.root().param("b", [1], 1.0));
    let mut tape = Tape::new();
    let mut clipped = |max_norm: f64| {
        let (_, step) = tape.grad(&params, |t| t.param(a).sum(..) * 2.0 + t.param(b).sum(..));
        let norm = step.clip_norm(max_norm);
        let of = |id| step.gradient(&params, id).expect("used").as_slice().to_vec();
        (norm, of(a), of(b))
    };
    // √(2² + 2² + 1²) = 3.
    assert_eq!(clipped(5.0), (3.0, vec![2.0, 2.0], vec![1.0]), "below the limit nothing changes");
    let (norm, a, b) = clipped(1.5);
    let scale = 1.5 / (3.0 + 1e-6);
    assert_eq!((norm, a, b), (3.0, vec![2.0 * scale; 2], vec![scale]));
}

#[test]
fn a_frozen_parameter_is_not_moved() {
    let (mut params, w, mean) = model();
    let other = params.root().param("other", [3], 2.0);
    params.set_frozen(true, |name| name == "w");
    let x = sample([4, 3], -1.0..1.0, 1);
    let mut tape = Tape::new();
    let (_, step) = tape.grad(&params, |t| loss(t, &x, w, mean) + (t.param(other) * t.param(w)).sum(..));
    descend(&mut params, step);
    assert_eq!(params.get(w).tensor().as_slice(), [0.5; 3]);
    assert_eq!(params.get(other).tensor().as_slice(), [1.95; 3]);
    assert_ne!(buffer(&params), [1.0; 3], "statistics move all the same");
}
