//! The convolutions of the networks alone: forward, by input and by weight, each as a share of the machine's peak.

use super::{Work, Workload};
use kernels::{Array, ConvShape, Epilogue};

/// A layer of a network: batch, channels in and out, size of the image, kernel, stride, padding.
type Layer = (&'static str, usize, [usize; 2], usize, usize, usize, usize);

const LAYERS: [Layer; 19] = [
    ("vgg 1", 64, [3, 32], 32, 3, 1, 1),
    ("vgg 2", 64, [32, 64], 32, 3, 1, 1),
    ("vgg 3", 64, [64, 128], 16, 3, 1, 1),
    ("vgg 4", 64, [128, 256], 16, 3, 1, 1),
    ("vanilla", 128, [3, 32], 32, 7, 1, 0),
    ("resnet32 1", 128, [3, 16], 32, 3, 1, 1),
    ("resnet32 2", 128, [16, 16], 32, 3, 1, 1),
    ("resnet32 3", 128, [16, 32], 32, 3, 2, 1),
    ("resnet32 4", 128, [32, 32], 16, 3, 1, 1),
    ("resnet32 5", 128, [32, 64], 16, 3, 2, 1),
    ("resnet32 6", 128, [64, 64], 8, 3, 1, 1),
    ("squeezenet first", 1, [3, 64], 224, 3, 2, 0),
    ("squeezenet fire 2 squeeze", 1, [64, 16], 55, 1, 1, 0),
    ("squeezenet fire 2 expand", 1, [16, 64], 55, 3, 1, 1),
    ("squeezenet fire 4 squeeze", 1, [128, 32], 27, 1, 1, 0),
    ("squeezenet fire 4 expand", 1, [32, 128], 27, 3, 1, 1),
    ("squeezenet fire 6 expand", 1, [48, 192], 13, 3, 1, 1),
    ("squeezenet fire 8 expand", 1, [64, 256], 13, 3, 1, 1),
    ("squeezenet last", 1, [512, 1000], 13, 1, 1, 0),
];

/// What of a layer is computed.
#[derive(Clone, Copy)]
enum Pass {
    Forward,
    ByInput,
    ByWeight,
}

/// Those of this file.
pub(super) fn workloads() -> Vec<Workload> {
    LAYERS
        .into_iter()
        .flat_map(|layer| [Pass::Forward, Pass::ByInput, Pass::ByWeight].map(|pass| convolution(layer, pass)))
        .collect()
}

fn convolution(layer: Layer, pass: Pass) -> Workload {
    let (name, batch, [in_channels, out_channels], size, kernel, stride, padding) = layer;
    let (in_size, kernel, stride, padding, dilation) = ([size; 2], [kernel; 2], [stride; 2], [padding; 2], [1; 2]);
    let out_size = ConvShape::full_size(in_size, kernel, stride, padding, dilation).expect("the kernel fits");
    let shape =
        ConvShape { batch, in_channels, in_size, out_channels, out_size, kernel, stride, padding, dilation, groups: 1 };
    let pixels = |size: [usize; 2]| size[0] * size[1];
    let weights = in_channels * out_channels * pixels(kernel);
    let operations = 2.0 * (batch * pixels(out_size) * weights) as f64;
    let what = match pass {
        Pass::Forward => "forward",
        Pass::ByInput => "by input",
        Pass::ByWeight => "by weight",
    };
    let label = format!("conv {name} {in_channels}->{out_channels} {size}x{size} {what}");
    Workload::new(label, Work::Operations(operations), move || {
        let numbers = super::kernels::numbers;
        let mut x = numbers(batch * in_channels * pixels(in_size));
        let mut w = numbers(weights);
        let mut y = numbers(batch * out_channels * pixels(out_size));
        let mut workspace = Array::filled(0.0, kernels::conv2d_by_weight_workspace(&shape));
        move || match pass {
            Pass::Forward => kernels::conv2d(&shape, &x, &w, &mut y, Epilogue::none()),
            Pass::ByInput => kernels::conv2d_by_input(&shape, &y, &w, &mut x, Epilogue::none()),
            Pass::ByWeight => kernels::conv2d_by_weight(&shape, &x, &y, &mut workspace, &mut w),
        }
    })
}
