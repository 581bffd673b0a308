#!/usr/bin/env python3
"""PyTorch on the workloads of `cargo xtask bench`: one training step, or one gradient of a picture, timed again and again.

Prints one JSON line: the median and the least of the steps' times, and the most memory that the process held. Inputs and
weights are synthetic, dropout is 0, and all that does not belong to a step is done before the clock runs.
"""

import argparse
import json
import os
import resource
import time
from functools import partial

arguments = argparse.ArgumentParser(description=__doc__)
arguments.add_argument("--only", required=True, metavar="NAME", help="the workload")
arguments.add_argument("--threads", type=int, required=True, metavar="N")
arguments.add_argument("--seconds", type=float, default=2.0, metavar="SECONDS", help="how long steps are timed")
arguments.add_argument("--compile", action="store_true", help="with torch.compile")
arguments.add_argument("--chunked-loss", action="store_true", help="losses over words with linear_cross_entropy, in chunks")
arguments = arguments.parse_args()
# Before the import: OpenMP and MKL read them when they start.
os.environ["OMP_NUM_THREADS"] = os.environ["MKL_NUM_THREADS"] = str(arguments.threads)

import torch  # noqa: E402
from torch import nn  # noqa: E402
from torch.nn import functional as F  # noqa: E402


def training(loss, optimizer):
    """A step of training: gradients, and an update of the parameters."""
    loss = torch.compile(loss) if arguments.compile else loss

    def step():
        optimizer.zero_grad(set_to_none=True)
        loss().backward()
        optimizer.step()

    return step


def momentum(parameters):
    return torch.optim.SGD(parameters, lr=0.01, momentum=0.9)


def classifier(model, *shape):
    images, labels = torch.rand(shape), torch.randint(0, 10, shape[:1])
    return training(lambda: F.cross_entropy(model(images), labels), momentum(model.parameters()))


# Images.


def softmax_mnist():
    return classifier(nn.Sequential(nn.Linear(784, 10, bias=False), nn.ReLU()), 64, 784)


def mlp_mnist():
    return classifier(nn.Sequential(nn.Linear(784, 128), nn.Sigmoid(), nn.Linear(128, 10)), 64, 784)


def vanilla_cnn():
    layers = nn.Conv2d(3, 32, 7), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(32 * 13 * 13, 10)
    return classifier(nn.Sequential(*layers), 128, 3, 32, 32)


def vgg_cnn():
    def convolution(inputs, outputs):
        return nn.Conv2d(inputs, outputs, 3, padding=1), nn.ReLU()

    first = *convolution(3, 32), *convolution(32, 64), nn.MaxPool2d(2)
    second = *convolution(64, 128), *convolution(128, 256), nn.MaxPool2d(2)
    last = nn.Flatten(), nn.Linear(256 * 8 * 8, 512), nn.ReLU(), nn.Linear(512, 10)
    return classifier(nn.Sequential(*first, *second, *last), 64, 3, 32, 32)


class Residual(nn.Module):
    """Two convolutions beside a shortcut without parameters, which skips pixels and pads channels."""

    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.stride, self.padding = stride, (outputs - inputs) // 2
        self.first = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
        self.second = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
        self.norms = nn.ModuleList([nn.BatchNorm2d(outputs), nn.BatchNorm2d(outputs)])

    def forward(self, x):
        y = F.relu(self.norms[0](self.first(x)))
        y = self.norms[1](self.second(y))
        if self.padding:
            x = F.pad(x[:, :, :: self.stride, :: self.stride], (0, 0, 0, 0, self.padding, self.padding))
        return F.relu(x + y)


