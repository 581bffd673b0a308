//! Parameters and shapes; the numbers are compared with PyTorch's in the workspace's tests.

use super::*;
use tape::{Params, Tape, Tensor};

#[test]
fn parameters_are_as_many_as_torchvision_says() {
    let counts = [1_248_424, 1_235_496, 11_689_512, 21_797_672];
    for (architecture, count) in Architecture::ALL.into_iter().zip(counts) {
        let mut params = Params::<f32>::new(0);
        let model = architecture.build(params.root(), 1000);
        let trained: usize = params.entries().iter().filter(|p| !p.is_buffer()).map(|p| p.tensor().shape().len()).sum();
        assert_eq!(trained, count, "{architecture:?}");
        let named = |name: &str| params.entries().iter().any(|param| param.name() == name);
        match architecture {
            Architecture::ResNet18 => assert!(named("layer2.0.downsample.1.running_var") && named("fc.bias")),
            Architecture::SqueezeNet1_1 => {
                assert!(named("features.12.expand3x3.weight") && named("classifier.1.bias"));
                assert_eq!(model.position("features.12"), Some(12));
            }
            _ => {}
        }
    }
}

#[test]
fn logits_of_pictures_of_any_size() {
    for architecture in [Architecture::SqueezeNet1_0, Architecture::SqueezeNet1_1, Architecture::ResNet18] {
        let mut params = Params::<f32>::new(0);
        let model = architecture.build(params.root(), 7);
        let image = Tensor::full([2, 3, 65, 80], 0.5);
        let dims = Tape::new().eval(&params, |t| crate::Layer::forward(&model, t.input(&image)).to_tensor());
        assert_eq!(dims.shape().dims(), [2, 7], "{architecture:?}");
    }
}

#[test]
fn a_small_vgg_has_torchvisions_places() {
    let mut params = Params::<f32>::new(0);
    let model = vgg::build([1, 1, 1, 1, 1], params.root(), 3);
    let names: Vec<&str> = model.names().collect();
    assert_eq!((names[0], names[14], names[15], names[23]), ("features.0", "features.14", "avgpool", "classifier.6"));
    assert_eq!(Architecture::Vgg16.name(), "vgg16");
}
