//! The networks of the project, as lists of layers.

use crate::arguments::{ModelKind, ShortcutKind};

/// The layers of a network for so many classes.
pub(crate) fn layers(model: ModelKind, shortcut: ShortcutKind, classes: usize) -> Vec<String> {
    let output = format!("linear {classes}");
    let text = match model {
        ModelKind::Small => {
            "conv 16 kernel=3 padding=1 relu; max-pool 2; conv 32 kernel=3 padding=1 relu; max-pool 2; \
             conv 64 kernel=3 padding=1 relu; max-pool 2; flatten; linear 64 relu"
        }
        ModelKind::TwoLayer => "flatten; linear 256 sigmoid",
        ModelKind::Vanilla => "conv 32 kernel=7 relu; max-pool 2; flatten",
        ModelKind::Custom => {
            "conv 32 kernel=3 padding=1 relu; conv 64 kernel=3 padding=1 relu; max-pool 2; \
             conv 128 kernel=3 padding=1 relu; conv 256 kernel=3 padding=1 relu; max-pool 2; flatten; linear 512 relu"
        }
        ModelKind::Resnet32 => return resnet(shortcut, output),
    };
    text.split(';').map(|line| line.trim().to_string()).chain([output]).collect()
}

/// The residual network of He et al. for CIFAR-10 with n = 5: a convolution, three stages of five blocks, a linear layer.
fn resnet(shortcut: ShortcutKind, output: String) -> Vec<String> {
    let way = match shortcut {
        ShortcutKind::Pad => "",
        ShortcutKind::Project => " project",
    };
    let mut lines = vec!["conv 16 kernel=3 padding=1 bias=false".to_string(), "batch-norm relu".to_string()];
    for (channels, stride) in [(16, 1), (32, 2), (64, 2)] {
        lines.push(format!("residual {channels} stride={stride}{way}"));
        lines.extend((0..4).map(|_| format!("residual {channels}")));
    }
    lines.extend(["global-avg-pool".to_string(), output]);
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use nn::stack::{Stack, Start};
    use tape::Params;

    #[test]
    fn parameters_are_those_of_the_papers() {
        for (model, count) in [
            (ModelKind::TwoLayer, 3072 * 256 + 256 + 256 * 10 + 10),
            (ModelKind::Vanilla, 3 * 49 * 32 + 32 + 5408 * 10 + 10),
            (ModelKind::Resnet32, 464_154),
        ] {
            let mut params = Params::<f32>::new(0);
            let stack = Stack::new(layers(model, ShortcutKind::Pad, 10)).unwrap();
            stack.build(params.root(), [3, 32, 32], Start::Usual).unwrap();
            assert_eq!(params.count(), count, "{model}");
        }
    }

    #[test]
    fn every_network_gives_the_classes() {
        for model in [ModelKind::Small, ModelKind::TwoLayer, ModelKind::Vanilla, ModelKind::Custom, ModelKind::Resnet32]
        {
            for shortcut in [ShortcutKind::Pad, ShortcutKind::Project] {
                let stack = Stack::new(layers(model, shortcut, 100)).unwrap();
                assert_eq!(stack.outputs([3, 32, 32]), Ok(100), "{model}");
            }
        }
    }
}
