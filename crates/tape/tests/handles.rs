//! What handles, parameters and gradients promise: values stay, misuse panics at the caller's line, and nothing is
//! silently zero.

use retrograde_tape::{Indices, Params, Tape, Tensor, concat};
use std::cell::RefCell;
use std::panic::{self, AssertUnwindSafe};
use std::sync::Once;

thread_local! {
    /// Message, file and line of the last panic of this thread.
    static PANIC: RefCell<Option<(String, String, u32)>> = const { RefCell::new(None) };
}

/// The message, the file and the line of the panic that `f` must end in.
#[track_caller]
fn panic_of(f: impl FnOnce()) -> (String, String, u32) {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let inherited = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            inherited(info);
            let location = info.location().expect("a panic has a location");
            let payload = info.payload();
            let literal = payload.downcast_ref::<&str>().map(|message| message.to_string());
            let message = payload.downcast_ref::<String>().cloned().or(literal).unwrap_or_default();
            PANIC.set(Some((message, location.file().to_string(), location.line())));
        }));
    });
    PANIC.set(None);
    assert!(panic::catch_unwind(AssertUnwindSafe(f)).is_err(), "this must panic");
    PANIC.take().expect("the hook has seen the panic")
}

/// Asserts that the expression panics at this line, with this in its message.
macro_rules! panics_here {
    ($message:expr, $expression:expr) => {{
        let (message, file, line) = panic_of(|| {
            let _ = $expression;
        });
        assert!(message.contains($message), "{message}");
        assert_eq!((file.as_str(), line), (file!(), line!()), "{message}");
    }};
}

#[test]
fn a_value_stays_while_other_operations_and_sweeps_run() {
    Tape::<f64>::new().run(&Params::new(0), |t| {
        let x = t.leaf(&Tensor::from_fn([100], |i| i as f64));
        let y = x * x;
        let (value, [dx]) = (y.value(), y.sum(..).grad([x]));
        let gradient = dx.value();
        for i in 0..20 {
            let z = ((x + i as f64) * y + y * y).tanh();
            z.sum(..).grad([x, y]);
            z.sum(..).grad_recorded([x]);
        }
        assert!(value.iter().enumerate().all(|(i, &v)| v == (i * i) as f64));
        assert!(gradient.iter().enumerate().all(|(i, &v)| v == 2.0 * i as f64));
        assert_eq!(*y.value(), *value);
    });
}

#[test]
fn a_value_outlives_the_scope_that_made_it() {
    Tape::<f32>::new().eval(&Params::new(0), |t| {
        let x = t.full([100], 3.0);
        let mut kept = None;
        t.scope(|| {
            kept = Some((x * 2.0).value());
        });
        // Operations of the same size, which would take its buffer if it had been given back.
        for _ in 0..4 {
            x.exp();
        }
        assert!(kept.expect("the scope ran").iter().all(|&v| v == 6.0));
    });
}

#[test]
fn gradients_are_summed_without_disturbing_shared_cotangents() {
    Tape::<f64>::new().run(&Params::new(0), |t| {
        let (a, b) = (t.leaf(&Tensor::full([3], 2.0)), t.leaf(&Tensor::full([3], 5.0)));
        // The cotangent of the sum goes to both as one buffer; then more is added to each.
        let shared = a + b;
        let y = (a * a + shared + b * 3.0).sum(..);
        let [da, db, dshared, dy] = y.grad([a, b, shared, y]);
        assert_eq!(*da.value(), [5.0; 3]);
        assert_eq!(*db.value(), [4.0; 3]);
        assert_eq!(*dshared.value(), [1.0; 3]);
        assert_eq!(*dy.value(), [1.0]);
    });
}

#[test]
fn a_stale_handle_panics_at_the_line_that_uses_it() {
    let params = Params::new(0);
    Tape::<f32>::new().eval(&params, |t| {
        let fine = t.full([2, 2], 1.0);
        let mut stale = fine;
        t.scope(|| stale = fine.exp());
        panics_here!("stale handle", stale.shape());
        panics_here!("stale handle", stale.value());
        panics_here!("stale handle", stale.exp());
        panics_here!("stale handle", -stale);
        panics_here!("stale handle", stale + fine);
        panics_here!("stale handle", fine * stale);
        panics_here!("stale handle", fine.matmul(stale));
        panics_here!("stale handle", fine.linear(fine, Some(stale)));
        panics_here!("stale handle", concat(&[fine, stale], 0));
        panics_here!("stale handle", fine.layer_norm(1, Some(stale), None, 1e-5));
        panics_here!("stale handle", stale.reshape([4]));
        panics_here!("stale handle", stale.sum(..));
        // Another value in its place does not make it valid.
        let there = fine.exp();
        panics_here!("stale handle", stale + there);
        assert_eq!(fine.shape(), there.shape());
    });
}

