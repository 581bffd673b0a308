//! Attributions against captum's, known architectures against torchvision's, resizing against Pillow's.

use explain::{
    Deconvnet, Filter, GradCam, GuidedBackprop, InputTimesGradient, IntegratedGradients, LayerActivation,
    LayerConductance, Occlusion, Saliency, StyleTransfer, class_scores, resample, scoring,
};
use nn::zoo::Architecture;
use nn::{Conv2d, Flatten, Layer, Linear, MaxPool2d, Relu, Sequential};
use retrograde_tests::formula::{Comparison, fill, numbers};
use serde_json::Value;
use tape::{Params, PoolOptions, Real, Tape, Tensor};

fn file() -> Value {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("golden/explain.json");
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

/// What the techniques are asked.
struct Question<'m, F: Real> {
    params: &'m Params<F>,
    model: &'m Sequential,
    /// The place of the layer that is looked at.
    layer: usize,
    pictures: Tensor<F>,
    class: usize,
    window: usize,
    stride: usize,
    steps: usize,
}

/// Every technique, by its name in the file.
fn attributions<F: Real>(question: &Question<'_, F>) -> Vec<(&'static str, Tensor<F>)> {
    let &Question { params, model, layer, ref pictures, class, window, stride, steps } = question;
    let mut tape = Tape::new();
    let score = scoring::<F, _>(|x| class_scores(model.forward(x), class));
    let score = &score;
    let mut cam = |relu: bool| {
        let cam = GradCam { relu }.attribute(&mut tape, params, pictures, |x| {
            let activation = model.forward_to(x, layer);
            (activation, class_scores(model.forward_from(activation, layer), class))
        });
        cam.unwrap()
    };
    let (map, signed) = (cam(true), cam(false));
    let conductance = LayerConductance { steps }.attribute(&mut tape, params, pictures, |x| {
        let activation = model.forward_to(x, layer);
        (activation, class_scores(model.forward_from(activation, layer), class))
    });
    let integrated = IntegratedGradients::new().steps(steps);
    vec![
        ("Saliency", Saliency.attribute(&mut tape, params, pictures, score).unwrap()),
        ("InputTimesGradient", InputTimesGradient.attribute(&mut tape, params, pictures, score).unwrap()),
        ("IntegratedGradients", integrated.attribute(&mut tape, params, pictures, score).unwrap()),
        ("GuidedBackprop", GuidedBackprop.attribute(&mut tape, params, pictures, score).unwrap()),
        ("Deconvnet", Deconvnet.attribute(&mut tape, params, pictures, score).unwrap()),
        ("GradCam", map),
        ("GradCam without ReLU", signed),
        ("Occlusion", Occlusion::new(window, stride).attribute(&mut tape, params, pictures, score)),
        ("LayerActivation", LayerActivation.attribute(&mut tape, params, pictures, |x| model.forward_to(x, layer))),
        ("LayerConductance", conductance),
    ]
}

fn small<F: Real>() -> (Params<F>, Sequential) {
    let mut params = Params::new(0);
    let mut root = params.root();
    let model = Sequential::new()
        .then(Conv2d::config(3, 6, 3).padding(1).build(root.at(0)))
        .then(Relu)
        .then(MaxPool2d(PoolOptions::new(2)))
        .then(Conv2d::new(root.at(3), 6, 8, 3))
        .then(Relu)
        .then(Flatten)
        .then(Linear::new(root.at(6), 128, 16))
        .then(Relu)
        .then(Linear::new(root.at(8), 16, 5));
    fill(&mut params, |_| false);
    (params, model)
}

