"""Loss, logits and gradients of whole networks by PyTorch, in double precision: writes networks.json beside this file.

    python3 -m venv venv && venv/bin/pip install torch numpy && venv/bin/python tests/golden/networks.py

Weights and images are computed from a formula, here and in `tests/src/formula.rs`. Of each gradient the file holds the
norm and the product with numbers of the formula.
"""

import copy
import json
import pathlib

import torch
import torch.nn.functional as F
from torch import nn

from formula import fill, numbers, summary

torch.set_default_dtype(torch.float64)
BATCH = 3

# How far from its kink every ReLU must be: in single precision a layer's inputs are off by less, in whatever order they are
# summed. One that is on the other side there changes gradients by a percent.
MARGIN = 4e-6
closest = float("inf")


def relu(x):
    global closest
    closest = min(closest, x.detach().abs().min().item())
    return F.relu(x)


class Block(nn.Module):
    def __init__(self, inputs, outputs, stride, project):
        super().__init__()
        self.stride, self.more = stride, outputs - inputs
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(outputs)
        self.downsample = None
        if project and (stride != 1 or inputs != outputs):
            self.downsample = nn.Sequential(nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs))

    def forward(self, x):
        y = self.bn2(self.conv2(relu(self.bn1(self.conv1(x)))))
        if self.downsample is not None:
            x = self.downsample(x)
        elif self.stride != 1 or self.more:
            x = F.pad(x[:, :, ::self.stride, ::self.stride], (0, 0, 0, 0, self.more // 2, self.more - self.more // 2))
        return relu(y + x)


class Network(nn.Module):
    """Layers under the numbers of their lines; functions between them have no parameters."""

    def __init__(self, layers):
        super().__init__()
        self.functions = []
        for i, layer in enumerate(layers):
            module, function = layer if isinstance(layer, tuple) else (layer, None)
            if isinstance(module, nn.Module):
                self.add_module(str(i), module)
                self.functions.append((str(i), function))
            else:
                self.functions.append((None, module))

    def forward(self, x):
        for name, function in self.functions:
            if name is not None:
                x = getattr(self, name)(x)
            if function is not None:
                x = function(x)
        return x


def pool(x):
    return F.max_pool2d(x, 2)


def flatten(x):
    return x.flatten(1)


def conv(inputs, outputs, kernel=3, padding=1):
    return nn.Conv2d(inputs, outputs, kernel, padding=padding), relu


def resnet(project):
    layers = [nn.Conv2d(3, 16, 3, padding=1, bias=False), (nn.BatchNorm2d(16), relu)]
    inputs = 16
    for outputs, stride in [(16, 1), (32, 2), (64, 2)]:
        for i in range(5):
            layers.append(Block(inputs, outputs, stride if i == 0 else 1, project))
            inputs = outputs
    return layers + [lambda x: x.mean((2, 3)), nn.Linear(64, 10)]


networks = {
    "two-layer": [flatten, (nn.Linear(3072, 256), torch.sigmoid), nn.Linear(256, 10)],
    "vanilla": [conv(3, 32, 7, 0), pool, flatten, nn.Linear(5408, 10)],
    "custom": [conv(3, 32), conv(32, 64), pool, conv(64, 128), conv(128, 256), pool, flatten,
               (nn.Linear(16384, 512), relu), nn.Linear(512, 10)],
    "resnet32 pad": resnet(False),
    "resnet32 project": resnet(True),
}


def is_scale(name):
    return name.endswith(("bn1.weight", "bn2.weight", "downsample.1.weight")) or name == "1.weight"


def pictures(key):
    return numbers(BATCH * 3 * 32 * 32, key).reshape(BATCH, 3, 32, 32)


def run(layers, key, dtype):
    """Loss, logits, and gradients for images under a key."""
    network = Network(copy.deepcopy(layers))
    parameters = fill(network, is_scale)
    network.to(dtype)
    images = pictures(key).to(dtype)
    logits = network(images)
    loss = F.cross_entropy(logits, torch.arange(BATCH) * 3)
    gradients = torch.autograd.grad(loss, [parameter for _, parameter in parameters])
    return network, images, loss, logits, {name: g.reshape(-1).double() for (name, _), g in zip(parameters, gradients)}


result = {}
for name, layers in networks.items():
    probe = Network(copy.deepcopy(layers))
    fill(probe, is_scale)
    # Images for which no ReLU is near its kink, and PyTorch itself has the same gradients in single precision.
    for images_key in range(2000, 4000):
        closest = float("inf")
        with torch.no_grad():
            probe(pictures(images_key))
        nearest = closest
        if nearest < MARGIN:
            continue
        network, images, loss, logits, gradients = run(layers, images_key, torch.float64)
        wanted = {n: summary(g, 1000 + key) for key, (n, g) in enumerate(gradients.items())}
        found = {n: summary(g, 1000 + key) for key, (n, g) in enumerate(run(layers, images_key, torch.float32)[-1].items())}
        if all(abs(a - b) < 4e-6 * wanted[n][0] for n in wanted for a, b in zip(wanted[n], found[n])):
            break
    else:
        raise SystemExit(f"{name}: no images without a ReLU at its kink")
    buffers = {n: summary(b, 7) for n, b in network.named_buffers() if "running" in n}
    network.eval()
    print(f"{name}: images {images_key}, no ReLU nearer to its kink than {nearest:.1e}", flush=True)
    result[name] = {"images": images_key, "loss": loss.item(), "logits": logits.reshape(-1).tolist(),
                    "gradients": wanted,
                    "buffers": buffers, "evaluated": network(images).reshape(-1).tolist()}

path = pathlib.Path(__file__).parent / "networks.json"
path.write_text(json.dumps({"torch": torch.__version__, "networks": result}, indent=1) + "\n")
print(f"{len(result)} networks, {path.stat().st_size // 1024} KiB")