def resnet32_cifar():
    layers, channels = [nn.Conv2d(3, 16, 3, 1, 1, bias=False), nn.BatchNorm2d(16), nn.ReLU()], 16
    for outputs in (16, 32, 64):
        for _ in range(5):
            layers.append(Residual(channels, outputs, outputs // channels))
            channels = outputs
    layers += [nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(64, 10)]
    return classifier(nn.Sequential(*layers), 128, 3, 32, 32)


# Pictures, through SqueezeNet 1.1 with frozen weights.


def squeezenet():
    from torchvision.models import squeezenet1_1

    return squeezenet1_1(weights=None).eval().requires_grad_(False)


def squeezenet_grad():
    network, picture = squeezenet(), torch.rand(1, 3, 224, 224, requires_grad=True)
    score = torch.compile(network) if arguments.compile else network

    def step():
        picture.grad = None
        score(picture)[0, 7].backward()

    return step


def style_step():
    """Of all that is computed, no layer lies behind the last one that a loss uses."""
    layers, content_layer = squeezenet().features[:8], 3
    style_weights = {1: 300_000.0, 4: 1000.0, 6: 15.0, 7: 3.0}

    def activations(x):
        found = []
        for layer in layers:
            x = layer(x)
            found.append(x)
        return found

    def gram(activation):
        batch, channels, height, width = activation.shape
        rows = activation.reshape(batch, channels, height * width)
        return torch.bmm(rows, rows.transpose(1, 2)) / (channels * height * width)

    with torch.no_grad():
        content = activations(torch.rand(1, 3, 192, 256))[content_layer]
        style = activations(torch.rand(1, 3, 192, 256))
        grams = {layer: gram(style[layer]) for layer in style_weights}
    picture = torch.rand(1, 3, 192, 256, requires_grad=True)

    def loss():
        found = activations(picture)
        total = 5e-2 * (found[content_layer] - content).square().sum()
        for layer, weight in style_weights.items():
            total = total + weight * (gram(found[layer]) - grams[layer]).square().sum()
        down, right = picture.diff(dim=2).square().sum(), picture.diff(dim=3).square().sum()
        return total + 2e-2 * (down + right)

    return training(loss, torch.optim.Adam([picture], lr=3e-2))


# Sentences, 128 at a time.

BATCH = 128


def loss_over_words(outputs, layer, following, **options):
    """The cross-entropy of `outputs`: logits, or, if these are computed in chunks, what `layer` makes logits of."""
    if not arguments.chunked_loss:
        return F.cross_entropy(outputs.flatten(0, 1), following, **options)
    options |= {"linear_bias": layer.bias, "options": nn.LinearCrossEntropyOptions()}
    return F.linear_cross_entropy(outputs.flatten(0, 1), layer.weight, following, **options)


def logits_or_inputs(layer, hidden):
    """What a model gives to `loss_over_words`."""
    return hidden if arguments.chunked_loss else layer(hidden)


class Recurrent(nn.Module):
    """Encoder and decoder; with attention, the context takes the place of the decoder's hidden state."""

    def __init__(self, cell, attention, source_words, target_words, embedded, hidden):
        super().__init__()
        self.source, self.target = nn.Embedding(source_words, embedded), nn.Embedding(target_words, embedded)
        self.encoder = cell(embedded, hidden, batch_first=True)
        self.decoder = cell(embedded, hidden, batch_first=True)
        self.output, self.attention = nn.Linear(hidden, target_words), attention

    def forward(self, source, target):
        encoded, state = self.encoder(self.source(source))
        words, outputs = self.target(target), []
        for time_ in range(target.shape[1]):
            if self.attention:
                hidden, memory = state
                weights = F.cosine_similarity(hidden.transpose(0, 1), encoded, dim=2).softmax(1)
                state = torch.bmm(weights.unsqueeze(1), encoded).transpose(0, 1), memory
            output, state = self.decoder(words[:, time_ : time_ + 1], state)
            outputs.append(logits_or_inputs(self.output, output[:, 0]))
        return torch.stack(outputs, 1)


def recurrent(cell, attention, time_=20, source_words=8000, target_words=6000):
    model = Recurrent(cell, attention, source_words, target_words, embedded=128, hidden=256)
    source = torch.randint(3, source_words, (BATCH, time_))
    target = torch.randint(3, target_words, (BATCH, time_ + 1))
    for sentence in range(BATCH):
        # Up to five words are missing at the end.
        target[sentence, time_ + 1 - sentence % 6 :] = 0
    given, following = target[:, :-1].contiguous(), target[:, 1:].flatten()

    def loss():
        return loss_over_words(model(source, given), model.output, following, ignore_index=0)

    return training(loss, torch.optim.Adam(model.parameters(), lr=1e-3))


def rnn_s2s():
    return recurrent(nn.RNN, False)


def lstm_s2s():
    return recurrent(nn.LSTM, False)


def lstm_s2s_attn():
    return recurrent(nn.LSTM, True)


class Tagger(nn.Module):
    def __init__(self, words, time_, width):
        super().__init__()
        self.words, self.positions = nn.Embedding(words, width), nn.Embedding(time_, width)
        self.layer = nn.TransformerEncoderLayer(width, 2, 2048, dropout=0.0, batch_first=True)
        self.output = nn.Linear(width, words)

    def forward(self, sentence):
        return logits_or_inputs(self.output, self.layer(self.words(sentence) + self.positions.weight))


def transformer_encoder(time_=43, width=128, words=5000):
    model = Tagger(words, time_, width)
    sentences, tags = torch.randint(0, words, (BATCH, time_)), torch.randint(0, words, (BATCH * time_,))
    return training(lambda: loss_over_words(model(sentences), model.output, tags), momentum(model.parameters()))


class Transformer(nn.Module):
    def __init__(self, source_words, target_words, time_, width):
        super().__init__()
        self.scale = width**0.5
        self.words = nn.ModuleList([nn.Embedding(source_words, width), nn.Embedding(target_words, width)])
        self.positions = nn.ModuleList([nn.Embedding(time_, width), nn.Embedding(time_, width)])
        self.transformer = nn.Transformer(width, 8, 2, 2, 1024, dropout=0.0, batch_first=True)
        self.output = nn.Linear(width, target_words)
        self.register_buffer("future", torch.full((time_, time_), float("-inf")).triu(1))

    def embedded(self, side, sentences):
        return self.words[side](sentences) * self.scale + self.positions[side].weight

    def forward(self, source, target):
        source, target = self.embedded(0, source), self.embedded(1, target)
        hidden = self.transformer(source, target, tgt_mask=self.future, tgt_is_causal=True)
        return logits_or_inputs(self.output, hidden)


def transformer_full(time_=20, width=256, source_words=8000, target_words=6000):
    model = Transformer(source_words, target_words, time_, width)
    source = torch.randint(0, source_words, (BATCH, time_))
    target = torch.randint(0, target_words, (BATCH, time_))
    following = torch.randint(0, target_words, (BATCH * time_,))

    def loss():
        return loss_over_words(model(source, target), model.output, following, label_smoothing=0.1)

    return training(loss, torch.optim.Adam(model.parameters(), lr=1e-3))


# Single operations.


def matmul_512():
    a, b = (torch.rand(512, 512, requires_grad=True) for _ in range(2))
    cotangent = torch.rand(512, 512)

    def step():
        a.grad = b.grad = None
        (a @ b).backward(cotangent)

    return step


def gemm(size):
    a, b, c = (torch.rand(size, size) for _ in range(3))
    return lambda: torch.mm(a, b, out=c)


def operation(function):
    """A function of a matrix, and the gradient by it."""
    x = (torch.rand(1024, 1024) * 4 - 2).requires_grad_()
    cotangent = torch.rand_like(function(x))

    def step():
        x.grad = None
        function(x).backward(cotangent)

    return step


CLASSES = torch.arange(1024) * 37 % 1024
OPERATIONS = {
    "exp_1024": torch.exp,
    "tanh_1024": torch.tanh,
    "sigmoid_1024": torch.sigmoid,
    "gelu_1024": F.gelu,
    "softmax_1024": lambda x: x.softmax(1),
    "layer_norm_1024": lambda x: F.layer_norm(x, x.shape[1:]),
    "cross_entropy_1024": lambda x: F.cross_entropy(x, CLASSES),
    "sum_rows_1024": lambda x: x.sum(1),
    "max_columns_1024": lambda x: x.max(0).values,
    "transpose_1024": lambda x: x.t().contiguous(),
}


def scalar_chain():
    start = torch.tensor([0.5], requires_grad=True)

    def step():
        start.grad, x = None, start
        for _ in range(5000):
            x = x * 1.000001 + 1e-6
        x.backward()

    return step


WORKLOADS = [
    softmax_mnist,
    mlp_mnist,
    vanilla_cnn,
    vgg_cnn,
    resnet32_cifar,
    squeezenet_grad,
    style_step,
    rnn_s2s,
    lstm_s2s,
    lstm_s2s_attn,
    transformer_encoder,
    transformer_full,
    matmul_512,
    scalar_chain,
]


def timed(step):
    """Seconds of steps, after some that fill caches and pools."""
    started = time.perf_counter()
    while time.perf_counter() - started < arguments.seconds / 4:
        step()
    seconds, started = [], time.perf_counter()
    while len(seconds) < 3 or time.perf_counter() - started < arguments.seconds:
        before = time.perf_counter()
        step()
        seconds.append(time.perf_counter() - before)
    return sorted(seconds)


def main():
    torch.set_num_threads(arguments.threads)
    torch.manual_seed(0)
    workloads = {workload.__name__: workload for workload in WORKLOADS}
    workloads |= {f"gemm_{size}": partial(gemm, size) for size in (256, 512, 1024)}
    workloads |= {name: partial(operation, function) for name, function in OPERATIONS.items()}
    seconds = timed(workloads[arguments.only]())
    result = {
        "name": arguments.only,
        "version": torch.__version__,
        "median_s": seconds[len(seconds) // 2],
        "min_s": seconds[0],
        # Linux counts in KiB.
        "peak_memory_bytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
    }
    print(json.dumps(result))


if __name__ == "__main__":
    main()