fn compare_small<F: Real>(file: &Value, most: f64) {
    let (params, model) = small::<F>();
    let pictures = Tensor::from_vec([2, 3, 12, 12], numbers(2 * 3 * 12 * 12, 77));
    let question =
        Question { params: &params, model: &model, layer: 4, pictures, class: 3, window: 5, stride: 3, steps: 50 };
    let found = attributions(&question);
    assert_eq!(found.len(), file["small"].as_object().unwrap().len());
    for (name, map) in &found {
        let theirs: Vec<f64> = file["small"][name].as_array().unwrap().iter().map(|x| x.as_f64().unwrap()).collect();
        assert_eq!(map.shape().len(), theirs.len(), "{name}");
        let square = |x: f64| x * x;
        let difference: f64 = map.as_slice().iter().zip(&theirs).map(|(a, b)| square(a.to_f64() - b)).sum();
        let relative = (difference / theirs.iter().map(|&x| square(x)).sum::<f64>()).sqrt();
        assert!(relative < most, "{name}: {relative:e} from captum's");
    }
}

#[test]
fn attributions_of_a_small_network() {
    let file = file();
    compare_small::<f64>(&file, 1e-10);
    compare_small::<f32>(&file, 1e-4);
}

fn compare_squeezenet<F: Real>(file: &Value, most: f64) {
    let mut params = Params::<F>::new(0);
    let model = Architecture::SqueezeNet1_1.build(params.root(), 20);
    fill(&mut params, |_| false);
    let pictures = Tensor::from_vec([1, 3, 64, 64], numbers(3 * 64 * 64, 78));
    let expected = &file["squeezenet1_1"];
    let logits = Tape::new().eval(&params, |t| model.forward(t.input(&pictures)).to_tensor());
    let mut comparison = Comparison::default();
    comparison.add_all("logits", logits.as_slice(), &expected["logits"]);
    let (layer, class) = (model.position("features.12").unwrap(), expected["target"].as_u64().unwrap() as usize);
    let question =
        Question { params: &params, model: &model, layer, pictures, class, window: 24, stride: 20, steps: 20 };
    for (name, map) in attributions(&question) {
        comparison.add_summary(name, map.as_slice(), 5, &expected["maps"][name]);
    }
    assert!(comparison.largest < most, "{:e} from captum's, {}", comparison.largest, comparison.what);
}

#[test]
fn attributions_of_squeezenet() {
    let file = file();
    compare_squeezenet::<f64>(&file, 1e-10);
    compare_squeezenet::<f32>(&file, 1e-4);
}

#[test]
fn logits_of_known_architectures() {
    let file = file();
    for architecture in [Architecture::SqueezeNet1_0, Architecture::ResNet18, Architecture::ResNet34] {
        let mut params = Params::<f64>::new(0);
        let model = architecture.build(params.root(), 20);
        fill(&mut params, |name| name.ends_with("weight") && (name.contains("bn") || name.contains("downsample.1")));
        let pictures = Tensor::from_vec([2, 3, 64, 64], numbers(2 * 3 * 64 * 64, 79));
        let logits = Tape::new().eval(&params, |t| model.forward(t.input(&pictures)).to_tensor());
        let mut comparison = Comparison::default();
        comparison.add_all("logits", logits.as_slice(), &file["logits"][architecture.name()]);
        let Comparison { largest, what } = comparison;
        assert!(largest < 1e-10, "{}: {largest:e} from torchvision's, {what}", architecture.name());
    }
}

#[test]
fn names_and_shapes_are_torchvisions() {
    let file = file();
    for architecture in Architecture::ALL.into_iter().filter(|&other| other != Architecture::Vgg19) {
        let mut params = Params::<f32>::new(0);
        architecture.build(params.root(), 1000);
        let theirs = file["names"][architecture.name()].as_object().unwrap();
        assert_eq!(params.entries().len(), theirs.len(), "{}", architecture.name());
        for entry in params.entries() {
            let shape: Vec<Value> = entry.tensor().shape().dims().iter().map(|&size| size.into()).collect();
            assert_eq!(Some(&Value::Array(shape)), theirs.get(entry.name()), "{}", entry.name());
        }
    }
}