#[test]
fn misuse_panics_at_the_line_of_the_caller() {
    Tape::<f32>::new().run(&Params::new(0), |t| {
        let x = t.leaf(&Tensor::full([2, 3], 1.0));
        let picks = t.indices(&Indices::from_vec([1], vec![7]));
        let row = t.indices(&Indices::full([1, 3], 7));
        panics_here!("add: shapes do not broadcast: left [2, 3], right [2]", x + t.full([2], 0.0));
        panics_here!("index_select: index 7", x.index_select(0, picks));
        panics_here!("index_add: index 7", x.index_add(0, picks, t.full([1, 3], 0.0)));
        panics_here!("gather: index 7", x.gather(0, row));
        panics_here!("scatter_add: index 7", x.scatter_add(0, row, t.full([1, 3], 0.0)));
        panics_here!("embedding: index 7", x.embedding(picks, None));
        panics_here!("one_hot: index 7", picks.one_hot(3));
        panics_here!("roll: axis", x.roll(1, 2));
        panics_here!("squeeze: axis of size 1", x.squeeze(0));
        panics_here!("grad: only a value of one element has a gradient, found shape [2, 3]", x.exp().grad([x]));
        panics_here!("grad: the target of shape [2, 3] is a constant", x.sum(..).grad([x.detach()]));
        panics_here!("vjp: shape of the cotangent: left [], right [2, 3]", x.exp().vjp([x], t.scalar(1.0)));
    });
}

#[test]
fn the_loss_of_a_training_step_has_one_element() {
    let mut params = Params::<f32>::new(0);
    let w = params.root().param("w", [2], 1.0);
    let mut tape = Tape::new();
    panics_here!("grad: the loss needs one element, found shape [2]", tape.grad(&params, |t| t.param(w)));
    // The tape is fit for the next step all the same.
    let (loss, step) = tape.grad(&params, |t| t.param(w).sum(..));
    assert_eq!((loss, step.gradient(&params, w).map(Tensor::as_slice)), (2.0, Some(&[1.0, 1.0][..])));
}

#[test]
fn an_id_of_other_parameters_panics() {
    let (mut params, mut others) = (Params::<f32>::new(0), Params::<f32>::new(0));
    let ours = params.root().param("w", [2], 1.0);
    let theirs = others.root().param("w", [2], 1.0);
    panics_here!("the id is of another store", params.get(theirs));
    Tape::new().run(&params, |t| {
        t.param(ours);
        panics_here!("the id is of another store", t.param(theirs));
    });
    // Clones and casts are the same store.
    Tape::new().run(&params.clone(), |t| assert_eq!(*t.param(ours).value(), [1.0; 2]));
    Tape::new().run(&params.cast::<f64>(), |t| assert_eq!(*t.param(ours).value(), [1.0; 2]));
    let mut tape = Tape::new();
    let (_, step) = tape.grad(&params, |t| t.param(ours).sum(..));
    panics_here!("the step was taken with other parameters", others.commit(step, |_, _, _| {}));
}

#[test]
fn unused_and_frozen_parameters_have_no_gradient() {
    let mut params = Params::<f32>::new(0);
    let mut root = params.root();
    let (used, frozen) = (root.param("used", [2], 2.0), root.param("frozen", [2], 3.0));
    let (unused, asked) = (root.param("unused", [2], 4.0), root.param("asked", [2], 5.0));
    params.set_frozen(true, |name| name == "frozen");
    let mut tape = Tape::new();
    let (_, step) = tape.grad(&params, |t| {
        let _ = t.param(asked).exp();
        assert!(t.param(used).requires_grad());
        assert!(!t.param(frozen).requires_grad());
        // What is made of constants alone is a constant: nothing of it is swept.
        assert!(!(t.param(frozen) * 2.0).exp().requires_grad());
        (t.param(used) * t.param(frozen)).sum(..)
    });
    assert_eq!(step.gradient(&params, used).map(Tensor::as_slice), Some(&[3.0, 3.0][..]));
    for id in [frozen, unused, asked] {
        assert!(step.gradient(&params, id).is_none());
    }
    params.set_frozen(false, |_| true);
    let (_, step) = tape.grad(&params, |t| (t.param(used) * t.param(frozen)).sum(..));
    assert_eq!(step.gradient(&params, frozen).map(Tensor::as_slice), Some(&[2.0, 2.0][..]));
}

