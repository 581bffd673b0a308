//! A rule may give one value to several inputs, give an input several values, or give what was there before it: every
//! cotangent is its own.

use retrograde_tape::{Op, Params, Real, Tape, Tensor, Var, Vjp};

/// `y = 3a + 3b`: both inputs are given one value that the rule computed.
#[derive(Clone, Copy)]
struct Both;

impl<F: Real> Op<F> for Both {
    fn name(&self) -> &'static str {
        "both"
    }

    fn vjp<'t>(&self, cx: &mut Vjp<'_, 't, F>) {
        let shared = cx.g * 3.0;
        cx.give(0, |_| shared);
        cx.give(1, |_| shared);
    }
}

fn both<'t>(a: Var<'t, f64>, b: Var<'t, f64>) -> Var<'t, f64> {
    a.zip(b, Both, |a, b| 3.0 * a + 3.0 * b)
}

#[test]
fn one_value_given_to_two_inputs_is_summed_up_apart() {
    Tape::new().run(&Params::new(0), |t| {
        let [a, b] = [1.0, 2.0].map(|x| t.leaf(&Tensor::full([5], x)));
        // After the shared value, each input gets one of its own.
        let y = (both(a, b) + a * 10.0 + b * 100.0).sum(..);
        let [da, db] = y.grad([a, b]);
        assert_eq!((&*da.value(), &*db.value()), (&[13.0; 5][..], &[103.0; 5][..]));
        // Intermediate values as targets keep their cotangents, although the sweep goes on through them.
        let (c, d) = (a * 2.0, b * 2.0);
        let [dc, dd, da] = (both(c, d) * c).sum(..).grad([c, d, a]);
        assert_eq!((dc.value()[0], dd.value()[0], da.value()[0]), (24.0, 6.0, 48.0));
    });
}

#[test]
fn one_value_given_to_one_input_twice_counts_twice() {
    Tape::new().run(&Params::new(0), |t| {
        let x = t.leaf(&Tensor::full([5], 2.0));
        let [dx] = both(x, x).sum(..).grad([x]);
        assert_eq!(&*dx.value(), [6.0; 5]);
        let [dx] = (x + x).sum(..).grad([x]);
        assert_eq!(&*dx.value(), [2.0; 5]);
    });
}

#[test]
fn the_same_in_a_training_step() {
    let mut params = Params::<f64>::new(0);
    let [a, b] = ["a", "b"].map(|name| params.root().param(name, [5], 1.0));
    let mut tape = Tape::new();
    for _ in 0..2 {
        let (loss, step) = tape.grad(&params, |t| (both(t.param(a), t.param(b)) * t.param(a)).sum(..));
        assert_eq!(loss, 30.0);
        assert_eq!(step.gradient(&params, a).unwrap().as_slice(), [9.0; 5]);
        assert_eq!(step.gradient(&params, b).unwrap().as_slice(), [3.0; 5]);
    }
}

/// `y = 3x`, whose rule computes inside a scope and gives what the scope forgets.
#[derive(Clone, Copy)]
struct Scoped;

impl<F: Real> Op<F> for Scoped {
    fn name(&self) -> &'static str {
        "scoped"
    }

    fn vjp<'t>(&self, cx: &mut Vjp<'_, 't, F>) {
        let (graph, g) = (cx.graph(), cx.g);
        graph.scope(|| {
            let tripled = g * 3.0;
            cx.give(0, |_| tripled);
            g
        });
        // Takes the place of what the scope forgot.
        let _ = g * 7.0;
    }
}

#[test]
fn what_a_rule_gives_outlives_the_scope_that_computed_it() {
    Tape::new().run(&Params::new(0), |t| {
        let x = t.leaf(&Tensor::full([5], 2.0));
        let [dx] = x.map(Scoped, |x| 3.0 * x).sum(..).grad([x]);
        assert_eq!(&*dx.value(), [3.0; 5]);
    });
}