#[test]
fn pictures_are_resized_as_pillow_does() {
    let file = file();
    let picture = Tensor::from_vec([12, 12], numbers::<f64>(12 * 12, 77));
    for (name, filter) in [("bicubic", Filter::Bicubic), ("bilinear", Filter::Bilinear)] {
        for [height, width] in [[7, 5], [20, 12], [4, 31]] {
            let mut comparison = Comparison::default();
            let what = format!("{name} {width}x{height}");
            comparison.add_all(&what, resample(&picture, [height, width], filter).as_slice(), &file["pillow"][&what]);
            // Pillow computes in single precision.
            assert!(comparison.largest < 1e-6, "{:e}, {}", comparison.largest, comparison.what);
        }
    }
    let (params, model) = small::<f64>();
    let pictures = Tensor::from_vec([2, 3, 12, 12], numbers(2 * 3 * 12 * 12, 77));
    let map = GradCam::default().attribute(&mut Tape::new(), &params, &pictures, |x| {
        let activation = model.forward_to(x, 4);
        (activation, class_scores(model.forward_from(activation, 4), 3))
    });
    let mut comparison = Comparison::default();
    let resized = resample(&map.unwrap(), [12, 12], Filter::Bicubic);
    comparison.add_all("resized", resized.as_slice(), &file["resized"]);
    assert!(comparison.largest < 1e-6, "{:e}, {}", comparison.largest, comparison.what);
}

fn compare_style<F: Real>(file: &Value, most: f64) {
    let mut params = Params::<F>::new(0);
    let model = Architecture::SqueezeNet1_1.build(params.root(), 20);
    fill(&mut params, |_| false);
    let content = Tensor::from_vec([1, 3, 40, 48], numbers(3 * 40 * 48, 80));
    let style = Tensor::from_vec([1, 3, 56, 44], numbers(3 * 56 * 44, 81));
    let presets = [
        ("composition-vii", 5e-2, [20_000.0, 500.0, 12.0, 1.0], 5e-2),
        ("the-scream", 3e-2, [200_000.0, 800.0, 12.0, 1.0], 2e-2),
        ("starry-night", 6e-2, [300_000.0, 1000.0, 15.0, 3.0], 2e-2),
    ];
    for (name, content_weight, weights, variation) in presets {
        let layers = [1, 4, 6, 7].into_iter().zip(weights).collect();
        let transfer = StyleTransfer {
            iterations: 2,
            rates: (0.1, 180, 0.1),
            clamp: (190, 0.7),
            ..StyleTransfer::new(3, content_weight, layers, variation)
        };
        let (mut losses, mut second) = (Vec::new(), None);
        transfer.paint(
            &mut Tape::new(),
            &params,
            &content,
            &style,
            |x, places, see| model.activations(x, places, see),
            |painted, picture| {
                losses.push(painted);
                second = Some(picture.clone());
            },
        );
        let expected = &file["style"][name];
        let mut comparison = Comparison::default();
        let found = [losses[0].content, losses[0].style, losses[0].total_variation];
        for (found, theirs) in found.into_iter().zip(expected["losses"].as_array().unwrap()) {
            let theirs = theirs.as_f64().unwrap();
            comparison.add(name, found, theirs, theirs);
        }
        assert!(comparison.largest < most, "losses: {:e} from PyTorch's, {}", comparison.largest, comparison.what);
        let mut comparison = Comparison::default();
        comparison.add_summary(name, second.unwrap().as_slice(), 6, &expected["second"]);
        // Adam divides by the gradient's size and 1e-8; a sign may differ in single precision.
        let most = if most < 1e-8 { 1e-6 } else { 1e-3 };
        assert!(comparison.largest < most, "step: {:e} from PyTorch's, {}", comparison.largest, comparison.what);
    }
}

#[test]
fn style_transfer_begins_as_pytorch_does() {
    let file = file();
    compare_style::<f64>(&file, 1e-10);
    compare_style::<f32>(&file, 1e-4);
}
