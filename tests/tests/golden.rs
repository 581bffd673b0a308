//! Every operation against PyTorch: values, and gradients under a random cotangent, in double precision. The numbers are
//! in `golden/ops.json`; `golden/generate.py` makes them.

use serde::Deserialize;
use std::collections::BTreeSet;
use tape::{CrossEntropy, Graph, Indices, Mask, Params, Reduction, Tape, Tensor, Var, concat, stack};

/// Largest difference, relative to numbers above 1, absolute below.
const TOLERANCE: f64 = 1e-12;

#[derive(Deserialize)]
struct Golden {
    torch: String,
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    name: String,
    inputs: Vec<Array<Number>>,
    indices: Vec<Array<u32>>,
    mask: Option<Array<u8>>,
    output: Array<Number>,
    cotangent: Array<Number>,
    gradients: Vec<Array<Number>>,
}

#[derive(Deserialize)]
struct Array<T> {
    shape: Vec<usize>,
    data: Vec<T>,
}

/// JSON has no NaN and no infinities: they are words.
#[derive(Deserialize)]
#[serde(untagged)]
enum Number {
    Finite(f64),
    Word(String),
}

impl Array<Number> {
    fn numbers(&self) -> Vec<f64> {
        let number = |number: &Number| match number {
            Number::Finite(number) => *number,
            Number::Word(word) => word.parse().expect("nan, inf or -inf"),
        };
        self.data.iter().map(number).collect()
    }

    fn tensor(&self) -> Tensor<f64> {
        Tensor::from_vec(&self.shape[..], self.numbers())
    }
}

type V<'t> = Var<'t, f64>;

/// What a case is computed from.
struct Operands<'t> {
    t: &'t Graph<'t, f64>,
    x: Vec<V<'t>>,
    indices: Vec<Indices>,
    mask: Option<Mask>,
}

impl<'t> Operands<'t> {
    fn indices(&self) -> tape::IndexVar<'t, f64> {
        self.t.indices(&self.indices[0])
    }

    fn mask(&self) -> tape::MaskVar<'t, f64> {
        self.t.mask(self.mask.as_ref().expect("the case has a mask"))
    }
}

/// The result of a case by its name; `None` for a name without an implementation.
fn compute<'t>(name: &str, of: &Operands<'t>) -> Option<V<'t>> {
    let x = of.x[0];
    let second = || of.x[1];
    Some(match name {
        "add" => x + second(),
        "sub" => x - second(),
        "mul" => x * second(),
        "div" => x / second(),
        "neg" => -x,
        "pow" | "pow_zero" => x.pow(second()),
        "powf_2.5" => x.powf(2.5),
        "powi_3" => x.powi(3),
        "exp" => x.exp(),
        "sin" => x.sin(),
        "cos" => x.cos(),
        "tanh" => x.tanh(),
        "sigmoid" => x.sigmoid(),
        "relu" => x.relu(),
        "abs" => x.abs(),
        "erf" => x.erf(),
        "ln" => x.ln(),
        "sqrt" => x.sqrt(),
        "leaky_relu_0.1" => x.leaky_relu(0.1),
        "elu_1.5" => x.elu(1.5),
        "gelu" => x.gelu(),
        "gelu_tanh" => x.gelu_tanh(),
        "silu" => x.silu(),
        "softplus_2_20" => x.softplus_with(2.0, 20.0),
        "clamp_-0.5_1" => x.clamp(-0.5, 1.0),
        "maximum" => x.maximum(second()),
        "minimum" => x.minimum(second()),
        "where" => of.mask().select(x, second()),
        "masked_fill" => x.masked_fill(of.mask(), -3.0),
        "linear" => x.linear(second(), Some(of.x[2])),
        "sum" => x.sum([0, 2]),
        "mean" => x.mean_keepdim(1),
        "max" => x.max(1),
        "min" => x.min(1),
        "amax" => x.amax([0, 1]),
        "amin" => x.amin(0),
        "var" => x.var([0, 2], 1),
        "var_0" => x.var(1, 0),
        "std" => x.std(1, 1),
        "logsumexp" => x.logsumexp([0, 1]),
        "softmax" => x.softmax(1),
        "log_softmax" => x.log_softmax(-1),
        "reshape" => x.reshape([2, 6]),
        "permute" => x.permute(&[2, 0, 1]),
        "transpose" => x.transpose(0, 2),
        "slice" => x.slice(1, 1..3),
        "concat" => concat(&[x, second()], 1),
        "stack" => stack(&[x, second()], 1),
        "pad" => x.pad(1, 2, 1, 0.5),
        "roll" => x.roll(2, 1),
        "flip" => x.flip([0, 1]),
        "broadcast_to" => x.broadcast_to([4, 2, 3]),
        "gather" => x.gather(1, of.indices()),
        "index_select" => x.index_select(1, of.indices()),
        "scatter_add" => x.scatter_add(1, of.indices(), second()),
        "embedding" => x.embedding(of.indices(), None),
        "layer_norm" => x.layer_norm(1, Some(second()), Some(of.x[2]), 1e-5),
        "cross_entropy_images" => x.cross_entropy(of.indices()),
        _ if name.starts_with("matmul_") => x.matmul(second()),
        _ => return loss(name, of),
    })
}

