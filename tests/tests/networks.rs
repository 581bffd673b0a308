//! Whole networks against PyTorch's, from the same weights: loss, logits, gradients, running statistics, evaluation.

use nn::Layer;
use nn::stack::{Stack, Start};
use retrograde_tests::formula::{Comparison, fill, numbers};
use serde_json::Value;
use tape::{Indices, Params, Real, Tape, Tensor};

const BATCH: usize = 3;

const VANILLA: &str = "conv 32 kernel=7 relu; max-pool 2; flatten; linear 10";

const CUSTOM: &str = "conv 32 kernel=3 padding=1 relu; conv 64 kernel=3 padding=1 relu; max-pool 2; \
                      conv 128 kernel=3 padding=1 relu; conv 256 kernel=3 padding=1 relu; max-pool 2; flatten; \
                      linear 512 relu; linear 10";

fn resnet(shortcut: &str) -> String {
    let stage = |channels: usize, stride: usize| {
        format!("residual {channels} stride={stride} {shortcut};") + &format!("residual {channels};").repeat(4)
    };
    let stages = stage(16, 1) + &stage(32, 2) + &stage(64, 2);
    format!("conv 16 kernel=3 padding=1 bias=false; batch-norm relu; {stages} global-avg-pool; linear 10")
}

/// The network of `networks.py`, its parameters sorted by name as there.
fn network<F: Real>(layers: &str) -> (Params<F>, nn::Sequential, Vec<String>) {
    let stack: Stack = layers.parse().unwrap();
    let mut params = Params::<F>::new(0);
    let model = stack.build(params.root(), [3, 32, 32], Start::Zero).unwrap();
    let scales = ["bn1.weight", "bn2.weight", "downsample.1.weight"];
    let is_scale = |name: &str| name == "1.weight" || scales.iter().any(|end| name.ends_with(end));
    let names = fill(&mut params, is_scale);
    (params, model, names)
}

fn compare<F: Real>(layers: &str, expected: &Value) -> Comparison {
    let (mut params, model, names) = network::<F>(layers);
    let key = expected["images"].as_u64().unwrap() as usize;
    let images = Tensor::from_vec([BATCH, 3, 32, 32], numbers::<F>(BATCH * 3 * 32 * 32, key));
    let labels = Indices::from_fn([BATCH], |i| 3 * i as u32);
    let mut comparison = Comparison::default();
    let mut tape = Tape::<F>::new();
    let mut logits = None;
    let (loss, step) = tape.grad(&params, |t| {
        let y = model.forward(t.input(&images));
        logits = Some(y.to_tensor());
        y.cross_entropy(t.indices(&labels))
    });
    let theirs = expected["loss"].as_f64().unwrap();
    comparison.add("loss", loss.to_f64(), theirs, theirs);
    comparison.add_all("logits", logits.unwrap().as_slice(), &expected["logits"]);
    assert_eq!(expected["gradients"].as_object().unwrap().len(), names.len(), "parameters");
    for (index, gradient) in step.iter() {
        let name = params.entries()[index].name();
        let key = 1000 + names.iter().position(|other| other == name).unwrap();
        comparison.add_summary(name, gradient.as_slice(), key, &expected["gradients"][name]);
    }
    params.commit(step, |_, _, _| {});
    for entry in params.entries().iter().filter(|entry| entry.is_buffer()) {
        comparison.add_summary(entry.name(), entry.tensor().as_slice(), 7, &expected["buffers"][entry.name()]);
    }
    let evaluated = tape.eval(&params, |t| model.forward(t.input(&images)).to_tensor());
    comparison.add_all("evaluated", evaluated.as_slice(), &expected["evaluated"]);
    comparison
}

#[test]
fn networks_agree_with_pytorch() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("golden/networks.json");
    let file: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let (pad, project) = (resnet(""), resnet("project"));
    let networks = [
        ("two-layer", "flatten; linear 256 sigmoid; linear 10"),
        ("vanilla", VANILLA),
        ("custom", CUSTOM),
        ("resnet32 pad", &pad),
        ("resnet32 project", &project),
    ];
    for (name, layers) in networks {
        let expected = &file["networks"][name];
        let Comparison { largest, what } = compare::<f64>(layers, expected);
        assert!(largest < 1e-10, "{name} in f64: {largest:e} from PyTorch, {what}");
        let Comparison { largest, what } = compare::<f32>(layers, expected);
        assert!(largest < 1e-5, "{name} in f32: {largest:e} from PyTorch, {what}");
    }
}
