"""Attributions by captum, and logits of torchvision's networks, in double precision: writes explain.json beside this file.

    python3 -m venv venv && venv/bin/pip install torch torchvision captum && venv/bin/python tests/golden/explain.py

Weights and pictures are computed from a formula, here and in `tests/tests/explain.rs`. Of maps of SqueezeNet the file holds
the norm and the product with numbers of the formula.
"""

import json
import pathlib
import warnings

import captum
import numpy
import torch
import torchvision
from captum import attr
from PIL import Image
from torch import nn

from formula import fill, numbers, summary

warnings.filterwarnings("ignore")
torch.set_default_dtype(torch.float64)


def small():
    return nn.Sequential(nn.Conv2d(3, 6, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(6, 8, 3), nn.ReLU(),
                         nn.Flatten(), nn.Linear(128, 16), nn.ReLU(), nn.Linear(16, 5))


def resized(maps, size):
    """Bicubic as Pillow does."""
    planes = [numpy.asarray(Image.fromarray(m.numpy().astype(numpy.float32), "F").resize(size, Image.BICUBIC))
              for m in maps]
    return torch.from_numpy(numpy.stack(planes).astype(numpy.float64))


def integrated_gradients(model, x, target, steps):
    """In double precision throughout, which captum is not."""
    points, weights = numpy.polynomial.legendre.leggauss(steps)
    total = torch.zeros_like(x)
    for point, weight in zip(points, weights):
        path = (x * (1 + point) / 2).requires_grad_()
        total += weight / 2 * torch.autograd.grad(model(path)[:, target].sum(), path)[0]
    return x * total


def occlusion(model, x, target, window, stride):
    """In double precision throughout, which captum is not."""
    n, _, height, width = x.shape
    falls, counts = torch.zeros(n, height, width), torch.zeros(height, width)
    whole = model(x)[:, target]
    for top in range(0, height - window + stride, stride):
        for left in range(0, width - window + stride, stride):
            covered = x.clone()
            covered[:, :, top:top + window, left:left + window] = 0
            falls[:, top:top + window, left:left + window] += (whole - model(covered)[:, target])[:, None, None]
            counts[top:top + window, left:left + window] += 1
    return falls / counts


def like(captums, ours, name):
    """Ours, if captum says the same in single precision."""
    difference = ((captums - ours).norm() / ours.norm()).item()
    assert difference < 1e-6, f"{name}: captum differs by {difference}"
    return ours


def attributions(model, layer, x, target, window, stride, steps):
    """Every technique, by the name that the crate `explain` gives it."""
    cam = attr.LayerGradCam(model, layer)
    results = {
        "Saliency": attr.Saliency(model).attribute(x, target),
        "InputTimesGradient": attr.InputXGradient(model).attribute(x, target=target),
        "IntegratedGradients": like(attr.IntegratedGradients(model).attribute(x, target=target, n_steps=steps),
                                    integrated_gradients(model, x, target, steps), "integrated gradients"),
        "GuidedBackprop": attr.GuidedBackprop(model).attribute(x, target),
        "Deconvnet": attr.Deconvolution(model).attribute(x, target),
        "GradCam": cam.attribute(x, target, relu_attributions=True)[:, 0],
        "GradCam without ReLU": cam.attribute(x, target)[:, 0],
        "Occlusion": like(attr.Occlusion(model).attribute(x, (3, window, window), target=target,
                                                          strides=(3, stride, stride))[:, 0],
                          occlusion(model, x, target, window, stride), "occlusion"),
        "LayerActivation": attr.LayerActivation(model, layer).attribute(x),
        "LayerConductance": attr.LayerConductance(model, layer).attribute(x, target=target, n_steps=steps),
    }
    return {name: value.detach() for name, value in results.items()}


result = {"torch": torch.__version__, "torchvision": torchvision.__version__, "captum": captum.__version__}

network = small()
fill(network, lambda name: False)
x = numbers(2 * 3 * 12 * 12, 77).reshape(2, 3, 12, 12)
maps = attributions(network, network[4], x, 3, 5, 3, 50)
result["small"] = {name: value.reshape(-1).tolist() for name, value in maps.items()}
result["resized"] = resized(maps["GradCam"], (12, 12)).reshape(-1).tolist()
shrunk = {"bicubic": Image.BICUBIC, "bilinear": Image.BILINEAR}
picture = Image.fromarray(x[0, 0].numpy().astype(numpy.float32), "F")
result["pillow"] = {f"{name} {w}x{h}": numpy.asarray(picture.resize((w, h), way)).reshape(-1).tolist()
                    for name, way in shrunk.items() for w, h in [(5, 7), (12, 20), (31, 4)]}

network = torchvision.models.squeezenet1_1(num_classes=20)
fill(network, lambda name: False)
network.eval()
x = numbers(1 * 3 * 64 * 64, 78).reshape(1, 3, 64, 64)
logits = network(x)
target = int(logits.argmax())
maps = attributions(network, network.features[12], x, target, 24, 20, 20)
result["squeezenet1_1"] = {"logits": logits.reshape(-1).tolist(), "target": target,
                           "maps": {name: summary(value, 5) for name, value in maps.items()}}

def gram(features):
    _, channels, height, width = features.shape
    rows = features.reshape(channels, -1)
    return rows @ rows.T / (channels * height * width)


def first_losses(features, content, style, weights):
    """Content, style and total variation for the content itself, clamped as style transfer clamps it; and the gradient."""
    content_weight, style_weights, variation_weight = weights
    def activations(x):
        results = []
        for layer in features:
            x = layer(x)
            results.append(x)
        return results
    wished, grams = activations(content)[3], [gram(activations(style)[i]) for i in (1, 4, 6, 7)]
    x = content.clamp(-0.7, 0.7).requires_grad_()
    results = activations(x)
    losses = [content_weight * (results[3] - wished).square().sum(),
              sum(w * (gram(results[i]) - g).square().sum() for i, w, g in zip((1, 4, 6, 7), style_weights, grams)),
              variation_weight * (x.diff(dim=2).square().sum() + x.diff(dim=3).square().sum())]
    gradient = torch.autograd.grad(sum(losses), x)[0]
    return [loss.item() for loss in losses], gradient


presets = {"composition-vii": (5e-2, [20000, 500, 12, 1], 5e-2), "the-scream": (3e-2, [200000, 800, 12, 1], 2e-2),
           "starry-night": (6e-2, [300000, 1000, 15, 3], 2e-2)}
result["style"] = {}
content, style = numbers(3 * 40 * 48, 80).reshape(1, 3, 40, 48), numbers(3 * 56 * 44, 81).reshape(1, 3, 56, 44)
for name, weights in presets.items():
    losses, gradient = first_losses(network.features, content, style, weights)
    # Adam's first step is the rate in the direction of the sign; then the pixels of the second step are clamped.
    moved = content.clamp(-0.7, 0.7) - 0.1 * gradient.sign()
    result["style"][name] = {"losses": losses, "gradient": summary(gradient, 5), "second": summary(moved.clamp(-0.7, 0.7), 6)}

networks = {"squeezenet1_0": 64, "resnet18": 64, "resnet34": 64}
result["logits"] = {}
for name, size in networks.items():
    network = getattr(torchvision.models, name)(num_classes=20)
    fill(network, lambda name: ".bn" in name and name.endswith("weight") or name in ("bn1.weight",)
         or name.endswith("downsample.1.weight"))
    network.eval()
    x = numbers(2 * 3 * size * size, 79).reshape(2, 3, size, size)
    result["logits"][name] = network(x).reshape(-1).tolist()
result["names"] = {}
for name in [*networks, "squeezenet1_1", "vgg16", "vgg19"]:
    with torch.device("meta"):
        state = getattr(torchvision.models, name)().state_dict()
    result["names"][name] = {key: list(value.shape) for key, value in state.items() if "num_batches" not in key}

path = pathlib.Path(__file__).parent / "explain.json"
path.write_text(json.dumps(result) + "\n")
print(f"{path.stat().st_size // 1024} KiB, target {target}, logits {[round(v, 3) for v in result['squeezenet1_1']['logits'][:5]]}")