/// A loss, whose name ends in its reduction.
fn loss<'t>(name: &str, of: &Operands<'t>) -> Option<V<'t>> {
    let (name, reduction) = match name.rsplit_once('_')? {
        (name, "mean") => (name, Reduction::Mean),
        (name, "sum") => (name, Reduction::Sum),
        (name, "none") => (name, Reduction::None),
        _ => return None,
    };
    let x = of.x[0];
    let weight = Some(of.t.input(&Tensor::from_vec([4], vec![0.5, 2.0, 1.0, 0.3])));
    let plain = CrossEntropy { reduction, ..Default::default() };
    Some(match name {
        "cross_entropy" => x.cross_entropy_with(of.indices(), &plain),
        "cross_entropy_all" => {
            let options = CrossEntropy { weight, ignore_index: Some(3), label_smoothing: 0.1, ..plain };
            x.cross_entropy_with(of.indices(), &options)
        }
        "cross_entropy_probabilities" => {
            x.cross_entropy_probabilities(of.x[1], &CrossEntropy { weight, label_smoothing: 0.2, ..plain })
        }
        "nll_loss" => x.nll_loss_with(of.indices(), &CrossEntropy { weight, ignore_index: Some(0), ..plain }),
        "mse_loss" => x.mse_loss(of.x[1], reduction),
        "huber_loss" => x.huber_loss(of.x[1], 0.7, reduction),
        "binary_cross_entropy_with_logits" => x.binary_cross_entropy_with_logits(of.x[1], None, None, reduction),
        _ => return None,
    })
}

/// Computes a case; what disagrees with PyTorch is added to `faults`.
fn check(case: &Case, faults: &mut Vec<String>) {
    let inputs: Vec<_> = case.inputs.iter().map(Array::tensor).collect();
    let computed = Tape::new().run(&Params::new(0), |t| {
        let operands = Operands {
            t,
            x: inputs.iter().map(|x| t.leaf(x)).collect(),
            indices: case.indices.iter().map(|i| Indices::from_vec(&i.shape[..], i.data.clone())).collect(),
            mask: case.mask.as_ref().map(|mask| Mask::from_vec(&mask.shape[..], mask.data.clone())),
        };
        let y = compute(&case.name, &operands)?;
        let g = t.input(&case.cotangent.tensor());
        let gradients: Vec<_> = operands.x.iter().map(|&x| y.vjp([x], g)[0].to_tensor()).collect();
        Some((y.to_tensor(), gradients))
    });
    let Some((output, gradients)) = computed else {
        return faults.push(format!("{}: no implementation", case.name));
    };
    compare(&case.name, "output", &output, &case.output, faults);
    assert_eq!(gradients.len(), case.gradients.len());
    for (i, (got, want)) in gradients.iter().zip(&case.gradients).enumerate() {
        compare(&case.name, &format!("gradient {i}"), got, want, faults);
    }
}

fn compare(name: &str, what: &str, got: &Tensor<f64>, want: &Array<Number>, faults: &mut Vec<String>) {
    if got.shape().dims() != want.shape {
        return faults.push(format!("{name}: shape of {what}: left {}, right {:?}", got.shape(), want.shape));
    }
    for (i, (&left, right)) in got.as_slice().iter().zip(want.numbers()).enumerate() {
        let same = left == right || left.is_nan() && right.is_nan();
        if !same
            && (left - right).abs().partial_cmp(&(TOLERANCE * right.abs().max(1.0))) != Some(std::cmp::Ordering::Less)
        {
            faults.push(format!("{name}: {what}[{i}]: left {left}, right {right}"));
        }
    }
}

#[test]
fn values_and_gradients_are_those_of_pytorch() {
    let text = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/golden/ops.json")).unwrap();
    let golden: Golden = serde_json::from_str(&text).unwrap();
    let names: BTreeSet<_> = golden.cases.iter().map(|case| &case.name).collect();
    assert_eq!((names.len(), golden.cases.len()), (86, 86), "every case once, by PyTorch {}", golden.torch);
    let mut faults = Vec::new();
    golden.cases.iter().for_each(|case| check(case, &mut faults));
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}