#[test]
fn tied_parameters_add_their_gradients() {
    let mut params = Params::<f64>::new(0);
    let mut root = params.root();
    let (w, a, b) = (root.param("w", [2], 0.5), root.param("a", [2], 0.5), root.param("b", [2], 0.5));
    let x = Tensor::from_vec([2], vec![2.0, -3.0]);
    let mut tape = Tape::new();
    let mut gradients = |first, second| {
        let (_, step) = tape.grad(&params, |t| ((t.input(&x) * t.param(first)).tanh() * t.param(second)).sum(..));
        let of = |id| step.gradient(&params, id).map(|g: &Tensor<f64>| g.as_slice().to_vec());
        (of(first).expect("used"), of(second).expect("used"))
    };
    let (tied, _) = gradients(w, w);
    let (first, second) = gradients(a, b);
    assert!((0..2).all(|i| tied[i] == first[i] + second[i]), "{tied:?} {first:?} {second:?}");
}

#[test]
fn a_parameter_first_read_without_recording_still_has_a_gradient() {
    let mut params = Params::<f32>::new(0);
    let w = params.root().param("w", [2], 3.0);
    let mut tape = Tape::new();
    let (_, step) = tape.grad(&params, |t| {
        let norm = t.no_grad(|| (t.param(w) * t.param(w)).sum(..));
        (t.param(w) * norm).sum(..)
    });
    assert_eq!(step.gradient(&params, w).map(Tensor::as_slice), Some(&[18.0, 18.0][..]));
}

#[test]
fn a_detached_value_is_a_constant() {
    Tape::<f64>::new().run(&Params::new(0), |t| {
        let x = t.leaf(&Tensor::full([2], 3.0));
        let held = x.detach();
        assert!(!held.requires_grad());
        let [dx] = (x * held).sum(..).grad([x]);
        assert_eq!(*dx.value(), [3.0; 2], "not 6: the second factor is held");
        let [d] = (x * x).sum(..).grad_recorded([x]);
        assert!(!(d.detach() * 2.0).requires_grad());
    });
}

#[test]
fn a_first_order_gradient_is_not_differentiated_again() {
    let at = Tensor::full([2], 3.0);
    Tape::<f64>::new().run(&Params::new(0), |t| {
        let x = t.leaf(&at);
        let [dx] = (x * x * x).sum(..).grad([x]);
        panics_here!("grad_recorded", dx.sum(..).grad([x]));
    });
    Tape::<f64>::new().run(&Params::new(0), |t| {
        let x = t.leaf(&at);
        let [dx] = (x * x * x).sum(..).grad([x]);
        panics_here!("grad_recorded", (dx * x).sum(..).grad_recorded([x]));
    });
    Tape::<f64>::new().run(&Params::new(0), |t| {
        let x = t.leaf(&at);
        let y = (x * x * x).sum(..);
        let ([dx], [recorded]) = (y.grad([x]), y.grad_recorded([x]));
        assert_eq!(*recorded.value(), *dx.value());
        assert_eq!(*recorded.sum(..).grad([x])[0].value(), [18.0; 2]);
        // Held constant on purpose, it is fine.
        assert_eq!(*(dx.detach() * x).sum(..).grad([x])[0].value(), [27.0; 2]);
    });
}

#[test]
fn what_does_not_depend_on_a_target_has_gradient_zero() {
    Tape::<f64>::new().run(&Params::new(0), |t| {
        let (x, other) = (t.leaf(&Tensor::full([2], 3.0)), t.leaf(&Tensor::full([3], 1.0)));
        let y = (x * 2.0).sum(..);
        let later = t.leaf(&Tensor::full([1], 1.0));
        let [dx, d_other, d_later] = y.grad([x, other, later]);
        assert_eq!((&*dx.value(), &*d_other.value(), &*d_later.value()), (&[2.0; 2][..], &[0.0; 3][..], &[0.0][..]));
    });
}
