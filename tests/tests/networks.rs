//! Whole networks against PyTorch's, from the same weights: loss, logits, gradients, running statistics, evaluation.

use nn::Layer;
use nn::stack::{Stack, Start};
use serde_json::Value;
use tape::{Float, Indices, Params, Real, Tape, Tensor};

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

/// The numbers of `networks.py`.
fn numbers<F: Float>(count: usize, key: usize) -> Vec<F> {
    let mix = |i: u32| {
        let mixed = i.wrapping_mul(2_654_435_761).wrapping_add((key as u32).wrapping_mul(2_246_822_519));
        let mixed = (mixed ^ mixed >> 15).wrapping_mul(2_246_822_519);
        f64::from(mixed ^ mixed >> 13) / f64::from(1u32 << 31) - 1.0
    };
    (0..count as u32).map(|i| F::from_f64(mix(i))).collect()
}

/// The network of `networks.py`, its parameters sorted by name as there.
fn network<F: Real>(layers: &str) -> (Params<F>, nn::Sequential, Vec<String>) {
    let stack: Stack = layers.parse().unwrap();
    let mut params = Params::<F>::new(0);
    let model = stack.build(params.root(), [3, 32, 32], Start::Zero).unwrap();
    let trainable = params.entries().iter().filter(|entry| !entry.is_buffer());
    let mut names: Vec<String> = trainable.map(|entry| entry.name().to_string()).collect();
    names.sort();
    for (key, name) in names.iter().enumerate() {
        let tensor = params.by_name_mut(name).unwrap();
        let shape = tensor.shape();
        let fan_in: usize = shape.dims()[1..].iter().product();
        let is_scale = ["bn1.weight", "bn2.weight", "downsample.1.weight"].iter().any(|end| name.ends_with(end));
        let shift = if is_scale || name == "1.weight" { 1.0 } else { 0.0 };
        for (to, x) in tensor.as_mut_slice().iter_mut().zip(numbers::<f64>(shape.len(), key + 1)) {
            *to = F::from_f64(if shape.rank() > 1 { x * (6.0 / fan_in as f64).sqrt() } else { x * 0.25 + shift });
        }
    }
    (params, model, names)
}

/// How far results are from PyTorch's: each as a share of the largest number beside it.
struct Comparison {
    largest: f64,
    what: String,
}

impl Comparison {
    fn add(&mut self, what: &str, ours: f64, theirs: f64, scale: f64) {
        let difference = (ours - theirs).abs() / scale;
        if difference.is_nan() || difference > self.largest {
            (self.largest, self.what) = (difference, format!("{what}: {ours:e}, PyTorch {theirs:e}"));
        }
    }

    fn add_all(&mut self, what: &str, ours: &[impl Float], theirs: &Value) {
        let theirs: Vec<f64> = theirs.as_array().unwrap().iter().map(|x| x.as_f64().unwrap()).collect();
        assert_eq!(ours.len(), theirs.len(), "{what}");
        let scale = theirs.iter().fold(0.0, |scale: f64, x| scale.max(x.abs()));
        ours.iter().zip(theirs).for_each(|(ours, theirs)| self.add(what, ours.to_f64(), theirs, scale));
    }

    /// Compares the norm of some numbers, and their product with numbers of the formula.
    fn add_summary(&mut self, what: &str, ours: &[impl Float], key: usize, theirs: &Value) {
        let (norm, product) = (theirs[0].as_f64().unwrap(), theirs[1].as_f64().unwrap());
        let ours: Vec<f64> = ours.iter().map(|x| x.to_f64()).collect();
        self.add(what, ours.iter().map(|x| x * x).sum::<f64>().sqrt(), norm, norm);
        let pattern = numbers::<f64>(ours.len(), key);
        self.add(what, ours.iter().zip(&pattern).map(|(x, y)| x * y).sum(), product, norm);
    }
}

fn compare<F: Real>(layers: &str, expected: &Value) -> Comparison {
    let (mut params, model, names) = network::<F>(layers);
    let key = expected["images"].as_u64().unwrap() as usize;
    let images = Tensor::from_vec([BATCH, 3, 32, 32], numbers::<F>(BATCH * 3 * 32 * 32, key));
    let labels = Indices::from_fn([BATCH], |i| 3 * i as u32);
    let mut comparison = Comparison { largest: 0.0, what: String::new() };
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
