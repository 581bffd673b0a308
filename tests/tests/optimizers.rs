//! Optimizers against PyTorch, step by step, in double precision: `golden/optimizers.json`, which `golden/optimizers.py`
//! makes. One of two parameters has no gradient in some steps, and the learning rate changes on the way.

use optim::{Adagrad, Adam, Ema, Groups, Lbfgs, Optimizer, RmsProp, Sgd, adamw};
use serde::Deserialize;
use std::collections::BTreeMap;
use tape::{ParamId, Params, Step, Tape, Tensor, Var};

#[derive(Deserialize)]
struct Golden {
    rate: f64,
    start: Vec<Array>,
    gradients: Vec<Vec<Option<Array>>>,
    cases: Vec<Case>,
    lbfgs: BTreeMap<String, Run>,
    clipped: BTreeMap<String, Vec<Vec<f64>>>,
    ema: Vec<Vec<Vec<f64>>>,
}

#[derive(Deserialize)]
struct Run {
    steepness: f64,
    losses: Vec<f64>,
    after: Vec<Vec<Vec<f64>>>,
}

#[derive(Deserialize)]
struct Array {
    shape: Vec<usize>,
    data: Vec<f64>,
}

#[derive(Deserialize)]
struct Case {
    name: String,
    after: Vec<Vec<Vec<f64>>>,
}

impl Array {
    fn tensor(&self) -> Tensor<f64> {
        Tensor::from_vec(&self.shape[..], self.data.clone())
    }
}

fn optimizer(name: &str, rate: f64) -> Option<Box<dyn Optimizer<f64>>> {
    Some(match name {
        "sgd" => Box::new(Sgd::new(rate)),
        "sgd_decay" => Box::new(Sgd::new(rate).weight_decay(0.1)),
        "sgd_momentum" => Box::new(Sgd::new(rate).momentum(0.9).weight_decay(0.1)),
        "sgd_dampening" => Box::new(Sgd::new(rate).momentum(0.9).dampening(0.3)),
        "sgd_nesterov" => Box::new(Sgd::new(rate).momentum(0.8).nesterov(true).weight_decay(0.01)),
        "adam" => Box::new(Adam::new(rate)),
        "adam_all" => Box::new(Adam::new(rate).betas(0.8, 0.95).eps(1e-3).weight_decay(0.1)),
        "adam_amsgrad" => Box::new(Adam::new(rate).betas(0.9, 0.5).amsgrad(true).weight_decay(0.1)),
        "adamw" => Box::new(adamw(rate)),
        "adamw_amsgrad" => Box::new(adamw(rate).betas(0.9, 0.5).amsgrad(true).weight_decay(0.3)),
        "rmsprop" => Box::new(RmsProp::new(rate)),
        "rmsprop_centered" => Box::new(RmsProp::new(rate).alpha(0.9).eps(1e-2).centered(true).weight_decay(0.1)),
        "rmsprop_momentum" => Box::new(RmsProp::new(rate).alpha(0.9).momentum(0.7)),
        "rmsprop_all" => Box::new(RmsProp::new(rate).alpha(0.9).momentum(0.7).centered(true).weight_decay(0.1)),
        "adagrad" => Box::new(Adagrad::new(rate)),
        "groups" => {
            let first = Sgd::new(2.0 * rate).momentum(0.5).weight_decay(0.1);
            Box::new(Groups::new(Sgd::new(rate).weight_decay(0.1)).group(|name| name == "w0", first))
        }
        "adagrad_all" => {
            let adagrad = Adagrad::new(rate).learning_rate_decay(0.1).weight_decay(0.1);
            Box::new(adagrad.initial_accumulator(0.2).eps(1e-3))
        }
        _ => return None,
    })
}

impl Golden {
    fn read() -> Golden {
        let text = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/golden/optimizers.json")).unwrap();
        serde_json::from_str(&text).unwrap()
    }

    fn params(&self) -> (Params<f64>, Vec<ParamId>) {
        let mut params = Params::new(0);
        let mut ids = Vec::new();
        for (i, start) in self.start.iter().enumerate() {
            let id = params.root().param(&format!("w{i}"), &start.shape[..], 0.0);
            *params.get_mut(id) = start.tensor();
            ids.push(id);
        }
        (params, ids)
    }

