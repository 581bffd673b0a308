//! Optimizers against PyTorch, step by step, in double precision: `golden/optimizers.json`, which `golden/optimizers.py`
//! makes. One of two parameters has no gradient in some steps, and the learning rate changes on the way.

use optim::{Adagrad, Adam, Optimizer, RmsProp, Sgd, adamw};
use serde::Deserialize;
use tape::{Params, Tape, Tensor, Var};

#[derive(Deserialize)]
struct Golden {
    rate: f64,
    start: Vec<Array>,
    gradients: Vec<Vec<Option<Array>>>,
    cases: Vec<Case>,
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
        "adagrad_all" => {
            let adagrad = Adagrad::new(rate).learning_rate_decay(0.1).weight_decay(0.1);
            Box::new(adagrad.initial_accumulator(0.2).eps(1e-3))
        }
        _ => return None,
    })
}

#[test]
fn every_step_is_that_of_pytorch() {
    let text = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/golden/optimizers.json")).unwrap();
    let golden: Golden = serde_json::from_str(&text).unwrap();
    assert_eq!((golden.cases.len(), golden.gradients.len()), (16, 15));
    for Case { name, after } in &golden.cases {
        let mut optimizer = optimizer(name, golden.rate).unwrap_or_else(|| panic!("{name}: no implementation"));
        let mut params = Params::<f64>::new(0);
        let mut ids = Vec::new();
        for (i, start) in golden.start.iter().enumerate() {
            let id = params.root().param(&format!("w{i}"), &start.shape[..], 0.0);
            *params.get_mut(id) = start.tensor();
            ids.push(id);
        }
        let mut tape = Tape::new();
        for (number, gradients) in golden.gradients.iter().enumerate() {
            // The gradient of Σ w · g by w is g.
            let (_, step) = tape.grad(&params, |t| {
                let given = ids.iter().zip(gradients).filter_map(|(&id, g)| Some((id, g.as_ref()?)));
                let terms = given.map(|(id, g)| (t.param(id) * t.input(&g.tensor())).sum(..));
                terms.reduce(|a: Var<'_, f64>, b| a + b).expect("the first parameter has a gradient")
            });
            optimizer.step(&mut params, step);
            for (id, want) in ids.iter().zip(&after[number]) {
                for (got, want) in params.get(*id).tensor().as_slice().iter().zip(want) {
                    let close = (got - want).abs() <= 1e-13 * want.abs().max(1.0);
                    assert!(close, "{name}, step {number}, {}: left {got}, right {want}", params.get(*id).name());
                }
            }
            if number == 9 {
                optimizer.set_learning_rate(golden.rate / 2.0);
            }
        }
    }
}