    /// The given gradients of a step: the gradient of Σ w · g by w is g.
    fn step(&self, number: usize, params: &Params<f64>, ids: &[ParamId]) -> Step<f64> {
        let mut tape = Tape::new();
        let (_, step) = tape.grad(params, |t| {
            let given = ids.iter().zip(&self.gradients[number]).filter_map(|(&id, g)| Some((id, g.as_ref()?)));
            let terms = given.map(|(id, g)| (t.param(id) * t.input(&g.tensor())).sum(..));
            terms.reduce(|a: Var<'_, f64>, b| a + b).expect("the first parameter has a gradient")
        });
        std::mem::take(step)
    }
}

#[track_caller]
fn close(got: &[f64], want: &[f64], tolerance: f64, what: &str) {
    assert_eq!(got.len(), want.len(), "{what}");
    for (got, want) in got.iter().zip(want) {
        assert!((got - want).abs() <= tolerance * want.abs().max(1.0), "{what}: left {got}, right {want}");
    }
}

#[track_caller]
fn all_close(params: &Params<f64>, want: &[Vec<f64>], tolerance: f64, what: &str) {
    for (param, want) in params.entries().iter().zip(want) {
        close(param.tensor().as_slice(), want, tolerance, &format!("{what}, {}", param.name()));
    }
}

#[test]
fn every_step_is_that_of_pytorch() {
    let golden = Golden::read();
    assert_eq!((golden.cases.len(), golden.gradients.len()), (17, 15));
    for Case { name, after } in &golden.cases {
        let make = || optimizer(name, golden.rate).unwrap_or_else(|| panic!("{name}: no implementation"));
        let (mut params, ids) = golden.params();
        let mut optimizer = make();
        assert_eq!(after.len(), golden.gradients.len());
        for (number, after) in after.iter().enumerate() {
            let step = golden.step(number, &params, &ids);
            optimizer.step(&mut params, &step);
            all_close(&params, after, 1e-13, &format!("{name}, step {number}"));
            if number == 9 {
                optimizer.set_learning_rate(golden.rate / 2.0);
            }
            // Another optimizer goes on with the state of this one.
            let state = optimizer.state(&params);
            optimizer = make();
            optimizer.restore(&params, state).unwrap();
        }
    }
}

#[test]
fn a_state_of_something_else_is_refused() {
    let golden = Golden::read();
    let (mut params, ids) = golden.params();
    let (mut sgd, mut adam) = (Sgd::new(0.1).momentum(0.9), Adam::new(0.1));
    let step = golden.step(0, &params, &ids);
    sgd.step(&mut params, &step);
    adam.step(&mut params, &step);
    let error = sgd.restore(&params, adam.state(&params)).unwrap_err().to_string();
    assert!(error.contains("momentum: expected 1 numbers, found nothing"), "{error}");
    let error = Adam::new(0.1).restore(&params, Adam::new(0.1).amsgrad(true).state(&params));
    assert_eq!(error, Ok(()), "nothing was remembered yet");
    let mut state = adam.state(&params);
    state.arrays.insert("w1.exp_avg".to_string(), vec![0.0; 7]);
    let error = adam.restore(&params, state).unwrap_err().to_string();
    assert!(error.contains("w1.exp_avg: expected 6 numbers, found 7 numbers"), "{error}");
}

/// The function of the script: a curved valley, and a scaled quadratic.
fn valley<'t>(x: Var<'t, f64>, y: Var<'t, f64>, scales: Var<'t, f64>, steepness: f64) -> Var<'t, f64> {
    let (head, tail) = (x.slice(0, 0..4), x.slice(0, 1..5));
    let valley = steepness * (tail - head * head).powi(2) + (1.0 - head).powi(2);
    valley.sum(..) + (y * y * scales).sum(..)
}

#[test]
fn lbfgs_is_that_of_pytorch() {
    let golden = Golden::read();
    assert_eq!(golden.lbfgs.len(), 4);
    let scales = Tensor::from_fn([2, 3], |i| (i + 1) as f64);
    for (name, run) in &golden.lbfgs {
        let make = || match name.as_str() {
            "fixed" => Lbfgs::new(0.02).max_iterations(4),
            "short" => Lbfgs::new(0.05).max_iterations(5).history_size(3),
            "wolfe_slow" => Lbfgs::new(0.1).max_iterations(2).strong_wolfe(true),
            "wolfe" => Lbfgs::new(1.0).max_iterations(3).strong_wolfe(true),
            _ => panic!("{name}: no implementation"),
        };
        let (mut params, ids) = golden.params();
        for &id in &ids {
            params.get_mut(id).as_mut_slice().iter_mut().for_each(|w| *w *= 0.5);
        }
        let (mut tape, mut lbfgs) = (Tape::new(), make());
        for (number, (loss, after)) in run.losses.iter().zip(&run.after).enumerate() {
            let got = lbfgs.step(&mut params, |params| {
                let (loss, step) =
                    tape.grad(params, |t| valley(t.param(ids[0]), t.param(ids[1]), t.input(&scales), run.steepness));
                (loss, std::mem::take(step))
            });
            close(&[got], &[*loss], 1e-12, &format!("{name}, loss {number}"));
            all_close(&params, after, 1e-12, &format!("{name}, step {number}"));
            let state = lbfgs.state();
            lbfgs = make();
            lbfgs.restore(&params, state).unwrap();
        }
        assert_eq!(params.step(), 12);
    }
}

#[test]
fn clipped_gradients_are_those_of_pytorch() {
    let golden = Golden::read();
    let (params, ids) = golden.params();
    for (name, want) in &golden.clipped {
        let mut step = golden.step(0, &params, &ids);
        match name.as_str() {
            "norm" => _ = step.clip_norm(0.5),
            "large_norm" => _ = step.clip_norm(500.0),
            "value" => step.clip_value(0.5),
            _ => panic!("{name}: no implementation"),
        }
        for (&id, want) in ids.iter().zip(want) {
            close(step.gradient(&params, id).unwrap().as_slice(), want, 1e-13, name);
        }
    }
    assert_eq!(golden.clipped.len(), 3);
}

#[test]
fn the_average_of_the_weights_is_that_of_pytorch() {
    let golden = Golden::read();
    let (mut params, ids) = golden.params();
    let mut ema = Ema::new(0.9, &params);
    for (number, want) in golden.ema.iter().enumerate() {
        let step = golden.step(number, &params, &ids);
        params.commit(&step, |_, w, g| w.iter_mut().zip(g).for_each(|(w, g)| *w -= 0.1 * g));
        ema.update(&params);
        all_close(ema.params(), want, 1e-13, &format!("average {number}"));
    }
    assert_eq!(ema.updates(), 12);
}
